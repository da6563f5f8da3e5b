"""The proof: the text that is about to run, read afresh, holds every obligation of the decision.

Rule kept here: it shares nothing with the splice but the decision itself. It reads the final text with sqlglot (the
referee uses the engine's parser) and accepts a table node only as a renamed CTE, a table function, a table without
obligations by its full name, or inside a policy view whose columns, masks and filter are the decision's own.

A policy view that was read once, word by word, is known by its text, and is set aside where it stands again: `(..)`,
whole, from one parenthesis to its other. What is left of the text is parsed, and must have each of them as a query.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from cachetools import LRUCache
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from proxy.dialect import Dialect
from proxy.errors import Ungovernable
from proxy.rewrite.conditions import ALIAS
from proxy.rewrite.obligations import holds
from proxy.rewrite.views import needs_view
from proxy.values import Decision, Query, ReasonCode, TableView

KEPT = 4096
KEPT_TEXTS = 32
_QUOTED = f'"{ALIAS}"'

Name = tuple[str, str, str]
"""A table's full name."""
Views = dict[Name, list[TableView]]


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a policy view in parentheses, with any numbers of parameters, and what it was held against."""

    pattern: re.Pattern[str]
    view: TableView


class _Watched(dict[type[exp.Expr], bool]):
    """Whether nodes of a class are looked at, and not only what is in them; asked once a class."""

    def __missing__(self, kind: type[exp.Expr]) -> bool:
        found = self[kind] = issubclass(kind, (exp.Select, exp.Table, exp.Identifier))
        return found


_WATCHED = _Watched()


class Held:
    """Policy views that were held against the decision already, by the whole of what decides about them."""

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, tuple[_Text, ...]] = LRUCache(KEPT)

    def texts(self, views: list[TableView], decision: Decision) -> Iterator[re.Pattern[str]]:
        """The texts that show what was decided of one table, in all of `views`."""
        for known in self._kept.get((decision.view, decision.shape, views[0].table), ()):
            if all(known.view is view or known.view == view for view in views):
                yield known.pattern

    def learn(self, sql: str, views: Views, decision: Decision, dialect: Dialect) -> None:
        """Reads every policy view of a text, and keeps those that show what was decided."""
        for tokens in _groups(sql, dialect):
            inner = sql[tokens[0].end + 1 : tokens[-1].start]
            select = _one_statement(inner, dialect)
            if not isinstance(select, exp.Select) or not _is_view(select):
                continue
            decided = views.get(_key(select.args["from_"].this), ())
            pattern = _pattern(sql, tokens)
            if pattern is not None and decided and all(holds(select, view, dialect) for view in decided):
                key = (decision.view, decision.shape, decided[0].table)
                known = (_Text(pattern, decided[0]), *self._kept.get(key, ()))
                self._kept[key] = known[:KEPT_TEXTS]


def _groups(sql: str, dialect: Dialect) -> Iterator[list[Token]]:
    """The tokens of each `(SELECT ..)` in whose own FROM the policy's alias stands, parentheses included."""
    tokens = sqlglot.Dialect.get_or_raise(dialect.name).tokenize(sql)
    opened: list[int] = []
    marked: set[int] = set()
    for place, token in enumerate(tokens):
        if token.token_type is TokenType.L_PAREN:
            opened.append(place)
        elif token.text == ALIAS and opened and tokens[place - 1].token_type is TokenType.ALIAS:
            marked.add(opened[-1])
        elif token.token_type is TokenType.SEMICOLON:
            return
        elif token.token_type is TokenType.R_PAREN and opened:
            start = opened.pop()
            if start in marked and tokens[start + 1].token_type is TokenType.SELECT:
                yield tokens[start : place + 1]


def _pattern(sql: str, tokens: list[Token]) -> re.Pattern[str] | None:
    """The text of some tokens, whatever the numbers of parameters in it; None where a parameter has no number."""
    parts: list[str] = []
    end = tokens[0].start
    for dollar, number in pairwise(tokens):
        if dollar.token_type is not TokenType.PARAMETER:
            continue
        if dollar.end + 1 != number.start or not number.text.isdecimal():
            return None
        parts += [re.escape(sql[end : number.start]), "[0-9]+"]
        end = number.end + 1
    return re.compile("".join([*parts, re.escape(sql[end : tokens[-1].end + 1])]))


def prove(sql: str, query: Query, decision: Decision, dialect: Dialect, held: Held | None = None) -> None:
    """Raises `Ungovernable` (not-proven) unless every base table of the text is governed as decided."""
    held = held or Held()
    views: Views = {}
    for view in decision.views:
        known = views.setdefault(dialect.full_name(view.table), [])
        if not any(view is other for other in known):
            known.append(view)  # many references to one table share one view
    aside: dict[str, Name] = {}
    try:
        rest = _set_aside(sql, views, decision, held, aside)
        if _QUOTED in rest:
            held.learn(rest, views, decision, dialect)
            rest = _set_aside(rest, views, decision, held, aside)
        tree = _one_statement(rest, dialect)
    except (SqlglotError, RecursionError) as error:
        raise _not_proven() from error
    if tree is None or _governed(tree, query, views, aside) != Counter(
        dialect.full_name(v.table) for v in decision.views
    ):
        raise _not_proven()


def _set_aside(sql: str, views: Views, decision: Decision, held: Held, aside: dict[str, Name]) -> str:
    """The text with a stand-in for every policy view that is known; `aside` tells which table each stands for."""

    for table, decided in views.items():

        def stand_in(_found: re.Match[str], table: Name = table) -> str:
            name = f"{ALIAS}{len(aside)}"
            aside[name] = table
            return f'(SELECT NULL AS "{name}")'

        for pattern in held.texts(decided, decision):
            sql = pattern.sub(stand_in, sql)
    return sql


def _one_statement(sql: str, dialect: Dialect) -> exp.Expr | None:
    """The only statement of a text."""
    statements = sqlglot.parse(sql, read=dialect.name)
    trees = [s for s in statements if s is not None and not isinstance(s, exp.Semicolon)]
    return trees[0] if len(trees) == 1 else None


def _governed(tree: exp.Expr, query: Query, views: Views, aside: dict[str, Name]) -> Counter[Name]:
    """Counts governed references by table; a policy view that was set aside is one, and must be found once."""
    seen: Counter[Name] = Counter()
    left = dict(aside)
    stack = [tree]
    while stack:
        node = stack.pop()
        if not _WATCHED[type(node)]:
            stack += node.iter_expressions()
            continue
        if isinstance(node, exp.Select) and (name := _stands_for(node)) in left:
            seen[left.pop(name)] += 1
            continue
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            key = _key(node)
            if key in views and all(not needs_view(view) for view in views[key]):
                seen[key] += 1
            elif key[:2] != ("", "") or node.name not in query.cte_names:
                raise _not_proven()
        elif isinstance(node, exp.Identifier) and (node.name == ALIAS or node.name in aside):
            raise _not_proven()
        stack += node.iter_expressions()
    if left:
        raise _not_proven()
    return seen


def _stands_for(select: exp.Select) -> str:
    """The name in a stand-in; empty where a SELECT is none."""
    items = select.expressions
    if len(items) != 1 or any(value for part, value in select.args.items() if part != "expressions"):
        return ""
    item = items[0]
    return str(item.alias) if isinstance(item, exp.Alias) and isinstance(item.this, exp.Null) else ""


def _is_view(select: exp.Select) -> bool:
    source = select.args.get("from_")
    return source is not None and isinstance(source.this, exp.Table) and source.this.alias == ALIAS


def _key(table: exp.Table) -> tuple[str, str, str]:
    return (table.catalog, table.db, table.name)


def _not_proven() -> Ungovernable:
    return Ungovernable(
        "The statement could not be proven to be governed, so it was not run. Write the tables plainly, "
        "as schema.table with an alias, and try again.",
        ReasonCode.NOT_PROVEN,
    )
