"""`usher explain`: the SQL before and after, and which rule did what, without reading data."""

from __future__ import annotations

from pathlib import Path

from proxy.audit import tail
from proxy.cli import output
from tests.cli.conftest import Usher

SQL = "SELECT email, notes FROM sales.customers"


def test_both_texts_and_every_rule(usher: Usher, own_demo: Path) -> None:
    ran = usher("explain", "--as", "analyst", SQL)
    assert ran.code == output.OK, ran.err
    said = " ".join(ran.out.split())
    assert f"Asked {SQL}" in said
    assert "own-region: region = :region" in said
    assert "not-deleted: deleted_at IS NULL" in said
    assert "email returned [pii.email] masked by email_domain" in said
    assert "hidden 2 columns of this table" in said
    assert "through role:analyst" in said
    assert '"deleted_at" IS NULL' in said
    assert "app:helpbot" in said
    kinds = [r.kind for r in tail.read(own_demo / "audit", 0, 100, {}, "cli")]
    assert "plan" in kinds
    assert "decision" not in kinds


def test_json_holds_the_operators_part(usher: Usher, demo: Path) -> None:
    made = usher("explain", "--as", "support", "--json", "SELECT id FROM support.tickets").document
    assert made["tables"][0]["filters"] == ["own-tickets"]
    assert made["operator"] == {
        "shop.support.tickets": {
            "filters": {"own-tickets": "assigned_to = :sub"},
            "hidden": 0,
            "roles": ["role:support", "app:helpbot"],
        }
    }
    assert "assigned_to" in made["sql"]


def test_what_is_refused_is_refused_here_too(usher: Usher, demo: Path) -> None:
    ran = usher("explain", "--as", "hr", "SELECT salary FROM people.employees")
    assert ran.code == output.REFUSED
    assert "unknown-column" in ran.err
