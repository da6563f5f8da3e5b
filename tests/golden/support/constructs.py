"""The constructs that the reference page counts, by what they are in a statement's tree.

Rule kept here: a construct is counted in statements that were planned, so that the table of what is supported cannot
say more than was measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import sqlglot
from sqlglot import exp

Test = Callable[[exp.Expr], bool]


def _is(*classes: type[exp.Expr]) -> Test:
    return lambda node: isinstance(node, classes)


def _join(argument: str, *words: str) -> Test:
    def test(node: exp.Expr) -> bool:
        return isinstance(node, exp.Join) and str(node.args.get(argument) or "").upper() in words

    return test


def _has(cls: type[exp.Expr], argument: str) -> Test:
    return lambda node: isinstance(node, cls) and bool(node.args.get(argument))


CONSTRUCTS: Mapping[str, Test] = {
    "WITH": _is(exp.CTE),
    "WITH RECURSIVE": _has(exp.With, "recursive"),
    "sub-query in FROM": lambda n: isinstance(n, exp.Subquery) and isinstance(n.parent, exp.From | exp.Join),
    "scalar sub-query": lambda n: (
        isinstance(n, exp.Subquery) and not isinstance(n.parent, exp.From | exp.Join | exp.In)
    ),
    "IN (SELECT ..)": _has(exp.In, "query"),
    "EXISTS": _is(exp.Exists),
    "LATERAL": _is(exp.Lateral),
    "VALUES": _is(exp.Values),
    "UNION, INTERSECT, EXCEPT": _is(exp.SetOperation),
    "INNER JOIN": lambda n: isinstance(n, exp.Join) and n.args.get("on") is not None and not n.args.get("side"),
    "LEFT, RIGHT, FULL JOIN": _join("side", "LEFT", "RIGHT", "FULL"),
    "CROSS JOIN": _join("kind", "CROSS"),
    "SEMI and ANTI JOIN": _join("kind", "SEMI", "ANTI"),
    "NATURAL and ASOF JOIN": _join("method", "NATURAL", "ASOF"),
    "POSITIONAL JOIN": _join("method", "POSITIONAL"),
    "NEAREST JOIN": _has(exp.Join, "nearest"),
    "USING": _has(exp.Join, "using"),
    "GROUP BY": _is(exp.Group),
    "GROUP BY ALL": _has(exp.Group, "all"),
    "GROUPING SETS, ROLLUP, CUBE": _is(exp.GroupingSets, exp.Rollup, exp.Cube),
    "HAVING": _is(exp.Having),
    "FILTER (WHERE ..)": _is(exp.Filter),
    "WITHIN GROUP": _is(exp.WithinGroup),
    "DISTINCT": _is(exp.Distinct),
    "window functions": _is(exp.Window),
    "named windows": _has(exp.Select, "windows"),
    "QUALIFY": _is(exp.Qualify),
    "ORDER BY": _is(exp.Order),
    "LIMIT, OFFSET, FETCH": _is(exp.Limit, exp.Offset, exp.Fetch),
    "CASE": _is(exp.Case),
    "casts": _is(exp.Cast, exp.TryCast),
    "LIKE, ILIKE, regular expressions": _is(exp.Like, exp.ILike, exp.RegexpLike, exp.SimilarTo, exp.Glob),
    "intervals": _is(exp.Interval),
    "lists and structs": _is(exp.Array, exp.Struct, exp.Bracket, exp.List),
    "UNNEST": _is(exp.Unnest, exp.Explode),
    "lambdas": _is(exp.Lambda),
    "JSON paths": _is(exp.JSONExtract, exp.JSONExtractScalar),
    "PIVOT and UNPIVOT in FROM": _is(exp.Pivot),
    "stars with EXCLUDE, REPLACE, RENAME": lambda n: isinstance(n, exp.Star) and any(n.args.values()),
    "COLUMNS()": _is(exp.Columns),
    "table samples": _is(exp.TableSample),
    "parameters": _is(exp.Parameter, exp.Placeholder),
}


def counted(statements: Iterable[str], dialect: str) -> dict[str, int]:
    """In how many statements each construct stands; those that stand in none are left out."""
    found: Counter[str] = Counter()
    for sql in statements:
        tree = sqlglot.parse_one(sql, read=dialect)
        nodes = list(tree.walk())
        found.update(name for name, test in CONSTRUCTS.items() if any(map(test, nodes)))
    return {name: found[name] for name in CONSTRUCTS if found[name]}
