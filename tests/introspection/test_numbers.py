"""Numbers (OIDs) of what a view shows."""

from __future__ import annotations

from proxy.introspection.numbers import FIRST, LAST, Numbers
from proxy.introspection.rows import made_of
from tests.introspection.answering import FACTS, ORDERS


def test_a_name_has_the_same_number_whatever_else_is_there() -> None:
    assert FIRST <= ORDERS <= LAST
    assert Numbers().of("table", "main", "orders") == ORDERS
    assert ORDERS in {row["oid"] for row in made_of(FACTS)["pg_class"]}
    assert len({ORDERS, Numbers().of("table", "main", "v"), Numbers().of("view", "main", "orders")}) == 3


def test_names_that_are_cut_elsewhere_are_two_names() -> None:
    assert Numbers().of("table", "a", "bc") != Numbers().of("table", "ab", "c")


def test_two_names_with_one_hash_get_two_numbers() -> None:
    numbers = Numbers()
    first = numbers.of("table", "a", "b")
    numbers._taken[first] = "somebody else"
    moved = numbers.of("table", "a", "b")
    assert moved == first + 1
    assert numbers.of("table", "a", "b") == moved
