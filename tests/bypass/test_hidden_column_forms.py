"""A hidden column in every form that reads a row without naming its columns, and a masked one likewise."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "named": ("SELECT ssn FROM customers", "unknown-column"),
    "qualified": ("SELECT customers.ssn FROM customers", "unknown-column"),
    "by_alias": ("SELECT c.ssn FROM customers c", "unknown-column"),
    "by_schema": ("SELECT main.customers.ssn FROM customers", "unknown-column"),
    "by_whole_name": ("SELECT shop.main.customers.ssn FROM customers", "unknown-column"),
    "star": ("SELECT * FROM customers ORDER BY id LIMIT 2", SAME),
    "star_of_a_table": ("SELECT customers.* FROM customers ORDER BY id LIMIT 2", SAME),
    "star_of_a_schema": ("SELECT main.customers.* FROM customers ORDER BY id LIMIT 2", "syntax"),
    "whole_row": ("SELECT c FROM customers c ORDER BY c.id LIMIT 2", SAME),
    "whole_row_as_text": ("SELECT c::VARCHAR FROM customers c ORDER BY c.id LIMIT 2", SAME),
    "whole_row_unnested": ("SELECT unnest(c) FROM customers c ORDER BY c.id LIMIT 2", SAME),
    "struct_extract": ("SELECT struct_extract(c, 'ssn') FROM customers c", "engine-error"),
    "field_of_a_row": ("SELECT (c).ssn FROM customers c", "engine-error"),
    "subscript": ("SELECT c['ssn'] FROM customers c", "engine-error"),
    "columns_pattern": ("SELECT COLUMNS('s.*') FROM customers", SAME),
    "columns_all": ("SELECT COLUMNS(*) FROM customers ORDER BY id LIMIT 2", SAME),
    "columns_lambda": ("SELECT COLUMNS(lambda x: x LIKE 'e%') FROM customers ORDER BY id LIMIT 2", SAME),
    "columns_list": ("SELECT COLUMNS(['ssn']) FROM customers", "engine-error"),
    "columns_cast": ("SELECT COLUMNS('email')::VARCHAR FROM customers ORDER BY id LIMIT 2", SAME),
    "columns_exclude": ("SELECT COLUMNS(* EXCLUDE (id)) FROM customers ORDER BY name LIMIT 2", SAME),
    "exclude_others": (
        "SELECT * EXCLUDE (id, name, email, region, credit, notes, born) FROM customers",
        "engine-error",
    ),
    "exclude_it": ("SELECT * EXCLUDE (ssn) FROM customers", "engine-error"),
    "replace": ("SELECT * REPLACE (ssn AS name) FROM customers", "unknown-column"),
    "replace_with_another": ("SELECT * REPLACE (upper(name) AS name) FROM customers ORDER BY id LIMIT 2", SAME),
    "rename": ("SELECT * RENAME (ssn AS s) FROM customers", SAME),
    "rename_another": ("SELECT * RENAME (name AS ssn) FROM customers ORDER BY id LIMIT 2", SAME),
    "star_like": ("SELECT * LIKE 's%' FROM customers", "engine-error"),
    "star_similar": ("SELECT * SIMILAR TO 'e.*' FROM customers ORDER BY 1 LIMIT 2", SAME),
    "natural_join": ("SELECT count(*) FROM customers NATURAL JOIN (SELECT 'x' AS ssn) s", "engine-error"),
    "natural_join_on_values": (
        "SELECT count(*) FROM customers c NATURAL JOIN (SELECT id, ssn FROM customers) s",
        "unknown-column",
    ),
    "using": ("SELECT count(*) FROM customers JOIN (SELECT 'x' AS ssn) s USING (ssn)", "engine-error"),
    "using_a_masked_one": (
        "SELECT count(*) FROM customers JOIN (SELECT '***@example.com' AS email) s USING (email)",
        SAME,
    ),
    "in_where": ("SELECT id FROM customers WHERE ssn LIKE '9%'", "unknown-column"),
    "in_order_by": ("SELECT id FROM customers ORDER BY ssn", "unknown-column"),
    "in_group_by": ("SELECT count(*) FROM customers GROUP BY ssn", "unknown-column"),
    "group_by_all": ("SELECT ssn, count(*) FROM customers GROUP BY ALL", "unknown-column"),
    "in_having": ("SELECT count(*) FROM customers GROUP BY region HAVING max(ssn) > 'a'", "unknown-column"),
    "in_a_window": ("SELECT rank() OVER (ORDER BY ssn) FROM customers", "unknown-column"),
    "in_qualify": ("SELECT id FROM customers QUALIFY row_number() OVER (PARTITION BY ssn) = 1", "unknown-column"),
    "in_a_filter": ("SELECT count(*) FILTER (WHERE ssn > 'a') FROM customers", "unknown-column"),
    "in_an_aggregates_order": ("SELECT list(id ORDER BY ssn) FROM customers", "unknown-column"),
    "in_distinct_on": ("SELECT DISTINCT ON (ssn) id FROM customers", "unknown-column"),
    "in_a_join": ("SELECT count(*) FROM customers c JOIN orders o ON c.ssn = o.status", "unknown-column"),
    "in_a_correlated_query": (
        "SELECT (SELECT count(*) FROM orders WHERE status = c.ssn) FROM customers c",
        "unknown-column",
    ),
    "in_a_lateral": ("SELECT s.x FROM customers c, LATERAL (SELECT c.ssn AS x) s", "unknown-column"),
    "in_a_list": ("SELECT [ssn] FROM customers", "unknown-column"),
    "in_a_comprehension": ("SELECT [ssn FOR x IN [1]] FROM customers", "unknown-column"),
    "in_a_lambda": ("SELECT list_transform([1], lambda x: ssn) FROM customers", "unknown-column"),
    "in_unpivot": ("SELECT * FROM customers UNPIVOT (v FOR n IN (name, ssn))", "engine-error"),
    "in_pivot": ("SELECT * FROM (SELECT * FROM customers) PIVOT (count(*) FOR ssn IN ('a'))", "unknown-column"),
    "in_a_cte": ("WITH q AS (SELECT * FROM customers) SELECT ssn FROM q", "unknown-column"),
    "in_a_derived_table": ("SELECT ssn FROM (SELECT * FROM customers) q", "unknown-column"),
    "in_a_derived_row": ("SELECT q.c.ssn FROM (SELECT c FROM customers c) q", "engine-error"),
    "in_a_set_operation": ("SELECT id FROM orders UNION SELECT ssn FROM customers", "unknown-column"),
    "by_position": ("SELECT #6 FROM customers", SAME),
    "by_position_past_the_end": ("SELECT #8 FROM customers", "engine-error"),
    "row_function": ("SELECT row(c.*) FROM customers c", "engine-error"),
    "struct_of_a_star": ("SELECT {'a': c} FROM customers c ORDER BY c.id LIMIT 1", SAME),
    "hash_of_a_row": ("SELECT count(DISTINCT hash(c)) FROM customers c", SAME),
    "count_of_a_row": ("SELECT count(c) FROM customers c", SAME),
    "max_of_a_row": ("SELECT max(c) FROM customers c", SAME),
    "list_of_rows": ("SELECT list(c ORDER BY c.id)[1] FROM customers c", SAME),
    "json_of_a_row": ("SELECT to_json(c) FROM customers c ORDER BY c.id LIMIT 1", SAME),
    "row_to_json": ("SELECT row_to_json(c) FROM customers c ORDER BY c.id LIMIT 1", SAME),
    "arg_max_of_a_row": ("SELECT arg_max(c, c.id) FROM customers c", SAME),
    "positional_join": ("SELECT * FROM customers POSITIONAL JOIN (SELECT 1 AS z) s ORDER BY id LIMIT 1", SAME),
    "outer_name_wins_over_a_hidden_one": (
        "SELECT (SELECT ssn FROM customers WHERE customers.id = 2) AS a FROM (SELECT 5 AS ssn) o",
        SAME,
    ),
    "alias_wins_over_a_hidden_one": ("SELECT name AS ssn, ssn || '!' AS t FROM customers ORDER BY id LIMIT 1", SAME),
    "where_sees_the_alias": ("SELECT id AS ssn FROM customers WHERE ssn = 2", SAME),
    "order_sees_the_alias": ("SELECT id AS ssn FROM customers ORDER BY ssn LIMIT 1", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_hidden_column_forms(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
