"""What a start-up packet asks for."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire import startup
from proxy.doors.pgwire.messages import Startup
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.settings import Login


def read(minor: int = 0, **given: str) -> startup.Wanted:
    return startup.read(Startup(minor, {"user": "ana", **given}))


def test_names_and_settings_are_read() -> None:
    wanted = read(
        database="shop", application_name="bot", DateStyle="ISO", options=r"-c a.b=x\ y --extra-float-digits=3"
    )
    assert (wanted.user, wanted.database) == ("ana", "shop")
    assert wanted.settings == {"application_name": "bot", "datestyle": "ISO", "a.b": "x y", "extra_float_digits": "3"}


def test_a_database_that_is_only_the_user_name_again_is_none() -> None:
    assert read(database="ana").database == ""


@pytest.mark.parametrize(
    ("minor", "spoken", "newer", "key"), [(0, 0, False, 4), (1, 0, True, 4), (2, 2, False, 32), (9999, 2, True, 32)]
)
def test_versions_are_negotiated(minor: int, spoken: int, newer: bool, key: int) -> None:
    wanted = read(minor)
    assert (wanted.minor, wanted.newer, wanted.key_bytes) == (spoken, newer, key)


def test_protocol_options_are_declined_and_no_settings() -> None:
    wanted = startup.read(Startup(2, {"user": "ana", "_pq_.command_tag": "on"}))
    assert wanted.unknown == ("_pq_.command_tag",)
    assert wanted.settings == {}


def test_secrets_are_taken_apart_and_do_not_show() -> None:
    wanted = startup.read(Startup(0, {"user": "ana", "usher.key": "keykeykey", "options": "-c usher.token=a.b.c"}))
    assert (wanted.token, wanted.key) == ("a.b.c", "keykeykey")
    assert wanted.settings == {}
    assert "a.b.c" not in repr(wanted)
    assert "keykeykey" not in repr(wanted)


def test_a_client_may_ask_for_a_method() -> None:
    assert read(options="-c usher.login=oauthbearer").login is Login.OAUTHBEARER


@pytest.mark.parametrize(
    ("given", "sqlstate"),
    [
        ({"user": ""}, "28000"),
        ({"replication": "database"}, "0A000"),
        ({"options": "-c"}, "22023"),
        ({"options": "-c nothing"}, "22023"),
        ({"options": "-F"}, "22023"),
        ({"options": "name=value"}, "22023"),
        ({"options": "-c usher.login=trust"}, "22023"),
    ],
)
def test_what_is_not_understood_is_refused(given: dict[str, str], sqlstate: str) -> None:
    with pytest.raises(Refused) as caught:
        read(**given)
    assert caught.value.fields.sqlstate == sqlstate
