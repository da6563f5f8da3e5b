"""What reading a statement has found so far: references, names, edits, guards.

Rule kept here: it only grows, and it refuses nothing for not being there. Tables and columns that the catalog does not
have are noted as they are written; the policy refuses them, in the text's order, together with those that it hides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlglot import exp

from proxy.dialect import Dialect
from proxy.errors import TooLarge, Ungovernable
from proxy.query.scopes import Flow, Origin, Source, Type, merged
from proxy.query.text import Caps
from proxy.values import Catalog, Column, ColumnUse, Edit, Grouped, Reason, ReasonCode, Reference, Span, Table, TableId

_STAR = re.compile(r"\s*\*")
_ONLY = re.compile(r"\bonly\s*(\(?)\s*\Z", re.I)
_CLOSED = re.compile(r"\s*\)")
_KEPT = 4096
_columns_kept: dict[tuple[int, int, str], tuple[Table, dict[str, Flow], bool]] = {}
"""What a table offers, by its object, the index of the reference and the dialect; the object is kept: its id is no
other's."""


@dataclass(slots=True)
class Named:
    """A base-table reference while its statement is still being read."""

    table: Table
    span: Span
    name: str
    alias: str | None
    columns: set[str] = field(default_factory=set)
    guarded: set[str] = field(default_factory=set)
    raises: bool = False
    fenced: bool = False
    only: bool = False

    def frozen(self) -> Reference:
        """The reference as it flows on."""
        return Reference(
            self.table.id,
            self.span,
            self.name,
            self.alias,
            frozenset(self.columns),
            frozenset(self.guarded),
            self.raises,
            self.fenced,
            self.only and self.table.parted,
        )


@dataclass(slots=True)
class Ledger:
    """All findings of one statement."""

    sql: str
    dialect: Dialect
    catalog: Catalog
    caps: Caps
    references: list[Named] = field(default_factory=list)
    uses: list[ColumnUse] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    prefixes: dict[int, int] = field(default_factory=dict)
    cte_names: dict[str, str] = field(default_factory=dict)
    star_columns: dict[int, dict[str, Flow]] = field(default_factory=dict)
    groups: list[Grouped] = field(default_factory=list)
    alone: set[int] = field(default_factory=set)
    """Where tables' names start that stood behind ONLY."""
    odd: bool = False
    """Whether any table that is read has columns with a collation of their own, or computed ones."""
    understood: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """The column references that were resolved: where each starts, and its folded parts, `*` for a star."""
    nodes: int = 0
    """Of all expressions so far, those of sub-queries put into them."""

    def weigh(self, nodes: int) -> None:
        """An expression of so many nodes was read, those of sub-queries put into it. Raises `TooLarge`: a text of a few
        lines can double an expression dozens of times, and engines plan all of it."""
        self.nodes += nodes
        if self.nodes > self.caps.max_merged_nodes:
            raise TooLarge(
                "Columns of sub-queries are used so often in columns of others that the statement becomes too large: "
                "compute them in fewer steps.",
                ReasonCode.TOO_COMPLEX,
            )

    def read(self) -> frozenset[Origin]:
        """Every column of a table that was read so far."""
        return frozenset((i, name) for i, named in enumerate(self.references) for name in named.columns)

    def check_width(self, columns: int) -> None:
        """Raises `TooLarge` for a query with so many columns: stars over stars double them each time."""
        if columns > self.caps.max_columns:
            raise TooLarge(
                f"A part of the statement has more than {self.caps.max_columns} columns: select those that you need.",
                ReasonCode.TOO_COMPLEX,
            )

    def folded(self, identifier: exp.Expr) -> str:
        """A name as the engine compares it."""
        if isinstance(identifier.this, exp.Identifier):  # a column definition
            identifier = identifier.this
        return self.dialect.names.fold(identifier.name, bool(identifier.args.get("quoted")))

    def shown(self, identifier: exp.Expr) -> str:
        """A name as the engine's results bear it."""
        return self.dialect.names.shown(str(identifier.name), bool(identifier.args.get("quoted")))

    def known(self, name: str) -> str:
        """A name of the catalog as the engine compares it."""
        return self.dialect.names.fold(name, True)

    def span(self, *identifiers: exp.Expr | None) -> Span:
        """The characters from the first to the last of some identifiers. Raises `Ungovernable` where they are lost."""
        found = [i for i in identifiers if i is not None]
        places = [i.meta for i in found]
        try:
            starts, ends = [p["start"] for p in places], [p["end"] for p in places]
            return Span(min(starts), max(ends) + 1)
        except (KeyError, ValueError):
            return self._keyword(found)

    def _keyword(self, identifiers: list[exp.Expr]) -> Span:
        """The same where the last one is a keyword behind a dot, as in `t.null`, of which sqlglot keeps no place."""
        lost = [i for i in identifiers if "start" not in i.meta]
        if len(identifiers) > 1 and lost == identifiers[-1:]:
            before = self.span(*identifiers[:-1])
            word = re.compile(rf"\s*\.\s*{re.escape(str(lost[0].name))}\b", re.I).match(self.sql, before.end)
            if word is not None:
                return Span(before.start, word.end())
        raise Ungovernable("A name stands where it cannot be governed: write it plainly.", ReasonCode.CONSTRUCT)

    def text(self, identifier: exp.Expr) -> str:
        """An identifier as the user spelt it, quotes included."""
        span = self.span(identifier)
        return self.sql[span.start : span.end]

    def reference(self, node: exp.Table, alias: str | None) -> Source:
        """A base table in FROM; one that the catalog does not have is an open source that the policy will refuse."""
        parts = [p for p in (node.args.get("catalog"), node.args.get("db"), node.this) if p is not None]
        span = self.span(*parts)
        table = self._table([self.folded(p) for p in parts], span)
        index = len(self.references)
        if index >= self.caps.max_references:
            raise TooLarge(f"The statement reads more than {self.caps.max_references} tables.", ReasonCode.TOO_COMPLEX)
        self.references.append(Named(table, span, self.text(node.this), alias))
        self._lone(node, span)
        columns, odd = self._offered(table, index)
        self.odd = self.odd or odd
        self.star_columns[index] = columns
        shown = node.args["alias"].this if alias is not None else node.this
        return Source(self.folded(shown), columns, None, None if columns else Flow(), index)

    def _offered(self, table: Table, index: int) -> tuple[dict[str, Flow], bool]:
        """The columns of a table as reference `index` offers them, and whether any is odd: nobody changes them, and all
        statements that read this very table there share them."""
        key = (id(table), index, self.dialect.name)
        kept = _columns_kept.get(key)
        if kept is not None and kept[0] is table:
            return kept[1], kept[2]
        columns = {self.known(c.name): self._column(index, c) for c in table.columns}
        odd = any(c.own_collation or c.computed for c in table.columns)
        if columns:
            if len(_columns_kept) >= _KEPT:
                _columns_kept.clear()
            _columns_kept[key] = table, columns, odd
        return columns, odd

    def _column(self, index: int, column: Column) -> Flow:
        origin = frozenset({(index, column.name)})
        return Flow(origin, origin, Type(column.kind, self.dialect.types(column.type)), plain=True)

    def _lone(self, node: exp.Table, span: Span) -> None:
        """Takes out what has no place beside a policy view and changes nothing: `t *`, and ONLY where a table has no
        children; of one that has the rewriter refuses it, when it is known whether the caller may know of it."""
        star = _STAR.match(self.sql, span.end)
        if star is not None:
            self.edits.append(Edit(Span(span.end, star.end()), ""))
        if not node.args.get("only"):
            return
        before = _ONLY.search(self.sql, 0, span.start)
        after = _CLOSED.match(self.sql, span.end) if before is not None and before[1] else None
        if before is None or (before[1] and after is None):
            raise Ungovernable("Write ONLY right before the table's name.", Reason(ReasonCode.CONSTRUCT, "only"))
        self.references[-1].only = True
        self.alone.add(span.start)
        self.edits.append(Edit(Span(before.start(), span.start), ""))
        if after is not None:
            self.edits.append(Edit(Span(span.end, after.end()), ""))

    def _table(self, folded: list[str], span: Span) -> Table:
        warehouse = self.known(self.catalog.warehouse)
        if len(folded) == 2 and folded[0] == warehouse and all(warehouse != s for s, _ in self.catalog.tables):
            folded = folded[1:]  # `shop.customers`: the warehouse's name, where no schema has it
        path = [self.known(s) for s in self.catalog.search_path] if len(folded) == 1 else [folded[-2]]
        known = len(folded) < 3 or folded[0] == warehouse
        found = (self.catalog.tables.get((schema, folded[-1])) for schema in path if known)
        nowhere = Table(TableId(self.catalog.warehouse, "", self.sql[span.start : span.end]), ())
        return next((t for t in found if t is not None), nowhere)

    def use(self, name: str, span: Span, flow: Flow, certain: bool) -> None:
        """A column name in the text that can denote these columns."""
        if flow.origins:
            candidates = flow.origins if len(flow.origins) == 1 else sorted(flow.origins)
            self.uses.append(ColumnUse(name, span, tuple(candidates), certain))
        self.touch(flow.origins)

    def unknown(self, span: Span) -> Flow:
        """A name that nothing in any scope denotes: the policy refuses it, as it would a hidden column."""
        self.uses.append(ColumnUse(self.sql[span.start : span.end], span, (), certain=True))
        return Flow()

    def everything(self) -> Flow:
        """Every column of every table read so far: what a value of unknown origin may hold."""
        return merged(flow for columns in self.star_columns.values() for flow in columns.values())

    def collated(self, origins: frozenset[Origin]) -> bool:
        """Whether a value may bear a collation of its own, which conflicts with others only when it is computed."""
        return self.odd and any(column.own_collation for column in self._origin_columns(origins))

    def computed(self, origins: frozenset[Origin]) -> bool:
        """Whether a value may be made when it is read, by an expression that nothing is known of."""
        return self.odd and any(column.computed for column in self._origin_columns(origins))

    def _origin_columns(self, origins: frozenset[Origin]) -> list[Column]:
        return [c for index, name in origins for c in self.references[index].table.columns if c.name == name]

    def touch(self, origins: frozenset[Origin]) -> None:
        """Columns that the statement may read."""
        for index, column in origins:
            self.references[index].columns.add(column)

    def fence(self, whatever: bool) -> None:
        """A condition of the statement can raise; `whatever` the values of guarded columns are."""
        for reference in self.references:
            reference.raises = True
            reference.fenced = whatever

    def guard(self, origins: frozenset[Origin]) -> None:
        """Columns that stand under an expression which can raise before the row filter is applied."""
        for index, column in origins:
            self.references[index].guarded.add(column)
