"""What a slow reader costs: the server's memory while 5 M rows go to a client that takes them slowly.

Flat means that the growth between the first tenth and the end stays small beside the answer itself. The table is read
once before, so that what DuckDB keeps of the file in its own cache is not counted as growth.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.server import Served

ROWS = 5_000_000
_WARM = "SELECT max(id), max(name), max(k), max(price), max(day), max(even), max(amount), max(code) FROM shop.main.big"
_CHUNK = 1 << 20
_PAUSE_S = 0.02


def run(folder: Path) -> dict[str, object]:
    """Megabytes resident before, early, at the highest, and at the end; and how much was sent."""
    with Served(folder, ROWS) as served:
        served.arrow(_WARM)
        before = served.memory()
        seen: list[int] = []
        sent = 0
        with (
            served.client() as client,
            client.stream("POST", f"{served.url}/v1/query", json={"sql": "SELECT * FROM shop.main.big"}) as answer,
        ):
            for chunk in answer.iter_raw(_CHUNK):
                sent += len(chunk)
                seen.append(served.memory())
                time.sleep(_PAUSE_S)
    early = max(seen[: max(1, len(seen) // 10)])
    return {
        "rows": ROWS,
        "sent_mb": round(sent / 1e6, 1),
        "before_mb": round(before / 1e6, 1),
        "first_tenth_mb": round(early / 1e6, 1),
        "highest_mb": round(max(seen) / 1e6, 1),
        "end_mb": round(seen[-1] / 1e6, 1),
        "growth_after_first_tenth_mb": round((max(seen) - early) / 1e6, 1),
    }
