"""Expressions of a statement about the catalog, translated node by node, each with the type of its value.

Rule kept here: every class of node has its own line of code or stands in a list of `functions`; whatever has neither is
refused. Nothing of the user's text reaches the engine but through a node that was understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlglot import exp

from proxy.errors import Ungovernable
from proxy.introspection import functions as known
from proxy.introspection.casts import (
    REGISTERED,
    TEXTS,
    UNKNOWN,
    VECTORS,
    call,
    cast,
    element_of,
    literal_list,
    named,
    to_engine,
)
from proxy.introspection.languages import GRAMMAR
from proxy.introspection.scopes import Outputs, Scope, folded, shown, unknown_column
from proxy.values import Reason, ReasonCode

Typed: TypeAlias = tuple[exp.Expr, str]
Queries: TypeAlias = Callable[[exp.Expr, Scope, bool], Outputs]

EXPANDED = "expanded"
"""The type of information_schema._pg_expandarray's rows."""
_SCHEMAS = ("pg_catalog", "information_schema")
_NAMES = {"user": exp.CurrentUser, "current_role": exp.CurrentUser, "current_catalog": exp.CurrentDatabase}


class Expressions:
    """The expressions of one statement. `queries` translates a query that stands inside one; `parameters` collects what
    each parameter must be."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self.parameters: dict[str, str] = {}
        self._casts: list[tuple[str, exp.Cast]] = []

    def finish(self) -> None:
        """Cast every parameter to what it turned out to be."""
        for name, node in self._casts:
            kind = self.parameters.setdefault(name, "text")
            node.set("to", to_engine(exp.null(), "text" if kind in REGISTERED else kind).args["to"])

    def translate(self, node: Any, scope: Scope) -> Typed:
        """The node as the engine reads it, and its type. Raises `Ungovernable`, `InvalidSql`."""
        rule = _RULES.get(type(node))
        if rule is not None:
            return rule(self, node, scope)
        if type(node) in known.SESSION:
            return self._called(known.SESSION[type(node)], list(node.iter_expressions()), scope)
        if type(node) in known.CALLED:
            name, places = known.CALLED[type(node)]
            return self._called(name, [node.args[p] for p in places if node.args.get(p) is not None], scope)
        if type(node) in known.COMPARING:
            return self._comparison(node, scope)
        if type(node) in known.MATCHING:
            return self._match(node, scope, escaped=False)
        if type(node) in known.PLAIN:
            return self._plain(node, scope)
        raise refused(node)

    def value(self, node: Any, scope: Scope) -> exp.Expr:
        """The translated node alone."""
        return self.translate(node, scope)[0]

    # ------------------------------------------------------------------------------------------------------- leaves
    def _literal(self, node: exp.Expr, _scope: Scope) -> Typed:
        if isinstance(node, exp.Literal) and not node.is_string:
            return node, "int4" if node.name.isdigit() else "numeric"
        return exp.Literal.string(node.name), UNKNOWN

    def _null(self, node: exp.Expr, _scope: Scope) -> Typed:
        return node, UNKNOWN

    def _boolean(self, node: exp.Expr, _scope: Scope) -> Typed:
        return node, "bool"

    def _parameter(self, node: exp.Expr, _scope: Scope) -> Typed:
        number = node.name if isinstance(node, exp.Parameter) else ""
        if not number.isdigit() or not 1 <= int(number) <= 1000:
            raise Ungovernable("Write parameters as $1, $2, ..", ReasonCode.PARAMETERS)
        made = exp.Cast(this=exp.Parameter(this=exp.Literal.number(int(number))), to=exp.DataType.build("text"))
        self._casts.append((number, made))
        return made, f"${number}"

    def _column(self, node: exp.Column, scope: Scope) -> Typed:
        name = folded(node.this)
        if isinstance(node.this, exp.Star):
            return exp.Column(this=exp.Star(), table=_quoted(folded(node.args.get("table")))), "star"
        qualifier = node.args.get("table")
        if qualifier is not None:
            return self._qualified(name, folded(qualifier), scope)
        if name in scope.aliases:
            return exp.column(name, quoted=True), scope.aliases[name]
        found = scope.find(name)
        if found is None:
            if name in _NAMES and not node.this.args.get("quoted"):
                return self.translate(_NAMES[name](), scope)
            source = scope.source(name)
            if source is not None and len(source.columns) == 1:
                return exp.column(source.columns[0][0], table=name, quoted=True), source.columns[0][1]
            raise unknown_column(name)
        source, kind = found
        if scope.is_merged(name):
            return exp.column(name, quoted=True), kind
        return exp.column(name, table=source.alias, quoted=True), kind

    def _qualified(self, name: str, qualifier: str, scope: Scope) -> Typed:
        source = scope.source(qualifier)
        if source is None:
            raise unknown_column(f"{qualifier}.{name}")
        kind = source.type_of(name)
        if kind is None and name == "tableoid" and source.relation is not None:
            return exp.Literal.number(source.relation), "oid"
        if kind is None:
            raise unknown_column(f"{qualifier}.{name}")
        return exp.column(name, table=qualifier, quoted=True), kind

    # --------------------------------------------------------------------------------------------------- what contains
    def _plain(self, node: exp.Expr, scope: Scope) -> Typed:
        kinds: list[str] = []
        for key, child in list(node.args.items()):
            children = child if isinstance(child, list) else [child]
            made = [self._child(c, scope, kinds) for c in children]
            node.set(key, made if isinstance(child, list) else made[0])
        returns = known.PLAIN[type(node)]
        first = kinds[0] if kinds else UNKNOWN
        settled = self.settled(first, "text" if returns == "text" else "bool" if returns == "bool" else "int8")
        if isinstance(node, exp.Paren | exp.Window | exp.Filter | exp.Distinct | exp.Ordered | exp.Order):
            return node, first
        if returns != known.SAME:
            return node, returns
        return node, next((k for k in kinds if k not in (UNKNOWN, settled)), first) if first == UNKNOWN else settled

    def _child(self, child: Any, scope: Scope, kinds: list[str]) -> Any:
        if not isinstance(child, exp.Expr):
            return child
        if isinstance(child, exp.Star):
            return child
        if isinstance(child, exp.Query):
            self._queries(child, scope.inner(), False)
            return child
        made, kind = self.translate(child, scope)
        kinds.append(kind)
        return made

    def settled(self, kind: str, otherwise: str) -> str:
        """A parameter of which nothing else is known is what stands for its place."""
        if kind.startswith("$"):
            self.parameters.setdefault(kind[1:], otherwise)
            return self.parameters[kind[1:]]
        return kind

    def _alias(self, node: exp.Alias, scope: Scope) -> Typed:
        made, kind = self.translate(node.this, scope)
        return exp.Alias(this=made, alias=_quoted(folded(node.args["alias"]))), self.settled(kind, "text")

    def _comparison(self, node: exp.Expr, scope: Scope) -> Typed:
        left, right = self.translate(node.this, scope), self.translate(node.expression, scope)
        right = self.fitted(right, left[1])
        node.set("this", self.fitted(left, right[1])[0])
        node.set("expression", right[0])
        return node, "bool"

    def fitted(self, given: Typed, other: str) -> Typed:
        """A bare string or a parameter as what stands on the other side of an operator."""
        made, kind = given
        if kind.startswith("$"):
            known_kind = self.parameters.get(kind[1:])
            settled = known_kind or (other if other not in (UNKNOWN, "record", "star") and other[0] != "$" else "text")
            self.parameters.setdefault(kind[1:], settled)
            return (call("u_in", exp.Literal.string(settled), made) if settled in REGISTERED else made), settled
        if kind != UNKNOWN or not (isinstance(made, exp.Literal) and made.is_string):
            return made, kind
        if other in REGISTERED:
            return call("u_in", exp.Literal.string(other), made), other
        if other.startswith("_") or other in VECTORS:
            return cast(made, UNKNOWN, other), other
        return made, kind

    def _match(self, node: exp.Expr, scope: Scope, escaped: bool) -> Typed:
        for key in ("this", "expression"):
            made, kind = self.translate(node.args[key], scope)
            self.settled(kind, "text")
            node.set(key, cast(made, kind, "text") if kind in REGISTERED else made)
        if isinstance(node, exp.Like | exp.ILike) and not escaped:
            return exp.Escape(this=node, expression=exp.Literal.string("\\")), "bool"
        return node, "bool"

    def _escape(self, node: exp.Escape, scope: Scope) -> Typed:
        inner = node.this
        if not isinstance(inner, exp.Like | exp.ILike):
            raise refused(node)
        made, _ = self._match(inner, scope, escaped=True)
        character = self.value(node.expression, scope)
        return exp.Escape(this=made, expression=character) if character.name else made, "bool"

    def _operator(self, node: exp.Operator, scope: Scope) -> Typed:
        written = node.args["operator"]
        sign = (written if isinstance(written, str) else written.sql()).lower().strip("() ")
        found = known.OPERATORS.get(sign.removeprefix("pg_catalog."))
        if found is None:
            raise refused(node)
        made, _ = self.translate(found[0](this=node.this, expression=node.expression), scope)
        return (exp.Not(this=exp.Paren(this=made)) if found[1] else made), "bool"

    def _collate(self, node: exp.Collate, scope: Scope) -> Typed:
        return self.translate(node.this, scope)

    def _division(self, node: exp.Div, scope: Scope) -> Typed:
        left, kind = self.translate(node.this, scope)
        right, _ = self.translate(node.expression, scope)
        return exp.IntDiv(this=left, expression=right), self.settled(kind, "int8")

    def _in(self, node: exp.In, scope: Scope) -> Typed:
        left, kind = self.translate(node.this, scope)
        query = node.args.get("query")
        if query is not None:
            inner = self._queries(query, scope.inner(), False)
            node.set("this", self.fitted((left, kind), inner[0][1] if inner else UNKNOWN)[0])
            return node, "bool"
        if any(node.args.get(key) for key in ("unnest", "field", "is_global")):
            raise refused(node)
        items = [self.fitted(self.translate(item, scope), kind) for item in node.expressions]
        node.set("expressions", [made for made, _ in items])
        node.set("this", self.fitted((left, kind), next((k for _, k in items if k != UNKNOWN), UNKNOWN))[0])
        return node, "bool"

    def _quantified(self, node: exp.Expr, scope: Scope) -> Typed:
        """ANY (..) and ALL (..) on the right of a comparison: an array, or a query."""
        inner = node.this.unnest() if isinstance(node.this, exp.Paren) else node.this
        if isinstance(inner, exp.Query):
            outputs = self._queries(inner, scope.inner(), False)
            return node, outputs[0][1] if outputs else UNKNOWN
        kind = self._left_type(node, scope)
        made, found = self.translate(inner, scope)
        if found == UNKNOWN and isinstance(made, exp.Literal):
            made, found = literal_list(made.name, f"_{kind if kind in ('oid', 'int2', 'int4', 'int8') else 'text'}"), ""
        elif found.startswith("$"):
            found = self.settled(found, f"_{kind}")
        node.set("this", exp.Paren(this=made))
        return node, element_of(found) or UNKNOWN

    def _left_type(self, node: exp.Expr, scope: Scope) -> str:
        """What is compared with an array's elements: asked of a copy, as the comparison translates its own side."""
        parent = node.parent
        if parent is None or parent.this is node:
            return "text"
        left = parent.this
        kind = "text"
        if isinstance(left, exp.Column):
            source = scope.source(folded(left.args["table"])) if left.args.get("table") is not None else None
            found = scope.find(folded(left.this)) if left.args.get("table") is None else None
            kind = found[1] if found else (source.type_of(folded(left.this)) if source else None) or "text"
        elif isinstance(left, exp.Cast):
            kind = named(left.args["to"])
        return kind if element_of(kind) is None and kind not in (UNKNOWN, "text") else "text"

    def _case(self, node: exp.Case, scope: Scope) -> Typed:
        operand = node.args.get("this")
        kind = UNKNOWN
        if operand is not None:
            made, kind = self.translate(operand, scope)
            node.set("this", made)
        results = []
        for branch in node.args.get("ifs") or []:
            condition = self.translate(branch.this, scope)
            branch.set("this", (self.fitted(condition, kind) if operand is not None else condition)[0])
            results.append((branch, "true"))
        if node.args.get("default") is not None:
            results.append((node, "default"))
        return node, self._alike(results, scope)

    def _alike(self, places: Sequence[tuple[exp.Expr, str]], scope: Scope) -> str:
        """Translates values that become one, and answers their type."""
        made = [(holder, key, *self.translate(holder.args[key], scope)) for holder, key in places]
        kinds = [kind for _, _, _, kind in made if kind != UNKNOWN and not kind.startswith("$")]
        kind = kinds[0] if kinds else "text"
        if kind in REGISTERED and any(k in TEXTS for k in kinds):
            kind = "text"
        for holder, key, value, found in made:
            value, found = self.fitted((value, found), kind)
            holder.set(key, cast(value, found, "text") if kind in TEXTS and found in REGISTERED else value)
        return kind

    def _variadic(self, node: exp.Expr, scope: Scope) -> Typed:
        """COALESCE, NULLIF, GREATEST, LEAST."""
        arguments = [node.this, *(node.args.get("expressions") or [])]
        if node.args.get("expression") is not None:
            arguments.append(node.expression)
        holder = exp.Tuple(expressions=[])
        for place, argument in enumerate(arguments):
            holder.args[str(place)] = argument
        kind = self._alike([(holder, str(place)) for place in range(len(arguments))], scope)
        made = [holder.args[str(place)] for place in range(len(arguments))]
        node.set("this", made[0])
        if node.args.get("expression") is not None:
            node.set("expression", made[1])
        else:
            node.set("expressions", made[1:])
        return node, kind

    def _cast(self, node: exp.Cast, scope: Scope) -> Typed:
        target = named(node.args["to"])
        made, kind = self.translate(node.this, scope)
        if kind.startswith("$"):
            kind = self.settled(kind, target)
            kind = "text" if kind in REGISTERED else kind
        if kind == target and target not in REGISTERED:
            return exp.Paren(this=made), target
        if kind in REGISTERED and isinstance(node.this, exp.Cast | exp.Paren) and target in REGISTERED:
            return made, target
        literal = made.this if isinstance(made, exp.Paren) else made
        return cast(literal if kind == UNKNOWN else made, kind, target), target

    # --------------------------------------------------------------------------------------------------------- queries
    def _subquery(self, node: exp.Expr, scope: Scope) -> Typed:
        outputs = self._queries(node, scope.inner(), False)
        return (node if isinstance(node, exp.Subquery) else exp.Subquery(this=node)), outputs[0][
            1
        ] if outputs else UNKNOWN

    def _array(self, node: exp.Array, scope: Scope) -> Typed:
        items = node.expressions
        if len(items) == 1 and isinstance(items[0], exp.Query):
            outputs = self._queries(items[0], scope.inner(), False)
            return node, f"_{outputs[0][1] if outputs else 'text'}"
        made = [self.translate(item, scope) for item in items]
        kind = next((k for _, k in made if k != UNKNOWN and not k.startswith("$")), "text")
        node.set("expressions", [self.fitted(item, kind)[0] for item in made])
        return node, f"_{kind}"

    def _array_agg(self, node: exp.ArrayAgg, scope: Scope) -> Typed:
        inner = node.this
        kinds: list[str] = []
        node = exp.ArrayAgg(this=self._child(inner, scope, kinds))
        return node, f"_{kinds[0] if kinds and kinds[0] != UNKNOWN else 'text'}"

    def _unnest(self, node: exp.Expr, scope: Scope) -> Typed:
        arguments = node.expressions or [node.this]
        if len(arguments) != 1:
            raise refused(node)
        made, kind = self.translate(arguments[0], scope)
        if kind == UNKNOWN and isinstance(made, exp.Literal):
            made, kind = literal_list(made.name, "_text"), "_text"
        kind = self.settled(kind, "_text")
        return exp.Explode(this=made), element_of(kind) or "text"

    def _series(self, node: exp.Expr, scope: Scope) -> Typed:
        for key in ("start", "end", "step"):
            if node.args.get(key) is not None:
                node.set(key, self.value(node.args[key], scope))
        return node, "int4"

    def _bracket(self, node: exp.Bracket, scope: Scope) -> Typed:
        made, kind = self.translate(node.this, scope)
        place = node.expressions[0] if len(node.expressions) == 1 else None
        if place is None or isinstance(place, exp.Slice) or element_of(kind) is None:
            raise refused(node)
        index = self.value(place, scope)
        if kind in VECTORS:  # they count from 0
            index = exp.Add(this=exp.Paren(this=index), expression=exp.Literal.number(1))
        return call("list_extract", made, index), element_of(kind) or "text"

    # ------------------------------------------------------------------------------------------------------- functions
    def _anonymous(self, node: exp.Anonymous, scope: Scope) -> Typed:
        return self._called(node.name, node.expressions, scope)

    def _called(self, name: str, arguments: Sequence[exp.Expr], scope: Scope) -> Typed:
        name = name.lower()
        if name == "_pg_expandarray" and len(arguments) == 1:
            return self._expanded(arguments[0], scope), EXPANDED
        if name == "pg_typeof" and len(arguments) == 1:
            return exp.Literal.string(self.translate(arguments[0], scope)[1].lstrip("$")), "text"
        function = known.functions().get(name)
        if name == "pg_partition_ancestors":
            nothing = exp.Cast(this=exp.Array(expressions=[]), to=exp.DataType.build("BIGINT[]"))
            return exp.Explode(this=nothing), "regclass"
        if function is None and name in known.ORDINARY:
            return self.translate(exp.func(name, *arguments, dialect=GRAMMAR), scope)
        if function is None or function.returns == known.TABLE:
            raise unknown_function(name)
        made = [self.translate(argument, scope) for argument in arguments]
        kinds = [self.settled(kind, _wanted(name, place)) for place, (_, kind) in enumerate(made)]
        values = [value for value, _ in made]
        kind = kinds[0] if function.returns == known.SAME and kinds else function.returns
        if name == "generate_subscripts" and kinds and kinds[0] in VECTORS:
            return exp.Sub(this=call(function.calls, *values), expression=exp.Literal.number(1)), kind
        return call(function.calls, *values), kind

    def _format(self, node: exp.Format, scope: Scope) -> Typed:
        """format() with a text that is written out: its parts, joined."""
        if not isinstance(node.this, exp.Literal):
            raise refused(node)
        parts = _FORMAT.split(node.this.name)
        arguments = [self.translate(argument, scope) for argument in node.expressions]
        made: exp.Expr = exp.Literal.string(parts[0])
        for sign, rest in zip(parts[1::2], parts[2::2], strict=True):
            piece: exp.Expr = exp.Literal.string("%")
            if sign != "%":
                if not arguments:
                    raise refused(node)
                value, kind = arguments.pop(0)
                self.settled(kind, "text")
                piece = call(_FORMATS[sign], cast(value, kind, "text"))
            made = exp.DPipe(this=made, expression=exp.DPipe(this=piece, expression=exp.Literal.string(rest)))
        return exp.Paren(this=made), "text"

    def _expanded(self, argument: exp.Expr, scope: Scope) -> exp.Expr:
        """unnest() of an array with the places of its items, as rows (x, n)."""
        made, _ = self.translate(argument, scope)
        return exp.Explode(this=call("u_expanded", made))

    def _dot(self, node: exp.Dot, scope: Scope) -> Typed:
        left, right = node.this, node.expression
        if isinstance(right, exp.Func):
            schema = left.name if isinstance(left, exp.Identifier | exp.Column) else ""
            if schema.lower() in _SCHEMAS and not (isinstance(left, exp.Column) and left.args.get("table")):
                return self.translate(right, scope)
            raise unknown_function(right.name if isinstance(right, exp.Anonymous) else right.key)
        made, kind = self.translate(left, scope)
        field = folded(right)
        if kind != EXPANDED or field not in ("x", "n"):
            raise refused(node)
        return exp.Dot(this=exp.Paren(this=made), expression=_quoted(field)), "int4"


def _wanted(function: str, place: int) -> str:
    """What a parameter is as an argument, where nothing else says so."""
    if function.startswith(("pg_get_", "pg_table_is", "pg_type_is", "obj_", "col_", "format_type")):
        return "oid" if place == 0 else "int4"
    return "text"


def refused(node: exp.Expr) -> Ungovernable:
    """The refusal of a construct that is not in the lists."""
    name = type(node).__name__
    text = f"A statement about the catalog cannot use this construct ({name}). Write it in a plainer form."
    return Ungovernable(text, Reason(ReasonCode.CONSTRUCT, name.lower()))


def unknown_function(name: str) -> Ungovernable:
    """The refusal of a function that is not in functions.csv."""
    text = f"The function {shown(name)} is not available in statements about the catalog."
    return Ungovernable(text, Reason(ReasonCode.FUNCTION, shown(name)[:60]), sqlstate="42883")


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


_FORMAT = re.compile("%([sIL%])")
_FORMATS = {"s": "u_text", "I": "u_quote_ident", "L": "u_quote_nullable"}
_Rule: TypeAlias = Callable[[Expressions, Any, Scope], Typed]
_RULES: Mapping[type[exp.Expr], _Rule] = {
    exp.Literal: Expressions._literal,
    exp.RawString: Expressions._literal,
    exp.ByteString: Expressions._literal,
    exp.Null: Expressions._null,
    exp.Boolean: Expressions._boolean,
    exp.Parameter: Expressions._parameter,
    exp.Column: Expressions._column,
    exp.Alias: Expressions._alias,
    exp.Escape: Expressions._escape,
    exp.Operator: Expressions._operator,
    exp.Collate: Expressions._collate,
    exp.Div: Expressions._division,
    exp.In: Expressions._in,
    exp.Any: Expressions._quantified,
    exp.All: Expressions._quantified,
    exp.Case: Expressions._case,
    exp.Coalesce: Expressions._variadic,
    exp.Nullif: Expressions._variadic,
    exp.Greatest: Expressions._variadic,
    exp.Least: Expressions._variadic,
    exp.Cast: Expressions._cast,
    exp.Subquery: Expressions._subquery,
    exp.Select: Expressions._subquery,
    exp.Union: Expressions._subquery,
    exp.Array: Expressions._array,
    exp.ArrayAgg: Expressions._array_agg,
    exp.Explode: Expressions._unnest,
    exp.Unnest: Expressions._unnest,
    exp.ExplodingGenerateSeries: Expressions._series,
    exp.GenerateSeries: Expressions._series,
    exp.Bracket: Expressions._bracket,
    exp.Anonymous: Expressions._anonymous,
    exp.Dot: Expressions._dot,
    exp.Format: Expressions._format,
}
