"""Row conditions: simplified without changing what they admit."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from proxy.policy.conditions import ALWAYS, NEVER, all_of, any_of, close, filters, implies, key
from proxy.values import AllOf, AnyOf, Condition, RowFilter
from tests.policy.house import CUSTOMERS, ORDERS, holds

NAMES = "abc"
F = {n: RowFilter(n, CUSTOMERS, f"{n} = :{n}", frozenset({n}), object()) for n in NAMES}
WORLDS = [frozenset(c) for n in range(4) for c in itertools.combinations(NAMES, n)]

raw = st.recursive(
    st.one_of(st.sampled_from([ALWAYS, NEVER, *F.values()])),
    lambda inner: st.builds(
        lambda make, parts: make(tuple(parts)), st.sampled_from([AllOf, AnyOf]), st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


def simplified(condition: Condition) -> Condition:
    if isinstance(condition, AllOf):
        return all_of(map(simplified, condition.parts))
    if isinstance(condition, AnyOf):
        return any_of(map(simplified, condition.parts))
    return condition


@given(raw)
def test_simplifying_admits_the_same_rows(condition: Condition) -> None:
    small = simplified(condition)
    assert all(holds(small, world) == holds(condition, world) for world in WORLDS)


@given(raw, st.sets(st.sampled_from(NAMES)))
def test_closing_a_filter_is_as_if_it_never_held(condition: Condition, lacking: set[str]) -> None:
    closed = close(simplified(condition), frozenset(key(F[n]) for n in lacking))
    assert all(holds(closed, world) == holds(condition, world - lacking) for world in WORLDS)
    assert lacking.isdisjoint(f.id for f in filters(closed))


@given(raw, st.lists(raw, max_size=3))
def test_what_is_implied_admits_no_row_that_the_others_do_not(condition: Condition, others: list[Condition]) -> None:
    one, rest = simplified(condition), [simplified(o) for o in others]
    if implies(one, rest):
        assert all(any(holds(o, world) for o in rest) for world in WORLDS if holds(one, world))


def test_of_no_parts() -> None:
    assert all_of([]) == ALWAYS
    assert any_of([]) == NEVER


def test_a_filter_of_another_table_is_another_filter() -> None:
    other = RowFilter("a", ORDERS, "a = :a", frozenset({"a"}), object())
    assert close(all_of([F["a"], other]), frozenset({key(other)})) == NEVER
    assert close(F["a"], frozenset({key(other)})) == F["a"]
