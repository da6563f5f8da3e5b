"""The embedded engine of one access view."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from proxy.introspection import builtin
from proxy.introspection.engine import SCHEMAS, Instance, stored
from tests.introspection.answering import FACTS


@pytest.fixture(scope="module")
def instance() -> Instance:
    return Instance(FACTS, 128)


def test_every_relation_is_there_with_its_columns(instance: Instance) -> None:
    session = instance.cursor()
    for relation in builtin.relations().values():
        session.execute(f'SELECT * FROM {SCHEMAS[relation.schema]}."{relation.name}" LIMIT 0')
        found = [(column[0], str(column[1])) for column in session.description]
        assert found == [(c.name, stored(c.type)) for c in relation.columns], relation.name


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/a.csv')",
        "SELECT * FROM '{folder}/a.csv'",
        "SELECT content FROM read_text('{folder}/a.csv')",
        "COPY (SELECT 1) TO '{folder}/b.csv'",
        "ATTACH '{folder}/c.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '10GB'",
        "RESET threads",
    ],
)
def test_nothing_outside_can_be_reached_and_no_setting_changed(instance: Instance, tmp_path: Path, sql: str) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(duckdb.Error):
        instance.cursor().execute(sql.format(folder=tmp_path)).fetchall()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_variables_of_the_program_are_no_tables(instance: Instance) -> None:
    secrets = [1]
    with pytest.raises(duckdb.Error):
        instance.cursor().execute("SELECT * FROM secrets")
    assert secrets


def test_memory_is_capped(instance: Instance) -> None:
    with pytest.raises(duckdb.OutOfMemoryException):
        instance.cursor().execute("SELECT list(i) FROM range(100000000) t(i)").fetchall()
    assert instance.cursor().execute("SELECT 1").fetchall() == [(1,)]


def test_two_instances_share_nothing(instance: Instance) -> None:
    other = Instance(FACTS, 128)
    other.cursor().execute("CREATE TABLE pgc.mine AS SELECT 1 AS a")
    with pytest.raises(duckdb.CatalogException):
        instance.cursor().execute("SELECT * FROM pgc.mine")
    other.close()
