"""PostgreSQL's own parser (libpg_query 17), asked for its tree.

Rule kept here: what the parser does not read, and any node or any part of a node that is not listed below, is refused.
The tree is the engine's authority on what a text means: which functions it calls, what it binds, how many statements
it is. Servers 15 to 18 read what is listed here as this parser does, or not at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import pgparse  # type: ignore[import-not-found]

from proxy.dialect import Syntax
from proxy.errors import InvalidSql, TooLarge, Ungovernable
from proxy.values import Reason, ReasonCode, Span

Node = tuple[str, dict[str, Any]]
"""A node's kind and its parts. Kinds begin with a capital letter."""

_SELECT = """distinctClause targetList fromClause whereClause groupClause groupDistinct havingClause windowClause
    valuesLists sortClause limitOffset limitCount limitOption withClause op all larg rarg"""
_PARTS = {
    "A_ArrayExpr": "elements location",
    "A_Const": "ival fval boolval sval bsval isnull location",
    "A_Expr": "kind name lexpr rexpr location",
    "A_Indices": "is_slice lidx uidx",
    "A_Indirection": "arg indirection",
    "A_Star": "",
    "Alias": "aliasname colnames",
    "BoolExpr": "boolop args location",
    "BooleanTest": "arg booltesttype location",
    "CTECycleClause": """cycle_col_list cycle_mark_column cycle_mark_value cycle_mark_default cycle_path_column
        location""",
    "CTESearchClause": "search_col_list search_breadth_first search_seq_column location",
    "CaseExpr": "arg args defresult location",
    "CaseWhen": "expr result location",
    "CoalesceExpr": "args location",
    "CollateClause": "arg collname location",
    "ColumnDef": "colname typeName is_local location",
    "ColumnRef": "fields location",
    "CommonTableExpr": "ctename aliascolnames ctematerialized ctequery search_clause cycle_clause location",
    "FuncCall": """funcname args agg_order agg_filter over agg_within_group agg_star agg_distinct func_variadic
        funcformat location""",
    "GroupingFunc": "args location",
    "GroupingSet": "kind content location",
    "Integer": "ival",
    "JsonBehavior": "btype expr location",
    "JsonFormat": "format_type encoding location",
    "JsonFuncExpr": "op context_item pathspec output on_empty on_error wrapper quotes location",
    "JsonIsPredicate": "expr format item_type unique_keys location",
    "JsonOutput": "typeName returning",
    "JsonReturning": "format",
    "JsonValueExpr": "raw_expr format",
    "JoinExpr": "jointype isNatural larg rarg usingClause quals alias",
    "List": "items",
    "MinMaxExpr": "op args location",
    "NamedArgExpr": "arg name argnumber location",
    "NullTest": "arg nulltesttype location",
    "ParamRef": "number location",
    "RangeFunction": "lateral ordinality functions alias coldeflist",
    "RangeSubselect": "lateral subquery alias",
    "RangeVar": "catalogname schemaname relname inh relpersistence alias location",
    "ResTarget": "name val location",
    "RowExpr": "args row_format location",
    "SQLValueFunction": "op typmod location",
    "SelectStmt": _SELECT,
    "SortBy": "node sortby_dir sortby_nulls location",
    "String": "sval",
    "SubLink": "subLinkType testexpr operName subselect location",
    "TypeCast": "arg typeName location",
    "TypeName": "names typmods typemod arrayBounds location",
    "Value": "ival fval boolval sval bsval",
    "WindowDef": "name refname partitionClause orderClause frameOptions startOffset endOffset location",
    "WithClause": "ctes recursive location",
}
NODES = {kind: frozenset(parts.split()) for kind, parts in _PARTS.items()}
"""Every kind of node that may occur, and every part it may have (PostgreSQL 17, src/include/nodes/parsenodes.h)."""

_EMBEDDED = {
    "alias": "Alias",
    "boolval": "Value",
    "bsval": "Value",
    "context_item": "JsonValueExpr",
    "cycle_clause": "CTECycleClause",
    "format": "JsonFormat",
    "fval": "Value",
    "ival": "Value",
    "larg": "SelectStmt",
    "on_empty": "JsonBehavior",
    "on_error": "JsonBehavior",
    "output": "JsonOutput",
    "over": "WindowDef",
    "rarg": "SelectStmt",
    "returning": "JsonReturning",
    "search_clause": "CTESearchClause",
    "sval": "Value",
    "typeName": "TypeName",
    "withClause": "WithClause",
}
"""Parts that hold a node without saying its kind."""

_INSTEAD = {
    "intoClause": "Results cannot be stored: leave INTO out.",
    "lockingClause": "Nothing can be locked: leave FOR UPDATE or FOR SHARE out.",
    "is_rowsfrom": "ROWS FROM is not supported: join the functions instead.",
    "join_using_alias": "A join cannot be named: leave AS out after USING.",
    "useOp": "ORDER BY .. USING is not supported: write ASC or DESC.",
    "pct_type": "Name a built-in type.",
    "RangeTableSample": "TABLESAMPLE is not supported: write ORDER BY random() LIMIT n.",
    "RangeTableFunc": "XMLTABLE is not supported.",
    "JsonTable": "JSON_TABLE is not supported: write jsonb_to_recordset or jsonb_array_elements.",
    "InsertStmt": "The warehouse is read-only here.",
    "UpdateStmt": "The warehouse is read-only here.",
    "DeleteStmt": "The warehouse is read-only here.",
    "MergeStmt": "The warehouse is read-only here.",
    "XmlExpr": "XML is not supported.",
    "XmlSerialize": "XML is not supported.",
}

_TYPE_NAMES = """
    bit bool box bpchar bytea char cidr circle date datemultirange daterange float4 float8 inet int2 int4 int4multirange
    int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg macaddr macaddr8 money name numeric
    nummultirange numrange path point polygon text time timestamp timestamptz timetz tsmultirange tsquery tsrange
    tstzmultirange tstzrange tsvector uuid varbit varchar
"""
TYPES = frozenset(_TYPE_NAMES.split())
"""Types that a cast may name (pg_type). Not listed: types whose values name objects (reg*, oid, xid, ..), XML, pseudo
types, and everything that is not the engine's own."""

_MOMENTS = frozenset(
    f"SVFOP_{name}{precision}"
    for name in ("CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")
    for precision in ("", "_N")
) | {"SVFOP_CURRENT_DATE"}
"""Values of the session that may be read: what time it is."""

_CASTS = re.compile(r"reg(class|collation|config|database|dictionary|namespace|oper|operator|proc|procedure|role|type)")
"""Names that `(x).name` would look up in the engine's catalog."""
_ODD_NUMBER = re.compile(rb"[-+\s]*(?:0[xXoObB]|[0-9.][0-9.eE+-]*_)")
_ESCAPED = re.compile(r'[uU]&"')
_EXHAUSTED = ("memory exhausted", "stack depth limit exceeded")
_PLAIN = re.compile(r"[A-Za-z ,()/-]{1,120}")


def statements(sql: str) -> list[Any]:
    """The statements of a text as PostgreSQL's parser sees them, positions (UTF-8 bytes) included.

    Raises `InvalidSql` for what does not parse (with the place in the text), `TooLarge` for what nests too deep."""
    try:
        return list(pgparse.parse(sql))
    except pgparse.PGQueryError as error:
        if str(error.message).startswith(_EXHAUSTED):
            raise TooLarge("The statement is nested too deeply: flatten it with WITH.", ReasonCode.TOO_DEEP) from None
        raise _invalid(sql, str(error.message), int(error.position)) from None
    except RecursionError as error:
        raise TooLarge("The statement is nested too deeply: flatten it with WITH.", ReasonCode.TOO_DEEP) from error


def _invalid(sql: str, message: str, position: int) -> InvalidSql:
    """The parser's own words without what they quote; its positions count characters from 1."""
    what = message.split(" at or near ", 1)[0].split(" at end of ", 1)[0]
    span = Span(min(position, len(sql)) - 1, min(position, len(sql))) if position > 0 else None
    said = what if _PLAIN.fullmatch(what) else "syntax error"
    return InvalidSql(f"The statement does not parse: {said}.", ReasonCode.SYNTAX, span=span)


def one_statement(sql: str) -> dict[str, Any]:
    """The only statement of a text, a query. Raises `Ungovernable` where there are several, or it is another kind."""
    found = statements(sql)
    if len(found) != 1:
        raise Ungovernable("Send one statement at a time.", ReasonCode.MULTIPLE_STATEMENTS)
    tree: dict[str, Any] = found[0]["stmt"]
    if set(tree) != {"SelectStmt"}:
        raise Ungovernable(
            "Only queries (SELECT, WITH, VALUES) can be run; this is another kind of statement.",
            ReasonCode.STATEMENT_KIND,
        )
    return tree


def nodes(tree: Any) -> Iterator[Node]:
    """Every node of a tree with its kind, parents first."""
    stack = [("", tree)]
    while stack:
        part, item = stack.pop()
        if item.__class__ is list:
            stack += [("", one) for one in reversed(item)]
        elif item.__class__ is dict and item:
            kind, body = node(part, item)
            yield kind, body
            stack += [two for two in reversed(body.items()) if two[1].__class__ is dict or two[1].__class__ is list]


def node(part: str, item: dict[str, Any]) -> Node:
    """The kind and the parts of what stands in a part of a node. Raises `Ungovernable` for what is not listed."""
    if len(item) == 1:
        ((first, body),) = item.items()
        if first[0].isupper():
            return first, body
    if part not in _EMBEDDED:
        raise _refused(part)
    return _EMBEDDED[part], item


def syntax(sql: str) -> Syntax:
    """What PostgreSQL's parser says of a text: the functions and operators it calls, and the parameters it binds.

    Raises `InvalidSql`, or `Ungovernable` for several statements, other kinds, and nodes that are not listed."""
    statement = one_statement(sql)
    if _ESCAPED.search(sql):
        raise Ungovernable(
            "Names with Unicode escapes (U&) are not supported: write the characters themselves.",
            ReasonCode.CONSTRUCT,
        )
    reading = _Reading(sql)
    for kind, body in nodes(statement):
        reading.node(kind, body)
    numbers = tuple(str(number) for number in sorted(reading.parameters))
    return Syntax(
        statement,
        frozenset(reading.functions),
        frozenset(reading.tables),
        numbers,
        frozenset(reading.fields),
        dict(
            zip(characters(sql, reading.columns), (reading.columns[at] for at in sorted(reading.columns)), strict=True)
        ),
    )


def constants(sql: str) -> list[str]:
    """Every constant of one query, texts and numbers, letter case and blanks aside, sorted. Raises `InvalidSql`."""
    found: list[str] = []
    stack: list[Any] = [one_statement(sql)]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            for kind in ("ival", "fval", "sval", "bsval"):
                if kind in item.get("A_Const", {}):
                    value = item["A_Const"][kind].get(kind, 0 if kind == "ival" else "")
                    found.append(" ".join(str(value).lower().split()))
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return sorted(found)


def characters(sql: str, offsets: Iterable[int]) -> list[int]:
    """Byte offsets into the UTF-8 form of a text as offsets of characters, sorted."""
    if sql.isascii():
        return sorted(offsets)
    starts = [0, *accumulate(len(c.encode()) for c in sql)]
    return [bisect_left(starts, offset) for offset in sorted(offsets)]


class _Reading:
    """What is found in one tree, node by node."""

    def __init__(self, sql: str) -> None:
        self._bytes = sql.encode()
        self.functions: set[str] = set()
        self.tables: set[str] = set()
        self.fields: set[str] = set()
        self.columns: dict[int, tuple[str, ...]] = {}
        self.parameters: set[int] = set()

    def node(self, kind: str, body: dict[str, Any]) -> None:
        """Reads one node. Raises `Ungovernable` where it is not listed as it stands."""
        if kind not in NODES:
            raise _refused(kind)
        if not body.keys() <= NODES[kind]:
            raise _refused(min(body.keys() - NODES[kind]))
        if kind in _READ:
            getattr(self, _READ[kind])(body)

    def _funccall(self, body: dict[str, Any]) -> None:
        self.functions.add(_own(body["funcname"], "function"))

    def _a_expr(self, body: dict[str, Any]) -> None:
        if "BETWEEN" not in body["kind"]:
            self.functions.add(_own(body["name"], "operator"))

    def _sublink(self, body: dict[str, Any]) -> None:
        if "operName" in body:
            self.functions.add(_own(body["operName"], "operator"))

    def _collateclause(self, body: dict[str, Any]) -> None:
        _own(body["collname"], "collation")

    def _columnref(self, body: dict[str, Any]) -> None:
        parts = [part["String"]["sval"] if "String" in part else "*" for part in body["fields"]]
        if parts != ["*"]:
            self.columns[body.get("location", 0)] = tuple(parts)

    def _a_indirection(self, body: dict[str, Any]) -> None:
        for step in body["indirection"]:
            if "String" in step:
                self.field(step["String"]["sval"])

    def field(self, name: str) -> None:
        """`(value).name`: a field of it, or a function or type applied to it."""
        if _CASTS.fullmatch(name):
            raise Ungovernable("Only built-in types that name no object can be cast to.", ReasonCode.CONSTRUCT)
        if name not in TYPES:
            self.fields.add(name)

    def _paramref(self, body: dict[str, Any]) -> None:
        number = body.get("number", 0)
        if number < 1:
            raise InvalidSql("Number parameters from $1 on.", ReasonCode.PARAMETERS)
        self.parameters.add(number)

    def _a_const(self, body: dict[str, Any]) -> None:
        if ("ival" in body or "fval" in body) and _ODD_NUMBER.match(self._bytes, max(body.get("location", 0), 0)):
            raise Ungovernable(
                "Numbers with an underscore or a base (0x, 0o, 0b) are not supported: write plain digits.",
                ReasonCode.CONSTRUCT,
            )

    def _jsonfuncexpr(self, body: dict[str, Any]) -> None:
        if body["op"] != "JSON_VALUE_OP":
            raise _refused(str(body["op"]).removesuffix("_OP"))

    def _sqlvaluefunction(self, body: dict[str, Any]) -> None:
        if body["op"] not in _MOMENTS:
            name = str(body["op"]).removeprefix("SVFOP_").lower()
            raise Ungovernable(
                f"The function {name} is not available: it tells of the gateway's own session.",
                Reason(ReasonCode.FUNCTION, name),
            )

    def _typename(self, body: dict[str, Any]) -> None:
        names = _strings(body["names"])
        name = names[-1].removeprefix("_")
        if name not in TYPES or names[:-1] not in ([], ["pg_catalog"]):
            raise Ungovernable(
                "Only built-in types that name no object can be cast to: compare values of other types with their "
                "text instead.",
                ReasonCode.CONSTRUCT,
            )

    def _rangefunction(self, body: dict[str, Any]) -> None:
        for function in body["functions"]:
            call = function["List"]["items"][0]
            if "FuncCall" in call:
                self.tables.add(_own(call["FuncCall"]["funcname"], "function"))
            elif "SQLValueFunction" not in call:
                raise _refused("RangeFunction")


_READ = {kind: f"_{kind.lower()}" for kind in NODES if hasattr(_Reading, f"_{kind.lower()}")}
"""Kinds of nodes of which more is to be known -> the method that reads it."""


def _strings(parts: list[dict[str, Any]]) -> list[str]:
    return [str(part["String"]["sval"]) for part in parts]


def _own(parts: list[dict[str, Any]], what: str) -> str:
    """A name of the engine's own; one that says in which schema would reach what others have defined."""
    names = _strings(parts)
    if names[:-1] not in ([], ["pg_catalog"]):
        raise Ungovernable(
            f"A {what} of a schema is not available: write a built-in one by its name alone.", ReasonCode.FUNCTION
        )
    return names[-1].lower()


def _refused(kind: str) -> Ungovernable:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.replace("_", " ")).lower()
    advice = _INSTEAD.get(kind, "Write it in a plainer form.")
    return Ungovernable(
        f"The statement uses a construct that is not supported ({words}). {advice}",
        Reason(ReasonCode.CONSTRUCT, words),
    )
