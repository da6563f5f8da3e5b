"""Runs policies/tests/*.yaml: who asks what, and what must come of it, through the gateway's own path.

Rule kept here: a case goes the way every query goes (`plan`, and `run` where it expects data), so that what a test
proves is what users get. A case that expects nothing is refused, as it could never fail.
"""

from __future__ import annotations

import datetime
import decimal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from proxy import documents, mistakes
from proxy.errors import ConfigError, GatewayError
from proxy.gateway import Gateway, Request
from proxy.values import AllOf, AnyOf, Attribute, Caller, Condition, Context, Plan, RowFilter

ISSUER = "usher:suite"
SHOWN = 10
"""How many differing rows a verdict lists."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Principal(_Model):
    """Who asks: what a verified token would say."""

    subject: str = Field(min_length=1, description="The token's subject.")
    groups: tuple[str, ...] = Field((), description="Groups of the identity provider.")
    attributes: Mapping[str, str | int | float | bool | tuple[str | int | float | bool, ...]] = Field(
        default_factory=dict, description="Attributes that row filters may bind."
    )
    app: str | None = Field(None, description="The app or bot in between.")
    email: str | None = Field(None, description="The e-mail claim.")
    issuer: str = Field(ISSUER, description="The issuer of the token.")


class Expect(_Model):
    """What must come of it; everything that is named must hold."""

    refused: str | None = Field(None, description="An error code (denied) or a reason code (no-grant, unknown-column).")
    columns: tuple[str, ...] | None = Field(None, description="The names of the result columns, in order.")
    masked: tuple[str, ...] | None = Field(None, description="Exactly these result columns show masks.")
    filters: tuple[str, ...] | None = Field(None, description="Exactly these row filters apply, by their ids.")
    row_count: int | None = Field(None, ge=0, description="How many rows come back.")
    rows: tuple[tuple[Any, ...], ...] | None = Field(None, description="The rows, in order.")

    @model_validator(mode="after")
    def _something(self) -> Expect:
        named = self.model_fields_set
        if not named or all(getattr(self, n) is None for n in named):
            raise ValueError(f"must name at least one of: {', '.join(Expect.model_fields)}")
        if self.refused is not None and len(named) > 1:
            raise ValueError("a refused query has no columns, rows or filters; leave them out")
        return self

    @property
    def needs_data(self) -> bool:
        """Whether the query must be run to know."""
        return any(part is not None for part in (self.columns, self.masked, self.row_count, self.rows))


class Case(_Model):
    """One test."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(min_length=1, description="What the test shows, in words.")
    who: Principal | str = Field(alias="as", description="A principal, or the name of one under `principals`.")
    sql: str = Field(description="What is asked.")
    parameters: tuple[Any, ...] = Field((), description="Values for $1, $2, ..")
    warehouse: str | None = Field(None, description="The warehouse; the default one where left out.")
    expect: Expect


class Document(_Model):
    """One file of policies/tests/."""

    principals: Mapping[str, Principal] = Field(default_factory=dict, description="Principals that tests name.")
    tests: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named(self) -> Document:
        unknown = sorted({c.who for c in self.tests if isinstance(c.who, str) and c.who not in self.principals})
        if unknown:
            raise ValueError(f"`as` names principals that are not there: {', '.join(unknown)}")
        return self


@dataclass(frozen=True, slots=True)
class Trial:
    """A case with its place and its principal."""

    file: str
    case: Case
    principal: Principal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one test; no differences means that it passed."""

    file: str
    name: str
    differences: tuple[str, ...]
    decision_id: str | None = None

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Got:
    """What came of a query: its plan and, where it was run, its result."""

    plan: Plan
    columns: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


def schema() -> dict[str, Any]:
    """The JSON schema of a file of policies/tests/, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema(by_alias=True)}


def load(folder: Path) -> tuple[Trial, ...]:
    """The tests of a policy folder, in order of their files. Raises `ConfigError` with every mistake."""
    trials: list[Trial] = []
    problems: list[str] = []
    for path in sorted((folder / "tests").glob("*.yaml")):
        try:
            trials += _of_file(path)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tuple(trials)


def _of_file(path: Path) -> list[Trial]:
    raw = documents.read(path)
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise ConfigError([f"{path}: {line}" for line in mistakes.lines(error, Document, raw)]) from error
    return [
        Trial(path.name, case, document.principals[case.who] if isinstance(case.who, str) else case.who)
        for case in document.tests
    ]


async def run(gateway: Gateway, trials: Sequence[Trial]) -> tuple[Verdict, ...]:
    """Every test's verdict, in order."""
    return tuple([await _verdict(gateway, trial) for trial in trials])


async def _verdict(gateway: Gateway, trial: Trial) -> Verdict:
    caller, case = _caller(trial.principal), trial.case
    request = Request(sql=case.sql, warehouse=case.warehouse, parameters=case.parameters)
    context = Context(door="suite", labels={"test": case.name})
    try:
        if case.expect.needs_data:
            got, decision_id = await _answered(gateway, caller, request, context)
        else:
            planned = await gateway.plan(caller, request, context)
            got, decision_id = Got(planned.plan), planned.decision_id
    except GatewayError as error:
        return Verdict(trial.file, case.name, _refused(case.expect, error), error.decision_id)
    return Verdict(trial.file, case.name, tuple(_differences(case.expect, got)), decision_id)


async def _answered(gateway: Gateway, caller: Caller, request: Request, context: Context) -> tuple[Got, str]:
    answer = await gateway.run(caller, request, context)
    rows: list[tuple[Any, ...]] = []
    async for batch in answer.batches:
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    names = tuple(answer.schema.names)
    masked = tuple(n for n, r in zip(names, answer.plan.results or (), strict=False) if r.masked)
    return Got(answer.plan, names, masked, tuple(rows)), answer.decision_id


def _caller(principal: Principal) -> Caller:
    now = int(time.time())
    attributes: dict[str, Attribute] = dict(principal.attributes)
    return Caller(
        issuer=principal.issuer,
        subject=principal.subject,
        expires_at=now + 300,
        issued_at=now,
        token_hash="suite",  # noqa: S106 - there is no token
        groups=frozenset(principal.groups),
        attributes=attributes,
        email=principal.email,
        app=principal.app,
    )


# ------------------------------------------------------------------------------------------------------ differences
def _refused(expect: Expect, error: GatewayError) -> tuple[str, ...]:
    codes = [error.code, *(r.code.value for r in error.reasons)]
    if expect.refused is None:
        return (f"expected an answer, was refused ({', '.join(codes)}): {error.detail}",)
    if expect.refused not in codes:
        return (f"expected a refusal for {expect.refused}, was refused for {', '.join(codes)}: {error.detail}",)
    return ()


def _differences(expect: Expect, got: Got) -> list[str]:
    if expect.refused is not None:
        return [f"expected a refusal for {expect.refused}, was allowed"]
    found: list[str] = []
    if expect.columns is not None and expect.columns != got.columns:
        found.append(f"columns: expected {_list(expect.columns)}, got {_list(got.columns)}")
    if expect.masked is not None:
        found += _sets("masked", set(expect.masked), set(got.masked))
    if expect.filters is not None:
        found += _sets("filters", set(expect.filters), filter_ids(got.plan))
    if expect.row_count is not None and expect.row_count != len(got.rows):
        found.append(f"row_count: expected {expect.row_count}, got {len(got.rows)}")
    if expect.rows is not None:
        found += _row_differences(expect.rows, got.rows)
    return found


def _sets(what: str, expected: set[str], got: set[str]) -> list[str]:
    found = [f"{what}: expected {name}, which is not there" for name in sorted(expected - got)]
    return found + [f"{what}: got {name}, which is not expected" for name in sorted(got - expected)]


def _row_differences(expected: Sequence[Sequence[Any]], got: Sequence[Sequence[Any]]) -> list[str]:
    found: list[str] = []
    for number, (want, have) in enumerate(zip(expected, got, strict=False), start=1):
        if len(want) != len(have) or not all(map(_same, want, have)):
            found.append(f"row {number}: expected {_list(want)}, got {_list(have)}")
    found += [f"row {n}: expected {_list(r)}, got no such row" for n, r in enumerate(expected, 1) if n > len(got)]
    found += [f"row {n}: got {_list(r)}, which is not expected" for n, r in enumerate(got, 1) if n > len(expected)]
    return found[:SHOWN] + ([f".. and {len(found) - SHOWN} more rows differ"] if len(found) > SHOWN else [])


def _same(want: Any, have: Any) -> bool:
    """Whether a value written in YAML is the value that came back; exact, with decimals and times by their text."""
    if want is None or have is None or isinstance(want, bool) or isinstance(have, bool):
        return want is have
    if isinstance(have, decimal.Decimal):
        try:
            return decimal.Decimal(str(want)) == have
        except decimal.InvalidOperation:
            return False
    if isinstance(have, datetime.date | datetime.time):
        text = want.isoformat() if isinstance(want, datetime.date) else str(want)
        return text.replace(" ", "T") == have.isoformat()
    if isinstance(have, int | float):
        return isinstance(want, int | float) and want == have
    if isinstance(have, list):
        return isinstance(want, list | tuple) and len(want) == len(have) and all(map(_same, want, have))
    return str(want) == str(have)


def _list(values: Sequence[Any]) -> str:
    return "[" + ", ".join("null" if v is None else str(v) for v in values) + "]"


def filter_ids(plan: Plan) -> set[str]:
    """The ids of all row filters in a plan's policy views."""
    return {name for view in plan.decision.views for name in _ids(view.rows)}


def _ids(condition: Condition) -> set[str]:
    if isinstance(condition, RowFilter):
        return {condition.id}
    if isinstance(condition, AllOf | AnyOf):
        return {name for part in condition.parts for name in _ids(part)}
    return set()
