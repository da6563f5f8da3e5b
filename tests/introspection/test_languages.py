"""The grammar in which clients write."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from proxy.introspection.languages import GRAMMAR


def test_subscripts_are_as_they_are_written() -> None:
    tree = sqlglot.parse_one("SELECT a[1], a[0], a[b], a[b - 1], a[b::int]", read=GRAMMAR)
    written = [node.expressions[0].sql() for node in tree.find_all(exp.Bracket)]
    assert sorted(written) == ["0", "1", "CAST(b AS INT)", "b", "b - 1"]
