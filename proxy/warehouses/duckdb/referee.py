"""DuckDB's own parser as the referee of a rewrite.

Rule kept here: the tree of the rewritten text must be, node by node, the tree of the user's text with every table
replaced by the tree that its policy view has where it is read alone, and each view must stand in the text exactly where
the rewriter put it. Anything else is a difference, and a difference is a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any

from proxy.dialect import Folding, Splice, folded
from proxy.errors import GatewayError, Ungovernable
from proxy.values import Reason, ReasonCode
from proxy.warehouses.duckdb.syntax import NO_LOCATION, answer, answers, cursor, nodes, one_statement, only

_VIEW_ALIAS = " AS __usher"
"""What stands in the engine's spelling of every policy view."""
_PLACE, _LENGTH, _NUMBERS = "query_location", "query_location_length", "named_param_map"
_PLACES = re.compile(f',"(?:{_PLACE}|{_LENGTH})":[0-9]+')
"""Positions in the parser's answer. Inside of a text every quote has a backslash before it, and what is matched here
has none before its last, so that only parts of nodes are: a text never stands before a colon."""


_CHANGING = frozenset({"SUBQUERY", "VALUE_PARAMETER"})
"""Nodes whose text a rewrite may change; a result's name may be made of it."""


_SAMPLED = '"sample":{'
_BY_ROW, _BY_BLOCK = "Bernoulli", "System"


class _Mismatch(Exception):
    """Something in the rewritten text is not what it must be."""


def referee(original: str, rewritten: str, folding: Folding) -> Mapping[str, str]:
    """Proves a rewrite, and answers result names of the rewritten text -> those of the original.

    Raises `Ungovernable` (not-proven)."""
    asked, answered = answers(original, rewritten)
    wanted = only(original, asked)
    try:
        found = only(rewritten, without_places(answered))
        _check_places(rewritten, folding)
        expected = _Expected(original, folding)
        expected.make(wanted)
        for statement in (wanted, found):
            del statement[_NUMBERS]  # of the whole statement: the nodes of the parameters say it again
        if wanted != found:
            raise _Mismatch
    except (GatewayError, _Mismatch, KeyError, RecursionError) as error:
        raise _not_proven() from error  # the parser's own words would point into policy text
    if _SAMPLED in asked and any(splice.view is not None for splice in folding.splices):
        _check_samples(only(original, asked))
    changing = _CHANGING | ({"COLUMN_REF"} if folding.prefixes else set())
    if not any(_made_up(item, changing) for item in expected.items):
        return {}
    return _names(only(original, asked), found, changing)


def _not_proven() -> Ungovernable:
    return Ungovernable(
        "The statement could not be proven to be governed, so it was not run. Write the tables plainly, "
        "as schema.table with an alias, and try again.",
        ReasonCode.NOT_PROVEN,
    )


def _check_samples(statement: Any) -> None:
    """Raises `Ungovernable` for a sample of blocks, and for one that is drawn by block and can be repeated: a block
    has fewer of the rows that a view shows, the more it has of others."""
    for node in nodes(statement):
        sample = node.get("sample")
        if not sample or sample["method"] == _BY_ROW or _takes_all(sample):
            continue
        if sample["method"] == _BY_BLOCK or sample["repeatable"]:
            raise Ungovernable(
                "A sample of this kind depends on rows that are not shown to you: write TABLESAMPLE bernoulli(10%), or "
                "reservoir(100 ROWS) without REPEATABLE.",
                Reason(ReasonCode.CONSTRUCT, "block sample"),
            )


def _takes_all(sample: dict[str, Any]) -> bool:
    return bool(sample["is_percentage"]) and sample["sample_size"].get("value") == 100


def without_places(answer: str) -> str:
    """The parser's answer without positions."""
    return _PLACES.sub("", answer)


def _check_places(rewritten: str, folding: Folding) -> None:
    """Raises `_Mismatch` unless each view, and each full name, is written where the rewriter put it."""
    for splice in folding.splices:
        written = f"({splice.view})" if splice.view is not None else _full_name(splice.table)
        if not rewritten.startswith(written, splice.rewritten):
            raise _Mismatch


def _full_name(table: tuple[str, str, str]) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table)


def _offsets(text: str, starts: Mapping[int, Any]) -> Mapping[int, Any]:
    """The same mapping keyed by UTF-8 byte offsets, as DuckDB counts, instead of characters."""
    if not starts or text.isascii():
        return starts
    return {len(text[:start].encode()): value for start, value in starts.items()}


class _Cte:
    """Stands where the rewritten text must name a WITH query: equal to every name that those of the user's name got."""

    __slots__ = ("_names",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other in self._names


class _Expected:
    """Turns the tree of the user's text, in its place, into the one that the rewritten text must have."""

    def __init__(self, text: str, folding: Folding) -> None:
        self._tables = _offsets(text, {s.original: s for s in folding.splices})
        self._prefixes = _offsets(text, folding.prefixes)
        self._numbers = {name: str(i) for i, name in enumerate(folding.parameters, start=1)}
        self._ctes = folding.cte_names
        self.items: list[dict[str, Any]] = []
        """Every select item of the tree."""

    def make(self, tree: Any) -> None:
        """Raises `_Mismatch` or `KeyError` where there can be no such tree."""
        stack = [tree]
        while stack:
            item = stack.pop()
            if item.__class__ is dict:
                stack.extend(self._node(item))
            else:
                stack.extend(part for part in item if part.__class__ is dict or part.__class__ is list)

    def _node(self, node: dict[str, Any]) -> list[Any]:
        """Changes one node; answers its parts that are to follow."""
        place = node.pop(_PLACE, NO_LOCATION)
        node.pop(_LENGTH, None)
        kind = node.get("type")
        if kind == "BASE_TABLE":
            self._table(node, place)
            return []
        if kind == "COLUMN_REF":
            if place in self._prefixes:
                node["column_names"] = node["column_names"][self._prefixes[place] :]
            return []
        if kind == "SELECT_NODE":
            self.items += node["select_list"]
        elif kind == "VALUE_PARAMETER":
            node["identifier"] = self._numbers[node["identifier"]]
        elif kind in ("RECURSIVE_CTE_NODE", "CTE_NODE") and node.get("cte_name"):
            node["cte_name"] = self._cte(node["cte_name"])
        if "cte_map" in node:
            for entry in node["cte_map"]["map"]:
                entry["key"] = self._cte(entry["key"])
        return [part for part in node.values() if part.__class__ is dict or part.__class__ is list]

    def _cte(self, name: str) -> _Cte:
        """Names that a WITH query of the user's may have now."""
        return _Cte(frozenset(new for new, old in self._ctes.items() if old == name))

    def _table(self, node: dict[str, Any], place: int) -> None:
        splice: Splice | None = self._tables.get(place)
        node["alias"] = node["alias"] or node["table_name"]
        if splice is None:
            self._cte_reference(node)
        elif splice.view is None:
            node["catalog_name"], node["schema_name"], node["table_name"] = splice.table
            self._qualify(node, list(splice.table))
        else:
            if node["at_clause"] is not None:
                raise _Mismatch
            kept = {key: node[key] for key in ("alias", "sample", "column_name_alias")}
            node.clear()
            node.update(kept, type="SUBQUERY", subquery=_view_tree(splice.view))

    def _cte_reference(self, node: dict[str, Any]) -> None:
        if node["catalog_name"] or node["schema_name"]:
            raise _Mismatch
        name = folded(node["table_name"])
        known = _Cte(frozenset(new for new, old in self._ctes.items() if folded(old) == name))
        node["table_name"] = known
        self._qualify(node, [known])

    def _qualify(self, node: dict[str, Any], path: list[Any]) -> None:
        """The name again, as a list, which DuckDB tells since 2.0."""
        if "qualified_name" in node:
            node["qualified_name"] = {"path": path}


@lru_cache(maxsize=1024)
def _view_tree(view: str) -> Any:
    """The tree that a policy view has where it is read alone; positions differ there, and nothing else may."""
    statement = only(view, without_places(answer(view)))
    statement[_NUMBERS] = []  # the parameters of a sub-query are listed with the whole statement
    return statement


def _names(before: Any, after: Any, changing: Set[str]) -> dict[str, str]:
    """Names that the engine makes up for result columns from their text, where that text was rewritten: it has nodes of
    kinds that are `changing`."""
    renames: dict[str, str] = {}
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


def _made_up(item: dict[str, Any], changing: Set[str]) -> bool:
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
