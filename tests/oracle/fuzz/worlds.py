"""One world: its policy, and databases that show the caller the same and differ in all else.

Rule kept here: all sides have the same tables with as many rows, of which a filter's own columns let as many pass (that
a table is larger shows, as the threat model says), and the rows that the caller sees stand in the same order. What
differs is the other values of hidden rows, denied columns, and what is behind masks. Nothing here is computed by the
gateway.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tests.oracle.fuzz import schemas
from tests.oracle.fuzz.schemas import HIDDEN, Column, Table
from tests.oracle.fuzz.seeds import words
from tests.oracle.fuzz.values import NASTY_TEXTS, WORDS, honest, nasty, quoted

WHO = "eva"
DIGITS = tuple(map(str, range(1, 13)))
Row = dict[str, str]
"""Column -> value, as SQL."""
KEYS = 401
"""The caller's keys are the odd numbers up to this: too many, and too close to others', for a list or range of them."""
PATHS = ("honest against nasty", "honest against nasty, column by column", "few values against nasty")


@dataclass(frozen=True)
class Filter:
    """A row filter, and what makes a row pass it or not."""

    where: str
    seen: Callable[[random.Random], Row]
    unseen: Callable[[random.Random], Row]


def _owner(where: str, *names: str) -> Filter:
    others = ("'bob'", "''", "NULL", "'zoe'", "'a'", quoted("\\"))
    return Filter(
        where, lambda r: {"owner_": quoted(r.choice(names))}, lambda r: {"owner_": r.choice(others), "owner_n": "0"}
    )


def _number(where: str, seen: Sequence[int], unseen: Sequence[int | None]) -> Filter:
    def texts(numbers: Sequence[int | None]) -> Callable[[random.Random], Row]:
        return lambda r: {"owner_n": "NULL" if (n := r.choice(numbers)) is None else str(n), "owner_": "'x'"}

    return Filter(where, texts(seen), texts(unseen))


_KEYS = "SELECT k FROM shop.acl.keys WHERE who = 'eva'"
FILTERS = (
    _owner("owner_ = 'eva'", WHO),
    _owner("lower(owner_) = 'eva'", "Eva", "EVA", WHO),
    _owner("owner_ IN ('ada', 'eva', 'ida')", WHO, "ada"),
    _owner("owner_ = :who", WHO),
    _owner("owner_ LIKE 'ev%'", WHO, "evelyn"),
    _owner("owner_ = 'eva' OR owner_n = 3", WHO),
    _number("owner_n % 7 = 3", (3, 10), (0, 1, 2**31 - 1, -(2**31) + 1, None, 7)),
    _number("owner_n BETWEEN 1 AND 9 AND owner_ IS NOT NULL", (1, 5, 9), (0, 10, 2**31 - 1, None)),
    _number(f"owner_n IN ({_KEYS})", range(1, KEYS, 2), (*range(2, KEYS, 20), 0, 2**31 - 1, None)),
    _number(
        "EXISTS (SELECT 1 FROM shop.acl.keys x WHERE x.k = owner_n AND x.who = 'eva')",
        range(1, KEYS, 2),
        (*range(2, KEYS, 20), -1, None),
    ),
    _number("owner_n = (SELECT max(k) FROM shop.acl.keys WHERE who = 'eva')", (KEYS,), (KEYS - 1, KEYS + 1, 0, None)),
)


def _own(column: Column) -> Filter | None:
    """A filter on a column that the caller sees."""
    name = f'"{column.name}"'
    if column.kind in ("int", "bigint"):
        return Filter(
            f"{name} > 0", lambda r: {}, lambda r: {column.name: r.choice(("0", "-1", "-2147483647", "NULL"))}
        )
    if column.kind == "text":
        odd = ("'boom'", "NULL")
        return Filter(f"{name} <> 'boom'", lambda r: {}, lambda r: {column.name: r.choice(odd)})
    if column.kind == "date":
        odd = ("DATE '9999-12-31'", "DATE 'infinity'", "NULL")
        return Filter(f"{name} < DATE '3000-01-01'", lambda r: {}, lambda r: {column.name: r.choice(odd)})
    if column.kind == "float":
        odd = ("CAST('NaN' AS DOUBLE)", "CAST('Infinity' AS DOUBLE)", "NULL")
        return Filter(f"{name} < 1000000", lambda r: {}, lambda r: {column.name: r.choice(odd)})
    return None


# --------------------------------------------------------------------------------------------------------------- masks
def _redacted(rng: random.Random) -> Callable[[random.Random], str]:
    return (lambda r: "NULL") if rng.random() < 0.2 else (lambda r: quoted(r.choice((*NASTY_TEXTS, *WORDS))))


def _last_four(rng: random.Random) -> Callable[[random.Random], str]:
    end = f"{rng.randint(1000, 9999)}"
    return lambda r: quoted(f"{r.choice(('boom', '12-3', chr(92) * 4, '%%%%'))}{r.randint(10, 99)}{end}")


def _domain(rng: random.Random) -> Callable[[random.Random], str]:
    end = rng.choice(("example.com", "example.org"))
    return lambda r: quoted(f"{r.choice(('boom', '7', '%', 'x'))}{r.randint(1, 99)}@{end}")


def _year(rng: random.Random) -> Callable[[random.Random], str]:
    year = rng.randint(1950, 2020)
    return lambda r: f"DATE '{year}-{r.randint(1, 12):02}-{r.randint(1, 28):02}'"


def _rounded(rng: random.Random) -> Callable[[random.Random], str]:
    least = 500 * rng.randint(0, 4)
    return lambda r: str(least + r.randint(0, 499))


MASKS: dict[str, Callable[[random.Random], Callable[[random.Random], str]]] = {
    "redact": _redacted,
    "last_four": _last_four,
    "email_domain": _domain,
    "year_only": _year,
    "round_to": _rounded,
}
"""For one row's cell: a source of raw values that all show as the same mask."""
OF_KIND = {
    "text": ("redact", "last_four", "email_domain", "null"),
    "date": ("year_only", "null"),
    "int": ("round_to", "null"),
    "number": ("null",),
    "float": ("null",),
    "time": ("null",),
}
MASKS_YAML = """masks:
  m.redact: {mask: redact}
  m.last_four: {mask: last_four}
  m.email_domain: {mask: email_domain}
  m.year_only: {mask: year_only}
  m.round_to: {mask: round_to, to: 500}
  m.null: {mask: "null"}
order: [none, last_four, email_domain, year_only, round_to, redact, "null"]
"""
COMPANY_MASKS = {"email": "email_domain", "ssn": "last_four", "born": "year_only", "notes": "redact"}


# --------------------------------------------------------------------------------------------------------------- world
@dataclass(frozen=True)
class Governed:
    """A table with its filter (None: every row is seen) and masks."""

    table: Table
    filter: Filter | None
    masks: dict[str, str] = field(default_factory=dict)


class World:
    """Number `number` of the worlds: filters, masks, sizes and values all follow from it."""

    def __init__(self, number: int, schemas_: Sequence[str], engine: str) -> None:
        self.number = number
        self.path = PATHS[number % len(PATHS)]
        self.rows = (16, 24, 12)[number // 3 % 3]
        self.hidden = (16, 24, 300)[number // 3 % 3]
        rng = random.Random(f"world {number}")
        every = schemas.tables()
        self.tables = {
            name: tuple(t for t in every[name] if engine == "duckdb" or all(c.kind for c in t.columns))
            for name in schemas_
        }
        self.governed = [self._governed(table, rng) for group in self.tables.values() for table in group]

    @staticmethod
    def _governed(table: Table, rng: random.Random) -> Governed:
        if table.name == "open" or (table.schema != "wide" and rng.random() < 0.12):
            return Governed(table, None)
        own = [found for column in table.columns if (found := _own(column)) is not None]
        if table.schema == "wide":
            chosen = rng.choice((*FILTERS, *FILTERS[-3:], *own))
        else:
            chosen = rng.choice(own) if own and rng.random() < 0.25 else rng.choice(FILTERS)
        masks = {
            c.name: COMPANY_MASKS[c.name]
            for c in table.columns
            if table.schema == "company" and c.name in COMPANY_MASKS
        }
        for column in table.columns:
            if column.kind in OF_KIND and rng.random() < 0.07 and column.name not in masks:
                masks[column.name] = rng.choice(OF_KIND[column.kind])
        for name in [c for c in masks if chosen.where.startswith(f'"{c}"')]:
            del masks[name]
        return Governed(table, chosen, masks)

    def policy(self) -> dict[str, str]:
        """The policy folder."""
        lines = ["tables:"]
        for one in self.governed:
            tags = dict.fromkeys(HIDDEN, "d.secret") | {name: f"m.{mask}" for name, mask in one.masks.items()}
            listed = ", ".join(f'"{name}": [{tag}]' for name, tag in tags.items())
            lines += [f"  'shop.{one.table.schema}.{one.table.name}':", f"    columns: {{{listed}}}"]
            if one.filter is not None:
                where = one.filter.where.replace('"', '\\"')
                lines.append(f'    rows: [{{id: only, for: everyone, where: "{where}"}}]')
        grants = [f"p, role:reader, shop.{schema}, read, allow" for schema in self.tables]
        grants += ["p, role:reader, tag:d, read, deny", "g, group:readers, role:reader"]
        return {
            "grants.csv": "\n".join(grants) + "\n",
            "data/shop.yaml": "\n".join(lines) + "\n",
            "masks.yaml": MASKS_YAML,
        }

    def build(self, path: Path, side: int) -> None:
        """One side's database, as a DuckDB file."""
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE SCHEMA acl; CREATE TABLE acl.keys (k INTEGER, who VARCHAR)")
            keys = [f"({i}, 'eva')" for i in range(1, KEYS + 1, 2)]
            keys += [f"({2 * (i * (36 + side) if side else i)}, {quoted(('bob', '')[i % 2])})" for i in range(30)]
            connection.execute(f"INSERT INTO acl.keys VALUES {', '.join(keys)}")
            for schema in self.tables:
                connection.execute(f"CREATE SCHEMA {schema}")
            connection.execute("BEGIN")
            for one in self.governed:
                names = [f'"{c.name}" {c.type}' for c in one.table.columns]
                names += [f"{name} {type_}" for name, type_ in HIDDEN.items()]
                connection.execute(f"CREATE TABLE {one.table.full} ({', '.join(names)})")
                rows = self._rows(one, side)
                connection.execute(f"INSERT INTO {one.table.full} VALUES {', '.join(rows)}")
            connection.execute("COMMIT")

    def _rows(self, one: Governed, side: int) -> list[str]:
        table = one.table
        shared = random.Random(f"{self.number} {table.full}")
        mine = random.Random(f"{self.number} {table.full} {side}")
        made = []
        for _ in range(self.rows):
            row = {c.name: honest(c.kind, shared, self._words(table, c)) for c in table.columns}
            for name, mask in one.masks.items():
                column = next(c for c in table.columns if c.name == name)
                raw = MASKS[mask](shared) if mask in MASKS else None
                row[name] = raw(mine) if raw is not None else nasty(column.kind, mine, *column.digits)
            if one.filter is not None:
                row |= self._passing(one.filter, row, shared)
            made.append((False, row))
        for _ in range(self.hidden if one.filter is not None else 0):
            row = {c.name: self._hidden(table, c, side, mine) for c in table.columns}
            row |= one.filter.unseen(shared) if one.filter is not None else {}
            made.insert(mine.randint(0, len(made)), (True, row))
        return [self._listed(table, hidden, row, mine) for hidden, row in made]

    @staticmethod
    def _words(table: Table, column: Column) -> Sequence[str]:
        if table.schema == "wide":
            return DIGITS if column.name == "w" else WORDS
        return (*words(table.schema).get(column.name.lower(), ()), *WORDS[:4])

    @staticmethod
    def _passing(filter_: Filter, row: Row, rng: random.Random) -> Row:
        """What a filter wants of a row; one on a visible column passes honest values, but not NULL."""
        wanted = filter_.seen(rng)
        for name, value in row.items():
            if filter_.where.startswith(f'"{name}"') and value == "NULL":
                wanted[name] = (
                    "DATE '2001-01-01'" if "DATE" in filter_.where else "'x'" if "'" in filter_.where else "1"
                )
        return wanted

    def _hidden(self, table: Table, column: Column, side: int, rng: random.Random) -> str:
        """A value of a hidden row: on one side nasty, mostly, on the other not."""
        plain = side == 0
        if self.path == PATHS[1]:
            plain = random.Random(f"{self.number} {table.full} {column.name}").random() < 0.5
            plain = plain if side == 0 else not plain or random.Random(f"{side} {column.name}").random() < 0.3
        if plain and self.path == PATHS[2]:
            return honest(column.kind, random.Random(column.name))
        if plain or rng.random() < 0.2:
            return honest(column.kind, rng)
        return nasty(column.kind, rng, *column.digits)

    @staticmethod
    def _listed(table: Table, hidden: bool, row: Row, rng: random.Random) -> str:
        secrets = {"secret_": nasty("text", rng), "secret_n": nasty("int", rng)}
        owner = {"owner_": "'x'", "owner_n": "1" if not hidden else "0"}
        whole = {**owner, **secrets, **row}
        return "(" + ", ".join(whole[name] for name in (*(c.name for c in table.columns), *HIDDEN)) + ")"
