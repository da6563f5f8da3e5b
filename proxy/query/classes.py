"""Which of sqlglot's classes a node belongs to, for questions that are asked of every node.

Rule kept here: the answer is `issubclass`'s own, asked once a class.
"""

from __future__ import annotations

from sqlglot import exp


class Among(dict[type[exp.Expr], bool]):
    """Whether a class of nodes is one of `wanted`, or derived from one: `among[type(node)]`."""

    def __init__(self, *wanted: type[exp.Expr]) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, kind: type[exp.Expr]) -> bool:
        found = self[kind] = issubclass(kind, self._wanted)
        return found
