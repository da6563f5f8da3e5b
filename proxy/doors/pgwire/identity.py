"""Who asks on a connection: the person or app that logged in, or the user an app acts for.

Rule kept here: a user is named by a signed token and nothing else. An app may name one while no query has run on the
connection; afterwards only with the key that it gave at start-up, which nobody who merely writes SQL knows. Nothing
that resets a session resets this.
"""

from __future__ import annotations

import hmac
import time

from proxy.doors.pgwire.refusals import Refused
from proxy.values import Caller

TOKEN, KEY, LOGIN, NOTICES = "usher.token", "usher.key", "usher.login", "usher.notices"
SECRETS = frozenset({TOKEN, KEY})
LEAST_KEY = 16


class Expired(Exception):
    """A token has run out: the session ends."""


class Identity:
    """The caller of one connection."""

    def __init__(self, login: Caller, key: str | None) -> None:
        """`key` was given at start-up. Raises `Refused`."""
        if key is not None and len(key) < LEAST_KEY:
            raise Refused("22023", f"{KEY} is shorter than {LEAST_KEY} characters.", "Make a long random one.")
        self.login = login
        self._user: Caller | None = None
        self._key = key
        self.began = False

    @property
    def caller(self) -> Caller:
        """Who asks now."""
        return self._user or self.login

    @property
    def expires_at(self) -> int:
        """When the session ends, in seconds since the epoch."""
        return self.caller.expires_at

    def current(self) -> Caller:
        """Who asks now, with a token that holds. Raises `Expired`."""
        caller = self.caller
        if time.time() >= caller.expires_at:
            raise Expired
        return caller

    def token_in(self, value: str) -> str:
        """The token in a value of `SET usher.token`. Raises `Refused` where it may not be changed now."""
        if self._key is not None:
            key, mark, token = value.partition(":")
            if not mark or not hmac.compare_digest(key.encode(), self._key.encode()):
                raise Refused(
                    "42501",
                    "The user cannot be changed without the key of this connection.",
                    f"SET {TOKEN} = 'KEY:TOKEN', with the {KEY} of the start-up packet.",
                )
            return token
        if self.began:
            raise Refused(
                "42501",
                "The user cannot be changed once a query has run.",
                f"Open a connection for each user, or give {KEY} at start-up and SET {TOKEN} = 'KEY:TOKEN'.",
            )
        return value

    def act_for(self, user: Caller) -> None:
        """The app that logged in acts for this user from now on."""
        self._user = user


def secret(name: str) -> Refused:
    """The refusal to show, reset or forget a secret."""
    return Refused("42501", f"{name} cannot be shown or reset.", "It holds as long as the connection.")
