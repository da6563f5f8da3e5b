"""`usher doctor`: each thing that can be wrong is found, told with what to do, and nothing is changed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from proxy.cli import doctor, output
from tests.cli.conftest import Ran, Usher
from tests.clients.shop import certified


def states(ran: Ran) -> dict[str, str]:
    return {c["what"]: c["state"] for c in ran.document["checks"]}


def test_a_good_folder_is_ready(usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_SCAN__MODE", "patterns")
    before = sorted(p.name for p in own_demo.iterdir())
    ran = usher("doctor")
    assert ran.code == output.OK, ran.out
    assert "ready to serve" in ran.out
    assert "warehouse shop: 6 tables" in ran.out
    assert sorted(p.name for p in own_demo.iterdir()) == before


def test_every_failure_is_told_with_what_to_do(usher: Usher, own_demo: Path) -> None:
    (own_demo / "issuer" / "jwks.json").unlink()
    (own_demo / "shop.duckdb").unlink()
    ran = usher("doctor", "--json")
    assert ran.code == output.REFUSED
    assert ran.document["healthy"] is False
    found = states(ran)
    assert found["warehouses"] == "failed"
    assert found["issuers"] == "failed"
    assert found["scan"] == "warning"  # off
    assert all(c["todo"] for c in ran.document["checks"] if c["state"] != "ok")


def test_settings_with_mistakes_are_all_told(usher: Usher, own_demo: Path) -> None:
    path = own_demo / "usher.yaml"
    path.write_text(path.read_text().replace("redis: null", "redis: 1\nnonsense: 2"))
    ran = usher("doctor", "--json")
    assert ran.code == output.REFUSED
    assert [c["state"] for c in ran.document["checks"] if c["what"] == "settings"] == ["failed", "failed"]


def test_policies_that_do_not_fit(usher: Usher, own_demo: Path) -> None:
    path = own_demo / "policies" / "data" / "people.yaml"
    path.write_text(path.read_text().replace("salary:", "celery:"))
    ran = usher("doctor")
    assert ran.code == output.REFUSED
    assert "celery" in ran.out
    assert "FAILED  policies fit: " in ran.out
    assert "would not start" in ran.out


def test_policies_that_cannot_be_read_leave_the_warehouse_alone(usher: Usher, own_demo: Path) -> None:
    (own_demo / "policies" / "masks.yaml").write_text("masks: [")
    found = states(usher("doctor", "--json"))
    assert found["policies"] == "failed"
    assert found["warehouses"] == "warning"


def test_a_log_that_was_changed(usher: Usher, own_demo: Path) -> None:
    assert usher("query", "--as", "hr", "SELECT 1 AS one").code == output.OK
    path = next((own_demo / "audit").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"subject":"hr"', b'"subject":"ana"', 1))
    ran = usher("doctor")
    assert ran.code == output.REFUSED
    assert "keep the folder as evidence" in ran.out


def test_a_port_that_is_taken(usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("USHER_DOORS__HTTP__LISTEN", f"127.0.0.1:{taken.getsockname()[1]}")
        ran = usher("doctor")
    assert "is taken" in ran.out
    assert "USHER_DOORS__HTTP__LISTEN=" in ran.out


def test_a_superset_that_shares_rows_between_users(usher: Usher, own_demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "superset_config.py"
    path.write_text('FEATURE_FLAGS = {"CACHE_IMPERSONATION": True}\n')
    ran = usher("doctor", "--superset", str(path), "--json")
    (found,) = [c for c in ran.document["checks"] if c["what"] == "superset"]
    assert found["state"] == "warning"
    assert "DB_CONNECTION_MUTATOR" in found["todo"]
    path.write_text("FEATURE_FLAGS = {")
    assert "cannot be read: SyntaxError" in usher("doctor", "--superset", str(path)).out


def test_listening_beyond_this_machine_without_tls(
    usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_DOORS__HTTP__LISTEN", "0.0.0.0:18999")
    assert "put a proxy with TLS before it" in usher("doctor").out


@pytest.mark.parametrize(
    ("days", "state", "told"), [(400, "ok", "localhost"), (3, "warning", "until"), (-1, "failed", "expired")]
)
def test_the_certificate_of_a_door(
    usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str, told: str
) -> None:
    cert, key = certified(own_demo, days)
    monkeypatch.setenv("USHER_DOORS__PGWIRE__LISTEN", "0.0.0.0:18998")
    monkeypatch.setenv("USHER_DOORS__PGWIRE__TLS__CERT", str(cert))
    monkeypatch.setenv("USHER_DOORS__PGWIRE__TLS__KEY", str(key))
    [port, shown] = [c for c in usher("doctor", "--json").document["checks"] if c["what"] == "door pgwire"]
    assert port["state"] == "ok"
    assert shown["state"] == state
    assert told in shown["detail"]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("db", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert doctor._loopback(host) is loopback
