"""A gateway killed in the middle of its work has a record of everything that anybody was answered."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import httpx
import pytest

from proxy.audit.verify import verify
from tests.bench.server import Served

_CLIENTS = 6
_ENOUGH = 120


def _ask_until_it_dies(served: Served, answered: list[str], enough: threading.Event) -> None:
    with served.client() as client:
        while True:
            try:
                answer = client.post(
                    f"{served.url}/v1/query",
                    json={"sql": "SELECT id, name FROM shop.main.big WHERE k = 5 LIMIT 20"},
                    headers={"Accept": "application/json"},
                )
            except httpx.TransportError:
                return
            if answer.status_code != 200:
                raise AssertionError(answer.text)
            answered.append(answer.json()["decision"]["id"])
            if len(answered) >= _ENOUGH:
                enough.set()


def _records(folder: Path) -> list[dict[str, object]]:
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return [json.loads(line) for line in lines if line]


@pytest.mark.timeout(240)
def test_kill_nine_loses_no_record_of_an_answered_query(tmp_path: Path) -> None:
    answered: list[str] = []
    enough = threading.Event()
    with Served(tmp_path, 1000) as served:
        clients = [
            threading.Thread(target=_ask_until_it_dies, args=(served, answered, enough)) for _ in range(_CLIENTS)
        ]
        for client in clients:
            client.start()
        assert enough.wait(120)
        assert served.process is not None
        served.process.send_signal(signal.SIGKILL)
        served.process.wait(30)
        for client in clients:
            client.join(30)
    audit = tmp_path / "audit"
    text = "\n".join(json.dumps(record) for record in _records(audit))
    assert len(answered) >= _ENOUGH
    missing = [decision for decision in answered if text.count(decision) < 2]
    assert missing == [], f"{len(missing)} of {len(answered)} answers lack their two records"
    with served, served.client() as client:
        assert client.get(f"{served.url}/readyz").status_code == 200
    found = verify(audit)
    assert found.intact, found
