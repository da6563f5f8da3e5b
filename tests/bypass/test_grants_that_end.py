"""Grants that end, and policies that change, while plans that were made under them are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxy.errors import GatewayError
from proxy.policy import bundle
from tests.bypass import shop
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

GRANTS = """
p, role:analyst, shop.main.orders, read, allow
p, role:analyst, shop.main.customers, read, allow
p, role:analyst, shop.main.customers.ssn, read, deny
p, user:guest, shop.main.customers, read, allow, {until}
p, user:guest, tag:pii.email, unmask, allow, {until}
p, app:bot, shop.main.orders, read, allow, {until}
g, group:analysts, role:analyst
"""
SQL = "SELECT count(*) AS n FROM customers"


def _harness(folder: Path, grants: str) -> Harness:
    shop.build(folder / "raw.duckdb")
    policy = {**shop.POLICY, "grants.csv": grants, "data/shop.yaml": DATA}
    policies = write_policy(folder / "policies", policy)
    return Harness(folder, folder / "raw.duckdb", policies, key=shop.KEY, attributes=["region"])


DATA = """
tables:
  shop.main.customers:
    columns: {email: [pii.email]}
    rows:
      - {id: own-region, for: [role:analyst], where: "region = :region"}
"""


def _reason(harness: Harness, caller: object, sql: str = SQL) -> str:
    with pytest.raises(GatewayError) as refused:
        harness.ask(caller, sql)  # type: ignore[arg-type]
    return refused.value.reasons[0].code.value


def test_a_kept_plan_does_not_outlive_its_grant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    harness = _harness(tmp_path, GRANTS.format(until=until.isoformat()))
    try:
        guest = harness.caller("guest", ["analysts"], {"region": "EU"})
        alone = harness.caller("guest", [])
        robot = harness.caller("eva", ["analysts"], {"region": "EU"}, app="bot")
        emails = "SELECT count(DISTINCT email) AS n FROM customers"
        for _ in range(2):  # the second time from the plans that were kept
            assert harness.ask(guest, SQL).rows == [(40,)]
            assert harness.ask(guest, emails).rows == [(40,)]
            assert harness.ask(alone, SQL).rows == [(40,)]
            assert harness.ask(robot, "SELECT count(*) AS n FROM orders").rows == [(100,)]
        monkeypatch.setattr(harness.app.policy, "_clock", until.timestamp)
        assert harness.ask(guest, SQL).rows == [(20,)]
        assert harness.ask(guest, emails).rows == [(1,)]
        assert _reason(harness, alone) == "unknown-table"
        assert _reason(harness, robot, "SELECT count(*) AS n FROM orders") == "unknown-table"  # an end never widens
        assert _reason(harness, robot) == "unknown-table"
    finally:
        harness.close()


def test_a_kept_plan_does_not_outlive_its_policy(tmp_path: Path) -> None:
    harness = _harness(tmp_path, GRANTS.format(until=""))
    try:
        eva = harness.caller("eva", ["analysts"], {"region": "EU"})
        for _ in range(2):
            assert harness.ask(eva, SQL).rows == [(20,)]
        changed = {"data/shop.yaml": DATA.replace("region = :region", "region = :region AND id > 10")}
        write_policy(tmp_path / "policies", changed)
        harness.app.policy.reload(bundle.load(tmp_path / "policies"))
        assert harness.ask(eva, SQL).rows == [(15,)]
        write_policy(tmp_path / "policies", {"grants.csv": "p, user:guest, shop.main.customers, read, allow\n"})
        with pytest.raises(Exception, match="role:analyst"):  # a policy with a mistake changes nothing
            harness.app.policy.reload(bundle.load(tmp_path / "policies"))
        assert harness.ask(eva, SQL).rows == [(15,)]
        write_policy(tmp_path / "policies", {"data/shop.yaml": DATA.replace("[role:analyst]", "[user:guest]")})
        harness.app.policy.reload(bundle.load(tmp_path / "policies"))
        assert _reason(harness, eva) == "unknown-table"
    finally:
        harness.close()
