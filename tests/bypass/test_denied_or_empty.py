"""Denied or empty: what is said of what was kept back, and that hidden data never changes a word of it.

Two warehouses differ in hidden rows, hidden columns and values behind masks alone. Whoever asks both must be told the
same: rows, names and types, what was withheld, whether the answer was cut, limits, and errors with their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from proxy.doors.http.documents import ending_json, opening_json
from proxy.errors import GatewayError
from proxy.gateway import Answer, Request
from tests.bypass import postgres_shop, shop
from tests.oracle.harness import CONTEXT, Harness
from tests.oracle.world import write_policy
from tests.postgres import Server, new_database

OTHER = """
UPDATE customers SET name = 'zz', email = 'q@x.org', credit = 0, born = NULL WHERE region = 'US' AND id < 20;
UPDATE customers SET name = '5', email = '5', credit = NULL, notes = '7' WHERE region = 'US' AND id >= 20;
UPDATE customers SET ssn = '1'; DELETE FROM customers WHERE id IN (7, 9, 11);
UPDATE customers SET email = 'somebody.else@example.com' WHERE region = 'EU';
INSERT INTO customers (id, name, email, region, credit, ssn, notes, born)
    SELECT 1000 + id, name || 'x', 'e', 'APAC', -credit, '0', 'n', born FROM customers WHERE region = 'EU';
DELETE FROM vault; UPDATE tickets SET body = 'b', assigned_to = 'tom' WHERE assigned_to <> 'sam';
"""
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ana": {"groups": ["analysts"], "attributes": {"region": "EU"}},
    "sam": {"groups": ["agents"]},
    "nora": {"groups": ["analysts"]},
    "eve": {"groups": []},
}
VISIBLE = 20
STATEMENTS = {
    "hidden_row": "SELECT id, name FROM customers WHERE id = 5",
    "no_such_row": "SELECT id, name FROM customers WHERE id = 999",
    "all": "SELECT * FROM customers ORDER BY id",
    "count": "SELECT count(*) AS n, min(name) AS a, max(credit) AS b FROM customers",
    "join": "SELECT c.id FROM customers c LEFT JOIN customers d ON d.id = c.id + 1 ORDER BY 1",
    "masked": "SELECT DISTINCT email FROM customers",
    "without_obligations": "SELECT count(*) AS n FROM orders",
    "hidden_column": "SELECT id,\n  ssn FROM customers",
    "no_such_column": "SELECT id,\n  sss FROM customers",
    "hidden_table": "SELECT 1 AS a FROM vault",
    "no_such_table": "SELECT 1 AS a FROM vaulx",
    "syntax": "SELECT id,\n FROM WHERE customers",
    "conversion": "SELECT CAST(name AS INTEGER) AS a FROM customers",
    "conversion_of_a_hidden_row": "SELECT CAST(name AS INTEGER) AS a FROM customers WHERE id = 5",
    "division": "SELECT id % (credit - 20) AS a FROM customers",
    "division_by_a_hidden_row": "SELECT id % (credit - 7838001) AS a FROM customers",
    "more_than_one": "SELECT (SELECT id FROM customers) AS a",
    "more_than_one_hidden": "SELECT (SELECT id FROM customers WHERE id IN (2, 5, 9)) AS a",
    "wrong_types": "SELECT born + name AS a FROM customers",
    "function": "SELECT pg_read_file(name) FROM customers",
    "too_many": "SELECT a.id FROM customers a, customers b",
}


def _duckdb(folder: Path, more: str) -> Harness:
    shop.build(folder / "raw.duckdb")
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.execute(more)
    return _harness(folder, folder / "raw.duckdb", shop.POLICY)


def _harness(folder: Path, warehouse: Any, policy: Mapping[str, str]) -> Harness:
    limits = {"max_rows": VISIBLE}
    policies = write_policy(folder / "policies", policy)
    return Harness(folder, warehouse, policies, key=shop.KEY, attributes=["region"], limits=limits)


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Harness]]:
    made = [_duckdb(tmp_path_factory.mktemp("shop"), more) for more in ("", OTHER)]
    yield made
    for harness in made:
        harness.close()


@pytest.fixture
def on_postgres(postgres_server: Server, tmp_path: Path) -> Iterator[list[Harness]]:
    databases, made = [], []
    for name, more in (("one", ""), ("other", OTHER)):
        databases.append(new_database(postgres_server))
        databases[-1].sql(f"{postgres_shop.TABLES} {more} ANALYZE;")
        databases[-1].setup(postgres_shop.SCHEMAS)
        (tmp_path / name).mkdir()
        (tmp_path / name / "url").write_text(databases[-1].url)
        url = f"file:{tmp_path / name / 'url'}"
        settings = {"kind": "postgres", "url": url, "schemas": list(postgres_shop.SCHEMAS)}
        made.append(_harness(tmp_path / name, settings, postgres_shop.POLICY))
    yield made
    for harness, database in zip(made, databases, strict=True):
        harness.close()
        database.drop()


def told(harness: Harness, who: str, sql: str, max_rows: int | None = None) -> dict[str, Any]:
    """All that a caller is told, without what names this one answer."""
    person = dict(PEOPLE[who])
    caller = harness.caller(who, person["groups"], person.get("attributes"))
    try:
        return harness.run(_answered(harness, caller, Request(sql, max_rows=max_rows)))
    except GatewayError as error:
        place = None if error.span is None else (error.span.start, error.span.end)
        reasons = [(r.code.value, r.about) for r in error.reasons]
        said = {"code": error.code, "state": error.sqlstate, "detail": error.detail, "reasons": reasons}
        return {**said, "span": place, "has_an_id": bool(error.decision_id)}


async def _answered(harness: Harness, caller: Any, request: Request) -> dict[str, Any]:
    answer: Answer = await harness.app.gateway.run(caller, request, CONTEXT)
    rows = [row for batch in [b async for b in answer.batches] for row in batch.to_pylist()]
    document = orjson.loads(orjson.dumps({**opening_json(answer), **ending_json(answer.tally)}))
    del document["decision"]["id"]
    return {**document, "rows": sorted(rows, key=repr)}  # their order, where none is asked for, is the engine's


def hold(one: Harness, other: Harness) -> None:
    """Asks everything of both."""
    for who in PEOPLE:
        for case, sql in STATEMENTS.items():
            assert told(one, who, sql) == told(other, who, sql), (who, case)


def test_hidden_data_changes_no_word(on_duckdb: list[Harness]) -> None:
    hold(*on_duckdb)


def test_what_was_withheld_is_told(on_duckdb: list[Harness]) -> None:
    say(*on_duckdb, "main")


def say(one: Harness, other: Harness, schema: str) -> None:
    """What is told where there are no rows, by what is the reason."""
    table = f"shop.{schema}.customers"
    filtered = {"code": "row-filter", "about": f"{table}:own-region"}
    lacking = {"code": "missing-attribute", "about": "own-region"}
    hidden = {"code": "column-hidden", "about": table}
    for harness in (one, other):
        for case in ("hidden_row", "no_such_row"):
            empty = told(harness, "ana", STATEMENTS[case])
            assert empty["rows"] == []
            assert empty["withheld"] == [filtered, hidden]
        assert told(harness, "nora", STATEMENTS["all"])["rows"] == []
        assert told(harness, "nora", STATEMENTS["hidden_row"])["withheld"] == [lacking, hidden]
        assert told(harness, "ana", STATEMENTS["without_obligations"])["withheld"] == []
        masked = {"code": "masked", "about": f"{table}.email"}
        assert masked in told(harness, "ana", STATEMENTS["masked"])["withheld"]
        refused = told(harness, "ana", STATEMENTS["hidden_column"])
        assert (refused["reasons"], refused["span"]) == ([("unknown-column", "ssn")], (13, 16))
        assert refused["has_an_id"]
        assert refused["detail"].replace("ssn", "sss") == told(harness, "ana", STATEMENTS["no_such_column"])["detail"]
        for who in ("ana", "eve"):
            refused, missing = (told(harness, who, STATEMENTS[case]) for case in ("hidden_table", "no_such_table"))
            assert refused["detail"].replace("vault", "vaulx") == missing["detail"]


LIMITS = [(None, False), (VISIBLE, False), (VISIBLE - 1, True), (0, True)]


@pytest.mark.parametrize(("most", "cut"), LIMITS)
def test_limits_count_what_is_visible(on_duckdb: list[Harness], most: int | None, cut: bool) -> None:
    count(on_duckdb, most, cut)


def test_the_same_on_postgres(on_postgres: list[Harness]) -> None:
    hold(*on_postgres)
    say(*on_postgres, "public")
    for most, cut in LIMITS:
        count(on_postgres, most, cut)


def count(harnesses: list[Harness], most: int | None, cut: bool) -> None:
    """The limit of rows is what ana sees of the table: not one row of those that are hidden counts."""
    for harness in harnesses:
        answer = told(harness, "ana", STATEMENTS["all"], most)
        assert (len(answer["rows"]), answer["truncated"]) == (VISIBLE if most is None else most, cut)
        assert told(harness, "ana", STATEMENTS["too_many"])["reasons"] == [("max-rows", str(VISIBLE))]
