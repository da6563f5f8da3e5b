"""What names can denote: sources, the columns they offer, and where each column's values come from.

Rule kept here: these are facts about one query block, collected by `proxy.query.resolve`. Where a name could denote
more than one thing all of them are kept, so that rights, guards and records err on the side of more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from proxy.values import TypeKind

Origin = tuple[int, str]
"""A column of a base-table reference: (reference index, column as the catalog spells it)."""


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value's type: its kind, and the spelling (`Dialect.types`) that comparisons go by."""

    kind: TypeKind
    text: str


TEXT = Type(TypeKind.TEXT, "VARCHAR")
COUNT = Type(TypeKind.INTEGER, "BIGINT")
INTEGER = Type(TypeKind.INTEGER, "INTEGER")
DOUBLE = Type(TypeKind.FLOAT, "DOUBLE")


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a value comes from. `live` are the origins that reach it without passing an aggregate or a window, so that
    the engine could compute it before a row filter; `plain` says that it is exactly its one origin; `cells` how large
    it can be, in values of columns (`proxy.query.growth`); `nodes` how many nodes its expression has once those of
    sub-queries are put into it."""

    origins: frozenset[Origin] = frozenset()
    live: frozenset[Origin] = frozenset()
    type: Type | None = None
    plain: bool = False
    cells: float = 1
    nodes: int = 1

    def derived(self, type_: Type | None = None) -> Flow:
        """The same origins in a value that is computed from them."""
        return Flow(self.origins, self.live, type_, cells=self.cells, nodes=self.nodes)

    def settled(self) -> Flow:
        """The same origins behind an aggregate or window."""
        return Flow(self.origins, frozenset(), None, cells=self.cells)


def merged(flows: Iterable[Flow]) -> Flow:
    """The union of flows, as the value of an expression over them."""
    origins: set[Origin] = set()
    live: set[Origin] = set()
    cells, nodes = 0.0, 0
    for flow in flows:
        origins |= flow.origins
        live |= flow.live
        cells, nodes = max(cells, flow.cells), max(nodes, flow.nodes)
    return Flow(frozenset(origins), frozenset(live), cells=cells or 1, nodes=nodes or 1)


@dataclass(frozen=True, slots=True)
class Out:
    """A result column of a block, by its folded name; `star` is set where it stands for all columns of a reference.
    `shown` is the name as results bear it, where that is another."""

    name: str | None
    flow: Flow
    star: int | None = None
    shown: str | None = None


@dataclass(slots=True)
class Source:
    """Something in FROM. `columns` is keyed by folded name; a name that is not there denotes `rest` where that is set,
    and nothing where the source is closed (`rest` None). `outs` is None where the order of columns is not known."""

    name: str | None
    columns: dict[str, Flow]
    outs: tuple[Out, ...] | None
    rest: Flow | None = None
    reference: int | None = None

    def whole(self) -> Flow:
        """The flow of the whole row."""
        flows = list(self.columns.values())
        return merged([*flows, self.rest] if self.rest is not None else flows)


@dataclass(slots=True)
class Env:
    """The names one expression can see: its block's sources and select aliases, then the enclosing blocks'."""

    parent: Env | None
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, Flow] = field(default_factory=dict)
    locals: frozenset[str] = frozenset()

    def chain(self) -> Iterator[Env]:
        """This environment and those around it, innermost first."""
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent

    def with_locals(self, names: Iterable[str]) -> Env:
        """The same names and the parameters of a lambda."""
        return Env(self.parent, self.sources, self.aliases, self.locals | frozenset(names))


@dataclass(slots=True)
class Cte:
    """A WITH query: what it offers, and the name it gets in the rewritten text."""

    renamed: str
    outs: tuple[Out, ...] | None
    columns: dict[str, Flow]
    rest: Flow | None

    def source(self, name: str | None) -> Source:
        """A reference to it."""
        return Source(name, dict(self.columns), self.outs, self.rest)


def offered(outs: tuple[Out, ...] | None, star_columns: dict[int, dict[str, Flow]]) -> dict[str, Flow]:
    """Names a block's result offers, folded; a star offers every column of its reference."""
    columns: dict[str, Flow] = {}
    for out in outs or ():
        if out.star is not None:
            for name, flow in star_columns[out.star].items():
                columns.setdefault(name, flow)
        elif out.name is not None:
            columns.setdefault(out.name, out.flow)
    return columns
