"""A statement about the catalog, from PostgreSQL's SQL to the embedded engine's.

Rule kept here: the text that runs is generated from a tree of which every node was understood, over relations of
relations.csv alone. Whether a statement is one for the catalog is told before anything of it is translated: one that
reads a catalog relation and anything else is refused, one that reads none and calls nothing of the session is not ours.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from proxy.errors import GatewayError, InvalidSql, Ungovernable
from proxy.introspection import functions as known
from proxy.introspection.casts import UNKNOWN, named
from proxy.introspection.languages import ENGINE, GRAMMAR
from proxy.introspection.queries import Queries
from proxy.introspection.scopes import Scope, folded
from proxy.introspection.tables import relation_of
from proxy.introspection.text import OWN, Text, prepare
from proxy.values import Reason, ReasonCode

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it logs the text of statements it does not know

MAX_NODES = 20_000
_STUMBLES = (SqlglotError, TypeError, ValueError, AttributeError, LookupError)
_QUANTIFIERS = {"ALL": exp.All, "ANY": exp.Any, "SOME": exp.Any}
"""`ALL (..)` with a blank, which the grammar takes for a function."""
_SYSTEM = ("regclass", "regtype", "regproc", "regprocedure", "regnamespace", "regrole")


@dataclass(frozen=True, slots=True)
class Translated:
    """A statement as the engine runs it: the columns it gives, and what each of its parameters is ("1", "2", ..).
    `relations` are the catalog relations that it reads, by full name."""

    sql: str
    columns: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    relations: tuple[str, ...]
    redacted: str
    fingerprint: str


def translate(sql: str, database: str) -> Translated | None:
    """The statement for the engine, or None for one that is not about the catalog. Raises `InvalidSql`, `Ungovernable`,
    `TooLarge` for one that is, and cannot be answered."""
    try:
        text = prepare(sql)
    except GatewayError:
        return None
    tree = _parsed(text.sql)
    if tree is None or not _is_ours(tree, database):
        return None
    if text.reserved:
        raise InvalidSql(f"Names that begin with {OWN} are reserved: choose another name.", ReasonCode.CONSTRUCT)
    try:
        return _translated(text, tree, database)
    except (*_STUMBLES, RecursionError) as error:
        message = "The statement about the catalog cannot be read: write it in a plainer and shorter form."
        raise Ungovernable(message, ReasonCode.CONSTRUCT) from error


def _translated(text: Text, tree: exp.Query, database: str) -> Translated:
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name.upper() in _QUANTIFIERS and len(node.expressions) == 1:
            node.replace(_QUANTIFIERS[node.name.upper()](this=exp.Paren(this=node.expressions[0])))
    work = Queries(database)
    outputs = work.query(tree, Scope(None, {}), True)
    work.expressions.finish()
    columns = tuple((name, "text" if kind == UNKNOWN else kind) for name, kind in outputs)
    made = tree.sql(ENGINE, comments=False, identify=True)
    parameters = tuple(sorted(work.expressions.parameters.items(), key=lambda pair: int(pair[0])))
    return Translated(made, columns, parameters, tuple(sorted(work.relations)), text.redacted, text.fingerprint)


def _parsed(sql: str) -> exp.Query | None:
    """The tree of one query; None for what is none or cannot be read: the ordinary way refuses it in its own words, as
    no relation of the catalog is there."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=GRAMMAR) if tree is not None]
    except (*_STUMBLES, RecursionError):
        return None
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Select | exp.SetOperation) or sum(1 for _ in tree.walk()) > MAX_NODES:
        return None
    return tree


# ------------------------------------------------------------------------------------------------------------- whose
def _is_ours(tree: exp.Query, database: str) -> bool:
    """Whether a statement reads the catalog and nothing else. Raises `Ungovernable` for one that mixes."""
    ours = others = False
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            ours = ours or _calls_catalog(table.this)
        elif not _is_with_query(table):
            known_here = relation_of(table, database) is not None
            ours, others = ours or known_here, others or not known_here
    if ours and others:
        raise Ungovernable(
            "A statement reads either the catalog (pg_catalog, information_schema) or tables of the warehouse, not "
            "both: send two statements. A table of the catalog that is not known here counts as one of the warehouse.",
            Reason(ReasonCode.CONSTRUCT, "catalog-and-tables"),
        )
    return ours or (not others and any(_calls_catalog(node) for node in tree.walk()))


def _calls_catalog(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return known.is_catalog_function(node.name.lower()) or node.name.lower() == "_pg_expandarray"
    if isinstance(node, exp.Cast):
        return named(node.args["to"]) in _SYSTEM
    if isinstance(node, exp.Column):
        return not node.args.get("table") and node.name.lower() in ("user", "current_role")
    return type(node) in known.SESSION


def _is_with_query(table: exp.Table) -> bool:
    """Whether a WITH query that reaches here has the table's name."""
    name, node = folded(table.this), table.parent
    if table.args.get("db"):
        return False
    inside: exp.Expr | None = None
    while node is not None:
        if isinstance(node, exp.CTE):
            inside = node
        with_ = node.args.get("with_")
        if with_ is not None:
            there = list(with_.expressions)
            if inside in there and not with_.args.get("recursive"):
                there = there[: there.index(inside)]
            if any(folded(cte.args["alias"].this) == name for cte in there):
                return True
        node = node.parent
    return False
