"""Plans every statement of a corpus through a whole gateway, under a policy that filters and masks every table.

    python -m tests.golden.support.measure     measures all corpora and writes what came out to results.json

Rule kept here: the figures in docs/reference/sql-support.md are these, and a test holds them against a new measurement.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

import proxy.app
import proxy.settings
from proxy.errors import GatewayError
from proxy.gateway import Request
from proxy.identity.issuer import LocalIssuer
from proxy.values import Context
from tests.golden.support.constructs import counted
from tests.golden.support.corpora import CORPORA, HERE, Corpus, load
from tests.golden.support.engines import ENGINES, Made
from tests.golden.support.verdicts import verdict

RESULTS = HERE / "results.json"
CONTEXT = Context("test")
_MASKED_FROM = 3
"""Tables of at least so many columns have the last one masked."""


@dataclass(frozen=True)
class Refusal:
    """A statement that the engine takes and the gateway does not: the error's code, its reason, and its words."""

    code: str
    reason: str
    about: str
    detail: str
    sql: str


def measure(folder: Path, corpus: Corpus) -> list[Refusal]:
    """Every refusal, in the order of the statements."""
    return asyncio.run(_measure(folder, corpus))


async def _measure(folder: Path, corpus: Corpus) -> list[Refusal]:
    engine = ENGINES[corpus.engine]
    worlds = {f"w{n}": engine.make(folder, f"w{n}", ddl) for n, ddl in enumerate(corpus.worlds)}
    issuer = LocalIssuer(folder / "issuer")
    app = proxy.app.build(proxy.settings.load(_config(folder, issuer, worlds), {}))
    await app.start()
    refusals = []
    try:
        caller = await app.gateway.authenticate(issuer.mint(subject="ana", groups=["readers"]), CONTEXT)
        for statement in corpus.statements:
            try:
                await app.gateway.plan(caller, Request(statement.sql, warehouse=f"w{statement.world}"), CONTEXT)
            except GatewayError as error:
                refusals.append(_refusal(error, statement.sql))
    finally:
        await app.close()
    return refusals


def _refusal(error: GatewayError, sql: str) -> Refusal:
    reason = error.reasons[0] if error.reasons else None
    return Refusal(error.code, str(reason.code) if reason else "", reason.about if reason else "", str(error), sql)


def _config(folder: Path, issuer: LocalIssuer, worlds: Mapping[str, Made]) -> Path:
    """A gateway's settings over all schemas, in which one group may read filtered and masked rows of every table."""
    _write_policy(folder / "policies", worlds)
    trusted = {
        "issuer": issuer.issuer,
        "audience": "usher",
        "algorithms": ["ES256"],
        "jwks": f"file:{issuer.jwks_path}",
        "claims": {"groups": "groups"},
    }
    settings = {
        "identity": {"issuers": [trusted]},
        "warehouses": {name: dict(made.settings) for name, made in worlds.items()},
        "policies": str(folder / "policies"),
        "scan": {"mode": "off"},
        "audit": {"sinks": [{"kind": "file", "path": str(folder / "audit")}]},
        "doors": {"http": {"listen": "127.0.0.1:0"}},
    }
    path = folder / "usher.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def _write_policy(folder: Path, worlds: Mapping[str, Made]) -> None:
    grants = [f"p, role:reader, {name}, read, allow" for name in worlds]
    tables: dict[str, Any] = {}
    for name, made in worlds.items():
        for (schema, table), columns in made.tables.items():
            if "." in schema + table:  # a policy file cannot name it
                continue
            entry: dict[str, Any] = {"rows": [{"id": "known", "for": ["role:reader"], "where": _filter(columns[0])}]}
            if len(columns) >= _MASKED_FROM:
                entry["columns"] = {columns[-1]: ["secret"]}
            tables[f"{name}.{schema}.{table}"] = entry
    (folder / "data").mkdir(parents=True)
    (folder / "grants.csv").write_text("\n".join([*grants, "g, group:readers, role:reader", ""]), encoding="utf-8")
    (folder / "data" / "all.yaml").write_text(yaml.safe_dump({"tables": tables}), encoding="utf-8")
    (folder / "masks.yaml").write_text('masks:\n  secret: {mask: "null"}\n', encoding="utf-8")


def _filter(column: str) -> str:
    quoted = column.replace('"', '""')
    return f'"{quoted}" IS NOT NULL'


def record(corpus: Corpus, refusals: list[Refusal]) -> dict[str, Any]:
    """A measurement as it is kept."""
    refused = {r.sql for r in refusals}
    return {
        "corpus": corpus.name,
        "engine": corpus.engine,
        "accepted": len(corpus.statements),
        "refused": [{**asdict(r), "verdict": verdict(asdict(r)).value} for r in refusals],
        "constructs": counted((s.sql for s in corpus.statements if s.sql not in refused), corpus.engine),
    }


def main() -> None:
    """Measures all corpora and writes the results."""
    records = []
    for name, engine in CORPORA:
        corpus = load(name, engine)
        with tempfile.TemporaryDirectory() as folder:
            records.append(record(corpus, measure(Path(folder), corpus)))
        print(f"{corpus.label}: {len(records[-1]['refused'])} of {len(corpus.statements)} refused")
    RESULTS.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
