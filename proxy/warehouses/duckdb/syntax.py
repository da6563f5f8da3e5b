"""DuckDB's own parser, asked for its tree (`json_serialize_sql`).

Rule kept here: what the engine's parser does not serialise, or any node type that is not listed below, is refused. The
tree is the engine's authority on what a text means: which functions it calls, what it binds, how many statements it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import orjson

from proxy.dialect import Syntax
from proxy.errors import InvalidSql, TooLarge, Ungovernable
from proxy.values import Reason, ReasonCode, Span

NO_LOCATION = 2**64 - 1

_QUERY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_NODES = {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT"}
_MODIFIERS = {"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"}
_ORDERS = {"ORDER_DEFAULT", "ASCENDING", "DESCENDING"}
_EXPRESSIONS = {
    "ARRAY_CONSTRUCTOR",
    "ARRAY_EXTRACT",
    "ARRAY_SLICE",
    "CASE_EXPR",
    "COLLATE",
    "COLUMN_REF",
    "COMPARE_BETWEEN",
    "COMPARE_DISTINCT_FROM",
    "COMPARE_EQUAL",
    "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_IN",
    "COMPARE_LESSTHAN",
    "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_NOTEQUAL",
    "COMPARE_NOT_BETWEEN",
    "COMPARE_NOT_DISTINCT_FROM",
    "COMPARE_NOT_IN",
    "CONJUNCTION_AND",
    "CONJUNCTION_OR",
    "FUNCTION",
    "GROUPING_FUNCTION",
    "LAMBDA",
    "OPERATOR_CAST",
    "OPERATOR_COALESCE",
    "OPERATOR_IS_NOT_NULL",
    "OPERATOR_IS_NULL",
    "OPERATOR_NOT",
    "OPERATOR_NULLIF",
    "OPERATOR_TRY",
    "OPERATOR_UNPACK",
    "POSITIONAL_REFERENCE",
    "STAR",
    "STRUCT_EXTRACT",
    "SUBQUERY",
    "TYPE",
    "VALUE_CONSTANT",
    "VALUE_PARAMETER",
    "WINDOW_AGGREGATE",
    "WINDOW_CUME_DIST",
    "WINDOW_FILL",
    "WINDOW_FIRST_VALUE",
    "WINDOW_LAG",
    "WINDOW_LAST_VALUE",
    "WINDOW_LEAD",
    "WINDOW_NTH_VALUE",
    "WINDOW_NTILE",
    "WINDOW_PERCENT_RANK",
    "WINDOW_RANK",
    "WINDOW_RANK_DENSE",
    "WINDOW_ROW_NUMBER",
}
NODE_TYPES = frozenset(_QUERY_NODES | _TABLE_NODES | _MODIFIERS | _ORDERS | _EXPRESSIONS)
"""Every value of a node's `type` that may occur (DuckDB 2.0, src/include/duckdb/common/enums)."""

_TYPE_NAMES = """
    array bigint bignum binary bit bitstring blob bool boolean bpchar bytea char date datetime dec decimal double enum
    float float4 float8 geometry guid hugeint int int1 int128 int16 int2 int32 int4 int64 int8 integer integral interval
    json list logical long map null numeric nvarchar real row short signed smallint string struct text time
    time_ns timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us timestamptz timestamptz_ns timetz tinyint tuple
    ubigint uhugeint uint128 uint16 uint32 uint64 uint8 uinteger union usmallint utinyint uuid varbinary varchar varint
"""
TYPES = frozenset(_TYPE_NAMES.split()) | {"time with time zone", "timestamp with time zone"}
"""Types that a cast may name: the engine's own (`duckdb_types()`), without VARIANT, since a deeply nested value that is
made one ends the process, and without names that denote types or files' forms."""

_FUNCTION_SCHEMAS = frozenset({("", ""), ("system", "main"), ("system", "pg_catalog"), ("", "pg_catalog")})

_ONE = "SELECT json_serialize_sql(?)"
_TWO = "SELECT json_serialize_sql(?), json_serialize_sql(?)"


class _Parser:
    """What each thread keeps for itself: one private, empty, locked database, and its questions, read once.

    It parses, and holds and reaches nothing. Its optimizer is off: there is nothing to optimize, and that took longer
    than the parsing."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1, "enable_external_access": False})
        self.connection.execute("PRAGMA disable_optimizer")
        self.connection.execute("SET python_enable_replacements = false; SET lock_configuration = true")
        (self.one,) = self.connection.extract_statements(_ONE)
        (self.two,) = self.connection.extract_statements(_TWO)


_local = threading.local()


def _parser() -> _Parser:
    parser: _Parser | None = getattr(_local, "parser", None)
    if parser is None:
        parser = _local.parser = _Parser()
    return parser


def cursor() -> duckdb.DuckDBPyConnection:
    """The thread's own database."""
    return _parser().connection


def answer(sql: str) -> str:
    """What DuckDB's parser answers (JSON) to a text."""
    parser = _parser()
    return str(parser.connection.execute(parser.one, [sql]).fetchall()[0][0])


def serialized(sql: str) -> list[Any]:
    """The statements of a text as DuckDB's parser sees them, positions (UTF-8 bytes) included.

    Raises `InvalidSql` for what does not parse (with the place in the text), `Ungovernable` for what is no query."""
    return _statements(sql, answer(sql))


def answers(one: str, two: str) -> tuple[str, str]:
    """What DuckDB's parser answers (JSON) to each of two texts, in one question."""
    parser = _parser()
    before, after = parser.connection.execute(parser.two, [one, two]).fetchall()[0]
    return before, after


def only(sql: str, answered: str) -> Any:
    """The only statement of the parser's answer to a text. Raises as `one_statement`."""
    statements = _statements(sql, answered)
    if len(statements) != 1:
        raise Ungovernable("Send one statement at a time.", ReasonCode.MULTIPLE_STATEMENTS)
    return statements[0]


def _statements(sql: str, text: str) -> list[Any]:
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError as error:  # whatever the engine wrote, it is nested deeper than can be read
        raise TooLarge("The statement is nested too deeply: flatten it with WITH.", ReasonCode.TOO_DEEP) from error
    if not answer["error"]:
        return list(answer["statements"])
    if answer.get("error_type") == "parser":
        span = _span(sql, answer.get("position"))
        raise InvalidSql(f"The statement does not parse: {answer['error_message']}.", ReasonCode.SYNTAX, span=span)
    raise Ungovernable(
        "Only queries (SELECT, WITH, VALUES, FROM) can be run; this is another kind of statement.",
        ReasonCode.STATEMENT_KIND,
    )


def _span(sql: str, position: str | None) -> Span | None:
    if position is None or not position.isdigit():
        return None
    start = len(sql.encode()[: int(position)].decode(errors="ignore"))
    return Span(start, min(start + 1, len(sql)))


def one_statement(sql: str) -> Any:
    """The only statement of a text. Raises `Ungovernable` where there are several."""
    return only(sql, answer(sql))


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dict of a tree, parents first."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if item.__class__ is dict:
            yield item
            stack += [part for part in reversed(item.values()) if part.__class__ is dict or part.__class__ is list]
        elif item.__class__ is list:
            stack += reversed(item)


def syntax(sql: str) -> Syntax:
    """What DuckDB's parser says of a text: the functions it calls and the parameters it binds.

    Raises `InvalidSql`, or `Ungovernable` for several statements, other kinds, and node types that are not listed."""
    statement = one_statement(sql)
    functions: set[str] = set()
    tables: set[str] = set()
    parameters: list[str] = []
    for node in nodes(statement):
        kind = node.get("type")
        if not isinstance(kind, str):
            continue
        if kind not in NODE_TYPES:
            raise _refused(kind)
        if kind == "TYPE" and (node["schema"] or node["catalog"] or node["type_name"].lower() not in TYPES):
            raise Ungovernable("Only built-in types, and not VARIANT, can be named in a cast.", ReasonCode.CONSTRUCT)
        if "function_name" in node:
            functions.add(_function(node))
        if kind == "TABLE_FUNCTION":
            tables.add(_function(node["function"]))
        if kind == "VALUE_PARAMETER" and node["identifier"] not in parameters:
            parameters.append(node["identifier"])
    return Syntax(statement, frozenset(functions), frozenset(tables), tuple(parameters))


def _function(node: dict[str, Any]) -> str:
    """The name of a call. One that says in which schema would reach macros of the warehouse, and is refused."""
    if (node.get("catalog") or "", node.get("schema") or "") not in _FUNCTION_SCHEMAS:
        raise Ungovernable(
            "Functions of a schema are not available: write built-in functions by their name alone.",
            ReasonCode.FUNCTION,
        )
    return str(node["function_name"]).lower()


def _refused(kind: str) -> Ungovernable:
    if kind == "SHOW_REF":
        return Ungovernable(
            "SHOW, DESCRIBE and SUMMARIZE are not run: GET /v1/catalog lists tables and columns that you may read.",
            Reason(ReasonCode.STATEMENT_KIND),
        )
    name = kind.replace("_", " ").lower()
    return Ungovernable(f"This statement uses a construct that is not supported ({name}).", ReasonCode.CONSTRUCT)
