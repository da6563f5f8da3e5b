"""Ways to read a table that is granted to nobody."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door, Served, hold

CASES = {
    "plainly": ("SELECT * FROM vault", "unknown-table"),
    "in_exists": ("SELECT id FROM customers WHERE EXISTS (SELECT 1 FROM vault)", "unknown-table"),
    "in_a_scalar": ("SELECT (SELECT max(v) FROM vault)", "unknown-table"),
    "in_in": ("SELECT id FROM orders WHERE id IN (SELECT k FROM vault)", "unknown-table"),
    "in_any": ("SELECT id FROM orders WHERE id = ANY (SELECT k FROM vault)", "unknown-table"),
    "in_order_by": ("SELECT id FROM orders ORDER BY (SELECT max(k) FROM vault)", "unknown-table"),
    "in_limit": ("SELECT id FROM orders LIMIT (SELECT max(k) FROM vault)", "unknown-table"),
    "in_group_by": ("SELECT count(*) FROM orders GROUP BY (SELECT max(k) FROM vault)", "unknown-table"),
    "in_having": ("SELECT count(*) FROM orders HAVING count(*) > (SELECT max(k) FROM vault)", "unknown-table"),
    "in_qualify": ("SELECT id FROM orders QUALIFY row_number() OVER () > (SELECT max(k) FROM vault)", "unknown-table"),
    "in_a_window": ("SELECT row_number() OVER (ORDER BY (SELECT max(k) FROM vault)) FROM orders", "unknown-table"),
    "in_filter": ("SELECT count(*) FILTER (WHERE (SELECT max(k) FROM vault) > 1) FROM orders", "unknown-table"),
    "in_a_join_condition": (
        "SELECT count(*) FROM orders o JOIN orders p ON o.id = (SELECT max(k) FROM vault)",
        "unknown-table",
    ),
    "in_values": ("VALUES ((SELECT max(v) FROM vault))", "unknown-table"),
    "in_values_in_from": ("SELECT * FROM (VALUES ((SELECT max(v) FROM vault))) t(a)", "unknown-table"),
    "in_lateral": ("SELECT * FROM orders, LATERAL (SELECT v FROM vault) s", "unknown-table"),
    "in_union": ("SELECT status FROM orders UNION SELECT v FROM vault", "unknown-table"),
    "in_except": ("SELECT v FROM vault EXCEPT SELECT status FROM orders", "unknown-table"),
    "in_a_list": ("SELECT [(SELECT max(v) FROM vault)]", "unknown-table"),
    "in_a_struct": ("SELECT {'a': (SELECT max(v) FROM vault)}", "unknown-table"),
    "in_a_lambda": ("SELECT list_transform([1], lambda x: (SELECT max(v) FROM vault))", "unknown-table"),
    "in_a_comprehension": ("SELECT [(SELECT max(v) FROM vault) FOR x IN [1]]", "unknown-table"),
    "in_case": ("SELECT CASE WHEN true THEN (SELECT max(v) FROM vault) END", "unknown-table"),
    "in_an_argument": ("SELECT upper((SELECT max(v) FROM vault))", "unknown-table"),
    "in_a_table_function": ("SELECT * FROM unnest((SELECT list(v) FROM vault))", "unknown-table"),
    "in_range": ("SELECT * FROM range((SELECT max(k) FROM vault))", "unknown-table"),
    "array_query": ("SELECT ARRAY(SELECT v FROM vault)", "unknown-table"),
    "from_first": ("FROM vault", "unknown-table"),
    "from_first_select": ("FROM vault SELECT v", "unknown-table"),
    "table_statement": ("TABLE vault", "construct"),
    "in_parentheses": ("SELECT * FROM (vault)", "syntax"),
    "in_two_parentheses": ("SELECT * FROM ((vault))", "syntax"),
    "joined_in_parentheses": ("SELECT * FROM (orders JOIN vault ON true)", "unknown-table"),
    "comma": ("SELECT * FROM orders, vault", "unknown-table"),
    "natural": ("SELECT * FROM orders NATURAL JOIN vault", "unknown-table"),
    "positional": ("SELECT * FROM orders POSITIONAL JOIN vault", "unknown-table"),
    "asof": ("SELECT * FROM orders ASOF JOIN vault ON orders.id >= vault.k", "unknown-table"),
    "semi": ("SELECT * FROM orders SEMI JOIN vault ON orders.id = vault.k", "unknown-table"),
    "anti": ("SELECT * FROM orders ANTI JOIN vault ON orders.id = vault.k", "unknown-table"),
    "prefix_alias": ("SELECT * FROM a: vault", "construct"),
    "schema": ("SELECT * FROM main.vault", "unknown-table"),
    "warehouse": ("SELECT * FROM shop.vault", "unknown-table"),
    "whole_name": ("SELECT * FROM shop.main.vault", "unknown-table"),
    "other_schema": ("SELECT * FROM hr.salaries", "unknown-table"),
    "other_schema_whole": ("SELECT * FROM shop.hr.salaries", "unknown-table"),
    "upper_case": ("SELECT * FROM VAULT", "unknown-table"),
    "quoted_upper_case": ('SELECT * FROM "VAULT"', "unknown-table"),
    "as_a_string": ("SELECT * FROM 'vault'", "unknown-table"),
    "as_a_string_with_schema": ("SELECT * FROM 'main.vault'", "unknown-table"),
    "view_over_it": ("SELECT * FROM vault_view", "unknown-table"),
    "sample": ("SELECT * FROM vault USING SAMPLE 1", "unknown-table"),
    "tablesample": ("SELECT * FROM vault TABLESAMPLE 100%", "unknown-table"),
    "at_version": ("SELECT * FROM vault AT (VERSION => 1)", "construct"),
    "pivot": ("SELECT * FROM vault PIVOT (count(*) FOR k IN (1, 2))", "unknown-table"),
    "unpivot": ("SELECT * FROM vault UNPIVOT (x FOR y IN (v))", "unknown-table"),
    "pivot_statement": ("PIVOT vault ON v", "statement-kind"),
    "unpivot_statement": ("UNPIVOT vault ON v", "statement-kind"),
    "full_width_letters": ("SELECT * FROM \uff56ault", "unknown-table"),
    "kelvin_sign": ("SELECT * FROM vaulT", "unknown-table"),
    "temp_schema": ("SELECT * FROM temp.vault", "unknown-table"),
    "memory_catalog": ("SELECT * FROM memory.main.vault", "unknown-table"),
    "distinct_on": ("SELECT DISTINCT ON ((SELECT max(k) FROM vault)) id FROM orders", "unknown-table"),
    "correlated": ("SELECT (SELECT v FROM vault WHERE k = o.id) FROM orders o", "unknown-table"),
    "with_ordinality": ("SELECT * FROM vault WITH ORDINALITY", "syntax"),
}


@pytest.mark.parametrize("case", CASES)
def test_hidden_tables(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
