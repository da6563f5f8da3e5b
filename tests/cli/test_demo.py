"""`usher demo --once`: from an empty folder to two people's different, right answers and a verified log."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from proxy import settings
from proxy.audit import verify
from proxy.cli import demo as command
from proxy.cli import output
from proxy.demo import warehouse
from tests import demo_folder
from tests.cli.conftest import Usher

WAIT_S = 100.0


def test_once_from_nothing_with_every_real_part(usher: Usher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USHER_SCAN__MODE", "USHER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "demo"
    ran = usher("demo", "--folder", str(place), "--once", "--json")
    assert ran.code == output.OK, ran.err
    shown = ran.document
    assert shown["audit"]["intact"] is True
    customers, pay, top, tickets, notes = shown["questions"]

    before = customers["before"]["rows"]
    analyst, support = customers["after"]
    assert {r[2] for r in analyst["answer"]["rows"]} == {"EU"}
    assert {r[1].split("@")[0] for r in analyst["answer"]["rows"]} == {"***"}
    assert all("***" not in r[1] for r in support["answer"]["rows"])
    assert before != analyst["answer"]["rows"] != support["answer"]["rows"]
    own = {r[0] for r in warehouse.raw(place / "shop.duckdb", OWN)[1]}
    assert {r[0] for r in support["answer"]["rows"]} <= own

    assert pay["after"][0]["error"]["reasons"][0]["code"] == "unknown-table"
    assert pay["after"][1]["answer"]["rows"][0][0] == pay["before"]["rows"][0][0]
    assert top["after"][0]["error"]["reasons"][0]["code"] == "unknown-column"
    assert len(top["after"][1]["answer"]["rows"]) == 3

    written = str([a["answer"]["rows"] for a in tickets["after"]])
    assert "@" not in written
    assert "<EMAIL>" in written
    raw, scanned = str(notes["before"]["rows"]), str(notes["after"][0]["answer"]["rows"])
    assert "@" in raw
    assert "@" not in scanned
    assert "<PHONE_NUMBER>" in scanned
    assert {f["entity"] for f in notes["after"][0]["answer"]["scan"]["findings"]} >= {"EMAIL_ADDRESS", "PHONE_NUMBER"}


OWN = (
    "SELECT id FROM sales.customers WHERE deleted_at IS NULL"
    " AND id IN (SELECT customer_id FROM support.tickets WHERE assigned_to = 'support')"
)


def test_once_as_text_says_what_to_type_next(usher: Usher, own_demo: Path) -> None:
    ran = usher("demo", "--folder", str(own_demo), "--once")
    assert ran.code == output.OK, ran.err
    for said in (
        "BEFORE",
        "AFTER analyst",
        "withheld",
        "verified: none changed, none missing",
        "usher who-can",
        "curl",
    ):
        assert said in ran.out
    assert f"export USHER_CONFIG={own_demo}/usher.yaml" in ran.out
    assert max(len(line) for line in ran.out.split("What to type next")[0].splitlines()) <= 100


def test_a_second_run_keeps_what_a_person_changed(usher: Usher, own_demo: Path) -> None:
    grants = own_demo / "policies" / "grants.csv"
    grants.write_text(grants.read_text() + "# mine\n")
    assert usher("demo", "--folder", str(own_demo), "--once", "--json").code == output.OK
    assert grants.read_text().endswith("# mine\n")
    assert usher("demo", "--folder", str(own_demo), "--once", "--json").code == output.OK
    assert verify.verify(own_demo / "audit").intact


def test_a_folder_that_is_not_the_demos_is_left_alone(usher: Usher, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    ran = usher("demo", "--folder", str(tmp_path), "--once")
    assert ran.code == output.CONFIG
    assert "name an empty folder by --folder" in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_port_in_use_is_told_before_anything_is_built(usher: Usher, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = usher("demo", "--folder", str(tmp_path / "demo"), "--port", str(port))
    assert ran.code == output.CONFIG
    assert f"usher demo --port {port + 1}" in ran.err
    assert not (tmp_path / "demo").exists()


def test_it_serves_until_ctrl_c(own_demo: Path) -> None:
    with serving(own_demo) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert "What to type next" in out
    assert "Traceback" not in err


@pytest.mark.skipif(shutil.which("psql") is None, reason="there is no psql: apt-get install postgresql-client")
@pytest.mark.parametrize("in_use", [False, True], ids=["its own port", "another port"])
def test_the_line_for_psql_answers(own_demo: Path, in_use: bool) -> None:
    port = wire_port(own_demo)
    with socket.socket() as other:
        if in_use:
            other.bind(("127.0.0.1", port))
            other.listen()
        with serving(own_demo) as process:
            typed = printed_line(process, "psql")
            asked = f"{typed} -XAtc 'SELECT DISTINCT region FROM sales.customers'"
            answer = subprocess.run(["bash", "-c", asked], env=commands(own_demo), capture_output=True, text=True)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=WAIT_S)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "EU\n"
    assert (f"port {port} is in use: the PostgreSQL door listens on" in err) is in_use
    assert (f"-p {port} " in typed) is not in_use


def test_it_serves_without_the_postgresql_door_where_no_port_is_free(
    own_demo: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "TRIED", 0)
    port = wire_port(own_demo)
    loaded = settings.load(own_demo / "usher.yaml", {})
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        left = command.with_wire(loaded)
    assert list(left.doors) == ["http"]
    assert "no PostgreSQL door" in capfd.readouterr().err
    assert list(command.with_wire(left).doors) == ["http"]


def wire_port(place: Path) -> int:
    """Where the PostgreSQL door of a folder's settings listens."""
    return int(getattr(settings.load(place / "usher.yaml", {}).doors["pgwire"], "listen", "").rpartition(":")[2])


def commands(place: Path) -> dict[str, str]:
    """The environment that the demo says to type its commands in."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "USHER_CONFIG": str(place / "usher.yaml"), "USHER_SCAN__MODE": "off"}


@contextmanager
def serving(place: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process of its own, up when the block begins."""
    port = demo_folder.free_port()
    words = [sys.executable, "-m", "proxy.cli", "demo", "--folder", str(place), "--port", str(port)]
    environment = {**os.environ, "USHER_SCAN__MODE": "off", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            deadline = time.monotonic() + WAIT_S
            while not alive(port) and process.poll() is None:
                assert time.monotonic() < deadline, "the demo does not serve"
                time.sleep(0.2)
            yield process
        finally:
            process.kill()


def printed_line(process: subprocess.Popen[str], word: str) -> str:
    """The first line of commands that the demo printed with a word in it."""
    assert process.stdout is not None
    return next(line for line in process.stdout if f"{word} -" in line).rstrip("\n")


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success
    except httpx.HTTPError:
        return False
