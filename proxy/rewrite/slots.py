"""Bound values of a plan: which parameter of the rewritten text stands for what.

Rule kept here: no value of a caller ever becomes text. The client's parameters come first, in the order of the user's
statement; the policy's own follow, each once, or once a use where the engine gives each use a type of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from proxy.values import Slot, SlotKind

SECRET = "secret:"  # noqa: S105 - a prefix of names


def numbered(number: int) -> exp.Expr:
    """A parameter as it runs: $1, $2, .."""
    return exp.Parameter(this=exp.Literal.number(number))


class Slots:
    """Allots parameter numbers while policy views are written. `shares` says whether one number may stand for an
    attribute in every place where it is used, whatever type the engine gives it there."""

    def __init__(
        self,
        client: tuple[str, ...],
        shape: Mapping[str, int | None],
        shares: bool = True,
        spelt: Callable[[int], exp.Expr] = numbered,
    ) -> None:
        self._slots = [Slot(SlotKind.CLIENT, name) for name in client]
        self._numbers: dict[Slot, int] = {}
        self._shape = shape
        self._shares = shares
        self._spelt = spelt

    def all(self) -> tuple[Slot, ...]:
        """Every slot, in the order of $1, $2, .."""
        return tuple(self._slots)

    def bound(self, tree: exp.Expr) -> exp.Expr:
        """A copy of policy text with every `:name` replaced by its parameter, list attributes by one each item."""
        tree = tree.copy()
        if isinstance(tree, exp.Placeholder):
            return self._single(tree)
        for node in list(tree.find_all(exp.Placeholder)):
            parent = node.parent
            if isinstance(parent, exp.In) and parent.this is not node:
                parameters = self._parameters(node)
                items = [p for item in parent.expressions for p in (parameters if item is node else [item])]
                parent.set("expressions", items)
            else:
                node.replace(self._single(node))
        return tree

    def _single(self, node: exp.Placeholder) -> exp.Expr:
        """One value; NULL for a list of several where one value is meant, so that the condition does not hold."""
        if (self._shape.get(str(node.this)) or 0) > 1:
            return exp.Null()
        return self._parameters(node)[0]

    def _parameters(self, node: exp.Placeholder) -> list[exp.Expr]:
        name = str(node.this)
        if name.startswith(SECRET):
            return [self._parameter(Slot(SlotKind.SECRET, name.removeprefix(SECRET)))]
        length = self._shape.get(name)
        if length is None:
            return [exp.Null()]
        if length < 0:
            return [self._parameter(Slot(SlotKind.ATTRIBUTE, name))]
        return [self._parameter(Slot(SlotKind.ATTRIBUTE, name, i)) for i in range(length)] or [exp.Null()]

    def _parameter(self, slot: Slot) -> exp.Expr:
        return self._spelt(self.number(slot))

    def number(self, slot: Slot) -> int:
        """The number of a slot, a new one where it has none or shares none."""
        if slot not in self._numbers or (slot.kind is SlotKind.ATTRIBUTE and not self._shares):
            self._slots.append(slot)
            self._numbers[slot] = len(self._slots)
        return self._numbers[slot]
