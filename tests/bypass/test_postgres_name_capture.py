"""PostgreSQL: queries, outer queries and aliases that bear the names which a policy's own text uses."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "cte_shadows_itself": ("WITH customers AS (SELECT * FROM customers) SELECT * FROM customers", SAME),
    "cte_shadows_itself_qualified": (
        "WITH customers AS (SELECT * FROM public.customers) SELECT * FROM customers",
        SAME,
    ),
    "recursive_shadow": ("WITH RECURSIVE customers AS (SELECT * FROM customers) SELECT * FROM customers", "construct"),
    "recursive_shadow_qualified": (
        "WITH RECURSIVE customers AS (SELECT * FROM public.customers) SELECT * FROM customers",
        SAME,
    ),
    "nested_cte": (
        "SELECT id FROM customers WHERE id IN (WITH customers AS (SELECT 2 AS id) SELECT id FROM customers)",
        SAME,
    ),
    "sibling_cte": (
        "SELECT (WITH customers AS (SELECT 1 AS n) SELECT n FROM customers) AS a, count(*) FROM customers",
        SAME,
    ),
    "cte_defined_later": ("WITH a AS (SELECT * FROM customers), customers AS (SELECT 1 AS id) SELECT * FROM a", SAME),
    "cte_named_like_the_vault": ("WITH vault AS (SELECT 'x' AS v) SELECT * FROM vault", SAME),
    "cte_and_the_vault": ("WITH vault AS (SELECT 'x' AS v) SELECT * FROM public.vault", "unknown-table"),
    "vault_in_its_own_cte": ("WITH vault AS (SELECT * FROM vault) SELECT * FROM vault", "unknown-table"),
    "vault_before_its_cte": (
        "WITH a AS (SELECT * FROM vault), vault AS (SELECT 1 AS v) SELECT * FROM a",
        "unknown-table",
    ),
    "vault_in_the_cte_of_a_union": (
        "SELECT v FROM vault UNION (WITH vault AS (SELECT 'x' AS v) SELECT v FROM vault)",
        "unknown-table",
    ),
    "cte_named_like_a_schema": ("WITH public AS (SELECT 1 AS id) SELECT count(*) FROM customers, public", SAME),
    "cte_named_like_a_catalog": ("WITH pg_class AS (SELECT 1 AS relname) SELECT relname FROM pg_class", SAME),
    "outer_column_named_region": ("SELECT (SELECT count(*) FROM customers) AS n FROM (SELECT 'US' AS region) o", SAME),
    "outer_column_in_a_lateral": (
        "SELECT n FROM (SELECT 'US' AS region) o, LATERAL (SELECT count(*) AS n FROM customers) s",
        SAME,
    ),
    "alias_named_region": ("SELECT count(*) FROM customers region", SAME),
    "alias_named_like_a_column": ("SELECT name.id FROM customers name", SAME),
    "alias_named_like_the_vault": ("SELECT vault.id FROM customers vault", SAME),
    "alias_swap": ("SELECT customers.id FROM orders customers JOIN customers orders ON orders.id = customers.id", SAME),
    "column_list_renames_region": ("SELECT count(*) FROM customers AS customers(region, id)", SAME),
    "column_list_swaps": ("SELECT count(*) FROM customers AS c(id, region, name, email) WHERE email = 'US'", SAME),
    "output_named_region": ("SELECT 'US' AS region FROM customers GROUP BY region", SAME),
    "output_named_ssn": ("SELECT name AS ssn FROM customers ORDER BY ssn LIMIT 2", SAME),
    "correlated_alias": (
        "SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders c WHERE c.customer_id = 2)",
        SAME,
    ),
    "join_alias": ("SELECT j.id FROM (customers JOIN (SELECT 2 AS id) z USING (id)) AS j", SAME),
    "using_alias": ("SELECT j.id FROM customers JOIN (SELECT 2 AS id) z USING (id) AS j", "construct"),
    "view_alias_of_the_gateway": ("WITH usher AS (SELECT 1 AS id) SELECT count(*) FROM customers, usher", SAME),
    "temp_schema": ("SELECT * FROM pg_temp.customers", "unknown-table"),
    "group_by_all_names": ("SELECT region FROM customers GROUP BY customers.region", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_name_capture(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])


TICKETS = "SELECT i AS customer_id, 'sam' AS assigned_to FROM generate_series(1, 40) i"
OF_A_POLICY_WITH_A_QUERY = {
    "plainly": "SELECT id, name FROM customers",
    "cte": f"WITH tickets AS ({TICKETS}) SELECT id, name FROM customers",
    "recursive_cte": f"WITH RECURSIVE tickets AS ({TICKETS}) SELECT id, name FROM customers",
    "cte_that_is_read": f"WITH tickets AS ({TICKETS}) SELECT id FROM customers JOIN tickets ON id = customer_id",
    "cte_of_an_outer_query": f"WITH tickets AS ({TICKETS}) SELECT * FROM (SELECT id, name FROM customers) q",
    "cte_in_a_subquery": f"SELECT * FROM (WITH tickets AS ({TICKETS}) SELECT id, name FROM customers) q",
    "cte_in_a_union": f"WITH tickets AS ({TICKETS}) SELECT id FROM customers UNION SELECT id FROM customers",
    "outer_query": f"SELECT tickets.customer_id, (SELECT count(*) FROM customers) AS n FROM ({TICKETS}) AS tickets",
    "outer_columns": "SELECT (SELECT count(*) FROM customers) FROM (SELECT 'sam' AS assigned_to, 3 AS customer_id) o",
    "outer_columns_in_a_lateral": "SELECT s.id FROM (SELECT 'sam' AS assigned_to, 3 AS customer_id) tickets, "
    "LATERAL (SELECT id FROM customers) s",
    "alias": "SELECT tickets.id FROM customers tickets",
    "alias_beside": f"SELECT c.id FROM customers c, ({TICKETS}) tickets WHERE c.id = tickets.customer_id",
    "schema": f"WITH public AS ({TICKETS}) SELECT id FROM customers",
}


@pytest.mark.parametrize("case", OF_A_POLICY_WITH_A_QUERY)
def test_the_query_of_a_policy_is_not_captured(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, OF_A_POLICY_WITH_A_QUERY[case], SAME, "sam")


def test_the_tickets_themselves_are_not_granted(on_postgres: ServedOnPostgres, postgres_door: Door) -> None:
    hold(on_postgres, postgres_door, "SELECT * FROM tickets", "unknown-table", "sam")
