"""`usher demo`: a sample warehouse, a local issuer, five principals and a folder of policies, all on loopback.

Rule kept here: nothing in the sample is about a real person. E-mail addresses are at example.com, .org and .net, phone
numbers and national ids come from ranges that are never given out, card numbers are the card schemes' test numbers.
"""
