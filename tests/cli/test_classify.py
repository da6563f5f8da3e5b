"""`usher classify` on the demo's warehouse: proposals, drift, exit codes, and no value in what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from proxy.audit import tail
from proxy.cli import output
from tests.cli.conftest import Usher

MODE = ("--mode", "patterns", "--rows", "200")


def states(document: Any) -> dict[str, str]:
    return {f"{c['table']}.{c['column']}".removeprefix("shop."): c["state"] for c in document["columns"]}


def test_what_nobody_tagged_is_proposed_with_counts_and_no_value(usher: Usher, own_demo: Path) -> None:
    ran = usher("classify", *MODE, "--json")
    assert ran.code == output.REFUSED, ran.err
    found = states(ran.document)
    assert found["sales.orders.delivery_note"] == "proposed"
    assert found["sales.customers.email"] == "agrees"
    assert found["support.tickets.body"] == "agrees"
    assert found["public.products.name"] == "skipped"
    assert found["sales.customers.city"] == "undecided"
    assert "+      delivery_note: [pii.free_text]  # " in ran.document["diff"]
    assert ran.document["diff"].count("--- ") == 1
    with duckdb.connect(str(own_demo / "shop.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT email, phone, national_id FROM sales.customers LIMIT 200").fetchall()
    assert not [value for row in rows for value in row if value and value in ran.out + ran.err]


def test_a_second_run_proposes_nothing(usher: Usher, own_demo: Path) -> None:
    first = usher("classify", *MODE, "--write", "--json")
    assert first.code == output.REFUSED
    assert first.document["written"] == ["data/sales.yaml"]
    assert usher("policy", "check").code == output.OK
    second = usher("classify", *MODE, "--json")
    assert second.code == output.OK, second.err
    assert second.document["diff"] == ""
    assert states(second.document)["sales.orders.delivery_note"] == "agrees"


def test_drift_is_a_new_column_or_other_cells_than_its_tags_say(usher: Usher, own_demo: Path) -> None:
    assert usher("classify", *MODE, "--write", "--every-column").code == output.REFUSED
    assert usher("classify", *MODE, "--every-column").code == output.OK
    with duckdb.connect(str(own_demo / "shop.duckdb")) as connection:
        connection.execute("ALTER TABLE sales.orders ADD COLUMN gift VARCHAR DEFAULT 'no'")
        connection.execute("UPDATE sales.customers SET city = 'c' || id || '@example.com'")
        connection.execute("CREATE TABLE sales.leads AS SELECT email AS mail FROM sales.customers")
        connection.execute("CREATE VIEW sales.mails AS SELECT email FROM sales.customers")
    ran = usher("classify", *MODE, "--every-column", "--json")
    assert ran.code == output.REFUSED
    drift = {name: state for name, state in states(ran.document).items() if state in ("proposed", "changed")}
    assert drift == {"sales.orders.gift": "proposed", "sales.customers.city": "changed", "sales.leads.mail": "proposed"}
    assert ran.document["closed"] == ["shop.sales.mails"]
    assert "+  shop.sales.leads:\n+    columns:\n+      mail: [pii.email]" in ran.document["diff"]
    assert "+      gift: []  # nothing found in 200 cells\n" in ran.document["diff"]


def test_people_get_a_table_the_sample_and_the_patch(usher: Usher, own_demo: Path) -> None:
    ran = usher("classify", "shop.sales.*", *MODE)
    assert ran.code == output.REFUSED
    assert "the first 200 rows of each table at most, read in mode patterns" in ran.out
    assert "--- a/" in ran.out
    assert "people.employees" not in ran.out


def test_the_patch_alone(usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own_demo)
    ran = usher("classify", "shop.sales.orders", *MODE, "--diff")
    assert ran.out.startswith("--- a/policies/data/sales.yaml\n+++ b/policies/data/sales.yaml\n")


def test_the_reading_is_recorded(usher: Usher, own_demo: Path) -> None:
    usher("classify", "shop.sales.orders", *MODE)
    (record,) = tail.read(own_demo / "audit", 0, 100, {"kind": "classify"}, "cli")
    assert record.body == {"tables": ["shop.sales.orders"], "rows": 200, "mode": "patterns"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("shop.nowhere.*",), output.CONFIG),
        (("--mode", "off"), output.CONFIG),
        (("--rows", "0"), output.CONFIG),
    ],
)
def test_wrong_usage(usher: Usher, own_demo: Path, arguments: tuple[str, ...], code: int) -> None:
    assert usher("classify", *arguments).code == code


def test_nothing_is_written_where_the_policies_would_not_load(
    usher: Usher, own_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = tmp_path / "bare"
    policies.mkdir()
    (policies / "grants.csv").write_text("p, role:all, shop, read, allow\n")
    monkeypatch.setenv("USHER_POLICIES", str(policies))
    ran = usher("classify", "shop.people.*", *MODE, "--json")
    assert ran.code == output.REFUSED
    assert any("'pii.email' protects nothing" in problem for problem in ran.document["problems"])
    refused = usher("classify", "shop.people.*", *MODE, "--write")
    assert refused.code == output.CONFIG
    assert "nothing was written" in refused.err
    assert not (policies / "data").exists()
