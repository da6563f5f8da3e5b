"""Names in a statement that might capture the policy's own text: its tables, columns and aliases."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "cte_named_like_the_filters_table": (
        "WITH tickets AS (SELECT i AS customer_id, 'sam' AS assigned_to FROM range(41) t(i)) SELECT "
        "id, name FROM customers",
        SAME,
    ),
    "cte_named_like_the_table": (
        "WITH customers AS (SELECT 1 AS id, 'US' AS region) SELECT * FROM main.customers",
        SAME,
    ),
    "outer_query_has_the_filters_column": (
        "SELECT (SELECT count(*) FROM customers) AS n FROM (SELECT 'US' AS region) o",
        SAME,
    ),
    "outer_query_has_all_columns": (
        "SELECT (SELECT max(name) FROM customers c WHERE c.id = o.id) AS n FROM (SELECT 'US' AS "
        "region, 2 AS id, 'x' AS name) o",
        SAME,
    ),
    "lateral_has_the_filters_column": (
        "SELECT s.n FROM (SELECT 'US' AS region) o, LATERAL (SELECT count(*) AS n FROM customers) s",
        SAME,
    ),
    "alias_region": ("SELECT 'EU' AS region, name FROM customers WHERE region <> 'EU'", SAME),
    "alias_of_the_policy": ("SELECT * FROM customers AS __usher", "construct"),
    "alias_of_the_policy_quoted": ('SELECT * FROM customers AS "__usher"', "construct"),
    "alias_of_the_policy_upper": ('SELECT * FROM customers AS "__USHER"', "construct"),
    "column_of_the_policys_alias": ("SELECT __usher.ssn FROM customers", "construct"),
    "column_of_the_policys_alias_in_a_lateral": (
        "SELECT * FROM customers, LATERAL (SELECT __usher.region) s",
        "construct",
    ),
    "cte_of_the_rewriter": ("WITH __usher_cte0_x AS (SELECT 1 AS a) SELECT * FROM __usher_cte0_x", "construct"),
    "cte_of_the_rewriter_guessed": (
        'WITH customers AS (SELECT id FROM customers) SELECT * FROM "__usher_cte0_customers"',
        "construct",
    ),
    "alias_equals_another_table": ("SELECT vault.id FROM customers AS vault ORDER BY 1 LIMIT 2", SAME),
    "alias_equals_the_filters_table": ("SELECT tickets.id FROM customers AS tickets ORDER BY 1 LIMIT 2", SAME),
    "self_join_swapped_aliases": (
        "SELECT customers.status, orders.name FROM customers AS orders, orders AS customers WHERE "
        "orders.id = customers.customer_id ORDER BY customers.id LIMIT 2",
        SAME,
    ),
    "column_list_alias": ("SELECT a, b, c FROM customers AS q(a, b, c) ORDER BY a LIMIT 2", SAME),
    "column_list_hides_the_region": ("SELECT count(*) FROM customers AS q(a, b, c, d)", SAME),
    "alias_shop": ("SELECT shop.name FROM customers AS shop ORDER BY 1 LIMIT 1", SAME),
    "alias_main": ("SELECT main.name FROM customers AS main ORDER BY 1 LIMIT 1", SAME),
    "struct_named_like_the_table": ("SELECT customers.name FROM (SELECT {'name': 'x'} AS customers) q", SAME),
    "lambda_parameter_like_a_column": (
        "SELECT list_transform([1], lambda region: region + 1) FROM customers LIMIT 1",
        SAME,
    ),
    "lambda_parameter_like_the_alias": (
        "SELECT list_transform([1], lambda __usher: __usher) FROM customers",
        "construct",
    ),
    "window_named_like_the_alias": ("SELECT count(*) OVER region FROM customers WINDOW region AS () LIMIT 1", SAME),
    "parameter_like_an_attribute": ("SELECT $region", "parameters"),
    "or_true": ("SELECT count(*) FROM customers WHERE region = 'US' OR true", SAME),
    "comment_eats_the_filter": ("SELECT count(*) FROM customers -- ", SAME),
    "comment_in_the_alias": ("SELECT count(*) FROM customers /* AS x */ WHERE true /*", "syntax"),
    "union_in_an_alias": ('SELECT * FROM customers AS "x) UNION ALL SELECT * FROM vault --" LIMIT 1', SAME),
    "quote_in_an_alias": ('SELECT count(*) FROM customers AS "a"" FROM vault --"', SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_policy_text_capture(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
