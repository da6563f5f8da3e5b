"""One column of one slice: what is counted, what changes, and that the two agree."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.scan import column
from proxy.scan.arrays import pack, unpack
from proxy.scan.column import Job, Scanned, scan_column
from proxy.scan.rules import Rule, ScanRules
from proxy.scan.settings import PHONE_REGIONS, Action, Mode
from proxy.scan.verdicts import Rate

RULES = ScanRules().resolve(Mode.PATTERNS, Action.REDACT)


@pytest.fixture(scope="module", autouse=True)
def _started() -> Iterator[None]:
    column.start(Mode.PATTERNS, PHONE_REGIONS)
    yield
    column._analyzer = None


def scan(
    array: pa.Array, name: str = "c", rules: tuple[Rule, ...] = RULES, rates: dict[str, Rate] | None = None
) -> tuple[list[Any], Scanned]:
    scanned = scan_column(Job(pack(array), name, rules, rates or {}))
    new = array if scanned.data is None else unpack(scanned.data)
    new.validate(full=True)
    assert new.type == array.type
    assert len(new) == len(array)
    assert scanned.read + scanned.unread + scanned.null == len(array)
    return new.to_pylist(), scanned


def cells(scanned: Scanned) -> dict[str, int]:
    return {name: count.cells for name, count in scanned.counts.items()}


def luhn(number: int) -> bool:
    digits = [int(d) for d in str(number)][::-1]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def test_offsets_count_characters_and_not_bytes() -> None:
    new, _ = scan(pa.array(["😀 é ana@example.com 日本", "👨‍👩‍👧 BO@EXAMPLE.ORG"]))
    assert new == ["😀 é <EMAIL_ADDRESS> 日本", "👨‍👩‍👧 <EMAIL_ADDRESS>"]


def test_every_row_of_a_repeated_value_is_redacted_and_counted() -> None:
    new, scanned = scan(pa.array(["a@example.com", "x"] * 500))
    assert new == ["<EMAIL_ADDRESS>", "x"] * 500
    assert cells(scanned) == {"EMAIL_ADDRESS": 500}


def test_several_hits_in_one_cell_count_once() -> None:
    new, scanned = scan(pa.array(["a@example.com b@example.com"]))
    assert new == ["<EMAIL_ADDRESS> <EMAIL_ADDRESS>"]
    assert cells(scanned) == {"EMAIL_ADDRESS": 1}


def test_cards_in_integers_floats_and_decimals_become_null() -> None:
    card = 4111111111111111
    for array in (pa.array([card, 1]), pa.array([float(card), 1.0]), pa.array([Decimal(card), Decimal(1)])):
        new, scanned = scan(array)
        assert new == [None, 1]
        assert cells(scanned) == {"CREDIT_CARD": 1}


def test_social_security_numbers_in_integers_are_found_by_the_name_of_their_column() -> None:
    numbers = pa.array([512345678, 512345679])
    assert scan(numbers, "employee_ssn")[0] == [None, None]
    assert scan(numbers, "quantity")[0] == [512345678, 512345679]


def test_harmless_ids_are_left_alone() -> None:
    chosen = random.Random(3)
    ids = [chosen.randrange(4 * 10**15, 5 * 10**15) for _ in range(2_000)]
    assert 100 < sum(map(luhn, ids)) < 400, "some of them are cards by chance"
    for array in (pa.array(ids), pa.array(list(map(str, ids))), pa.array([i // 10**6 for i in ids])):
        new, scanned = scan(array, "order_id")
        assert new == array.to_pylist()
        assert cells(scanned) == {}


def test_prices_timestamps_versions_and_codes_are_left_alone() -> None:
    harmless = ["1640.55", "99.90", "1700000000", "1.2.19", "SKU-4711-22", "2024-05-03", "10/2024", "12345-6789", "7 %"]
    new, scanned = scan(pa.array(harmless * 20))
    assert new == harmless * 20
    assert cells(scanned) == {}


def test_rates_carry_over_from_slice_to_slice() -> None:
    card = pa.array([4111111111111111])
    assert scan(card, rates={"CREDIT_CARD": Rate(0, 0)})[0] == [None]
    new, scanned = scan(card, rates={"CREDIT_CARD": Rate(100, 5)})
    assert new == [4111111111111111]
    assert scanned.rates["CREDIT_CARD"] == Rate(101, 6)


def test_a_blocked_slice_returns_no_data() -> None:
    rules = (Rule("EMAIL_ADDRESS", "pii.email", Action.BLOCK, 0.4),)
    scanned = scan_column(Job(pack(pa.array(["a@example.com", None])), "c", rules, {}))
    assert scanned.data is None
    assert cells(scanned) == {"EMAIL_ADDRESS": 1}


def test_flagged_values_pass_and_are_counted() -> None:
    rules = (Rule("EMAIL_ADDRESS", "pii.email", Action.FLAG, 0.4),)
    new, scanned = scan(pa.array(["a@example.com"]), rules=rules)
    assert new == ["a@example.com"]
    assert scanned.data is None
    assert cells(scanned) == {"EMAIL_ADDRESS": 1}


def test_json_stays_json() -> None:
    new, _ = scan(pa.array(['{"to": "ana\\u0040example.com", "card": 4111111111111111, "n": 1.10}']))
    assert new == ['{"to": "<EMAIL_ADDRESS>", "card": null, "n": 1.10}']


def test_a_cell_is_read_if_its_texts_are_and_unread_if_bytes_in_it_are_not() -> None:
    kind = pa.struct([("t", pa.string()), ("b", pa.binary()), ("d", pa.date32())])
    day = datetime.date(2024, 1, 1)
    rows = [
        {"t": "x", "b": b"ok", "d": day},
        {"t": "x", "b": b"\xff", "d": day},
        {"t": None, "b": None, "d": day},
        {"t": None, "b": None, "d": None},
        None,
    ]
    _, scanned = scan(pa.array(rows, kind))
    assert (scanned.read, scanned.unread, scanned.null) == (2, 2, 1)


def test_an_empty_slice_is_no_trouble() -> None:
    new, scanned = scan(pa.array([], pa.string()))
    assert new == []
    assert (scanned.read, scanned.unread, scanned.null) == (0, 0, 0)


def test_a_process_that_was_not_started_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column, "_analyzer", None)
    with pytest.raises(RuntimeError, match="not started"):
        scan(pa.array(["x"]))


VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.sampled_from(["ana@example.com", "4111 1111 1111 1111", "x", "", "😀 512-34-5678"])),
    "integer": (pa.int64(), st.sampled_from([4111111111111111, 7, -1])),
    "float": (pa.float64(), st.sampled_from([4111111111111111.0, 0.5, float("inf")])),
    "bytes": (pa.binary(), st.sampled_from([b"ana@example.com", b"\xff\xfe", b""])),
    "boolean": (pa.bool_(), st.booleans()),
    "list": (pa.list_(pa.string()), st.lists(st.none() | st.sampled_from(["ana@example.com", "x"]), max_size=3)),
    "struct": (
        pa.struct([("a", pa.string()), ("n", pa.int64())]),
        st.fixed_dictionaries({"a": st.none() | st.just("ana@example.com"), "n": st.none() | st.integers(0, 9)}),
    ),
    "json": (pa.string(), st.sampled_from(['{"a": "ana@example.com"}', "[4111111111111111]", "{", "[]"])),
    "map": (pa.map_(pa.string(), pa.int64()), st.lists(st.tuples(st.just("ana@example.com"), st.just(1)), max_size=1)),
}


@given(st.data())
@settings(max_examples=120)
def test_every_cell_is_counted_once_and_nothing_personal_is_left(data: st.DataObject) -> None:
    kind, values = VALUES[data.draw(st.sampled_from(sorted(VALUES)))]
    rows = data.draw(st.lists(st.none() | values, max_size=12))
    new, scanned = scan(pa.array(rows, kind))
    assert scanned.null == sum(row is None for row in rows)
    assert not any(secret in str(new) for secret in ("ana@example.com", "4111", "512-34"))
    changed = sum(a != b for a, b in zip(new, rows, strict=True))
    assert changed == max(scanned.counts.values(), key=lambda c: c.cells, default=column.Count(0, 0)).cells or (
        len(scanned.counts) > 1 and changed == sum(cells(scanned).values())
    )
