"""PostgreSQL: tables that were not granted, in every spelling; other schemas, other databases, views."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "vault": ("SELECT * FROM vault", "unknown-table"),
    "vault_qualified": ("SELECT * FROM public.vault", "unknown-table"),
    "vault_by_warehouse": ("SELECT * FROM shop.public.vault", "unknown-table"),
    "vault_quoted": ('SELECT * FROM "vault"', "unknown-table"),
    "vault_in_capitals": ("SELECT * FROM VAULT", "unknown-table"),
    "vault_quoted_in_capitals": ('SELECT * FROM "VAULT"', "unknown-table"),
    "vault_by_unicode": ('SELECT * FROM U&"v\\0061ult"', "construct"),
    "vault_by_own_escape": ("SELECT * FROM U&\"v!0061ult\" UESCAPE '!'", "construct"),
    "vault_by_full_width_letters": ("SELECT * FROM \uff56ault", "unknown-table"),
    "vault_by_a_kelvin_sign": ("SELECT * FROM \u212aault", "unknown-table"),
    "table": ("TABLE vault", "unknown-table"),
    "table_of_a_schema": ("TABLE public.vault", "unknown-table"),
    "table_in_a_union": ("SELECT 1, 'a' UNION ALL TABLE vault", "unknown-table"),
    "table_in_a_cte": ("WITH q AS (TABLE vault) TABLE q", "unknown-table"),
    "table_only": ("TABLE ONLY vault", "unknown-table"),
    "only": ("SELECT * FROM ONLY vault", "unknown-table"),
    "only_behind_a_comment": ("SELECT * FROM ONLY/**/vault", "construct"),
    "only_in_parentheses": ("SELECT * FROM ONLY (vault)", "construct"),
    "star": ("SELECT * FROM vault *", "unknown-table"),
    "hr": ("SELECT * FROM hr.salaries", "unknown-table"),
    "hr_unqualified": ("SELECT * FROM salaries", "unknown-table"),
    "hr_by_warehouse": ("SELECT * FROM shop.hr.salaries", "unknown-table"),
    "outside": ("SELECT * FROM outside.papers", "unknown-table"),
    "outside_by_warehouse": ("SELECT * FROM shop.outside.papers", "unknown-table"),
    "outside_by_database": ("SELECT * FROM shop_1.outside.papers", "unknown-table"),
    "other_database": ("SELECT * FROM postgres.pg_catalog.pg_database", "unknown-table"),
    "four_parts": ("SELECT * FROM a.shop.public.vault", "syntax"),
    "child": ("SELECT * FROM customers_old", "unknown-table"),
    "child_qualified": ("SELECT * FROM public.customers_old", "unknown-table"),
    "view": ("SELECT * FROM vault_view", "unknown-table"),
    "materialized_view": ("SELECT * FROM vault_kept", "unknown-table"),
    "view_qualified": ("SELECT * FROM public.vault_view", "unknown-table"),
    "index_as_a_table": ("SELECT * FROM customers_id_idx", "unknown-table"),
    "exists": ("SELECT id FROM orders WHERE EXISTS (SELECT FROM vault)", "unknown-table"),
    "in_a_scalar_query": ("SELECT (SELECT max(v) FROM vault)", "unknown-table"),
    "in_an_array": ("SELECT ARRAY(SELECT v FROM vault)", "unknown-table"),
    "in_limit": ("SELECT id FROM orders LIMIT (SELECT max(k) FROM vault)", "unknown-table"),
    "in_offset": ("SELECT id FROM orders OFFSET (SELECT max(k) FROM vault)", "unknown-table"),
    "in_fetch": ("SELECT id FROM orders FETCH FIRST (SELECT max(k) FROM vault) ROWS ONLY", "unknown-table"),
    "in_values": ("VALUES ((SELECT max(v) FROM vault))", "unknown-table"),
    "in_order": ("SELECT id FROM orders ORDER BY (SELECT max(v) FROM vault)", "unknown-table"),
    "in_group": ("SELECT 1 FROM orders GROUP BY (SELECT max(v) FROM vault)", "unknown-table"),
    "in_distinct_on": ("SELECT DISTINCT ON ((SELECT max(v) FROM vault)) id FROM orders", "unknown-table"),
    "in_a_window": (
        "SELECT count(*) OVER w FROM orders WINDOW w AS (ORDER BY (SELECT max(v) FROM vault))",
        "unknown-table",
    ),
    "in_a_frame": (
        "SELECT sum(id) OVER (ORDER BY id ROWS (SELECT max(k) FROM vault) PRECEDING) FROM orders",
        "unknown-table",
    ),
    "in_a_filter": ("SELECT count(*) FILTER (WHERE id IN (SELECT k FROM vault)) FROM orders", "unknown-table"),
    "in_within_group": (
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY (SELECT max(v) FROM vault)) FROM orders",
        "unknown-table",
    ),
    "in_function_arguments": ("SELECT * FROM generate_series(1, (SELECT max(k) FROM vault))", "unknown-table"),
    "in_a_sample": ("SELECT * FROM orders TABLESAMPLE bernoulli ((SELECT max(k) FROM vault))", "construct"),
    "in_a_row_comparison": (
        "SELECT id FROM orders WHERE (id, status) = (SELECT k, v FROM vault LIMIT 1)",
        "unknown-table",
    ),
    "in_any": ("SELECT id FROM orders WHERE status > ANY (SELECT v FROM vault)", "unknown-table"),
    "in_a_subscript": ("SELECT (ARRAY[1])[(SELECT max(k) FROM vault)]", "unknown-table"),
    "in_an_unused_cte": ("WITH q AS (SELECT * FROM vault) SELECT 1", "unknown-table"),
    "in_search": (
        "WITH RECURSIVE q AS (SELECT k FROM vault UNION ALL SELECT k FROM q) SEARCH DEPTH FIRST BY k SET s SELECT 1",
        "unknown-table",
    ),
    "in_xmltable": (
        "SELECT * FROM XMLTABLE('/a' PASSING (SELECT v::xml FROM vault) COLUMNS b text PATH '.')",
        "construct",
    ),
    "in_a_case": ("SELECT CASE WHEN EXISTS (SELECT FROM vault) THEN 1 END", "unknown-table"),
    "union": ("SELECT name FROM customers UNION ALL SELECT v FROM vault", "unknown-table"),
    "except": ("SELECT v FROM vault EXCEPT SELECT name FROM customers", "unknown-table"),
    "natural_join": ("SELECT * FROM orders NATURAL JOIN vault", "unknown-table"),
    "using": ("SELECT * FROM orders JOIN hr.salaries USING (id)", "unknown-table"),
    "column_of_it": ("SELECT vault.v FROM customers", "unknown-column"),
    "joined_tree": ("SELECT * FROM (orders o CROSS JOIN vault v)", "unknown-table"),
}


@pytest.mark.parametrize("case", CASES)
def test_other_schemas(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
