"""PostgreSQL's own parser as the referee of a rewrite.

Rule kept here: the trees of the user's text and of the rewritten text must be identical once every policy view is
folded back to the table name it replaced, and a policy view folds only where it stands exactly where the rewriter put
it and is, node by node and character by character, the view the rewriter was to put there. Anything else is a
difference, and a difference is a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import orjson

from proxy.dialect import Folding, Splice
from proxy.errors import GatewayError, Ungovernable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.syntax import one_statement

_PLACE = re.compile(rb'"location":[0-9]+')
"""A place in a tree that is spelt. Inside of a text every quote has a backslash before it; the last here has none."""
_SELECT = len("(")
"""How far behind the start of a splice the text of its view begins."""


class _Mismatch(Exception):
    """Something in the rewritten text is not what it must be."""


class _Side(Protocol):
    """How the nodes of one of the two trees fold."""

    def table(self, kind: str, node: dict[str, Any]) -> Any | None:
        """What a FROM item folds to, or None where it stays as it is. Raises `_Mismatch`."""

    def fields(self, node: dict[str, Any]) -> list[Any]:
        """The parts of a column's name."""

    def groups(self, items: list[Any]) -> list[Any]:
        """The items of a GROUP BY."""

    def parameter(self, number: int) -> int:
        """The place of a parameter in the order in which the client binds them."""

    def cte(self, name: str) -> str:
        """The user's name of a WITH query."""


def referee(original: str, rewritten: str, folding: Folding) -> Mapping[str, str]:
    """Proves a rewrite. Answers no result names to restore: PostgreSQL never makes one of an expression's text.

    Raises `Ungovernable` (not-proven)."""
    before = one_statement(original)
    try:
        after = one_statement(rewritten)
        user = _fold(before, _Original(original, folding))
        ours = _fold(after, _Rewritten(rewritten, folding))
    except (GatewayError, _Mismatch, RecursionError) as error:
        raise _not_proven() from error  # the parser's own words would point into policy text
    if user != ours:
        raise _not_proven()
    return {}


def _not_proven() -> Ungovernable:
    return Ungovernable(
        "The statement could not be proven to be governed, so it was not run. Write the tables plainly, "
        "as schema.table with an alias, and try again.",
        ReasonCode.NOT_PROVEN,
    )


def _offset(text: str, start: int) -> int:
    """A character's place in bytes, as the parser counts."""
    return start if text.isascii() else len(text[:start].encode())


class _Original:
    """How nodes of the user's own tree fold."""

    def __init__(self, text: str, folding: Folding) -> None:
        self._tables = {_offset(text, s.original): i for i, s in enumerate(folding.splices)}
        self._alone = {_offset(text, start) for start in folding.alone}
        self._prefixes = {_offset(text, start): lost for start, lost in folding.prefixes.items()}
        self._parameters = {int(name): i for i, name in enumerate(folding.parameters, start=1)}

    def table(self, kind: str, node: dict[str, Any]) -> Any | None:
        if kind != "RangeVar":
            return None
        index = self._tables.get(node.get("location", 0))
        if index is None:
            return _cte(node["relname"], node)
        if node.get("location", 0) in self._alone:
            node = {**node, "inh": True}
        return _reference(index, node, node["relname"])

    def fields(self, node: dict[str, Any]) -> list[Any]:
        dropped = self._prefixes.get(node.get("location", 0), 0)
        return list(node["fields"][dropped:])

    def groups(self, items: list[Any]) -> list[Any]:
        return items

    def parameter(self, number: int) -> int:
        return self._parameters[number]

    def cte(self, name: str) -> str:
        return name


class _Rewritten:
    """How nodes of the rewritten tree fold: only exact policy views, full names and renamed CTEs do."""

    def __init__(self, text: str, folding: Folding) -> None:
        self._ctes = folding.cte_names
        self._grouped = {_offset(text, start): parts for start, parts in folding.grouped.items()}
        self._tables: dict[int, tuple[int, Splice]] = {}
        self._views: dict[int, tuple[int, bytes]] = {}
        for index, splice in enumerate(folding.splices):
            start = _offset(text, splice.rewritten)
            if splice.view is None:
                self._tables[start] = (index, splice)
            else:
                if not text.startswith(f"({splice.view})", splice.rewritten):
                    raise _Mismatch
                tree, first = _view(splice.view)
                self._views[start + _SELECT + first] = (index, tree)

    def table(self, kind: str, node: dict[str, Any]) -> Any | None:
        if kind == "RangeSubselect":
            return self._subselect(node)
        if kind != "RangeVar":
            return None
        found = self._tables.get(node.get("location", 0))
        if found is not None:
            index, splice = found
            named = (node.get("catalogname", ""), node.get("schemaname", ""), node["relname"])
            if named != splice.table or "alias" not in node:
                raise _Mismatch
            return _reference(index, node, None)
        if "schemaname" in node or "catalogname" in node or node["relname"] not in self._ctes:
            raise _Mismatch
        return _cte(self._ctes[node["relname"]], node)

    def _subselect(self, node: dict[str, Any]) -> Any | None:
        """A policy view in its place. Another sub-query that begins with one, `(SELECT FROM <view>)`, is none."""
        index, view = self._views.get(_first(node["subquery"]), (-1, None))
        if view is None or _spelt(node["subquery"]) != view:
            return None
        if node.get("lateral") or "alias" not in node:
            raise _Mismatch
        return _reference(index, {**node, "inh": True, "relpersistence": "p"}, None)

    def fields(self, node: dict[str, Any]) -> list[Any]:
        return list(node["fields"])

    def groups(self, items: list[Any]) -> list[Any]:
        return [item for item in items if not self._is_added(item)]

    def _is_added(self, item: dict[str, Any]) -> bool:
        """Whether an item is exactly a column that was added, in its place."""
        column = item.get("ColumnRef", {})
        added = self._grouped.get(column.get("location", -1))
        return added is not None and column["fields"] == [{"String": {"sval": part}} for part in added]

    def parameter(self, number: int) -> int:
        return number

    def cte(self, name: str) -> str:
        if name not in self._ctes:
            raise _Mismatch
        return self._ctes[name]


@lru_cache(maxsize=1024)
def _view(view: str) -> tuple[bytes, int]:
    """The tree that a policy view has where it is read alone, spelt, and the first place in it."""
    tree = one_statement(view)
    return _spelt(tree), _first(tree)


def _first(tree: Any) -> int:
    """The first place that a tree names, in the order of its parts; -1 where it names none."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            place = item.get("location", -1)
            if place > 0:
                return int(place)
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))
    return -1


def _spelt(tree: Any) -> bytes:
    """A tree as text, in which every place that the parser knows is 0."""
    try:
        return _PLACE.sub(b'"location":0', orjson.dumps(tree))
    except orjson.JSONEncodeError:  # it nests deeper than that
        return _PLACE.sub(b'"location":0', json.dumps(tree, separators=(",", ":")).encode())


def _reference(index: int, node: dict[str, Any], name: str | None) -> Any:
    alias = node.get("alias", {})
    return {
        "usher": index,
        "alias": alias.get("aliasname", name),
        "columns": alias.get("colnames"),
        "inh": node.get("inh"),
        "relpersistence": node.get("relpersistence"),
    }


def _cte(name: str, node: dict[str, Any]) -> Any:
    alias = node.get("alias", {})
    return {
        "usher": "cte",
        "name": name,
        "alias": alias.get("aliasname", name),
        "columns": alias.get("colnames"),
        "schema": [node.get("catalogname"), node.get("schemaname")],
        "inh": node.get("inh"),
    }


def _fold(tree: Any, side: _Side) -> Any:
    """A tree without positions, in which tables, names and parameters of both sides are alike."""
    if tree.__class__ is list:
        return [_fold(item, side) for item in tree]
    if tree.__class__ is not dict:
        return tree
    if len(tree) == 1:
        ((kind, node),) = tree.items()
        if kind in ("RangeVar", "RangeSubselect"):
            folded = side.table(kind, node)
            if folded is not None:
                return folded
        elif kind == "ColumnRef":
            return {kind: side.fields(node)}
        elif kind == "ParamRef":
            return {kind: side.parameter(node.get("number", 0))}
        elif kind == "CommonTableExpr":
            return {kind: _fold({**node, "ctename": side.cte(node["ctename"])}, side)}
    if "groupClause" in tree:
        tree = {**tree, "groupClause": side.groups(tree["groupClause"])}
    return {
        key: _fold(value, side) if value.__class__ is dict or value.__class__ is list else value
        for key, value in tree.items()
        if key != "location"
    }
