"""Result names, which are output too: values, and policy text."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "scalar_subquery": ("SELECT (SELECT max(name) FROM customers)", SAME),
    "scalar_subquery_twice": ("SELECT (SELECT max(name) FROM customers), (SELECT min(name) FROM customers)", SAME),
    "nested_scalar_subquery": ("SELECT (SELECT max(x) FROM (SELECT (SELECT max(credit) FROM customers) AS x))", SAME),
    "scalar_in_an_expression": ("SELECT (SELECT count(*) FROM customers) + 1", SAME),
    "exists": ("SELECT EXISTS (SELECT 1 FROM customers)", SAME),
    "in_query": ("SELECT 2 IN (SELECT id FROM customers)", SAME),
    "array_query": ("SELECT ARRAY(SELECT id FROM customers ORDER BY id LIMIT 2)", SAME),
    "star_over_a_made_up_name": ("SELECT * FROM (SELECT (SELECT max(name) FROM customers))", "construct"),
    "cte_over_a_made_up_name": ("WITH q AS (SELECT (SELECT count(*) FROM customers)) SELECT * FROM q", "construct"),
    "row_over_a_made_up_name": ("SELECT q FROM (SELECT (SELECT max(name) FROM customers)) q", "construct"),
    "json_over_a_made_up_name": ("SELECT to_json(q) FROM (SELECT (SELECT max(name) FROM customers)) q", "construct"),
    "unpivot_over_a_made_up_name": (
        "SELECT n FROM (SELECT (SELECT max(name) FROM customers)) UNPIVOT (v FOR n IN (COLUMNS(*)))",
        "construct",
    ),
    "typeof_over_a_made_up_name": ("SELECT typeof(q) FROM (SELECT (SELECT max(name) FROM customers)) q", "construct"),
    "struct_keys_over_a_made_up_name": (
        "SELECT struct_keys(q) FROM (SELECT (SELECT max(name) FROM customers)) q",
        "construct",
    ),
    "columns_over_a_made_up_name": (
        "SELECT COLUMNS('.*') FROM (SELECT (SELECT max(name) FROM customers))",
        "construct",
    ),
    "columns_lambda_over_a_made_up_name": (
        "SELECT COLUMNS(lambda x: x LIKE '%region%') FROM (SELECT (SELECT max(name) FROM customers))",
        "construct",
    ),
    "row_of_a_cte": ("WITH q AS (SELECT (SELECT max(name) FROM customers)) SELECT q FROM q", "construct"),
    "exists_row": ("SELECT q FROM (SELECT EXISTS (SELECT 1 FROM customers)) q", "construct"),
    "pivot_statement": ("PIVOT customers ON name", "statement-kind"),
    "pivot_in_from_any": ("SELECT * FROM customers PIVOT (count(*) FOR name IN (ANY))", "syntax"),
    "pivot_over_a_query": (
        "SELECT * FROM customers PIVOT (count(*) FOR name IN (SELECT name FROM customers))",
        "syntax",
    ),
    "pivot_with_a_list": (
        "SELECT * FROM (SELECT region, credit FROM customers) PIVOT (sum(credit) FOR region IN ('EU', 'US'))",
        SAME,
    ),
    "pivot_wider": ("PIVOT_WIDER customers ON name USING count(*)", "statement-kind"),
    "parameter_name": ("SELECT (SELECT count(*) FROM customers WHERE region = 'EU') AS n, 1 + 1", SAME),
    "cte_in_a_made_up_name": ("WITH q AS (SELECT 1 AS a) SELECT (SELECT max(a) FROM q)", SAME),
    "function_of_a_subquery": ("SELECT coalesce((SELECT max(name) FROM customers), 'x')", SAME),
    "case_of_a_subquery": ("SELECT CASE WHEN (SELECT count(*) FROM customers) > 1 THEN 1 END", SAME),
    "union_of_made_up_names": ("SELECT (SELECT max(name) FROM customers) UNION ALL SELECT 'x'", SAME),
    "map_of_names": ("SELECT map([name], [1]) FROM customers ORDER BY id LIMIT 1", SAME),
    "enum_of_values": ("SELECT 'a'::ENUM ('a', 'b')", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_column_headers(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
