"""Names that differ in a letter beyond ASCII: the engine takes them for two, and so must whoever reads the statement.

The letter here is the Kelvin sign, whose lower case is an ASCII k. Were it one name with `kind`, a parameter of a
lambda or a column of a sub-query would stand for a column of the table that it is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from proxy.values import Caller
from tests.bypass import shop
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

KELVIN = "\N{KELVIN SIGN}"
ROWS = f"""
CREATE TABLE things AS SELECT i::INTEGER AS id, CASE WHEN i % 2 = 0 THEN '7' ELSE 'HIDDEN-CANARY' END AS kind,
    'VAULT-CANARY' AS "Ä", i::INTEGER AS "ä" FROM range(1, 5) t(i);
CREATE TABLE "{KELVIN}eys" AS SELECT 'VAULT-CANARY' AS v;
CREATE TABLE keys AS SELECT 'open' AS v;
"""
POLICY = {
    "grants.csv": """
p, role:reader, shop.main.things, read, allow
p, role:reader, shop.main.things.Ä, read, deny
p, role:reader, shop.main.keys, read, allow
g, group:readers, role:reader
""",
    "data/shop.yaml": 'tables:\n  shop.main.things:\n    rows: [{id: even, for: everyone, where: "id % 2 = 0"}]\n',
}
GUARD = 'CASE WHEN (("__usher"."id" % 2 = 0)) THEN TRY("__usher"."kind") END AS "kind"'


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("names")
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.execute(ROWS)
    made = Harness(folder, folder / "raw.duckdb", write_policy(folder / "policies", POLICY), key=shop.KEY)
    yield made
    made.close()


@pytest.fixture(scope="module")
def reader(harness: Harness) -> Caller:
    return harness.caller("rea", ["readers"])


@pytest.mark.parametrize(
    "sql",
    [
        f'SELECT count(*) FROM things WHERE list_transform([1], lambda "{KELVIN}ind": CAST(kind AS INT))[1] = 7',
        f'SELECT count(*) FROM things WHERE [CAST(kind AS INT) FOR "{KELVIN}ind" IN [1]] = [7]',
        f'SELECT count(*) FROM (SELECT id AS "{KELVIN}ind", kind FROM things) WHERE CAST(kind AS INT) = 7',
    ],
)
def test_another_letter_takes_no_guard_away(harness: Harness, reader: Caller, sql: str) -> None:
    assert GUARD in harness.plan(reader, sql).plan.sql
    assert harness.ask(reader, sql).rows == [(2,)]


@pytest.mark.parametrize("name", [f"{KELVIN}ind", "Ä"])
def test_another_letter_is_another_column(harness: Harness, reader: Caller, name: str) -> None:
    error = harness.refusal(reader, f'SELECT "{name}" FROM things')
    assert [r.code.value for r in error.reasons] == ["unknown-column"]
    assert error.span is not None


def test_a_column_beside_a_hidden_one_of_another_letter_is_its_own(harness: Harness, reader: Caller) -> None:
    assert harness.ask(reader, 'SELECT "ä" FROM things ORDER BY 1').rows == [(2,), (4,)]


@pytest.mark.parametrize("name", [f"{KELVIN}eys", f'main."{KELVIN}EYS"'])
def test_another_letter_is_another_table(harness: Harness, reader: Caller, name: str) -> None:
    quoted = name if '"' in name else f'"{name}"'
    assert [r.code.value for r in harness.refusal(reader, f"SELECT * FROM {quoted}").reasons] == ["unknown-table"]
    assert harness.ask(reader, "SELECT v FROM KEYS").rows == [("open",)]


def test_a_cte_of_another_letter_stands_for_no_table(harness: Harness, reader: Caller) -> None:
    sql = f'WITH "{KELVIN}eys" AS (SELECT 1 AS v) SELECT * FROM keys'
    assert harness.ask(reader, sql).rows == [("open",)]
