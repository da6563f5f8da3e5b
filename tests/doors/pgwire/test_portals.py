"""Statements and portals by name, bounded."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire.portals import Portal, Prepared, Shelf
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.settings import Settings
from proxy.doors.pgwire.sources import texts


def shelf(**settings: int) -> Shelf:
    return Shelf(Settings(**settings))


def statement(name: str, size: int = 1) -> Prepared:
    return Prepared(name, size, None, ())


def test_statements_are_bounded_by_number() -> None:
    kept = shelf(max_statements=1)
    kept.keep(statement("a"))
    kept.keep(statement(""))
    kept.keep(statement(""))
    with pytest.raises(Refused) as caught:
        kept.keep(statement("b"))
    assert caught.value.fields.sqlstate == "53000"
    kept.forget("a")
    kept.keep(statement("b"))


async def test_statements_and_values_are_bounded_by_bytes() -> None:
    kept = shelf(max_statement_bytes=1024)
    kept.keep(statement("a", 600))
    kept.keep(statement("", 400))
    kept.keep(statement("", 424))
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            await kept.open(Portal("p", None, size=1))
        assert caught.value.fields.sqlstate == "53200"
    kept.forget_all()
    await kept.open(Portal("p", None, size=1024))


async def test_portals_are_bounded_by_number() -> None:
    kept = shelf(max_portals=1)
    await kept.open(Portal("a", None))
    with pytest.raises(Refused, match="at most"):
        await kept.open(Portal("b", None))
    await kept.open(Portal("", None))


async def test_whatever_ends_a_portal_closes_its_rows() -> None:
    kept = shelf()
    source = texts(["a"], [["1"], ["2"]])
    portal = Portal("a", None, source=source)
    await kept.open(portal)
    await kept.close("a")
    assert portal.ended
    assert await source.next(None) is None


async def test_held_cursors_outlive_a_transaction_that_was_committed() -> None:
    kept = shelf()
    for name, hold in (("held", True), ("plain", False)):
        await kept.open(Portal(name, None, hold=hold))
    await kept.transaction_ended(committed=True)
    await kept.open(Portal("lost", None, hold=True))
    await kept.transaction_ended(committed=False)
    assert kept.portal("held").settled
    for name in ("plain", "lost"):
        with pytest.raises(Refused):
            kept.portal(name)
    await kept.close_all()
    with pytest.raises(Refused):
        kept.portal("held")


def test_what_was_described_is_forgotten_for_another_person() -> None:
    kept = shelf()
    made = statement("a")
    made.described = object()  # type: ignore[assignment]
    kept.keep(made)
    kept.undescribe()
    assert made.described is None
