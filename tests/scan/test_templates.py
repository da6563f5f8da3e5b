"""Places in lines that a program wrote: judged together, and only where enough lines are alike."""

from __future__ import annotations

import pyarrow as pa

from proxy.scan.entities import Hit
from proxy.scan.templates import ENOUGH, SHARE, chance, place


def judged(texts: list[str], phones: int) -> frozenset[tuple[str, int]]:
    """The chance places where the last number of the first `phones` texts was taken for a telephone number."""
    hits = {text: [Hit(text.rindex(" ") + 1, len(text), "PHONE_NUMBER", 0.4)] for text in texts[:phones]}
    return chance(pa.array(texts, pa.large_string()), hits)


def lines(count: int) -> list[str]:
    return [f"node {i} wrote {212555000 + i}" for i in range(count)]


def test_a_place_with_few_telephone_numbers_holds_none() -> None:
    assert judged(lines(ENOUGH), 1) == {("node 0 wrote 0", 1)}


def test_a_place_with_enough_telephone_numbers_holds_them() -> None:
    assert judged(lines(ENOUGH), int(SHARE * ENOUGH)) == frozenset()


def test_a_few_lines_tell_nothing() -> None:
    assert judged(lines(ENOUGH - 1), 1) == frozenset()


def test_texts_of_people_are_not_alike() -> None:
    words = [chr(97 + i) * 3 for i in range(26)]
    assert judged([f"the {word} is 212555000" for word in words], 1) == frozenset()


def test_short_numbers_do_not_dilute_a_place() -> None:
    texts = [*lines(6), *(f"node {i} wrote {i}" for i in range(100))]
    assert judged(texts, 6) == frozenset()


def test_a_line_that_names_a_telephone_is_not_judged() -> None:
    texts = [f"node {i} phone {212555000 + i}" for i in range(2 * ENOUGH)]
    assert judged(texts, 1) == frozenset()


def test_only_digits_alone_have_a_place() -> None:
    assert place("ref 212-555-1234", Hit(4, 16, "PHONE_NUMBER", 0.4)) is None
    assert place("3 x 2125551234, 4", Hit(4, 14, "PHONE_NUMBER", 0.4)) == ("0 x 0, 0", 1)
