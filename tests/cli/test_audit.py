"""`usher audit tail|verify`: the newest records of every chain, and a log that was tampered with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from proxy.cli import output
from tests.cli.conftest import Usher


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with an answered and a refused query."""
    from proxy.cli import main
    from tests import demo_folder

    place = demo_folder.copied(tmp_path_factory.mktemp("audit") / "demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("USHER_SCAN__MODE", "off")
        config = ["--config", str(place / "usher.yaml"), "--json"]
        assert main(["query", *config, "--as", "analyst", "SELECT email FROM sales.customers LIMIT 3"]) == output.OK
        assert main(["query", *config, "--as", "support", "SELECT 1 FROM people.employees"]) == output.REFUSED
    return place / "audit"


def test_tail_shows_who_what_and_how_it_ended(usher: Usher, log: Path) -> None:
    ran = usher("audit", "tail", str(log))
    assert ran.code == output.OK, ran.err
    decision = next(line for line in ran.out.splitlines() if "  decision " in line)
    assert "analyst via helpbot" in decision
    assert "shop.sales.customers" in decision
    assert any("  policy-load " in line and "policy=" in line for line in ran.out.splitlines())
    assert any("outcome=completed" in line and "rows=3" in line for line in ran.out.splitlines())
    assert any("support via helpbot" in line and "unknown-table" in line for line in ran.out.splitlines())


def test_tail_in_json_is_one_record_a_line(usher: Usher, log: Path) -> None:
    lines = usher("audit", "tail", str(log), "--json", "-n", "2").out.splitlines()
    assert len(lines) == 2
    assert all(json.loads(line)["hash"] for line in lines)


def test_tail_filters(usher: Usher, log: Path) -> None:
    lines = usher("audit", "tail", str(log), "--json", "--where", "subject=support").out.splitlines()
    assert lines
    assert all("support" in line for line in lines)
    assert usher("audit", "tail", str(log), "--where", "subject=nobody").out == ""


@pytest.mark.parametrize("where", ["nonsense=1", "subject", "=x"])
def test_tail_refuses_filters_that_are_none(usher: Usher, log: Path, where: str) -> None:
    ran = usher("audit", "tail", str(log), "--where", where)
    assert ran.code == output.CONFIG
    assert "write NAME=VALUE" in ran.err


def test_tail_of_a_chain_that_is_not_there(usher: Usher, log: Path) -> None:
    ran = usher("audit", "tail", str(log), "--writer", "nobody")
    assert ran.code == output.CONFIG
    assert "there are: cli" in ran.err


def test_verify_intact_and_kept_position(usher: Usher, log: Path) -> None:
    made = usher("audit", "verify", str(log), "--json").document
    assert made["intact"] is True
    chain = made["chains"][0]
    expect = f"{chain['last']}:{chain['last_hash']}"
    assert usher("audit", "verify", str(log), "--expect", expect).code == output.OK
    cut = usher("audit", "verify", str(log), "--expect", f"{chain['last'] + 5}:{chain['last_hash']}")
    assert cut.code == output.REFUSED
    assert "cut off" in cut.out
    assert usher("audit", "verify", str(log), "--expect", "nonsense").code == output.CONFIG


def test_verify_names_the_first_changed_record(usher: Usher, log: Path, tmp_path: Path) -> None:
    shutil.copytree(log, tmp_path / "audit")
    path = next((tmp_path / "audit").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"rows":3', b'"rows":2'))
    ran = usher("audit", "verify", str(tmp_path / "audit"))
    assert ran.code == output.REFUSED
    assert "BROKEN" in ran.out
    assert "changed: " in ran.out
    assert "does not stand as it was written" in ran.out


def test_the_folder_comes_from_the_settings(usher: Usher, log: Path) -> None:
    ran = usher("audit", "verify", "--config", str(log.parent / "usher.yaml"))
    assert ran.code == output.OK
    assert str(log) in ran.out.replace("\n", "")


def test_a_folder_that_is_not_there(usher: Usher, tmp_path: Path) -> None:
    assert usher("audit", "verify", str(tmp_path / "none")).code == output.CONFIG
    (tmp_path / "empty").mkdir()
    assert usher("audit", "verify", str(tmp_path / "empty")).code == output.REFUSED
