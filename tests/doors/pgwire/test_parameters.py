"""Bound values mean what the server reads in them, or are refused."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.doors.pgwire.parameters import decoded, need_types
from proxy.doors.pgwire.types import BY_NAME, BY_OID, of_field
from proxy.errors import InvalidSql
from proxy.values import ReasonCode
from tests.doors.pgwire.server import Raw, Refused, cells
from tests.doors.pgwire.values import CASES, Case
from tests.postgres import Database

MANY = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
UNREAD = ("json", "jsonb", "char", "int2vector", "oidvector")  # handed on as the text they are
READ = sorted(n for n in BY_NAME if n.removeprefix("_") not in UNREAD)


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    with Raw(postgres_shared) as session:
        yield session


def spelt(value: Any) -> str | None:
    """A value as text that the server reads."""
    if isinstance(value, list):
        return "{" + ",".join("NULL" if v is None else _element(v) for v in value) + "}"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _element(value: Any) -> str:
    text = str(spelt(value))
    return text if isinstance(value, list) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def attempt(values: list[bytes | None], oids: list[int], form: int) -> list[Any] | InvalidSql:
    try:
        return decoded(values, oids, [form])
    except InvalidSql as error:
        return error


def again(raw: Raw, value: Any, oid: int, form: int) -> bytes | None:
    text = spelt(value)
    assert text is not None
    return cells(raw.rows("SELECT $1", [(oid, 0, text.encode())], [form])[0])[0]


@pytest.mark.parametrize("form", [0, 1], ids=["text", "binary"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_what_the_server_wrote_is_read(raw: Raw, case: Case, form: int) -> None:
    oid = of_field(case.field([])[0]).oid
    array = BY_OID[oid].array
    name = cells(raw.run(f"SELECT {oid}::regtype")[0])[0]
    assert name is not None

    @MANY
    @given(case.draw)
    def check(value: Any) -> None:
        theirs = cells(raw.rows("SELECT $1", [case.parameter(value, oid)], [form])[0])[0]
        sql = f"SELECT ARRAY[ARRAY[$1, NULL]]::{name.decode()}[]"
        theirs_listed = cells(raw.rows(sql, [case.parameter(value, oid)], [form])[0])[0]
        read = attempt([theirs, theirs_listed], [oid, array], form)
        if isinstance(read, InvalidSql):
            assert read.sqlstate == "22008"  # no end, or a year that Python has not
            return
        mine, listed = read
        assert again(raw, mine, oid, form) == theirs
        assert again(raw, listed, array, form) == theirs_listed
        assert isinstance(listed[0], list)
        assert listed[0][1] is None

    check()


WORDS = [
    "1",
    "0",
    "-1",
    "+7",
    "32768",
    "2147483648",
    "9223372036854775808",
    "4294967296",
    "1.5",
    ".5",
    "5.",
    "1e5",
    "1E-3",
    "1e400",
    "NaN",
    "nan",
    "inf",
    "Infinity",
    "-infinity",
    "+Infinity",
    " 12 ",
    "12 x",
    "",
    " ",
    "0x1F",
    "1_000",
    "1e",
    "--1",
    "1e131072",
    "t",
    "TRUE",
    "tr",
    "y",
    "no",
    "n",
    "on",
    "of",
    "o",
    "off",
    "maybe",
    "1e39",
    "3.4028235677973366e38",
    "1e-50",
    "1e-400",
    "2020-01-02",
    "2020-1-2",
    "2020-13-01",
    "2020-02-30",
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "10000-01-01",
    "0044-03-15 BC",
    "2020-01-02 03:04:05",
    "2020-01-02T03:04:05.123456",
    "2020-01-02 03:04:05.1234567+02",
    "2020-01-02 03:04:60",
    "2020-01-02 24:00:00",
    "2020-01-02 03:04:05-03:30",
    "2020-01-02 03:04:05+0530",
    "2020-01-02 03:04:05 +01:00:30",
    "2020-01-02 03:04:05Z",
    "2020-01-02 03:04",
    "2020-01-02 +01",
    "2020-01-02 03:04:05+16",
    "9999-12-31 23:59:59.9999999",
    "9999-12-31 23:00:00-05",
    "2020-01-02 25:00:00",
    "03:04:05",
    "03:04",
    "3:04:05.5",
    "24:00:00",
    "24:00:01",
    "23:59:60",
    "03:04:05+02",
    "03:04:05.123456-03:30",
    "12:60:00",
    "a",
    "1 day",
    "1 days -2 mons",
    "1 year 2 mons 3 days 04:05:06.789",
    "-1 year -2 days +03:04:05",
    "@ 1 year 2 mons ago",
    "1.5 days",
    "P1Y2M3DT4H5M6.7S",
    "P1W",
    "P",
    "PT",
    "P1DT",
    "1",
    "1 fortnight",
    "-00:00:01",
    "00:00:00.0000005",
    "36:00",
    "1 day 1 day",
    "1 sec 1 ms",
    "1.5 sec 1 ms",
    "1 s 00:00:01",
    "1 week 1 day",
    "1 h 2 min",
    "3 d 4 s",
    "1 us",
    "1 week",
    "1.5 weeks",
    "2 mons 1 us",
    "100000000 years",
    "1 hour ago",
    "day",
    "1 -",
    "0.5 mon",
    "1 months",
    "1:02:03:04",
    "\\x00ff",
    "\\x0",
    "\\xzz",
    "\\X00",
    "a\\\\b",
    "a\\101",
    "a\\1",
    "\\",
    "é",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
    "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
    "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
    "a0eebc99--9c0b-4ef8-bb6d6bb9bd380a11",
    "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "{}",
    "{1}",
    "{1,2}",
    "{{1,2},{3,4}}",
    "{{1},{2,3}}",
    "{{1},2}",
    "{NULL,null}",
    '{"NULL"}',
    "{1,}",
    "{,1}",
    "{1",
    "1}",
    "{1}}",
    "{ 1 , 2 }",
    '{"a b",c}',
    '{"a\\"b"}',
    "{a\\,b}",
    "{a b}",
    '{"a"b}',
    '{a"b"}',
    "[2:3]={1,2}",
    "[0:0]={{1}}",
    "[0:0][2:2]={{1}}",
    "[2]={1,2}",
    "{{}}",
    "{{},{}}",
    "{{{{{{1}}}}}}",
    "{{{{{{{1}}}}}}}",
    "{\v1}",
]
"""Texts that some type reads, or nearly reads."""


def agree(raw: Raw, oid: int, form: int, given_: bytes) -> None:
    """What is accepted means what the server reads."""
    try:
        theirs = raw.rows("SELECT $1", [(oid, form, given_)], [0])
    except Refused:
        theirs = []
    read = attempt([given_], [oid], form)
    if isinstance(read, InvalidSql):
        return
    assert theirs, f"{given_!r} is accepted, but the server refuses it"
    value = cells(theirs[0])[0] or b""
    if BY_OID[oid].element:  # where elements are counted from is forgotten
        value = re.sub(rb"^(\[[-0-9:]+\])+=", b"", value)
    assert again(raw, read[0], oid, 0) == value, given_


@pytest.mark.parametrize("name", READ)
def test_texts_mean_what_the_server_reads(raw: Raw, name: str) -> None:
    for word in WORDS:
        agree(raw, BY_NAME[name].oid, 0, word.encode())


PIECES = [
    *'0123456789+-.:TZ{},\\" ',
    "2020-01-02",
    "03:04:05",
    "NULL",
    " BC",
    "+02",
    "1 day",
    "e5",
    "mons",
    "-1",
    "x",
    "ago",
]


@pytest.mark.parametrize("name", READ)
def test_drawn_texts_mean_what_the_server_reads(raw: Raw, name: str) -> None:
    @MANY
    @given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.sampled_from(WORDS).flatmap(_mutated))
    def check(text: str) -> None:
        agree(raw, BY_NAME[name].oid, 0, text.encode())

    check()


@st.composite
def _mutated(draw: Any, word: str) -> str:
    at = draw(st.integers(0, len(word)))
    return word[:at] + draw(st.sampled_from(PIECES)) + word[at + draw(st.integers(0, 2)) :]


@pytest.mark.parametrize("name", READ)
def test_drawn_bytes_mean_what_the_server_reads(raw: Raw, name: str) -> None:
    oid = BY_NAME[name].oid
    size = BY_OID[oid].size
    head = st.binary(min_size=size, max_size=size) if 0 < size < 64 else st.binary(max_size=24)
    small = st.lists(st.integers(0, 3), max_size=24).map(bytes)

    @MANY
    @given(head | small)
    def check(value: bytes) -> None:
        agree(raw, oid, 1, value)

    check()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("bool", "t", True),
        ("int4", "42", 42),
        ("float8", "1.5", 1.5),
        ("numeric", "1.50", Decimal("1.50")),
        ("text", "a", "a"),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("bytea", "\\x6162", b"ab"),
        ("date", "2020-01-02", date(2020, 1, 2)),
        ("time", "03:04:05.6", time(3, 4, 5, 600_000)),
        ("timetz", "03:04:05+02", time.fromisoformat("03:04:05+02:00")),
        ("timestamp", "2020-01-02 03:04:05", datetime(2020, 1, 2, 3, 4, 5)),
        ("timestamptz", "2020-01-02 03:04:05+02", datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("interval", "1 day 00:00:02", timedelta(days=1, seconds=2)),
        ("interval", "-00:00:01", "-1 seconds"),
        ("interval", "36:00:00", "129600 seconds"),
        ("interval", "1 year 2 days -00:00:03.5", "12 months 2 days -3 seconds -500000 microseconds"),
        ("uuid", "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
        ("_int4", "{1,NULL,3}", [1, None, 3]),
        ("_text", '{{a,"b c"},{NULL,"NULL"}}', [["a", "b c"], [None, "NULL"]]),
    ],
)
def test_values_are_pythons(name: str, text: str, value: Any) -> None:
    (found,) = decoded([text.encode()], [BY_NAME[name].oid])
    assert found == value
    assert type(found) is type(value)


def test_types_that_nobody_knows_are_text() -> None:
    assert decoded([b"a", None, b"b", b"1.2.3.4"], [0, 23, 705, 869]) == ["a", None, "b", "1.2.3.4"]
    assert decoded([b"a", b"b"], [], [1]) == ["a", "b"]


def test_types_that_nobody_knows_have_no_binary_form() -> None:
    with pytest.raises(InvalidSql) as caught:
        decoded([b"\1\2"], [869], [1])
    assert caught.value.sqlstate == "0A000"


@pytest.mark.parametrize(
    ("name", "form", "value", "sqlstate"),
    [
        ("int2", 0, b"32768", "22003"),
        ("int4", 0, b"secret", "22P02"),
        ("int4", 1, b"\0", "22P03"),
        ("text", 0, b"\xff", "22021"),
        ("text", 0, b"a\0b", "22021"),
        ("date", 0, b"infinity", "22008"),
        ("date", 0, b"secret", "22007"),
        ("timestamp", 1, (2**63 - 1).to_bytes(8, "big"), "22008"),
        ("_int4", 0, b"{1,secret}", "22P02"),
        ("_int4", 1, b"\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1", "22P03"),
    ],
)
def test_refusals_name_the_parameter_and_quote_nothing(name: str, form: int, value: bytes, sqlstate: str) -> None:
    with pytest.raises(InvalidSql) as caught:
        decoded([b"1", value], [23, BY_NAME[name].oid], [0, form])
    assert caught.value.sqlstate == sqlstate
    assert caught.value.reasons[0].code is ReasonCode.PARAMETERS
    assert "$2" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("formats", [[0, 0], [2], [0, 1, 0, 1]])
def test_formats_must_fit(formats: list[int]) -> None:
    with pytest.raises(InvalidSql) as caught:
        decoded([b"1", b"2", b"3"], [23, 23, 23], formats)
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize(
    ("values", "formats", "needed"),
    [([b"1", None], [], False), ([b"1", b"{1,2}"], [], True), ([b"1"], [1], True), ([b"x{", b""], [0, 0], False)],
)
def test_types_are_asked_for_where_a_value_cannot_stay_text(
    values: list[bytes | None], formats: list[int], needed: bool
) -> None:
    assert need_types(values, formats) == needed
