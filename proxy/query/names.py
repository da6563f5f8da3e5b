"""Column names to columns: what a dotted name in an expression can denote.

Rule kept here: resolution follows SQL's scoping from the inside out, and keeps every candidate while a name is not
certain. A name that nothing can denote is noted without candidates and refused later, where the caller's rights are
known: were it refused here, the order of refusals would tell what exists from what is hidden.
"""

from __future__ import annotations

from sqlglot import exp

from proxy.errors import Ungovernable
from proxy.query.ledger import Ledger
from proxy.query.scopes import Env, Flow, Source, merged
from proxy.values import Edit, Reason, ReasonCode, Span


def resolve_column(column: exp.Column, env: Env, ledger: Ledger) -> Flow:
    """Where a column's values come from; the use is noted."""
    parts = [p for k in ("catalog", "db", "table", "this") if (p := column.args.get(k)) is not None]
    span = ledger.span(*parts)
    ledger.understood[span.start] = tuple([ledger.folded(p) for p in parts])
    if len(parts) > 2:
        parts = _without_prefix(parts, env, ledger, 1)
        span = ledger.span(*parts)
    if len(parts) == 1:
        return _unqualified(parts[0], span, env, ledger)
    qualified = _qualified(parts, span, env, ledger)
    if qualified is not None:
        return qualified
    if not ledger.dialect.names.columns_have_fields:
        return ledger.unknown(span)
    field_of = _unqualified(parts[0], span, env, ledger)  # a.b where a is a column: its field
    return field_of.derived()


def resolve_star(star: exp.Column, env: Env, ledger: Ledger) -> None:
    """Notes a qualified star (`t.*`), and drops what stands before the table's name."""
    parts = [p for p in (star.args.get(k) for k in ("catalog", "db", "table")) if p is not None]
    if parts:
        ledger.understood[ledger.span(*parts).start] = (*(ledger.folded(p) for p in parts), "*")
        _without_prefix(parts, env, ledger, 0)


def _without_prefix(parts: list[exp.Expr], env: Env, ledger: Ledger, after: int) -> list[exp.Expr]:
    """Drops `schema.` or `warehouse.schema.` before a table's name, which its policy view no longer has; at least
    `after` parts stand behind that name, and none behind that of a star."""
    for lost in (2, 1):
        if len(parts) < lost + 1 + after or (not after and len(parts) > lost + 1):
            continue
        source = _source(ledger.folded(parts[lost]), env)
        if source is None or source.reference is None:
            continue
        table = ledger.references[source.reference].table.id
        names = [ledger.folded(p) for p in parts[:lost]]
        wanted = [ledger.known(table.warehouse), ledger.known(table.schema)][-lost:]
        if names == wanted and ledger.known(table.name) == ledger.folded(parts[lost]):
            start = ledger.span(*parts).start
            ledger.edits.append(Edit(Span(start, ledger.span(parts[lost]).start), ""))
            ledger.prefixes[start] = lost
            return parts[lost:]
    return parts


def _source(folded: str, env: Env) -> Source | None:
    for scope in env.chain():
        for source in scope.sources:
            if source.name == folded:
                return source
    return None


def _unqualified(identifier: exp.Expr, span: Span, env: Env, ledger: Ledger) -> Flow:
    name = ledger.folded(identifier)
    found: list[Flow] = []
    certain = True
    known = False
    for scope in env.chain():
        if name in scope.locals:
            return merged(found)
        flows: list[Flow] = []
        unsure: list[Flow] = []
        rows: list[Flow] = []
        for source in scope.sources:
            flow = source.columns.get(name)
            if flow is not None:
                flows.append(flow)
                certain = certain and source.reference is not None
            elif source.rest is not None:
                unsure.append(source.rest)
            if source.name == name:
                rows.append(source.whole())
        matched = bool(flows)
        if name in scope.aliases:
            flows.append(scope.aliases[name])
            certain = False
        known = known or bool(flows or unsure or rows)
        found += flows + unsure + (rows if not flows else [])
        if unsure or rows:
            certain = False
        if matched and certain:
            break
    if not known:
        return ledger.unknown(span)
    flow = found[0] if len(found) == 1 else _either(found)
    ledger.use(ledger.sql[span.start : span.end], span, flow, certain and known)
    return flow


def _either(found: list[Flow]) -> Flow:
    """One of these, whichever; it has their type where they have one."""
    types = {flow.type for flow in found}
    return merged(found).derived(types.pop() if len(types) == 1 else None)


def _qualified(parts: list[exp.Expr], span: Span, env: Env, ledger: Ledger) -> Flow | None:
    source = _source(ledger.folded(parts[0]), env)
    if source is None:
        return None
    name = ledger.folded(parts[1])
    flow = source.columns.get(name, source.rest)
    if len(parts) > 2 and not ledger.dialect.names.columns_have_fields:
        return None
    if (
        name not in source.columns
        and flow is not None
        and not (name == source.name and name in ledger.dialect.functions)
    ):
        _check_call(name, span, ledger)  # a function in FROM has a column of its own name
    if flow is None:
        if any(ledger.folded(parts[0]) in s.columns for scope in env.chain() for s in scope.sources):
            return None  # a column of that name may have the field
        return ledger.unknown(span)
    certain = source.reference is not None and name in source.columns
    ledger.use(ledger.sql[span.start : span.end], span, flow, certain)
    return flow if len(parts) == 2 else flow.derived()


def _check_call(name: str, span: Span, ledger: Ledger) -> None:
    """Raises `Ungovernable` where `x.f` may call a function f that nobody may call, or that can raise."""
    dialect = ledger.dialect
    if not dialect.names.fields_call or any(name in columns for columns in ledger.star_columns.values()):
        return
    function = dialect.functions.get(name)
    if name in dialect.refused or (function is not None and function.can_raise):
        raise Ungovernable(
            f"The name {name[:60]} may call a function here: give the column another name with AS, in the sub-query "
            "or after the function, or write the call as a call.",
            Reason(ReasonCode.FUNCTION, name[:60]),
            span=span,
        )
