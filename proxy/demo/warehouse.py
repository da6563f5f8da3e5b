"""The sample warehouse `shop`: built by DuckDB from warehouse.sql, and read raw for the demo's "before".

Rule kept here: a build is all or nothing (it is made beside its place and moved there), and the raw read is the demo's
alone; no other part of the package may look at a warehouse except through the gateway.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

NAME = "shop"


def script() -> str:
    """The SQL that builds the warehouse."""
    return files("proxy.demo").joinpath("warehouse.sql").read_text(encoding="utf-8")


def stamp() -> str:
    """What tells one version of the sample from another: of the script and of DuckDB, whose hash() it uses."""
    return hashlib.sha256(f"{duckdb.__version__}\n{script()}".encode()).hexdigest()[:16]


def create(path: Path) -> None:
    """Build the warehouse at `path`, replacing what is there. Takes about two seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-draft.duckdb")
    draft.unlink(missing_ok=True)
    connection = duckdb.connect(str(draft))
    try:
        connection.execute(script())
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    draft.replace(path)


def raw(path: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows as the bot's own service account gets them: everything, of everybody."""
    connection = duckdb.connect(str(path), read_only=True)
    try:
        answer = connection.execute(sql)
        return [d[0] for d in answer.description], answer.fetchall()
    finally:
        connection.close()
