"""`usher serve` as a process: it answers, reloads on SIGHUP, and ends cleanly on a signal."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from proxy.audit import tail, verify
from proxy.cli import output, session
from tests import demo_folder
from tests.cli.conftest import Usher

WAIT_S = 60.0


@contextmanager
def serving(place: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A gateway of its own, up when the block begins."""
    environment = {
        **os.environ,
        "USHER_DOORS__HTTP__LISTEN": f"127.0.0.1:{port}",
        "USHER_SCAN__MODE": "off",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "proxy.cli", "serve", "--config", str(place / "usher.yaml"), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            until(lambda: process.poll() is not None or alive(port))
            yield process
        finally:
            process.kill()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success
    except httpx.HTTPError:
        return False


def test_it_answers_reloads_and_ends(usher: Usher, own_demo: Path) -> None:
    port = demo_folder.free_port()
    url = f"http://127.0.0.1:{port}"
    grants = own_demo / "policies" / "grants.csv"
    good = grants.read_text()
    count = ["query", "--url", url, "--as", "hr", "SELECT COUNT(*) AS n FROM public.products", "--json"]

    def loads() -> list[object]:
        return [r.body["loaded"] for r in tail.read(own_demo / "audit", 0, 1000, {"kind": "policy-load"})]

    with serving(own_demo, port) as process:
        assert usher(*count).document["rows"] == [[200]]
        explained = usher("explain", "--url", url, "--as", "analyst", "SELECT email FROM sales.customers", "--json")
        assert "operator" not in explained.document

        grants.write_text(good + "p, role:hr, shop.people, read, Allow\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: loads() == [True, False])
        assert usher(*count).code == output.OK

        grants.write_text(good.replace("p, role:employee, shop.public, read, allow", ""))
        process.send_signal(signal.SIGHUP)
        until(lambda: loads() == [True, False, True])
        assert usher(*count).code == output.REFUSED

        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert sorted(re.findall(r'"door": "(\w+)"', out)) == ["http", "pgwire"]
    assert "Traceback" not in err
    assert "stays in force" in err
    found = verify.verify(own_demo / "audit")
    assert found.intact
    assert tail.read(own_demo / "audit", 0, 1000, {})[-1].kind == "stop"


def test_ctrl_c_ends_it_cleanly(own_demo: Path) -> None:
    port = demo_folder.free_port()
    with serving(own_demo, port) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode in (0, output.INTERRUPTED)
    assert "Traceback" not in err


def test_a_port_in_use_is_told_before_anything_is_served(
    usher: Usher, own_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("USHER_DOORS__HTTP__LISTEN", f"127.0.0.1:{taken.getsockname()[1]}")
        ran = usher("serve")
    assert ran.code == output.CONFIG
    assert "is in use; end the program that has it, or listen on another port" in ran.err


def test_a_missing_warehouse_is_told(usher: Usher, own_demo: Path) -> None:
    (own_demo / "shop.duckdb").unlink()
    ran = usher("serve")
    assert ran.code == output.CONFIG
    assert "shop.duckdb" in ran.err


def test_the_same_token_works_on_any_door(own_demo: Path) -> None:
    port = demo_folder.free_port()
    token = session.demo_token(own_demo / "usher.yaml", "analyst", None, 60)
    with serving(own_demo, port):
        answer = httpx.get(
            f"http://127.0.0.1:{port}/v1/catalog", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
    assert answer.status_code == 200
    assert [t["table"] for t in answer.json()["tables"]] == ["products", "customers", "orders", "payments"]
