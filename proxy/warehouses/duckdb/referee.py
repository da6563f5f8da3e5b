"""DuckDB's own parser as the referee of a rewrite.

Rule kept here: the trees of the user's text and of the rewritten text must be identical once every policy view is
folded back to the table name it replaced, and a policy view folds only where it stands exactly where the rewriter put
it and is, node by node, the view the rewriter was to put there. Anything else is a difference, and a difference is a
refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from proxy.dialect import Folding, Splice
from proxy.errors import GatewayError, Ungovernable
from proxy.values import ReasonCode
from proxy.warehouses.duckdb.syntax import cursor, nodes, one_statement

_VIEW_ALIAS = " AS __usher"
"""What stands in the engine's spelling of every policy view."""
_DROPPED = frozenset({"query_location", "query_location_length", "named_param_map"})


class _Mismatch(Exception):
    """Something in the rewritten text is not what it must be."""


def referee(original: str, rewritten: str, folding: Folding) -> Mapping[str, str]:
    """Proves a rewrite, and answers result names of the rewritten text -> those of the original.

    Raises `Ungovernable` (not-proven)."""
    before = one_statement(original)
    try:
        after = one_statement(rewritten)
    except GatewayError as error:
        raise _not_proven() from error  # its own words would point into policy text
    try:
        user = _fold(before, _Original(original, folding))
        ours = _fold(after, _Rewritten(rewritten, folding))
    except _Mismatch as mismatch:
        raise _not_proven() from mismatch
    if user != ours:
        raise _not_proven()
    return _names(before, after, bool(folding.prefixes))


def _not_proven() -> Ungovernable:
    return Ungovernable(
        "The statement could not be proven to be governed, so it was not run. Write the tables plainly, "
        "as schema.table with an alias, and try again.",
        ReasonCode.NOT_PROVEN,
    )


def plain(tree: Any) -> Any:
    """A tree without positions."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items() if key not in _DROPPED}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree


def _offsets(text: str, starts: Mapping[int, Any]) -> dict[int, Any]:
    """The same mapping keyed by UTF-8 byte offsets, as DuckDB counts, instead of characters."""
    if text.isascii():
        return dict(starts)
    return {len(text[:start].encode()): value for start, value in starts.items()}


class _Original:
    """How nodes of the user's own tree fold."""

    def __init__(self, text: str, folding: Folding) -> None:
        self._tables = _offsets(text, {s.original: i for i, s in enumerate(folding.splices)})
        self._prefixes = _offsets(text, folding.prefixes)
        self._parameters = {name: str(i) for i, name in enumerate(folding.parameters, start=1)}

    def table(self, node: dict[str, Any]) -> Any | None:
        if node.get("type") != "BASE_TABLE":
            return None
        index = self._tables.get(node["query_location"])
        if index is None:
            return _cte(node["table_name"], node)
        return _reference(index, node["alias"] or node["table_name"], node)

    def names(self, node: dict[str, Any]) -> list[str]:
        dropped = self._prefixes.get(node["query_location"], 0)
        return list(node["column_names"][dropped:])

    def parameter(self, name: str) -> str:
        return self._parameters[name]

    def cte_key(self, key: str) -> str:
        return key


class _Rewritten:
    """How nodes of the rewritten tree fold: only exact policy views, full names and renamed CTEs do."""

    def __init__(self, text: str, folding: Folding) -> None:
        self._splices = _offsets(text, {s.rewritten: (i, s) for i, s in enumerate(folding.splices)})
        self._ctes = folding.cte_names
        self._views = {s.view: _view_tree(s.view) for s in folding.splices if s.view is not None}

    def table(self, node: dict[str, Any]) -> Any | None:
        kind = node.get("type")
        spliced = self._splices.get(node.get("query_location", -1))
        if kind == "SUBQUERY" and "column_name_alias" in node and spliced is not None:
            return self._view(node, *spliced)
        if kind != "BASE_TABLE":
            return None
        if spliced is not None:
            index, splice = spliced
            named = (node["catalog_name"], node["schema_name"], node["table_name"])
            if splice.view is not None or named != splice.table or not node["alias"]:
                raise _Mismatch
            return _reference(index, node["alias"], node)
        if node["catalog_name"] or node["schema_name"] or node["table_name"] not in self._ctes:
            raise _Mismatch
        return _cte(self._ctes[node["table_name"]], node)

    def _view(self, node: dict[str, Any], index: int, splice: Splice) -> Any | None:
        if splice.view is None:
            return None
        if plain(node["subquery"]) != self._views[splice.view]:
            raise _Mismatch
        return _reference(index, node["alias"], node)

    def names(self, node: dict[str, Any]) -> list[str]:
        return list(node["column_names"])

    def parameter(self, name: str) -> str:
        return name

    def cte_key(self, key: str) -> str:
        if key not in self._ctes:
            raise _Mismatch
        return self._ctes[key]


@lru_cache(maxsize=1024)
def _view_tree(view: str) -> Any:
    """The tree that a policy view has where it is read alone; positions differ there, and nothing else may."""
    statement = one_statement(view)
    return plain(statement)


def _reference(index: int, alias: str, node: dict[str, Any]) -> Any:
    return {
        "usher": index,
        "alias": alias,
        "columns": node["column_name_alias"],
        "sample": plain(node["sample"]),
        "at": node.get("at_clause"),
    }


def _cte(name: str, node: dict[str, Any]) -> Any:
    return {
        "usher": "cte",
        "name": _folded(name),
        "alias": node["alias"] or name,
        "columns": node["column_name_alias"],
        "sample": plain(node["sample"]),
        "schema": [node["catalog_name"], node["schema_name"]],
    }


def _folded(name: str) -> str:
    """A name as the engine compares names: letters of ASCII without their case."""
    return "".join(c.lower() if c.isascii() else c for c in name)


def _fold(tree: Any, side: _Original | _Rewritten) -> Any:
    if isinstance(tree, list):
        return [_fold(item, side) for item in tree]
    if not isinstance(tree, dict):
        return tree
    folded = side.table(tree)
    if folded is not None:
        return folded
    result = {key: _fold(value, side) for key, value in tree.items() if key not in _DROPPED}
    kind = tree.get("type")
    if kind == "COLUMN_REF":
        result["column_names"] = side.names(tree)
    elif kind == "VALUE_PARAMETER":
        result["identifier"] = side.parameter(tree["identifier"])
    elif kind in ("RECURSIVE_CTE_NODE", "CTE_NODE") and tree.get("cte_name"):
        result["cte_name"] = side.cte_key(tree["cte_name"])
    if "cte_map" in tree:
        result["cte_map"] = {
            "map": [
                {"key": side.cte_key(entry["key"]), "value": _fold(entry["value"], side)}
                for entry in tree["cte_map"]["map"]
            ]
        }
    return result


def _names(before: Any, after: Any, prefixed: bool) -> dict[str, str]:
    """Names that the engine makes up for result columns from their text, where that text was rewritten; where it is
    `prefixed`, columns lost a prefix."""
    changing = {"SUBQUERY", "VALUE_PARAMETER"} | ({"COLUMN_REF"} if prefixed else set())
    renames: dict[str, str] = {}
    ours = [item for node in nodes(after) if node.get("type") == "SELECT_NODE" for item in node["select_list"]]
    if not any(_made_up(item, changing) for item in ours):
        return renames
    for item, other, inner in _pairs(before, after):
        if _made_up(item, changing):
            name, new = _spelt(item), _spelt(other)
            if inner and _VIEW_ALIAS in new:
                raise _nameless()
            if name != new:
                renames[new] = name
    return renames


def _nameless() -> Ungovernable:
    """A made-up name inside of the statement is data there (`SELECT q FROM (SELECT (SELECT ..)) q`), and the one that
    the engine makes up is the text of the policy."""
    return Ungovernable(
        "A sub-query in the SELECT list of a WITH query, or of a query in FROM, has no name: give it one with AS.",
        ReasonCode.CONSTRUCT,
    )


def _made_up(item: dict[str, Any], changing: set[str]) -> bool:
    if item.get("alias") or item.get("type") == "COLUMN_REF":
        return False
    return any(node.get("type") in changing for node in nodes(item))


def _pairs(before: Any, after: Any) -> list[tuple[dict[str, Any], dict[str, Any], bool]]:
    """Select items of the two trees that stand at the same place, and whether they are columns of something in FROM;
    policy views have no partner and are passed over."""
    pairs: list[tuple[dict[str, Any], dict[str, Any], bool]] = []
    stack = [(before, after, False)]
    while stack:
        one, two, inner = stack.pop()
        if isinstance(one, dict) and isinstance(two, dict):
            if one.get("type") == "BASE_TABLE":
                continue
            if one.get("type") == "SELECT_NODE":
                pairs.extend((*items, inner) for items in zip(one["select_list"], two["select_list"], strict=True))
            deeper = _is_inner(one, inner)
            stack.extend((one[key], two[key], deeper or key == "cte_map") for key in one if key in two)
        elif isinstance(one, list) and isinstance(two, list):
            stack.extend((*items, inner) for items in zip(one, two, strict=False))
    return pairs


def _is_inner(node: dict[str, Any], inner: bool) -> bool:
    """Whether the select lists right below a node are columns of something in FROM."""
    if node.get("type") == "SUBQUERY":
        return "column_name_alias" in node  # in FROM; the other kind is an expression
    return inner and node.get("type") != "SELECT_NODE"


def _spelt(item: dict[str, Any]) -> str:
    """The name DuckDB gives an expression without alias: its own spelling of it."""
    statement = one_statement("SELECT 1")
    statement["node"]["select_list"] = [item]
    text = json.dumps({"error": False, "statements": [statement]})
    spelt = str(cursor().execute("SELECT json_deserialize_sql(?::JSON)", [text]).fetchall()[0][0])
    return spelt.removeprefix("SELECT ")
