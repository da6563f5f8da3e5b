"""Policy views, run on the real engine: columns, rows, cells, masks and guards."""

from __future__ import annotations

import datetime

import duckdb
import pytest

from proxy.values import AllOf, Always, AnyOf, Cell, Never
from tests.rewrite.shop import CUSTOMERS, mask, row_filter, run, text, view


def rows(policy_view: object, *guarded: str) -> list[tuple[object, ...]]:
    sql, slots = text(policy_view, *guarded)  # type: ignore[arg-type]
    return run(f"SELECT * FROM ({sql}) AS t ORDER BY ALL", slots.all())


def types(policy_view: object) -> list[tuple[str, str]]:
    """Names and types of a policy view's columns, as the engine describes them."""
    sql, _ = text(policy_view)  # type: ignore[arg-type]
    return [(name, type_) for name, type_, *_ in run(f"DESCRIBE {sql}")]


ALL_COLUMNS = [(c.name, c.type) for c in CUSTOMERS.columns]
US = "region = 'US'"


def test_a_view_lists_the_readable_columns_in_the_catalogs_order() -> None:
    assert types(view(without=["email", "id"])) == [c for c in ALL_COLUMNS if c[0] not in ("email", "id")]


def test_a_hidden_column_is_not_in_the_text() -> None:
    sql, _ = text(view(without=["email"]))
    assert "email" not in sql


def test_a_row_filter_admits_its_rows_only() -> None:
    assert [row[0] for row in rows(view(rows=row_filter(US)))] == [2]


def test_a_filter_that_is_null_admits_no_row() -> None:
    assert [row[0] for row in rows(view(rows=row_filter("region <> 'XX'")))] == [1, 2, 3]


def test_conditions_nest() -> None:
    either = AnyOf((row_filter("id = 1"), row_filter("id = 2"), row_filter("id = 3 OR id = 4")))
    both = AllOf((either, row_filter("region = 'EU' OR region = 'XX'"), Always()))
    assert [row[0] for row in rows(view(rows=both))] == [1, 3]
    assert rows(view(rows=AllOf((Always(), Never())))) == []
    assert len(rows(view(rows=AnyOf((Never(), Always()))))) == 4


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("name", "redact"),
        ("id", "redact"),
        ("born", "redact"),
        ("credit", "redact"),
        ("born", "year_only"),
        ("credit", "null"),
        ("email", "email_domain"),
        ("id", "hash"),
        ("born", "scrub"),
        ("credit", "month_only"),
    ],
)
def test_a_mask_never_changes_a_columns_type(column: str, kind: str) -> None:
    assert types(view(cells={column: [Cell(Always(), mask(kind, column))]})) == ALL_COLUMNS


def test_a_column_without_cells_is_a_null_of_its_type() -> None:
    policy_view = view(cells={"born": [], "name": []})
    assert types(policy_view) == ALL_COLUMNS
    assert {(row[1], row[4]) for row in rows(policy_view)} == {(None, None)}


def test_a_mask_shows_what_it_says_and_null_stays_null() -> None:
    policy_view = view(cells={"email": [Cell(Always(), mask("email_domain", "email"))]})
    assert [row[2] for row in rows(policy_view)] == ["***@example.com", "***@example.org", None, "***"]


def test_the_first_cell_that_holds_decides() -> None:
    cells = [Cell(row_filter(US), None), Cell(row_filter("id > 1"), mask("redact", "name")), Cell(Always(), None)]
    assert [row[1] for row in rows(view(cells={"name": cells}))] == ["Ann", "Bob", "***", "***"]


def test_a_cell_that_none_holds_for_is_null() -> None:
    policy_view = view(cells={"born": [Cell(row_filter(US), None)]})
    assert [row[4] for row in rows(policy_view)] == [None, datetime.date(1980, 1, 2), None, None]
    assert types(policy_view) == ALL_COLUMNS


def test_cells_behind_one_that_always_holds_do_not_matter() -> None:
    cells = [Cell(row_filter(US), mask("redact", "name")), Cell(Always(), None), Cell(Always(), mask("redact", "name"))]
    assert [row[1] for row in rows(view(cells={"name": cells}))] == ["Ann", "***", "Cid", "Dee"]


def test_a_guarded_column_is_null_in_rows_that_the_filter_does_not_admit() -> None:
    plain, _ = text(view(rows=row_filter(US)), "name")
    everything = plain[: plain.rindex(" WHERE ")]
    assert [row[1] for row in run(f"{everything} ORDER BY id")] == [None, "Bob", None, None]


def test_a_guard_keeps_the_columns_type() -> None:
    sql, _ = text(view(rows=row_filter(US)), *(name for name, _ in ALL_COLUMNS))
    assert [(name, type_) for name, type_, *_ in run(f"DESCRIBE {sql}")] == ALL_COLUMNS


def test_a_guard_holds_around_a_mask() -> None:
    policy_view = view(rows=row_filter(US), cells={"email": [Cell(Always(), mask("email_domain", "email"))]})
    plain, _ = text(policy_view, "email")
    assert [row[2] for row in run(plain[: plain.rindex(" WHERE ")] + " ORDER BY id")] == [
        None,
        "***@example.org",
        None,
        None,
    ]


def test_without_a_filter_there_is_nothing_to_guard() -> None:
    assert text(view(), "name")[0] == text(view())[0]


@pytest.mark.parametrize("name", ["rowid", "tableoid", "email"])
def test_the_engine_finds_nothing_else_in_a_view(name: str) -> None:
    sql, _ = text(view(without=["email"]))
    with pytest.raises(duckdb.BinderException):
        run(f"SELECT {name} FROM ({sql}) AS t")
