"""One record has one spelling, whatever stands in it, and nothing in it can pass for something else."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.audit.record import DOMAIN, FIRST, Chain, canonical, follows, new_id, parse, spelling, utc

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
BODIES = st.dictionaries(st.text(), VALUES, max_size=3)
NASTY = 'a\nb\r\0\x1b[31m\x9b2J\x7f\u202e\u2066\u200b\ufeff\u2028\N{GRINNING FACE}\ud800é"\\'


def test_the_spelling_is_fixed() -> None:
    value: Any = {"b": 1, "a": [True, None, 1.5, -0.0, 10**30], "é": 'é\n\x7f\u202e\N{GRINNING FACE}"\\/', "": {}}
    assert canonical(value) == (
        rb'{"":{},"a":[true,null,1.5,-0.0,1000000000000000000000000000000],"b":1,'
        rb'"\u00e9":"\u00e9\n\u007f\u202e\ud83d\ude00\"\\/"}'
    )


def test_the_hash_is_fixed() -> None:
    line = Chain().seal("id", "2026-01-01T00:00:00.000000Z", "plan", canonical({"x": 1}))
    tail = b'"kind":"plan","previous":"%b","sequence":1,"time":"2026-01-01T00:00:00.000000Z"}'
    without = b'{"body":{"x":1},"event_id":"id",' + tail
    digest = hashlib.sha256(b"usher.audit.record.v1\n" + without % FIRST.encode()).hexdigest()
    assert DOMAIN == b"usher.audit.record.v1\n"
    assert json.loads(line)["hash"] == digest == "7277661b44d00c6de8cc93e6c757a9f26a99ac4213e3fdeb96d5b64f68e548e8"


@given(BODIES)
def test_a_record_is_one_printable_line_and_reads_back_as_it_was(body: dict[str, Any]) -> None:
    chain = Chain()
    line = chain.seal("id", "time", "plan", canonical(body))
    assert all(0x20 <= byte <= 0x7E for byte in line)
    record = parse(line)
    assert canonical(dict(record.body)) == canonical(body)
    assert spelling(record) == line
    assert (record.sequence, record.hash, record.previous) == (1, chain.previous, FIRST)


@given(VALUES)
def test_a_spelling_read_back_is_spelt_the_same(value: Any) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(BODIES)
def test_the_line_is_the_canonical_spelling_of_its_fields(body: dict[str, Any]) -> None:
    line = Chain().seal("id", "time", "plan", canonical(body))
    assert canonical(json.loads(line)) == line


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, b"bytes", {1: "x"}, {None: 1}, {1, 2}, object(), [b""], {"a": {2: 1}}]
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(value)


def test_nasty_text_stays_inside_its_record() -> None:
    line = Chain().seal(NASTY, NASTY, NASTY, canonical({NASTY: NASTY}))
    assert b"\n" not in line
    assert line.isascii()
    assert parse(line).kind == NASTY


def test_a_chain_moves_on_with_each_record() -> None:
    chain = Chain()
    first = parse(chain.seal("a", "t", "plan", b"{}"))
    second = parse(chain.seal("b", "t", "plan", b"{}"))
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous == first.hash != second.hash


def test_the_same_content_elsewhere_in_the_chain_has_another_hash() -> None:
    one, two = Chain(4, "a" * 64), Chain(4, "b" * 64)
    assert parse(one.seal("a", "t", "plan", b"{}")).hash != parse(two.seal("a", "t", "plan", b"{}")).hash


def test_follows_takes_the_next_record_only() -> None:
    chain = Chain()
    first = chain.seal("a", "t", "plan", b"{}")
    second = chain.seal("b", "t", "plan", b"{}")
    reading = Chain()
    with pytest.raises(ValueError, match="does not continue"):
        follows(second, reading)
    assert follows(first, reading).sequence == 1
    assert follows(second, reading).sequence == 2
    assert (reading.sequence, reading.previous) == (chain.sequence, chain.previous)
    for wrong in (second, first, second.replace(b'"b"', b'"c"')):
        with pytest.raises(ValueError, match="does not continue"):
            follows(wrong, reading)
    assert reading.sequence == 2


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"body":{}}'],
)
def test_what_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own message, or ours
        parse(line)


def test_fields_of_another_type_are_refused() -> None:
    good = json.loads(Chain().seal("a", "t", "plan", b"{}"))
    for key, value in [("body", []), ("sequence", "1"), ("sequence", True), ("hash", 1), ("time", None)]:
        with pytest.raises(ValueError, match="not an audit record"):
            parse(json.dumps({**good, key: value}, sort_keys=True).encode())


def test_ids_sort_by_time_and_times_are_utc() -> None:
    ids = [new_id() for _ in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50
    assert ids[0][14] == "7"
    assert utc(0.25) == "1970-01-01T00:00:00.250000Z"
