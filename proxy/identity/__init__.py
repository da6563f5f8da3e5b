"""Tokens in, callers out: who is asking, proven, or nobody.

Rule kept here: a `Caller` exists only where every check passed; each check that fails is `Unauthenticated` with its own
reason. The entry is `proxy.identity.verifier.Verifier`.
"""
