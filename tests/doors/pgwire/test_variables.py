"""Settings: an allow-list, and what transactions take back."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.variables import MOST_LABELS, SERVER_VERSION, VARIABLES, Variables, schemas


def made(**given: str) -> Variables:
    return Variables(given, {"search_path": "main"})


def put(variables: Variables, name: str, value: str | None, local: bool = False, block: bool = False) -> str:
    variables.set(name, value, local, block)
    return variables.show(name)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("client_encoding", "'utf-8'", "UTF8"),
        ("client_encoding", "UNICODE", "UTF8"),
        ("datestyle", "iso", "ISO, MDY"),
        ("datestyle", "ISO,MDY", "ISO, MDY"),
        ("extra_float_digits", "3", "3"),
        ("timezone", "Etc/UTC", "UTC"),
        ("timezone", "gmt", "UTC"),
        ("standard_conforming_strings", "TRUE", "on"),
        ("default_transaction_read_only", "1", "on"),
        ("transaction_isolation", "READ COMMITTED", "read committed"),
        ("statement_timeout", "5s", "5000ms"),
        ("statement_timeout", "0", "0"),
        ("client_min_messages", "WARNING", "warning"),
        ("application_name", "bot\n", "bot?"),
        ("usher.notices", "off", "off"),
        ("myapp.user", "x", "x"),
    ],
)
def test_what_may_be_set(name: str, value: str, kept: str) -> None:
    assert put(made(), name, value) == kept


@pytest.mark.parametrize(
    ("name", "value", "sqlstate"),
    [
        ("client_encoding", "LATIN1", "22023"),
        ("datestyle", "German", "22023"),
        ("datestyle", "ISO, DMY", "22023"),
        ("timezone", "Europe/Berlin", "22023"),
        ("search_path", ", ".join(f"s{n}" for n in range(33)), "22023"),
        ("standard_conforming_strings", "off", "22023"),
        ("default_transaction_read_only", "off", "22023"),
        ("transaction_read_only", "off", "22023"),
        ("transaction_isolation", "serializable", "22023"),
        ("statement_timeout", "soon", "22023"),
        ("statement_timeout", "99999999999", "22023"),
        ("extra_float_digits", "0", "22023"),
        ("row_security", "off", "22023"),
        ("server_version", "9.6", "55P02"),
        ("is_superuser", "on", "55P02"),
        ("session_authorization", "bo", "55P02"),
        ("work_mem", "1GB", "42704"),
        ("usher.anything", "x", "42704"),
        ("session_replication_role", "replica", "42704"),
    ],
)
def test_what_may_not(name: str, value: str, sqlstate: str) -> None:
    with pytest.raises(Refused) as caught:
        put(made(), name, value)
    assert caught.value.fields.sqlstate == sqlstate


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ()),
        ("main", ("main",)),
        ('"$user", public, "Sales", SALES', ("public", "Sales", "sales")),
        ("a,a, b", ("a", "b")),
        ('pg_catalog, "x""y", "a, b"', ('x"y', "a, b")),
    ],
)
def test_search_paths_are_lists_of_schemas(path: str, found: tuple[str, ...]) -> None:
    assert schemas(path) == found


def test_a_drivers_time_zone_at_start_up_is_passed_over() -> None:
    assert made(timezone="Europe/Berlin").show("timezone") == "UTC"


def test_a_start_up_value_is_what_reset_goes_back_to() -> None:
    variables = made(application_name="bot")
    put(variables, "application_name", "other")
    assert put(variables, "application_name", None) == "bot"
    put(variables, "application_name", "other")
    variables.reset(None)
    assert variables.show("application_name") == "bot"


def test_a_rollback_takes_back_what_was_set() -> None:
    variables = made()
    variables.begin()
    put(variables, "application_name", "inside", block=True)
    put(variables, "myapp.user", "x", block=True)
    variables.end(kept=False)
    assert variables.show("application_name") == ""
    with pytest.raises(Refused):
        variables.show("myapp.user")


def test_a_commit_keeps_all_but_what_was_local() -> None:
    variables = made()
    variables.begin()
    put(variables, "application_name", "inside", block=True)
    assert put(variables, "statement_timeout", "5", local=True, block=True) == "5ms"
    put(variables, "myapp.user", "x", local=True, block=True)
    variables.end(kept=True)
    assert variables.show("application_name") == "inside"
    assert variables.show("statement_timeout") == "0"
    with pytest.raises(Refused):
        variables.show("myapp.user")


@pytest.mark.parametrize("reset", ["statement_timeout", None])
def test_a_reset_takes_what_was_local_for_the_sessions_own(reset: str | None) -> None:
    variables = made()
    put(variables, "statement_timeout", "5")
    variables.begin()
    put(variables, "statement_timeout", "7", local=True, block=True)
    variables.reset(reset)
    variables.end(True)
    assert variables["statement_timeout"] == "0"


def test_local_outside_of_a_transaction_does_nothing() -> None:
    assert put(made(), "statement_timeout", "5", local=True) == "0"


def test_labels_are_recorded_and_bounded() -> None:
    variables = made(application_name="bot")
    for number in range(MOST_LABELS):
        put(variables, f"myapp.n{number}", "x" * 500)
    assert len(variables.labels()) == MOST_LABELS + 1
    assert len(variables.labels()["myapp.n0"]) == 200
    with pytest.raises(Refused, match="at most"):
        put(variables, "myapp.more", "x")


def test_clients_are_told_what_they_go_by() -> None:
    told = made().reported()
    assert told["server_version"] == SERVER_VERSION
    assert told["search_path"] == "main"
    assert set(told) == {v.name for v in VARIABLES.values() if v.reported}


def test_all_are_shown_in_order() -> None:
    names = [name.lower() for name, _ in made().all()]
    assert names == sorted(VARIABLES)
