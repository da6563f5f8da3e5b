"""Errors that only come when a row asks for them must not tell of hidden rows, on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.test_statistics import FILTERS, Side

NEEDED = "id = 42 AND k < 1 AND {}"
LATE = {
    "several rows": "k = (SELECT k FROM v)",
    "several in a list": "k IN (SELECT (SELECT k FROM v) FROM v)",
    "groups that raise": "k IN (SELECT max(CAST('a' || k AS INTEGER)) FROM v GROUP BY k)",
    "having that raises": "k IN (SELECT max(k) FROM v GROUP BY k HAVING max(CAST('a' || k AS INTEGER)) > 0)",
    "an aggregate that raises": "k = (SELECT max(CAST('a' || k AS INTEGER)) FROM v)",
    "a window that raises": "k IN (SELECT ntile(0) OVER () FROM v)",
    "negative limit": "k IN (SELECT k FROM v LIMIT -1)",
    "endless sum": "k IN (SELECT sum(CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0))) FROM v)",
    "product of a sum": "k IN (SELECT sum(k) * 99999999999999999999999999999999 FROM v)",
    "unknown unit": "date_trunc('foo', TIMESTAMP '2020-01-01') IS NULL",
}
PLACES = {
    "where": "SELECT count(*) FROM {t} q WHERE {p}",
    "name": "SELECT count(*) FROM {t} q WHERE name > 'A' AND {p}",
    "on": "SELECT count(*) FROM {t} q JOIN v w ON w.k = q.id AND {p}",
    "joined": "SELECT * FROM (SELECT w.k FROM v w JOIN (SELECT CASE WHEN {p} THEN 1 END AS b FROM {t} q) z "
    "ON w.k = z.b) y",
    "parted": "SELECT w.k FROM (v w JOIN (SELECT CASE WHEN {p} THEN 1 END AS b FROM {t} q) z ON w.k = z.b)",
    "derived": "SELECT count(*) FROM (SELECT CASE WHEN {p} THEN 1 END AS b FROM {t} q) z WHERE b = 1",
}


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("late")
    made = Side(folder / "with", hidden=True), Side(folder / "without", hidden=False)
    yield made
    for side in made:
        side.harness.close()


@pytest.mark.parametrize("late", LATE)
def test_hidden_rows_do_not_make_it_raise(sides: tuple[Side, Side], late: str) -> None:
    one, other = sides
    different = []
    for table in FILTERS:
        for place in PLACES.values():
            condition = NEEDED.format(LATE[late].replace("k = (", "q.k = (").replace("k IN (", "q.k IN ("))
            sql = place.format(t=table, p=condition.replace("id = 42 AND k < 1", "q.id = 42 AND q.k < 1"))
            if one.answer(sql) != other.answer(sql):
                different.append(sql)
    assert different == []


@pytest.mark.parametrize("total", ["sum(w.k)", "avg(w.k)", "sum(DISTINCT w.k + 0.5)"])
def test_sums_that_have_room_are_computed_alike(sides: tuple[Side, Side], total: str) -> None:
    one, other = sides
    for table in FILTERS:
        sql = f"SELECT count(*) FROM {table} q WHERE q.id = 42 AND q.k < 1 AND (SELECT {total} FROM v w) > 0"
        guarded = "CASE WHEN" in one.harness.plan(one.caller, sql).plan.sql
        assert guarded == ("DISTINCT" in total)
        assert isinstance(one.answer(sql), list)
        assert one.answer(sql) == other.answer(sql)
