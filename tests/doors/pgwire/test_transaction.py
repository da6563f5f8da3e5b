"""Transactions as clients see them."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.transaction import FAILED, IDLE, MOST_SAVEPOINTS, OPEN, Transaction


def test_status_follows_begin_failure_and_end() -> None:
    transaction = Transaction()
    assert transaction.status == IDLE
    assert transaction.begin() is None
    assert transaction.status == OPEN
    transaction.fail()
    assert transaction.status == FAILED
    with pytest.raises(Refused, match="aborted"):
        transaction.admit()
    assert transaction.commit(chain=False) == ("ROLLBACK", None)
    assert transaction.status == IDLE


def test_a_failure_outside_is_none() -> None:
    transaction = Transaction()
    transaction.fail()
    assert transaction.status == IDLE


def test_what_is_not_needed_warns() -> None:
    transaction = Transaction()
    assert transaction.commit(chain=False) == ("COMMIT", "there is no transaction in progress")
    assert transaction.rollback(chain=False) is not None
    transaction.begin()
    assert transaction.begin() == "there is already a transaction in progress"


def test_a_chain_goes_on_and_needs_a_beginning() -> None:
    transaction = Transaction()
    with pytest.raises(Refused):
        transaction.commit(chain=True)
    transaction.begin()
    transaction.rollback(chain=True)
    assert transaction.status == OPEN


def test_savepoints_undo_failures_and_nest() -> None:
    transaction = Transaction()
    with pytest.raises(Refused):
        transaction.save("a")
    transaction.begin()
    for name in ("a", "b", "a"):
        transaction.save(name)
    transaction.fail()
    transaction.back_to("a")
    assert transaction.status == OPEN
    transaction.release("a")
    transaction.back_to("b")
    transaction.release("a")
    with pytest.raises(Refused) as caught:
        transaction.release("b")
    assert caught.value.fields.sqlstate == "3B001"


def test_savepoints_are_bounded() -> None:
    transaction = Transaction()
    transaction.begin()
    for number in range(MOST_SAVEPOINTS):
        transaction.save(str(number))
    with pytest.raises(Refused, match="at most"):
        transaction.save("one more")


def test_statements_of_one_text_are_a_block() -> None:
    transaction = Transaction()
    assert not transaction.block
    transaction.implicit = True
    assert transaction.block
