"""A gateway's audit writer in a process of its own, for tests that kill it or take its disk space.

writer_process.py load FOLDER        queries without end; prints "decision ID" or "outcome ID" once it is recorded
writer_process.py full FOLDER        a file size limit stands for a full disk; prints what happened as JSON
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import resource
import sys
from pathlib import Path

from proxy.audit.log import Log
from proxy.errors import AuditError
from proxy.values import Outcome
from tests.audit.samples import CALLER, CONTEXT, plan, query, settings


def say(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


async def load(folder: Path) -> None:
    log = Log(settings(folder, max_bytes=100_000))
    await log.start()

    async def ask() -> None:
        for turn in itertools.count():
            entry = log.open(CALLER, CONTEXT, "shop")
            await entry.planned(plan())
            say("decision", entry.decision_id)
            if turn % 5:
                await entry.closed(Outcome.COMPLETED, 1, 8, None, None)
                say("outcome", entry.decision_id)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(ask())


async def full(folder: Path) -> None:
    log = Log(settings(folder, probe_interval_s=0.02))
    await log.start()
    recorded = [await query(log) for _ in range(3)]
    running = log.open(CALLER, CONTEXT, "shop")
    await running.planned(plan())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = os.stat(folder / f"usher.{1:016d}.jsonl").st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, hard))
    refused = 0
    for _ in range(5):
        entry = log.open(CALLER, CONTEXT, "shop")
        try:
            await entry.planned(plan())
        except AuditError:
            refused += 1
        await asyncio.sleep(0.03)
    writable = log.writable()
    try:
        await running.closed(Outcome.COMPLETED, 7, 56, None, None)
        ended = "recorded"
    except AuditError:
        ended = "refused"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    for _ in range(500):
        if log.writable():
            break
        await asyncio.sleep(0.02)
    recorded += [await query(log) for _ in range(3)]
    await log.close()
    say(
        json.dumps(
            {"recorded": recorded, "refused": refused, "writable": writable, "ended": ended, "id": running.decision_id}
        )
    )


if __name__ == "__main__":
    asyncio.run({"load": load, "full": full}[sys.argv[1]](Path(sys.argv[2])))
