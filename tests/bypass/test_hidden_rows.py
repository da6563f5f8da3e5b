"""Hidden rows, asked for by every road that ends in a count, an order or an error."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "count": ("SELECT count(*) FROM customers", SAME),
    "by_value": ("SELECT count(*) FROM customers WHERE region = 'US'", SAME),
    "by_negation": ("SELECT count(*) FROM customers WHERE NOT (region = 'EU')", SAME),
    "by_null": ("SELECT count(*) FROM customers WHERE region IS DISTINCT FROM 'EU'", SAME),
    "or_true": ("SELECT count(*) FROM customers WHERE region = 'US' OR 1 = 1", SAME),
    "left_join": (
        "SELECT count(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.id IS NULL",
        SAME,
    ),
    "right_join": (
        "SELECT count(*) FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id AND c.region = 'US'",
        SAME,
    ),
    "full_join_on_true": ("SELECT count(*) FROM customers c FULL JOIN (SELECT 1) s ON true", SAME),
    "cross_join": ("SELECT count(*) FROM customers a, customers b", SAME),
    "anti_join": ("SELECT count(*) FROM customers a ANTI JOIN customers b ON a.id = b.id + 1", SAME),
    "asof_join": ("SELECT sum(c.id) FROM orders o ASOF JOIN customers c ON o.customer_id >= c.id", SAME),
    "except": ("SELECT id FROM orders EXCEPT SELECT id FROM customers ORDER BY 1 LIMIT 3", SAME),
    "intersect": ("SELECT id FROM orders INTERSECT SELECT id FROM customers ORDER BY 1 LIMIT 3", SAME),
    "recursive": (
        "WITH RECURSIVE r(n) AS (SELECT min(id) FROM customers UNION ALL SELECT n + 1 FROM r WHERE "
        "EXISTS (SELECT 1 FROM customers WHERE id = n + 2)) SELECT count(*) FROM r",
        SAME,
    ),
    "all_comparison": ("SELECT count(*) FROM orders WHERE id > ALL (SELECT id FROM customers)", SAME),
    "raising_case": (
        "SELECT count(*) FROM customers WHERE CASE WHEN credit = 7838 THEN CAST('x' AS INTEGER) ELSE 1 END = 1",
        SAME,
    ),
    "raising_and": ("SELECT count(*) FROM customers WHERE credit > 7000 AND CAST('x' AS INTEGER) = 1", SAME),
    "raising_cast": ("SELECT count(*) FROM customers WHERE CAST(replace(name, 'name', '') AS INTEGER) >= 0", SAME),
    "raising_coalesce": (
        "SELECT count(*) FROM customers WHERE CAST(replace(coalesce(name, 'name1'), 'name', '') AS INTEGER) >= 0",
        SAME,
    ),
    "raising_division": ("SELECT count(*) FROM customers WHERE 100 // (credit - 7838) > -1000", SAME),
    "raising_overflow": ("SELECT count(*) FROM customers WHERE credit * 2000000 > 0", SAME),
    "raising_narrowing": ("SELECT count(*) FROM customers WHERE CAST(credit AS SMALLINT) >= 0", SAME),
    "raising_like": ("SELECT count(*) FROM customers WHERE name LIKE 'HID$' ESCAPE '$'", SAME),
    "raising_interval": (
        "SELECT count(*) FROM customers WHERE INTERVAL (replace(name, 'name', '')) DAY IS NOT NULL",
        SAME,
    ),
    "raising_position": (
        "SELECT count(*) FROM (SELECT replace(name, 'name', ''), id FROM customers) WHERE CAST(#1 AS INTEGER) > 0",
        SAME,
    ),
    "raising_subquery": (
        "SELECT count(*) FROM customers WHERE credit > 7000000 AND (SELECT CAST('x' AS INTEGER)) = 1",
        "conversion",
    ),
    "raising_join": (
        "SELECT count(*) FROM customers c JOIN orders o ON c.id = o.id AND CAST(replace(c.name, "
        "'name', '') AS INTEGER) = o.id",
        SAME,
    ),
    "raising_aggregate_beside": (
        "SELECT count(*) FROM customers c, (SELECT sum(CAST(status AS INTEGER)) q FROM orders) z "
        "WHERE c.credit > 7838000",
        SAME,
    ),
    "raising_list": (
        "SELECT count(*) FROM customers WHERE [1, 2][CAST(replace(name, 'name', '') AS INTEGER)] IS NULL",
        SAME,
    ),
    "tablesample": ("SELECT count(*) FROM customers TABLESAMPLE reservoir(1000 ROWS)", SAME),
    "sample_of_blocks": ("SELECT count(*) FROM customers TABLESAMPLE 10%", "construct"),
    "sample_of_blocks_by_name": ("SELECT id FROM customers TABLESAMPLE system(50%)", "construct"),
    "sample_of_blocks_that_repeats": ("SELECT id FROM customers TABLESAMPLE system(50%) REPEATABLE (42)", "construct"),
    "sample_of_blocks_of_a_result": ("SELECT id FROM customers USING SAMPLE 50%", "construct"),
    "sample_of_blocks_inside": (
        "SELECT o.id FROM orders o WHERE o.id IN (SELECT id FROM customers USING SAMPLE 50% (system))",
        "construct",
    ),
    "sample_of_a_join": ("SELECT o.id FROM customers c JOIN orders o USING (id) USING SAMPLE 50%", "construct"),
    "sample_that_repeats": ("SELECT id FROM customers TABLESAMPLE reservoir(5 ROWS) REPEATABLE (42)", "construct"),
    "sample_by_rows_that_repeats": ("SELECT count(*) FROM customers TABLESAMPLE bernoulli(100%) REPEATABLE (1)", SAME),
    "sample_of_what_is_open": ("SELECT count(*) FROM orders TABLESAMPLE 100%", SAME),
    "sum": ("SELECT sum(credit), avg(credit), max(credit) FROM customers", SAME),
    "order_of_rows": ("SELECT id FROM customers", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_hidden_rows(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
