"""Short statements that ask much: an expression of any functions and operators, in any position, under any condition.

Rule kept here: what is generated has types that fit most of the time. A statement that the engine refuses to bind tells
nothing, so that the kinds of arguments are those of the engine's own catalog.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tests.oracle.fuzz.functions import Signature
from tests.oracle.fuzz.schemas import Table
from tests.oracle.fuzz.values import NASTY_JSONS, NASTY_TEXTS, WORDS, quoted

POSITIONS = (
    "SELECT count(*) FROM {t} q WHERE {p}",
    "SELECT q.i, q.v FROM {t} q WHERE {p}",
    "SELECT count(*) FROM {t} q WHERE {c} AND {p}",
    "SELECT count(*) FROM {t} q WHERE {c} AND {p}",
    "SELECT count(*) FROM {t} q WHERE {p} OR {c}",
    "SELECT count(*) FROM {t} q WHERE NOT ({p})",
    "SELECT count(*) FROM open w JOIN {t} q ON q.i = w.i WHERE {p}",
    "SELECT count(*) FROM open w JOIN {t} q ON q.i = w.i AND {p}",
    "SELECT count(*) FROM open w LEFT JOIN {t} q ON q.i = w.i AND {p}",
    "SELECT count(*) FROM {t} q LEFT JOIN open w ON q.i = w.i AND {p}",
    "SELECT count(*) FROM open w FULL JOIN {t} q ON q.i = w.i WHERE {p}",
    "SELECT count(*) FROM {t} q JOIN {u} w ON q.i = w.i WHERE {p}",
    "SELECT count(*) FROM {t} q, {u} w WHERE q.b = w.b AND {c} AND {p}",
    "SELECT {e} AS x FROM {t} q",
    "SELECT {e} AS x, {f} AS y FROM {t} q WHERE {c}",
    "SELECT CASE WHEN {c} THEN {e} END AS x FROM {t} q",
    "SELECT CASE WHEN {p} THEN q.i ELSE q.s END AS x FROM {t} q",
    "SELECT count(*) FROM (SELECT {e} AS x, i FROM {t} q) z WHERE x IS NOT NULL AND i > 0",
    "SELECT count(*) FROM (SELECT * FROM {t} q WHERE {c}) q WHERE {p}",
    "SELECT count(*) FROM (SELECT * FROM {t} q OFFSET 0) q WHERE {p}",
    "SELECT count(*) FROM (SELECT DISTINCT i, v, n, d, f, b, s, w, t, o FROM {t} q) q WHERE {p}",
    "WITH q AS MATERIALIZED (SELECT * FROM {t}) SELECT count(*) FROM q WHERE {p}",
    "WITH q AS (SELECT * FROM {t} q WHERE {c}) SELECT count(*) FROM q WHERE {p}",
    "SELECT count(*) FROM (SELECT s, i, b, n, f, v, w, d, t, o, j FROM {t} UNION ALL "
    "SELECT s, i, b, n, f, v, w, d, t, o, j FROM open) q WHERE {p}",
    "SELECT count(*) FROM open w WHERE EXISTS (SELECT 1 FROM {t} q WHERE q.i = w.i AND {p})",
    "SELECT count(*) FROM open w WHERE NOT EXISTS (SELECT 1 FROM {t} q WHERE q.i = w.i AND {p})",
    "SELECT count(*) FROM open w WHERE w.i IN (SELECT q.i FROM {t} q WHERE {p})",
    "SELECT count(*) FROM open w WHERE w.i > (SELECT max(q.i) FROM {t} q WHERE {p})",
    "SELECT (SELECT max(q.v) FROM {t} q WHERE q.i = w.i AND {p}) AS x FROM open w",
    "SELECT count(*) FROM {t} q WHERE {c} AND q.i = (SELECT max(w.i) FROM {u} w WHERE w.s = q.s)",
    "SELECT count(*) FILTER (WHERE {p}) FROM {t} q",
    "SELECT sum(CASE WHEN {p} THEN 1 ELSE 0 END) AS x FROM {t} q",
    "SELECT max({e}) AS x FROM {t} q",
    "SELECT q.i, max({e}) AS x FROM {t} q GROUP BY q.i",
    "SELECT count(*) AS x FROM {t} q GROUP BY {e}",
    "SELECT q.i, max(q.v) AS x FROM {t} q GROUP BY q.i, q.v, q.n, q.s, q.b, q.d, q.f, q.w, q.t, q.o HAVING {h}",
    "SELECT q.i FROM {t} q ORDER BY {e}, q.i",
    "SELECT DISTINCT {e} AS x FROM {t} q",
    "SELECT count(*) OVER (PARTITION BY {e}) AS x FROM {t} q",
    "SELECT max({e}) OVER (PARTITION BY q.i) AS x FROM {t} q WHERE {c}",
    "SELECT q.i FROM {t} q WHERE {p} UNION SELECT w.i FROM open w",
    "SELECT q.i FROM {t} q WHERE {p} EXCEPT SELECT w.i FROM {u} w",
    "SELECT q.i FROM {t} q WHERE {c} INTERSECT SELECT q.i FROM {t} q WHERE {p}",
    "SELECT {e} AS x FROM {t} q WHERE {c} INTERSECT SELECT {e2} FROM {u} q WHERE {c}",
    "SELECT {e} AS x FROM {t} q EXCEPT SELECT {e2} FROM open q WHERE {c}",
    "SELECT count(*) FROM open w, LATERAL (SELECT 1 AS one FROM {t} q WHERE q.i = w.i AND {p}) z",
    "SELECT count(*) FROM {t} q WHERE CASE WHEN {c} THEN {p} END",
    "SELECT count(*) FROM {t} q WHERE ({e}) IN (SELECT ({e2}) FROM open q)",
    "SELECT * FROM {t} q WHERE {p}",
    "SELECT count(*) FROM {t} q WHERE coalesce({p}, {c})",
)
INTS = (
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "10",
    "100",
    "1000",
    "1000000",
    "32767",
    "2147483647",
    "-2147483648",
    "4294967296",
)
LITERALS: Mapping[str, Sequence[str]] = {
    "int": INTS,
    "number": ("0.0", "0.5", "1.25", "-1.5", "99999999.99", "0.00000001"),
    "float": (
        "CAST(0 AS DOUBLE PRECISION)",
        "CAST('NaN' AS DOUBLE PRECISION)",
        "CAST(1e308 AS DOUBLE PRECISION)",
        "CAST(0.5 AS DOUBLE PRECISION)",
    ),
    "text": tuple(
        quoted(t) for t in (*WORDS, *NASTY_TEXTS[:-1], "day", "year", "%a%", "^a*$", "DD", "9", "a,b", "UTC", "hex")
    ),
    "date": ("DATE '2020-01-02'", "DATE '0001-01-01'", "DATE '9999-12-31'", "DATE 'infinity'"),
    "time": ("TIMESTAMP '2020-01-02 03:04:05'", "TIMESTAMP 'infinity'", "TIMESTAMP '9999-12-31 23:59:59'"),
    "zoned": ("TIMESTAMPTZ '2020-01-02 03:04:05+00'",),
    "clock": ("TIME '03:04:05'",),
    "interval": ("INTERVAL '1 day'", "INTERVAL '1000000 years'", "INTERVAL '-1 month'"),
    "bool": ("TRUE", "FALSE", "NULL"),
    "json": tuple(f"CAST({quoted(t)} AS JSON)" for t in ('{"a": 1}', *NASTY_JSONS)),
    "jsonb": tuple(f"CAST({quoted(t)} AS JSONB)" for t in ('{"a": 1}', "[]", "null")),
    "bytes": ("CAST('ab' AS BYTEA)",),
    "ints": ("ARRAY[1, 2, 3]", "ARRAY[0]"),
    "texts": ("ARRAY['a', 'b']",),
}
CASTS = {
    "int": ("SMALLINT", "INTEGER", "BIGINT"),
    "number": ("DECIMAL(6,2)", "DECIMAL(18,3)", "NUMERIC"),
    "float": ("DOUBLE PRECISION", "REAL"),
    "text": ("VARCHAR", "VARCHAR(3)"),
    "date": ("DATE",),
    "time": ("TIMESTAMP",),
    "bool": ("BOOLEAN",),
    "json": ("JSON",),
    "interval": ("INTERVAL",),
}
ARITHMETIC = {
    "int": (
        "({int} + {int})",
        "({int} - {int})",
        "({int} * {int})",
        "({int} % {int})",
        "(- {int})",
        "abs({int})",
        "({int} & {int})",
        "({date} - {date})",
        "length({text})",
    ),
    "number": (
        "({number} + {int})",
        "({number} * {number})",
        "({number} / {int})",
        "round({number}, {int})",
        "({int} / {number})",
    ),
    "float": (
        "({float} * {float})",
        "({float} / {float})",
        "({int} / {float})",
        "exp({float})",
        "sqrt({float})",
        "power({float}, {int})",
    ),
    "text": (
        "({text} || {text})",
        "({text} || {int})",
        "substr({text}, {int}, {int})",
        "lower({text})",
        "replace({text}, {text}, {text})",
    ),
    "date": ("({date} + {small})", "({date} - {small})"),
    "time": ("({time} + {interval})", "({date} + {interval})", "date_trunc('year', {time})"),
    "interval": ("({interval} * {int})", "({time} - {time})"),
}
CONDITIONS = (
    "{a} = {b}",
    "{a} < {b}",
    "{a} >= {b}",
    "{a} <> {b}",
    "{a} IS DISTINCT FROM {b}",
    "{a} IN ({b}, {c})",
    "{a} NOT IN ({b}, {c})",
    "{a} BETWEEN {b} AND {c}",
    "({a}) IS NULL",
    "({a}) IS NOT NULL",
    "nullif({a}, {b}) IS NULL",
    "coalesce({a}, {b}) = {c}",
)
TEXTS = (
    "{a} LIKE {p}",
    "{a} NOT LIKE {p}",
    "{a} ILIKE {p}",
    "{a} LIKE {p} ESCAPE {x}",
    "{a} SIMILAR TO {p}",
    "{a} ~ {p}",
    "{a} LIKE {b}",
)
PATTERNS = ("'%a%'", "'boom'", "'boo\\'", "'%'", "'x$'", "'name_'", "'('", "'[a'", "'a{2,1}'", "'a*'", "'\\'", "'%\\'")
PLAIN = ("int", "text", "number", "float", "date", "time")
COLUMNS = {
    "int": ("i", "b", "s", "i"),
    "number": ("n",),
    "float": ("f",),
    "text": ("v", "w"),
    "date": ("d",),
    "time": ("t",),
    "bool": ("o",),
    "json": ("j",),
}
NEEDLES = (
    "q.i = 0",
    "q.i < 1",
    "q.i IS NULL",
    "q.i > 100000",
    "q.b < 0",
    "q.v = 'boom'",
    "q.v = ''",
    "q.v > 'zz'",
    "q.n > 1000",
    "q.f > 1e300",
    "q.f <> q.f",
    "q.d > DATE '3000-01-01'",
    "q.t = TIMESTAMP 'infinity'",
    "q.s > 50",
    "q.w IS NULL",
    "q.v LIKE '%boom%'",
    "q.i IN (0, 2147483646)",
    "q.o",
    "q.i = 3",
    "q.v = '7'",
    "q.w = 'EU'",
    "q.i BETWEEN 100 AND 2147483647",
    "q.v IN ('\\', '%', 'boom')",
    "q.w < q.v",
    "q.i < q.s",
)
"""Conditions that hold on hidden rows mostly."""
CERTAIN = (
    "CAST('x' AS INTEGER) = 1",
    "CAST('x' || q.v AS INTEGER) = 1",
    "1 / (q.i - q.i) = 1",
    "1 % (q.i - q.i) = 1",
    "CAST(q.w || 'x' AS DATE) IS NULL",
    "q.i = (SELECT i FROM open)",
    "q.i IN (SELECT (SELECT i FROM open))",
    "q.i = (SELECT max(CAST('a' || v AS INTEGER)) FROM open)",
    "substr(q.v, 1, -1) = ''",
    "q.i = (SELECT i FROM open LIMIT -1)",
    "sqrt(-1 - abs(q.i)) = 0",
    "ln(q.i - q.i) = 0",
    "q.i + 2147483647 > 0",
    "q.v LIKE 'x\\'",
    "date_trunc('foo', q.t) IS NULL",
    "CAST(q.v AS INTEGER) = 7",
    "q.b * 9223372036854775807 > 0",
    "q.d + 2147483647 > q.d",
    "CAST(q.j AS VARCHAR) = CAST(CAST('x' AS INTEGER) AS VARCHAR)",
)
"""Conditions that raise on nearly every row that asks for them."""

OF_HIDDEN = (
    "10 / q.i > 0",
    "10 % q.i = 1",
    "q.i % q.s = 0",
    "CAST(q.w AS INTEGER) > 3",
    "CAST(q.i AS SMALLINT) > 3",
    "q.i * 100000000 > 0",
    "abs(q.i) * 2 + q.s > 3",
    "make_date(2020, q.i, 1) IS NULL",
    "chr(q.i + 64) = 'A'",
    "sqrt(q.i) > 2",
    "ln(q.i) > 1",
    "q.d + q.i > DATE '2000-01-01'",
    "CAST(q.f AS INTEGER) = 3",
    "CAST(q.n AS SMALLINT) = 3",
    "exp(q.i * 50) > 1",
    "length(repeat('a', q.i)) = 3",
    "length(lpad('a', q.i, 'b')) = 3",
    "substr(q.v, 1, q.i - 1) = 'n'",
    "CAST(q.b AS INTEGER) = 4",
    "q.b + 9223372036854775000 > 0",
    "q.t + q.i * INTERVAL '1 year' > q.t",
    "CAST(q.w AS BIGINT) + q.i = 12",
    "date_trunc('year', q.t) > q.d",
    "q.n * q.n * q.n > 0.5",
    "power(q.f, 100) > 0.5",
    "q.v LIKE '%' || q.w",
    "CAST(q.w AS DECIMAL(4,2)) > 1",
    "'a' ~ ('a' || q.w)",
    "q.v ~ ('n' || q.w)",
    "round(q.n, q.i) = 1",
    "CAST('200' || q.w AS INTEGER) > 0",
    "CAST(q.d AS TIMESTAMP) > q.t",
    "date_part('year', q.d) / q.i > 3",
    "CAST(q.i || '' AS SMALLINT) = 4",
    "CAST(q.w AS INTEGER) BETWEEN 1 AND q.i",
    "CAST(nullif(q.w, '') AS INTEGER) IN (1, 2)",
    "1 / CAST(q.w AS INTEGER) = 0",
    "q.s + 32000 > 0",
)
"""Conditions that raise on hidden rows, and on no honest one or few."""

BOUND = 0.12
"""The share of statements with bound parameters."""


class Probes:
    """Draws one statement after another."""

    def __init__(self, rng: random.Random, tables: Sequence[Table], calls: Mapping[str, list[Signature]]) -> None:
        self._rng = rng
        self._names = [t.full for t in tables if t.name != "open"]
        self._calls = calls
        self._parameters: int | None = None

    def statement(self) -> str:
        """One statement."""
        rng = self._rng
        self._parameters = 0 if rng.random() < BOUND else None
        text = rng.choice(POSITIONS)
        made: dict[str, str] = {"t": rng.choice(self._names), "u": rng.choice(self._names)}
        for name, make in (
            ("p", self.risky),
            ("c", self.condition),
            ("e", self.item),
            ("f", self.item),
            ("h", self.risky),
        ):
            if f"{{{name}}}" in text:
                made[name] = make()
        if "{e2}" in text:
            made["e2"] = made["e"]
        return text.format(**made).replace(" open ", " wide.open ").replace(" open)", " wide.open)")

    def risky(self) -> str:
        """A condition that raises on many hidden rows."""
        shape = self._rng.random()
        if shape < 0.05:
            return self._rng.choice(CERTAIN)
        if shape < 0.25:
            return self._rng.choice(OF_HIDDEN)
        if shape < 0.45:
            return f"({self.needle()} AND {self._raising()})"
        if shape < 0.53:
            return f"CASE WHEN {self.needle()} THEN {self._raising()} ELSE {self.condition()} END"
        if shape < 0.58:
            return f"({self.condition()} OR {self._raising()})"
        return self._raising()

    def needle(self) -> str:
        """A condition on one column."""
        return self._rng.choice(NEEDLES) if self._rng.random() < 0.7 else self.condition()

    def _raising(self) -> str:
        shape = self._rng.random()
        if shape < 0.25:
            return self._rng.choice(CERTAIN)
        return self._rng.choice(OF_HIDDEN) if shape < 0.5 else self.condition(deep=True)

    def condition(self, deep: bool = False) -> str:
        """A condition of any kind."""
        rng = self._rng
        if not deep and rng.random() < 0.5:
            return rng.choice(NEEDLES)
        kind = rng.choice(PLAIN)
        depth = 0 if deep else 2
        if kind == "text" and rng.random() < 0.4:
            return rng.choice(TEXTS).format(
                a=self.value("text", depth),
                b=self.value("text", depth),
                p=rng.choice(PATTERNS),
                x=rng.choice(("'$'", "'\\'", "'xx'", "q.v", "''")),
            )
        if rng.random() < 0.1:
            return f"{self.value('', depth)} IS NULL"
        if rng.random() < 0.1:
            return self.value("bool", depth)
        a, b, c = self.value(kind, depth), self.value(kind, 2), self.value(kind, 2)
        return rng.choice(CONDITIONS).format(a=a, b=b, c=c)

    def item(self) -> str:
        """A value of any kind."""
        if self._rng.random() < 0.25:
            return f"({self._raising()})"
        return self.value(self._rng.choice(PLAIN), 0)

    def value(self, kind: str, depth: int) -> str:
        """An expression that gives a kind of value: a column, a literal, a cast, an operator, a call."""
        rng = self._rng
        if kind == "any":
            kind = rng.choice(PLAIN)
        shape = rng.random()
        if depth >= 2 or shape < 0.15:
            return self._leaf(kind)
        if shape < 0.35 and kind in CASTS:
            return f"CAST({self.value(rng.choice(PLAIN), depth + 1)} AS {rng.choice(CASTS[kind])})"
        if shape < 0.5 and kind in ARITHMETIC:
            text = rng.choice(ARITHMETIC[kind])
            for name in (*LITERALS, "small"):
                while f"{{{name}}}" in text:
                    wanted = "int" if name == "small" else name
                    text = text.replace(f"{{{name}}}", self.value(wanted, depth + 1), 1)
            return text
        if shape < 0.55:
            return f"CASE WHEN {self.condition()} THEN {self.value(kind, depth + 1)} ELSE {self.value(kind, 2)} END"
        if shape < 0.58:
            return f"coalesce({self.value(kind, depth + 1)}, {self.value(kind, depth + 1)})"
        if self._calls.get(kind):
            call = rng.choice(self._calls[kind])
            return f"{call.name}({', '.join(self.value(k, depth + 1) for k in call.takes)})"
        return self._leaf(kind)

    def _leaf(self, kind: str) -> str:
        rng = self._rng
        if kind in COLUMNS and rng.random() < 0.7:
            return f"q.{rng.choice(COLUMNS[kind])}"
        if self._parameters is not None and kind in CASTS and rng.random() < 0.7:
            self._parameters += 1
            text = f"${self._parameters}"
            return text if rng.random() < 0.6 else f"CAST({text} AS {rng.choice(CASTS[kind])})"
        return rng.choice(LITERALS[kind]) if kind in LITERALS else "NULL"
