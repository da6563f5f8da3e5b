"""Views and macros of the warehouse: a grant on a schema opens no view, and nothing opens a macro."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from proxy.values import Caller
from tests.bypass import shop
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

POLICY = {
    "grants.csv": """
p, role:reader, shop.main, read, allow
p, role:reader, shop.main.vault, read, deny
p, role:reader, shop.main.named_in_a_grant, read, allow
g, group:readers, role:reader
""",
    "data/shop.yaml": """
tables:
  shop.main.named_in_a_file:
    columns: {v: [pii]}
    rows:
      - {id: first, for: everyone, where: "k = 1"}
""",
    "masks.yaml": "masks:\n  pii: {mask: redact}\n",
}
VIEWS = """
CREATE VIEW named_in_a_grant AS SELECT k FROM vault;
CREATE VIEW named_in_a_file AS SELECT k, v FROM vault;
CREATE VIEW made_later AS SELECT salary FROM hr.salaries;
CREATE VIEW view_of_a_view AS SELECT * FROM named_in_a_file;
"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("views")
    shop.build(folder / "raw.duckdb")
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.execute(VIEWS)
    made = Harness(folder, folder / "raw.duckdb", write_policy(folder / "policies", POLICY), key=shop.KEY)
    yield made
    made.close()


@pytest.fixture(scope="module")
def reader(harness: Harness) -> Caller:
    return harness.caller("rea", ["readers"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM vault_view",
        "SELECT * FROM made_later",
        "SELECT * FROM main.view_of_a_view",
        'SELECT count(*) FROM "MADE_LATER"',
        "SELECT o.id FROM orders o WHERE EXISTS (SELECT * FROM vault_view)",
    ],
)
def test_a_grant_on_the_schema_opens_no_view(harness: Harness, reader: Caller, sql: str) -> None:
    assert [r.code.value for r in harness.refusal(reader, sql).reasons] == ["unknown-table"]


@pytest.mark.parametrize(
    "sql", ["SELECT vault_macro()", "SELECT * FROM vault_rows()", "SELECT * FROM main.vault_rows()"]
)
def test_no_macro_is_called(harness: Harness, reader: Caller, sql: str) -> None:
    assert [r.code.value for r in harness.refusal(reader, sql).reasons] == ["function"]


def test_a_view_that_a_grant_names_shows_what_it_reads(harness: Harness, reader: Caller) -> None:
    assert harness.ask(reader, "SELECT k FROM named_in_a_grant ORDER BY k").rows == [(1,), (2,), (3,)]


def test_a_view_has_filters_and_masks_of_its_own(harness: Harness, reader: Caller) -> None:
    assert harness.ask(reader, "SELECT * FROM named_in_a_file").rows == [(1, "***")]


def test_closed_views_are_not_in_the_catalog_and_are_told_to_the_operator(harness: Harness, reader: Caller) -> None:
    _, shown = harness.run(harness.app.gateway.catalog(reader, None))
    names = {view.table.name for view in shown}
    assert names >= {"named_in_a_grant", "named_in_a_file", "orders"}
    (catalog,) = harness.run(harness.app.catalogs())
    closed = set(harness.app.policy.closed(catalog))
    assert closed == {"shop.main.vault_view", "shop.main.made_later", "shop.main.view_of_a_view"}
    assert not names & {name.rpartition(".")[2] for name in closed}
