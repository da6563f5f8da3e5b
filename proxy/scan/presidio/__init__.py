"""The only home of Presidio, spaCy, phonenumbers and tldextract: texts in, hits out.

Rule kept here: Presidio's recognizers decide what is personal data; this package only spares them texts in which they
cannot find anything, and the work around what they find. Nothing is ever fetched: models must be installed, and the
list of public suffixes is the packaged one. Nothing is skipped in silence: the time-out with which a recognizer gives
up on a text is lifted (whoever calls bounds the time and fails), and no library logs what it read. The libraries are
imported where they are used: only the processes that scan pay for them.
"""
