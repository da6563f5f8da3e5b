"""The refusals of what is not there: one text for hidden and unknown, and nothing quoted but the user's spelling."""

from __future__ import annotations

from proxy.refusals import LONGEST, unknown_column, unknown_table
from proxy.values import Reason, ReasonCode, Span


def test_an_unknown_table_is_named_as_the_user_spelt_it() -> None:
    error = unknown_table("Sales.Customers", Span(14, 29))
    assert str(error) == 'There is no table "Sales.Customers" that you may read; GET /v1/catalog lists those you may.'
    assert error.reasons == (Reason(ReasonCode.UNKNOWN_TABLE, "Sales.Customers"),)
    assert error.span == Span(14, 29)
    assert error.code == "invalid-sql"


def test_an_unknown_column_is_named_as_the_user_spelt_it() -> None:
    error = unknown_column("c.SSN", Span(7, 12))
    assert '"c.SSN"' in str(error)
    assert error.reasons == (Reason(ReasonCode.UNKNOWN_COLUMN, "c.SSN"),)


def test_control_characters_are_removed() -> None:
    assert '"ab"' in str(unknown_table("a\r\n\x00\x1b\u202eb", Span(0, 1)))


def test_a_long_name_is_cut() -> None:
    error = unknown_column("x" * 5000, Span(0, 5000))
    assert error.reasons[0].about == "x" * LONGEST
