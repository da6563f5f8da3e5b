"""Recognizers beside Presidio's own that come with Usher, in the form that pii.yaml takes: corporate mail, and streets.

Rule kept here: what is found here beyond Presidio is written as a recognizer of Presidio's, so that its engine finds
the same with it.
"""

from __future__ import annotations

from proxy.scan.recognizers import Pattern, Recognizer

_DOMAINS = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in domain)
    for domain in ("internal", "intranet", "local", "localdomain", "corp", "lan")
)
"""In either case; the flag for it would let letters beyond ASCII pass the gate, which then is slow to make."""
_WAYS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Parkway|Pkwy|"
    "Highway|Hwy|Circle|Cir|Trail|Close|Crescent|Mews|Alley|Loop|Plaza"
)
_ENGLISH = (
    r"(?<![\w.])\d{1,5}[A-Za-z]?,? (?:(?:[NSEW]|NE|NW|SE|SW)\.? )?(?:(?:[A-Z][\w'’.-]*|\d{1,3}(?:st|nd|rd|th)) ){1,4}"
    rf"(?i:{_WAYS})\b\.?(?:,? (?:Apt|Suite|Ste|Unit|Flat|#)\.? ?\w{{1,6}}\b)?"
)
_GERMAN = (
    r"(?<!\w)[A-ZÄÖÜ][\w.-]*(?:(?<=\w)(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm)"
    r"| (?:Straße|Strasse|Str\.|Platz|Weg|Allee)) \d{1,4}(?: ?[a-h])?\b"
)
_FRENCH = (
    r"(?<!\w)\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|chemin|impasse|allée|quai|cours|route)"
    r"(?: (?:de|du|des|la|le|les))* (?:[ld]['’])?[A-ZÉÈ][\w'’-]+"
)

OWN = (
    Recognizer(
        name="UsherCorporateMailRecognizer",
        supported_entity="EMAIL_ADDRESS",
        patterns=(
            Pattern(
                name="mail of domains that are in no public list",
                regex=rf"(?<![\w.+-])[\w.+%-]+@(?:[A-Za-z0-9_-]+\.)+(?:{_DOMAINS})(?![\w-]|\.\w)",
                score=0.9,
            ),
        ),
        global_regex_flags=0,
    ),
    Recognizer(
        name="UsherStreetRecognizer",
        supported_entity="STREET_ADDRESS",
        patterns=(
            Pattern(name="number and street", regex=_ENGLISH, score=0.6),
            Pattern(name="street and number", regex=_GERMAN, score=0.6),
            Pattern(name="number and rue", regex=_FRENCH, score=0.6),
            Pattern(name="box", regex=r"\b(?i:P\.? ?O\.? ?Box) \d{1,6}\b", score=0.6),
        ),
        global_regex_flags=0,
    ),
)
