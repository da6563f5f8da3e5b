"""PostgreSQL: functions that run SQL text, call other functions, or run with their owner's rights."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "query_to_xml": ("SELECT query_to_xml('TABLE public.vault', true, false, '')", "function"),
    "query_to_xml_qualified": (
        "SELECT pg_catalog.query_to_xml('TABLE public.vault', true, false, '')",
        "function",
    ),
    "query_to_xml_quoted": (
        "SELECT \"pg_catalog\".\"query_to_xml\"('TABLE public.vault', true, false, '')",
        "function",
    ),
    "query_to_xml_by_unicode": ("SELECT U&\"query_to_xm\\006c\"('SELECT 1', true, false, '')", "construct"),
    "query_to_xml_named_arguments": (
        "SELECT query_to_xml(query => 'TABLE public.vault', nulls => true, tableforest => false, targetns => '')",
        "function",
    ),
    "query_to_xml_variadic": ("SELECT query_to_xml(VARIADIC ARRAY['TABLE public.vault'])", "function"),
    "query_to_xml_in_from": ("SELECT * FROM query_to_xml('TABLE public.vault', true, false, '') q", "function"),
    "query_to_xml_in_rows_from": (
        "SELECT * FROM ROWS FROM (query_to_xml('TABLE public.vault', true, false, '')) q",
        "construct",
    ),
    "query_to_xml_in_lateral": (
        "SELECT * FROM orders o, LATERAL query_to_xml('TABLE public.vault', true, false, '') q",
        "function",
    ),
    "query_to_xml_in_order": (
        "SELECT id FROM orders ORDER BY query_to_xml('TABLE public.vault', true, false, '')::text",
        "function",
    ),
    "query_to_xml_in_limit": (
        "SELECT id FROM orders LIMIT length(query_to_xml('TABLE public.vault', true, false, '')::text)",
        "function",
    ),
    "query_to_xml_in_a_frame": (
        "SELECT sum(id) OVER (ORDER BY id ROWS length(query_to_xml('', true, true, '')::text) PRECEDING) FROM orders",
        "function",
    ),
    "query_to_xml_in_values": ("VALUES (query_to_xml('TABLE public.vault', true, false, ''))", "function"),
    "query_to_xml_in_xmlelement": (
        "SELECT xmlelement(name a, query_to_xml('TABLE public.vault', true, false, ''))",
        "construct",
    ),
    "query_to_xml_in_xmltable": (
        "SELECT * FROM XMLTABLE('/*' PASSING query_to_xml('TABLE public.vault', true, false, '') COLUMNS a text)",
        "construct",
    ),
    "query_to_xml_in_filter": (
        "SELECT count(*) FILTER (WHERE query_to_xml('TABLE public.vault', true, false, '') IS NOT NULL) FROM orders",
        "function",
    ),
    "query_to_xmlschema": ("SELECT query_to_xmlschema('TABLE public.vault', true, false, '')", "function"),
    "query_to_xml_and_xmlschema": (
        "SELECT query_to_xml_and_xmlschema('TABLE public.vault', true, false, '')",
        "function",
    ),
    "table_to_xml": ("SELECT table_to_xml('public.vault', true, false, '')", "function"),
    "schema_to_xml": ("SELECT schema_to_xml('public', true, false, '')", "function"),
    "database_to_xml": ("SELECT database_to_xml(true, false, '')", "function"),
    "cursor_to_xml": ("SELECT cursor_to_xml('c', 1, true, false, '')", "function"),
    "ts_stat": ("SELECT * FROM ts_stat('SELECT v::tsvector FROM public.vault')", "function"),
    "ts_rewrite": ("SELECT ts_rewrite('a'::tsquery, 'SELECT v::tsquery, v::tsquery FROM public.vault')", "function"),
    "crosstab": ("SELECT * FROM crosstab('TABLE public.vault') AS t(a text, b text)", "function"),
    "connectby": ("SELECT * FROM connectby('vault', 'k', 'k', '1', 0) AS t(a int, b int, c int)", "function"),
    "dblink": ("SELECT * FROM dblink('dbname=postgres', 'TABLE public.vault') AS t(v text)", "function"),
    "xpath_table": ("SELECT * FROM xpath_table('k', 'v', 'vault', '/', 'true') AS t(a int, b text)", "function"),
    "owners_rights": ("SELECT vault_text()", "function"),
    "owners_rights_qualified": ("SELECT public.vault_text()", "function"),
    "owners_rights_by_database": ("SELECT shop.public.vault_text()", "function"),
    "owners_rights_rows": ("SELECT * FROM public.vault_rows()", "function"),
    "owners_rights_rows_with_ordinality": ("SELECT * FROM public.vault_rows() WITH ORDINALITY", "function"),
    "owners_rights_row_expanded": ("SELECT (public.vault_rows()).*", "function"),
    "own_operator": ("SELECT id FROM customers WHERE name OPERATOR(public.===) 'VAULT'", "function"),
    "own_operator_plainly": ("SELECT id FROM customers WHERE name === 'VAULT'", "construct"),
    "own_operator_any": ("SELECT id FROM customers WHERE name OPERATOR(public.===) ANY (ARRAY['a'])", "function"),
    "own_operator_in_order": ("SELECT id FROM customers ORDER BY name USING OPERATOR(public.===)", "construct"),
    "own_aggregate": ("SELECT vault_agg(name) FROM customers", "function"),
    "own_aggregate_as_a_window": ("SELECT public.vault_agg(name) OVER () FROM customers", "function"),
    "own_function_over_a_builtin": ("SELECT public.lower(name) FROM customers", "function"),
    "builtin_beside_an_own_function": ("SELECT lower(name) FROM customers", SAME),
    "pg_temp_function": ("SELECT pg_temp.lower(name) FROM customers", "function"),
    "input_function": ("SELECT regclassin('vault')", "function"),
    "output_function": ("SELECT record_out(c) FROM customers c", "function"),
    "operator_function": ("SELECT int4div(1, id) FROM customers", "function"),
    "collation": ('SELECT name COLLATE "vault" FROM customers', "engine-error"),
    "json_populate": ("SELECT * FROM json_populate_record(NULL::public.vault, '{}')", "construct"),
    "jsonb_to_record_of_a_table": (
        "SELECT * FROM jsonb_to_recordset('[{\"a\": 1}]') AS x(a public.vault)",
        "construct",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_sql_in_functions(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
