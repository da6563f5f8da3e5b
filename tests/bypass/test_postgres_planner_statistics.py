"""PostgreSQL: what ANALYZE kept of hidden rows, asked for while a statement is planned."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, VIRTUAL, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

FENCED = "(SELECT * FROM customers OFFSET 0) q"
CASES = {
    "dangling_with_a_collation": ("SELECT count(*) FROM customers WHERE name LIKE '%CANARY-1\\' COLLATE \"C\"", SAME),
    "prefix_operator": ("SELECT count(*) FROM customers WHERE name ^@ 'HIDDEN'", SAME),
    "prefix_function": ("SELECT count(*) FROM customers WHERE starts_with(name, 'HIDDEN')", SAME),
    "dangling_like": ("SELECT id FROM customers WHERE name LIKE 'HIDDEN-CANARY-1\\'", SAME),
    "dangling_like_anywhere": ("SELECT id FROM customers WHERE name LIKE '%CANARY-1\\'", SAME),
    "dangling_ilike": ("SELECT id FROM customers WHERE name ILIKE '%canary-1\\'", SAME),
    "dangling_not_like": ("SELECT id FROM customers WHERE name NOT LIKE '%CANARY-1\\'", SAME),
    "dangling_operator": ("SELECT id FROM customers WHERE name OPERATOR(pg_catalog.~~) '%CANARY-1\\'", SAME),
    "dangling_function": ("SELECT id FROM customers WHERE textlike(name, '%CANARY-1\\')", "function"),
    "dangling_in_a_fence": (f"SELECT id FROM {FENCED} WHERE name LIKE '%CANARY-1\\'", SAME),
    "dangling_in_a_materialized_query": (
        "WITH q AS MATERIALIZED (SELECT * FROM customers) SELECT id FROM q WHERE name LIKE '%CANARY-1\\'",
        SAME,
    ),
    "dangling_any": ("SELECT id FROM customers WHERE name LIKE ANY (ARRAY['%CANARY-1\\'])", SAME),
    "dangling_on_the_mask": ("SELECT id FROM customers WHERE email LIKE '%CANARY-2\\'", SAME),
    "dangling_computed": ("SELECT id FROM customers WHERE name LIKE '%CANARY-1' || chr(92)", SAME),
    "dangling_parameter_like": ("SELECT id FROM customers WHERE name LIKE concat('%CANARY-1', chr(92))", SAME),
    "dangling_in_a_join": (
        "SELECT o.id FROM orders o JOIN customers c ON c.id = o.id AND c.name LIKE '%CANARY-1\\'",
        SAME,
    ),
    "division": ("SELECT count(*) FROM customers WHERE 10 / (credit - 7838001) = 10", SAME),
    "remainder": ("SELECT count(*) FROM customers WHERE 10 % (credit - 7838001) = 10", SAME),
    "cast_of_a_common_value": ("SELECT count(*) FROM customers WHERE CAST(replace(name, 'name', '') AS int) = 5", SAME),
    "guarded_by_a_common_value": (
        "SELECT count(*) FROM customers WHERE credit = 7838001 AND CAST(now()::text AS integer) = 1",
        "conversion",
    ),
    "guarded_by_case": (
        "SELECT count(*) FROM customers WHERE CASE WHEN notes = 'HIDDEN-CANARY' THEN 1 / (id - id) END = 1",
        SAME,
    ),
    "expression_with_statistics": ("SELECT count(*) FROM customers WHERE 1 / (credit + 1 - 7838002) = 0", SAME),
    "expression_index": ("SELECT count(*) FROM customers WHERE lower(name) = 'hidden-canary-1'", SAME),
    "range_by_statistics": ("SELECT count(*) FROM customers WHERE credit BETWEEN 7838001 AND 7838001", SAME),
    "max_by_index": ("SELECT max(credit), max(id) FROM customers", SAME),
    "statistics_of_text": ("SELECT histogram_bounds FROM pg_stats WHERE tablename = 'customers'", "unknown-table"),
    "statistics_in_full": ("SELECT * FROM pg_catalog.pg_stats", "unknown-table"),
    "statistics_raw": ("SELECT * FROM pg_statistic", "unknown-table"),
    "extended_statistics": ("SELECT * FROM pg_stats_ext", "unknown-table"),
    "extended_statistics_of_expressions": ("SELECT * FROM pg_stats_ext_exprs", "unknown-table"),
    "extended_statistics_raw": ("SELECT * FROM pg_statistic_ext_data", "unknown-table"),
    "most_common_values": ("SELECT * FROM pg_mcv_list_items(NULL)", "function"),
    "rows_by_the_planner": ("SELECT reltuples FROM pg_class WHERE relname = 'customers'", VIRTUAL),
    "size_of_a_table": ("SELECT pg_relation_size('customers')", VIRTUAL),
    "size_of_an_index": ("SELECT pg_indexes_size('customers')", VIRTUAL),
    "size_of_a_value": ("SELECT max(pg_column_size(ssn)) FROM customers", "function"),
    "explain": ("EXPLAIN SELECT * FROM customers", "statement-kind"),
    "explain_analyze": ("EXPLAIN (ANALYZE, VERBOSE, BUFFERS) SELECT * FROM customers", "statement-kind"),
    "explain_of_a_generic_plan": ("EXPLAIN (GENERIC_PLAN) SELECT * FROM customers WHERE id = $1", "statement-kind"),
    "analyze": ("ANALYZE VERBOSE customers", "statement-kind"),
}


@pytest.mark.parametrize("case", CASES)
def test_planner_statistics(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])


OF_CUSTOMERS = [case for case, (sql, outcome) in CASES.items() if outcome == SAME and "orders" not in sql]


@pytest.mark.parametrize("case", OF_CUSTOMERS)
def test_statistics_of_rows_hidden_by_a_query(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, CASES[case][0], SAME, "sam")
