"""PostgreSQL's types in statements: how a type is spelt, what a cast becomes, and what a text means as a type.

Rule kept here: a type that is not listed is refused. Types are named as pg_type.typname names them; `unknown` is what a
bare string or NULL has before something says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from proxy.errors import InvalidSql, Ungovernable
from proxy.introspection.languages import ENGINE, GRAMMAR
from proxy.values import Reason, ReasonCode

UNKNOWN = "unknown"
REGISTERED = frozenset({"regclass", "regtype", "regproc", "regnamespace", "regrole"})
NUMBERS = frozenset({"int2", "int4", "int8", "oid", "xid", "cardinal_number", *REGISTERED})
TEXTS = frozenset(
    {
        "text",
        "name",
        "varchar",
        "bpchar",
        "char",
        "sql_identifier",
        "character_data",
        "yes_or_no",
        "pg_node_tree",
        "json",
    }
)
VECTORS = {"int2vector": "int2", "oidvector": "oid"}
_SPELT = {
    "bigint": "int8",
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "boolean": "bool",
    "real": "float4",
    "float": "float8",
    "double precision": "float8",
    "decimal": "numeric",
    "character varying": "varchar",
    "timestamp": "timestamp",
    "regprocedure": "regproc",
    "regoper": "regproc",
    "cstring": "text",
    "jsonb": "json",
    '"char"': "char",
    "character": "bpchar",
    "char": "bpchar",
}
_ENGINE = {
    "bool": "BOOLEAN",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "cardinal_number": "INTEGER",
    "int8": "BIGINT",
    "oid": "BIGINT",
    "xid": "BIGINT",
    "float4": "REAL",
    "float8": "DOUBLE",
    "numeric": "DECIMAL(38,6)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    **dict.fromkeys(TEXTS, "VARCHAR"),
    **dict.fromkeys(REGISTERED, "BIGINT"),
}


def element_of(kind: str) -> str | None:
    """The type of an array's elements; None for what is no array."""
    if kind in VECTORS:
        return VECTORS[kind]
    return kind[1:] if kind.startswith("_") else None


def engine_type(kind: str) -> str:
    """The engine's spelling of a type. Raises `Ungovernable` for one that is not listed."""
    element = element_of(kind)
    found = _ENGINE.get(element or kind)
    if found is None:
        text = f"The type {kind[:40]} is not available in statements about the catalog."
        raise Ungovernable(text, Reason(ReasonCode.CONSTRUCT, kind[:40]))
    return f"{found}[]" if element else found


def named(to: exp.Expr) -> str:
    """The typname that a cast spells."""
    if isinstance(to, exp.DataType) and to.is_type("array"):
        inner = to.expressions[0] if to.expressions else None
        return f"_{named(inner)}" if isinstance(inner, exp.DataType) else UNKNOWN
    spelt = to.sql(GRAMMAR, comments=False).lower()
    for schema in ("pg_catalog.", "information_schema."):
        spelt = spelt.removeprefix(schema)
    if spelt == '"char"':
        return "char"
    spelt = spelt.replace('"', "").partition("(")[0].strip()
    if spelt.endswith("[]"):
        return f"_{_SPELT.get(spelt[:-2], spelt[:-2])}"
    return _SPELT.get(spelt, spelt)


def literal_list(text: str, kind: str) -> exp.Expr:
    """`{a,b}` as a list of the array type's elements."""
    items: list[exp.Expr] = []
    for item in array_items(text):
        items.append(exp.null() if item is None else exp.Literal.string(item))
    target = exp.DataType.build(engine_type(kind), dialect=ENGINE)
    return exp.Cast(this=exp.Array(expressions=items), to=target)


def array_items(text: str) -> Sequence[str | None]:
    """The items of an array as PostgreSQL writes it: `{a,"b c",NULL}`. Raises `InvalidSql` for nested ones."""
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}")):
        raise InvalidSql("An array is written {a,b}.", ReasonCode.CONVERSION, sqlstate="22P02")
    items: list[str | None] = []
    word, quoted, inside, place = "", False, False, 1
    while place < len(body):
        char = body[place]
        if inside and char == "\\" and place + 1 < len(body):
            word, place = word + body[place + 1], place + 1
        elif char == '"':
            inside, quoted = not inside, True
        elif inside:
            word += char
        elif char in ",}":
            if word or quoted or items or char == ",":
                items.append(None if word.upper() == "NULL" and not quoted else word)
            word, quoted = "", False
        elif char == "{":
            raise InvalidSql("Nested arrays are not read here.", ReasonCode.CONVERSION, sqlstate="22P02")
        else:
            word += char if not char.isspace() else ""
        place += 1
    return items


def cast(value: exp.Expr, kind: str, target: str) -> exp.Expr:
    """A value of a type as another type."""
    if target in REGISTERED:
        return value if kind in NUMBERS else call("u_in", exp.Literal.string(target), value)
    if kind in REGISTERED:
        return call("u_out", exp.Literal.string(kind), value) if target in TEXTS else value
    element = element_of(target)
    if element is not None:
        if kind == UNKNOWN and isinstance(value, exp.Literal) and value.is_string:
            if target in VECTORS:
                return literal_list("{" + ",".join(value.name.split()) + "}", f"_{VECTORS[target]}")
            return literal_list(value.name, target)
        return to_engine(value, target)
    if target in TEXTS and kind in VECTORS:
        return call("array_to_string", value, exp.Literal.string(" "))
    if target in TEXTS and kind.startswith("_"):
        return call("u_array_text", value)
    return to_engine(value, target)


def to_engine(value: exp.Expr, kind: str) -> exp.Expr:
    """A plain cast of the engine's."""
    return exp.Cast(this=value, to=exp.DataType.build(engine_type(kind), dialect=ENGINE))


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of the engine's functions or of ours."""
    return exp.Anonymous(this=name, expressions=list(arguments))
