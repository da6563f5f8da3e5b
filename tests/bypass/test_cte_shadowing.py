"""A CTE that bears the name of a table, in every scope (attack: a name that counts as a CTE where it is none)."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "self_shadow": ("WITH customers AS (SELECT * FROM customers) SELECT * FROM customers", SAME),
    "self_shadow_of_the_vault": ("WITH vault AS (SELECT * FROM vault) SELECT * FROM vault", "unknown-table"),
    "self_shadow_in_other_case": (
        'WITH "CUSTOMERS" AS (SELECT * FROM customers) SELECT * FROM Customers',
        SAME,
    ),
    "self_shadow_quoted": ('WITH "vault" AS (SELECT * FROM vault) SELECT * FROM "vault"', "unknown-table"),
    "inner_scope_does_not_exempt_outer": (
        "SELECT id, name FROM customers WHERE id IN (WITH customers AS (SELECT 2 AS id) SELECT id FROM customers)",
        SAME,
    ),
    "inner_scope_does_not_exempt_the_vault": (
        "SELECT k FROM vault WHERE k IN (WITH vault AS (SELECT 2 AS k) SELECT k FROM vault)",
        "unknown-table",
    ),
    "sibling_scope": (
        "SELECT (WITH vault AS (SELECT 1 AS k) SELECT k FROM vault) AS a, (SELECT max(v) FROM vault) AS b",
        "unknown-table",
    ),
    "defined_later": ("WITH a AS (SELECT * FROM vault), vault AS (SELECT 1 AS k) SELECT * FROM a", "unknown-table"),
    "defined_later_of_a_table": (
        "WITH a AS (SELECT * FROM customers), customers AS (SELECT 1 AS k) SELECT * FROM a",
        SAME,
    ),
    "recursive_self": ("WITH RECURSIVE vault AS (SELECT * FROM vault) SELECT * FROM vault", "unknown-table"),
    "recursive_self_of_a_table": (
        "WITH RECURSIVE customers AS (SELECT * FROM customers) SELECT * FROM customers",
        SAME,
    ),
    "recursive_union_names_itself": (
        "WITH RECURSIVE vault AS (SELECT 1 AS k UNION ALL SELECT k + 1 FROM vault WHERE k < 3) SELECT * FROM vault",
        SAME,
    ),
    "recursive_anchor_names_the_table": (
        "WITH RECURSIVE vault AS (SELECT k FROM vault UNION ALL SELECT k + 1 FROM vault WHERE k < 3) "
        "SELECT * FROM vault",
        "unknown-table",
    ),
    "qualified_is_never_a_cte": ("WITH vault AS (SELECT 1 AS v) SELECT * FROM main.vault", "unknown-table"),
    "qualified_by_warehouse": ("WITH vault AS (SELECT 1 AS v) SELECT * FROM shop.main.vault", "unknown-table"),
    "nested_with": (
        "WITH a AS (WITH vault AS (SELECT 1 AS k) SELECT k FROM vault) SELECT a.k, vault.k FROM a, vault",
        "unknown-table",
    ),
    "cte_in_a_set_operation": (
        "(WITH vault AS (SELECT 1 AS k) SELECT k FROM vault) UNION ALL SELECT k FROM vault",
        "unknown-table",
    ),
    "cte_in_a_cte_body": (
        "WITH a AS (SELECT * FROM orders), orders AS (SELECT 1 AS id) SELECT count(*) FROM a, orders",
        SAME,
    ),
    "unused_cte_reads_the_vault": ("WITH a AS (SELECT * FROM vault) SELECT 1", "unknown-table"),
    "materialized": ("WITH vault AS MATERIALIZED (SELECT * FROM vault) SELECT * FROM vault", "unknown-table"),
    "column_list": ("WITH customers(a, b) AS (SELECT id, name FROM customers) SELECT a, b FROM customers", SAME),
    "cte_like_a_table_function": ("WITH range AS (SELECT 1 AS k) SELECT * FROM range", SAME),
    "using_key": (
        "WITH RECURSIVE r(k, n) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, n + 1 FROM r WHERE n < "
        "3) SELECT * FROM r",
        SAME,
    ),
    "using_key_over_the_vault": (
        "WITH RECURSIVE vault(k, n) USING KEY (k) AS (SELECT k, 1 FROM vault UNION SELECT k, n + 1 "
        "FROM vault WHERE n < 3) SELECT * FROM vault",
        "unknown-table",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_cte_shadowing(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
