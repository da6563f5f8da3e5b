"""Statements made to exhaust whoever reads them; nobody would write one by hand."""

from __future__ import annotations


def doubled(times: int) -> str:
    """A column that each sub-query uses twice: an engine that puts sub-queries into what is around them plans it so
    many times doubled."""
    inner = "SELECT name AS a FROM customers"
    for _ in range(times):
        inner = f"SELECT coalesce(a, a) AS a FROM ({inner}) q"
    return f"SELECT a FROM ({inner}) q WHERE a <> 'x'"


def widened(times: int) -> str:
    """A table that each WITH query joins with itself."""
    steps = (f"c{i + 1} AS (SELECT x.*, y.* FROM c{i} x, c{i} y)" for i in range(times))
    return f"WITH c0 AS (SELECT id AS a FROM customers), {', '.join(steps)} SELECT count(*) FROM c{times}"


STATEMENTS = {
    "nested_parentheses": "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
    "million_byte_list": "SELECT id FROM customers WHERE id IN (" + ",".join(map(str, range(150_000))) + ")",
    "ten_thousand_ctes": "WITH " + ", ".join(f"c{i} AS (SELECT 1)" for i in range(10_000)) + " SELECT * FROM c1",
    "ten_thousand_ands": "SELECT id FROM customers WHERE " + " AND ".join(f"id <> {i}" for i in range(10_000)),
    "ten_thousand_unions": " UNION ALL ".join(["SELECT 1"] * 10_000),
    "ten_thousand_sums": "SELECT " + "+".join(["1"] * 10_000),
    "nested_cases": "SELECT " + "CASE WHEN 1=1 THEN " * 5_000 + "1" + " END" * 5_000,
    "nested_queries": "SELECT * FROM " + "(SELECT * FROM " * 3_000 + "customers" + ")" * 3_000,
    "nested_lists": "SELECT " + "[" * 20_000 + "1" + "]" * 20_000,
    "nested_lambdas": "SELECT " + "list_transform([1], lambda x: " * 1_000 + "1" + ")" * 1_000,
    "nots": "SELECT " + "NOT " * 20_000 + "true",
    "minuses": "SELECT " + "- " * 20_000 + "1",
    "joins": "SELECT 1 FROM customers c0" + "".join(f" JOIN customers c{i} USING (id)" for i in range(1, 3_000)),
    "columns": "SELECT " + ",".join(["name"] * 20_000) + " FROM customers",
    "casts": "SELECT 1" + "::int" * 20_000,
    "fields": "SELECT a" + ".a" * 20_000 + " FROM customers",
    "subscripts": "SELECT name" + "[1]" * 20_000 + " FROM customers",
    "long_string": "SELECT '" + "x" * 900_000 + "'",
    "open_comments": "SELECT 1 /*" + "/*" * 100_000,
    "doubled_columns": doubled(30),
    "doubled_aliases": "SELECT name AS a0, "
    + ", ".join(f"coalesce(a{i}, a{i}) AS a{i + 1}" for i in range(30))
    + " FROM customers WHERE a30 <> 'x'",
    "doubled_stars": widened(20),
    "open_quote": "SELECT '" + "''" * 100_000,
}
"""By name."""
