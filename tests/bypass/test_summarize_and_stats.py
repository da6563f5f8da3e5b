"""Statistics of the whole column, hidden rows included."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "stats": ("SELECT stats(credit) FROM customers", "function"),
    "stats_of_a_hidden_column": ("SELECT stats(ssn) FROM customers LIMIT 1", "function"),
    "stats_in_where": ("SELECT count(*) FROM customers WHERE stats(credit) LIKE '%a%'", "function"),
    "stats_by_schema": ("SELECT system.main.stats(credit) FROM customers", "function"),
    "stats_quoted": ('SELECT "stats"(credit) FROM customers', "function"),
    "stats_by_method": ("SELECT credit.stats() FROM customers", "function"),
    "summarize": ("SUMMARIZE customers", "statement-kind"),
    "summarize_the_vault": ("SUMMARIZE vault", "statement-kind"),
    "summarize_a_query": ("SUMMARIZE SELECT * FROM customers", "statement-kind"),
    "summarize_in_from": ("SELECT * FROM (SUMMARIZE customers)", "construct"),
    "summarize_statement_in_from": ("SELECT * FROM (SUMMARIZE vault)", "construct"),
    "explain": ("EXPLAIN SELECT * FROM customers", "statement-kind"),
    "explain_analyze": ("EXPLAIN ANALYZE SELECT * FROM customers", "statement-kind"),
    "explain_in_from": ("SELECT * FROM (EXPLAIN SELECT * FROM customers)", "syntax"),
    "analyze": ("ANALYZE customers", "statement-kind"),
    "extremes_are_of_the_view": ("SELECT min(credit), max(credit), count(credit), count(*) FROM customers", SAME),
    "estimate_is_of_the_view": ("SELECT approx_count_distinct(name) FROM customers", SAME),
    "quantiles_are_of_the_view": ("SELECT quantile_disc(credit, 0.5), median(credit) FROM customers", SAME),
    "arg_max_is_of_the_view": (
        "SELECT arg_max(name, credit), max_by(name, credit), min_by(name, credit) FROM customers",
        SAME,
    ),
    "histogram_is_of_the_view": ("SELECT histogram(region) FROM customers", SAME),
    "grouping_sets_are_of_the_view": (
        "SELECT region, count(*) FROM customers GROUP BY GROUPING SETS ((region), ())",
        SAME,
    ),
    "cube_is_of_the_view": ("SELECT region, notes, count(*) FROM customers GROUP BY CUBE (region, notes)", SAME),
    "sample_is_of_the_view": ("SELECT count(*) FROM (SELECT * FROM customers TABLESAMPLE 100%)", SAME),
    "sample_statement_is_of_the_view": ("SELECT count(*) FROM (SELECT * FROM customers USING SAMPLE 100 ROWS)", SAME),
    "limit_is_of_the_view": ("SELECT id FROM customers ORDER BY credit DESC LIMIT 1", SAME),
    "offset_is_of_the_view": ("SELECT id FROM customers ORDER BY id OFFSET 18", SAME),
    "full_join_is_of_the_view": ("SELECT count(*) FROM customers c FULL JOIN orders o ON c.id = o.customer_id", SAME),
    "anti_join_is_of_the_view": ("SELECT count(*) FROM orders o ANTI JOIN customers c ON c.id = o.customer_id", SAME),
    "not_in_is_of_the_view": ("SELECT count(*) FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)", SAME),
    "windows_are_of_the_view": (
        "SELECT id, rank() OVER (ORDER BY credit DESC), lag(name) OVER (ORDER BY id) FROM customers",
        SAME,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_summarize_and_stats(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
