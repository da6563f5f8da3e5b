"""Plans every statement of a corpus through a whole gateway, under a policy that filters and masks every table.

    python -m tests.golden.support.measure     measures all corpora and writes what came out to results.json

Rule kept here: the figures in docs/reference/sql-support.md are these, and a test holds them against a new measurement.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

import proxy.app
import proxy.settings
from proxy.errors import GatewayError
from proxy.gateway import Request
from proxy.identity.issuer import LocalIssuer
from proxy.values import Context
from tests.golden.support.constructs import counted
from tests.golden.support.corpora import CORPORA, HERE, Corpus, load
from tests.golden.support.engines import ENGINES, Engine, Made
from tests.golden.support.verdicts import verdict

RESULTS = HERE / "results.json"
CONTEXT = Context("test")
Planned: TypeAlias = str | GatewayError | None
"""What the gateway makes of a statement, or why it refuses it; None where the virtual catalog answers it."""
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
    """Every refusal, in the order of the statements: what the gateway refuses, and what the engine refuses of what the
    gateway made of it."""
    engine = ENGINES[corpus.engine]
    worlds = {f"w{n}": engine.make(folder, f"w{n}", ddl) for n, ddl in enumerate(corpus.worlds)}
    try:
        planned = asyncio.run(_plan(folder, corpus, worlds))
        return _refused(engine, worlds, corpus, planned)
    finally:
        for made in worlds.values():
            engine.drop(made)


def _refused(engine: Engine, worlds: Mapping[str, Made], corpus: Corpus, planned: Sequence[Planned]) -> list[Refusal]:
    broken: dict[tuple[int, str], str] = {}
    for number, made in enumerate(worlds.values()):
        texts = [p for p, s in zip(planned, corpus.statements, strict=True) if s.world == number and isinstance(p, str)]
        broken |= {(number, sql): words for sql, words in engine.accepts(made, texts).items()}
    refusals = []
    for statement, made_of_it in zip(corpus.statements, planned, strict=True):
        if isinstance(made_of_it, GatewayError):
            refusals.append(_refusal(made_of_it, statement.sql))
        elif made_of_it is not None and (statement.world, made_of_it) in broken:
            words = broken[statement.world, made_of_it]
            refusals.append(Refusal("query-failed", "engine", "", words.partition("\n")[0], statement.sql))
    return refusals


async def _plan(folder: Path, corpus: Corpus, worlds: Mapping[str, Made]) -> list[Planned]:
    """What each statement becomes."""
    issuer = LocalIssuer(folder / "issuer")
    app = proxy.app.build(proxy.settings.load(_config(folder, issuer, worlds), {}))
    await app.start()
    planned: list[Planned] = []
    try:
        caller = await app.gateway.authenticate(issuer.mint(subject="ana", groups=["readers"]), CONTEXT)
        for statement in corpus.statements:
            request = Request(statement.sql, warehouse=f"w{statement.world}")
            try:
                plan = (await app.gateway.plan(caller, request, CONTEXT)).plan
                planned.append(plan.sql if plan.virtual is None else None)
            except GatewayError as error:
                planned.append(error)
    finally:
        await app.close()
    return planned


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
