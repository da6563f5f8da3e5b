"""Who asks: named by signed tokens, and changed only where an app may."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from proxy.doors.pgwire.identity import LEAST_KEY, Expired, Identity
from proxy.doors.pgwire.refusals import Refused
from tests.fakes import ANA, BO

KEY = "k" * LEAST_KEY


def test_a_token_that_holds_names_the_caller() -> None:
    assert Identity(ANA, None).current() is ANA


def test_an_expired_one_ends_the_session() -> None:
    with pytest.raises(Expired):
        Identity(replace(ANA, expires_at=int(time.time())), None).current()


def test_the_user_takes_the_place_of_the_app() -> None:
    identity = Identity(ANA, None)
    identity.act_for(BO)
    assert identity.caller is BO
    assert identity.login is ANA


def test_without_a_key_the_user_is_named_before_the_first_query_only() -> None:
    identity = Identity(ANA, None)
    assert identity.token_in("a.b.c") == "a.b.c"
    identity.began = True
    with pytest.raises(Refused, match="once a query has run"):
        identity.token_in("a.b.c")


def test_with_a_key_the_user_is_named_by_those_who_know_it() -> None:
    identity = Identity(ANA, KEY)
    identity.began = True
    assert identity.token_in(f"{KEY}:a.b.c") == "a.b.c"
    for wrong in ("a.b.c", f"{KEY}x:a.b.c", ":a.b.c", f"{KEY[:-1]}:a.b.c"):
        with pytest.raises(Refused, match="without the key"):
            identity.token_in(wrong)


def test_a_short_key_is_none() -> None:
    with pytest.raises(Refused, match="shorter"):
        Identity(ANA, "short")
