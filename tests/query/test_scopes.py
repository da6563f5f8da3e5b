"""Flows and the names that can be seen: what is joined, what is kept apart, and what errs on the side of more."""

from __future__ import annotations

from proxy.query.scopes import COUNT, TEXT, Cte, Env, Flow, Out, Source, merged, offered

A = frozenset({(0, "a")})
B = frozenset({(1, "b")})
PLAIN = Flow(A, A, TEXT, plain=True)


def test_merging_keeps_every_origin_and_nothing_else() -> None:
    both = merged([PLAIN, Flow(B, frozenset(), COUNT, plain=True)])
    assert both == Flow(A | B, A, None, plain=False)
    assert merged([]) == Flow()


def test_a_derived_value_is_no_longer_the_column_itself() -> None:
    assert PLAIN.derived() == Flow(A, A, None, plain=False)
    assert PLAIN.derived(COUNT).type == COUNT


def test_behind_an_aggregate_nothing_is_live() -> None:
    assert PLAIN.settled() == Flow(A, frozenset(), None, plain=False)


def test_a_whole_row_is_made_of_all_its_columns_and_of_what_is_not_known() -> None:
    assert Source("s", {"a": PLAIN}, None, Flow(B, B)).whole() == Flow(A | B, A | B)
    assert Source("s", {"a": PLAIN}, None).whole().origins == A


def test_environments_are_seen_from_the_inside_out() -> None:
    outer = Env(None)
    inner = Env(outer)
    assert list(inner.chain()) == [inner, outer]


def test_the_parameters_of_a_lambda_are_added_to_the_same_names() -> None:
    env = Env(None, [Source("s", {}, None)], {"x": PLAIN})
    inner = env.with_locals(["a"]).with_locals(["b"])
    assert inner.locals == {"a", "b"}
    assert inner.sources is env.sources
    assert inner.aliases is env.aliases
    assert env.locals == frozenset()


def test_the_first_column_of_a_name_is_offered_and_a_star_offers_all_of_its_reference() -> None:
    outs = (Out("a", PLAIN), Out("a", Flow(B, B)), Out(None, Flow(B, B), 1), Out(None, Flow()))
    assert offered(outs, {1: {"b": Flow(B, B)}}) == {"a": PLAIN, "b": Flow(B, B)}
    assert offered(None, {}) == {}


def test_references_to_a_cte_do_not_share_their_columns() -> None:
    cte = Cte("__usher_cte0_t", None, {"a": PLAIN}, None)
    one, two = cte.source("t"), cte.source("u")
    one.columns["x"] = Flow()
    assert two.columns == {"a": PLAIN}
