"""`usher explain`: the SQL before and after, and which rule did what, without reading data."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy import settings
from proxy.app import build
from proxy.audit import tail
from proxy.cli import explain, output, session
from proxy.demo import folder
from proxy.demo.people import PEOPLE
from proxy.gateway import Request
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


async def test_a_callers_plan_names_nothing_of_the_policys_own_text(
    own_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_demo / "policies" / "data" / "sales.yaml"
    secret = "id NOT IN (SELECT id FROM shop.people.employees WHERE salary > 4711)"
    path.write_text(path.read_text().replace("deleted_at IS NULL", f"deleted_at IS NULL AND {secret}"))
    masks = own_demo / "policies" / "masks.yaml"
    masks.write_text(
        masks.read_text().replace("{mask: email_domain}", "{mask: sql, expression: \"'x' || national_id\"}")
    )
    app = build(settings.load(own_demo / "usher.yaml"))
    await app.start()
    try:
        async with session.inside(app, folder.token(own_demo, PEOPLE["analyst"], "helpbot")) as gateway:
            told = await gateway.post("/v1/plan", {"sql": SQL})
        planned = await explain._of_operator(app, folder.token(own_demo, PEOPLE["analyst"], "helpbot"), Request(SQL))
    finally:
        await app.close()
    for hidden in ("employees", "salary", "4711", "national_id"):
        assert hidden not in str(told)
        assert hidden in planned["sql"]
    for shown in (
        'SQL("__usher"."email") AS "email"',
        '"own-region"',
        '"not-deleted"',
        'FROM "shop"."sales"."customers"',
    ):
        assert shown in told["sql"]


def test_what_is_refused_is_refused_here_too(usher: Usher, demo: Path) -> None:
    ran = usher("explain", "--as", "hr", "SELECT salary FROM people.employees")
    assert ran.code == output.REFUSED
    assert "unknown-column" in ran.err
