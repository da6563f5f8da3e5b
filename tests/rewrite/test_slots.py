"""Bound values: the client's first, the policy's own each once, and no value as text."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from proxy.rewrite.slots import Slots
from proxy.values import Slot, SlotKind


def bound(slots: Slots, text: str) -> str:
    """A piece of policy text with its parameters."""
    return slots.bound(sqlglot.parse_one(text, read="duckdb")).sql("duckdb")


def test_the_clients_parameters_come_first() -> None:
    slots = Slots(("1", "2"), {"region": -1})
    assert bound(slots, "region = :region") == "region = $3"
    assert slots.all() == (
        Slot(SlotKind.CLIENT, "1"),
        Slot(SlotKind.CLIENT, "2"),
        Slot(SlotKind.ATTRIBUTE, "region"),
    )


def test_a_client_that_names_an_attribute_does_not_bind_it() -> None:
    slots = Slots(("region",), {"region": -1})
    assert bound(slots, "region = :region") == "region = $2"


def test_an_attribute_used_twice_is_bound_once() -> None:
    slots = Slots((), {"region": -1})
    assert bound(slots, "a = :region OR b = :region") == "a = $1 OR b = $1"
    assert bound(slots, "c = :region") == "c = $1"
    assert len(slots.all()) == 1


def test_a_list_takes_a_parameter_each_item() -> None:
    slots = Slots((), {"accounts": 3})
    assert bound(slots, "id IN (7, :accounts)") == "id IN (7, $1, $2, $3)"
    assert [s.item for s in slots.all()] == [0, 1, 2]


def test_a_single_value_serves_where_a_list_is_meant() -> None:
    slots = Slots((), {"accounts": -1})
    assert bound(slots, "id IN (:accounts)") == "id IN ($1)"
    assert slots.all() == (Slot(SlotKind.ATTRIBUTE, "accounts"),)


def test_a_list_of_one_serves_where_a_single_value_is_meant() -> None:
    slots = Slots((), {"region": 1})
    assert bound(slots, "region = :region") == "region = $1"
    assert slots.all() == (Slot(SlotKind.ATTRIBUTE, "region", 0),)


def test_a_list_of_several_is_null_where_a_single_value_is_meant() -> None:
    slots = Slots((), {"region": 2})
    assert bound(slots, "region = :region") == "region = NULL"
    assert bound(slots, ":region") == "NULL"
    assert slots.all() == ()


def test_a_missing_attribute_and_an_empty_list_are_null() -> None:
    slots = Slots((), {"region": None, "accounts": 0})
    assert bound(slots, "region = :region AND id IN (:accounts) AND other = :other") == (
        "region = NULL AND id IN (NULL) AND other = NULL"
    )
    assert slots.all() == ()


def test_a_secret_is_a_slot_of_its_own_kind() -> None:
    slots = Slots((), {"mask_key_inner": -1})
    tree = slots.bound(exp.Placeholder(this="secret:mask_key_inner"))
    assert tree.sql("duckdb") == "$1"
    assert slots.all() == (Slot(SlotKind.SECRET, "mask_key_inner"),)


def test_policy_text_is_copied_and_can_be_bound_again() -> None:
    tree = sqlglot.parse_one("region = :region", read="duckdb")
    assert Slots((), {"region": None}).bound(tree).sql("duckdb") == "region = NULL"
    assert Slots((), {"region": -1}).bound(tree).sql("duckdb") == "region = $1"
