"""One statement, whole: parse, resolve against the catalog, and set down as a `Query`.

Rule kept here: a pure function of the text and a catalog snapshot. It asks nobody's rights, so that its answer serves
every caller.
"""

from __future__ import annotations

from itertools import pairwise

from proxy import kinds
from proxy.dialect import Dialect
from proxy.errors import GatewayError, TooLarge, Ungovernable
from proxy.query.ledger import Ledger
from proxy.query.parse import Parsed, parse
from proxy.query.resolve import Resolver
from proxy.query.scopes import Out
from proxy.query.text import TOUCHING, Caps, check_size, fingerprint, question_marks, redact, tokenize
from proxy.values import Catalog, Edit, Output, Query, ReasonCode, Span

DEFAULT_CAPS = Caps()


def dialect_of(catalog: Catalog) -> Dialect:
    """The dialect of a catalog's engine."""
    dialect: Dialect = kinds.load("warehouses", catalog.dialect).DIALECT
    return dialect


def names_of(catalog: Catalog) -> frozenset[str]:
    """Every name the catalog knows, folded: names that may stand in records."""
    names = {catalog.warehouse.lower()}
    for table in catalog.tables.values():
        names |= {table.id.schema.lower(), table.id.name.lower(), *(c.name.lower() for c in table.columns)}
    return frozenset(names)


def read(sql: str, catalog: Catalog, caps: Caps = DEFAULT_CAPS, names: frozenset[str] | None = None) -> Query:
    """What a text asks of a warehouse; `names` are `names_of(catalog)`, where they are at hand. Raises `InvalidSql`,
    `Ungovernable` or `TooLarge`, with the statement as it may be recorded where it could be read."""
    dialect = dialect_of(catalog)
    check_size(sql, caps)
    tokens = tokenize(sql, dialect.name, caps)
    redacted = redact(sql, tokens, names_of(catalog) if names is None else names)
    try:
        return _understood(parse(sql, tokens, dialect, caps), catalog, dialect, caps, redacted)
    except GatewayError as error:
        error.statement = redacted
        raise


def _understood(parsed: Parsed, catalog: Catalog, dialect: Dialect, caps: Caps, redacted: str) -> Query:
    sql = parsed.sql
    ledger = Ledger(sql, dialect, catalog, caps)
    try:
        outs = Resolver(ledger).statement(parsed.tree)
    except RecursionError as error:
        raise TooLarge("The statement is nested too deeply: flatten it with WITH.", ReasonCode.TOO_DEEP) from error
    _check_columns(parsed, ledger)
    return Query(
        sql=sql,
        warehouse=catalog.warehouse,
        dialect=catalog.dialect,
        catalog_version=catalog.version,
        references=tuple(named.frozen() for named in ledger.references),
        columns=tuple(ledger.uses),
        edits=tuple(sorted([*ledger.edits, *_numbered(parsed), *parsed.edits], key=lambda e: e.span.start)),
        cte_names=dict(ledger.cte_names),
        prefixes=dict(ledger.prefixes),
        parameters=parsed.syntax.parameters,
        outputs=_outputs(outs),
        kind="select",
        redacted=redacted,
        fingerprint=fingerprint(redacted),
        groups=tuple(ledger.groups),
        alone=frozenset(ledger.alone),
    )


def _check_columns(parsed: Parsed, ledger: Ledger) -> None:
    """Every column reference that the engine's own parser sees was resolved here. Raises `Ungovernable`."""
    seen = parsed.syntax.columns or {}
    missed = [start for start, parts in seen.items() if ledger.understood.get(start) != parts]
    if missed:
        start = min(missed)
        raise Ungovernable(
            "A column stands where it cannot be governed: write this part of the statement in a plainer form.",
            ReasonCode.CONSTRUCT,
            span=Span(start, start + 1),
        )


def _numbered(parsed: Parsed) -> list[Edit]:
    """Every parameter becomes $1, $2, .. in the engine's order, so that the policy's own can follow."""
    position = {name: i for i, name in enumerate(parsed.syntax.parameters, start=1)}
    marks = question_marks(parsed.tokens) if parsed.question_marks else []
    named = [(span, str(i)) for i, span in enumerate(marks, start=1)]
    for dollar, name in pairwise(parsed.tokens):
        if dollar.text == "$" and dollar.end + 1 == name.start and name.text in position:
            named.append((Span(dollar.start, name.end + 1), name.text))
    touching = {span for span, _ in named if TOUCHING.match(parsed.sql, span.start)}
    return [Edit(span, f"${position.get(n, n)}" + " " * (span in touching)) for span, n in named]


def _outputs(outs: tuple[Out, ...] | None) -> tuple[Output, ...] | None:
    if outs is None:
        return None
    return tuple(Output(o.shown or o.name, tuple(sorted(o.flow.origins)), o.flow.plain, o.star) for o in outs)
