"""PostgreSQL: names, types and headers of columns, which leave with every answer."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "no_columns": ("SELECT FROM customers", "syntax"),
    "no_columns_inside": ("SELECT count(*) FROM (SELECT FROM customers) q", SAME),
    "no_columns_in_exists": ("SELECT 1 AS a WHERE EXISTS (SELECT FROM customers WHERE region = 'US')", SAME),
    "values_as_names": ('SELECT name AS "VAULT" FROM customers', SAME),
    "unnamed": ("SELECT 1, 'a', now() IS NULL, count(*) FROM customers", SAME),
    "function_names": ("SELECT max(name), lower(max(name)), coalesce(max(name), 'a') FROM customers", SAME),
    "masked_unnamed": ("SELECT email FROM customers LIMIT 1", SAME),
    "masked_upper": ("SELECT upper(email) FROM customers LIMIT 1", SAME),
    "case_names": ("SELECT CASE WHEN true THEN email END FROM customers LIMIT 1", SAME),
    "cast_names": ("SELECT email::varchar FROM customers LIMIT 1", SAME),
    "subquery_names": ("SELECT (SELECT max(email) FROM customers)", SAME),
    "exists_names": ("SELECT EXISTS (SELECT FROM customers)", SAME),
    "array_names": ("SELECT ARRAY(SELECT email FROM customers)::text AS t", SAME),
    "row_names": ('SELECT to_jsonb(c)::text AS t FROM (SELECT email, region AS "SSN" FROM customers) c', SAME),
    "duplicate_names": ("SELECT id, id FROM customers", SAME),
    "empty_name": ('SELECT id AS "" FROM customers', "syntax"),
    "odd_name": ('SELECT id AS "a""b,\nc" FROM customers', SAME),
    "crosstab_by_filter": (
        "SELECT count(*) FILTER (WHERE region = 'US') AS u, count(*) FILTER (WHERE region = 'EU') AS e FROM customers",
        SAME,
    ),
    "domain_type": ("SELECT 'a'::secret_text", "construct"),
    "enum_type": ("SELECT ARRAY[]::secret_mood[]", "construct"),
    "json_object_keys": ("SELECT jsonb_object_keys(to_jsonb(c)) AS k FROM customers c", SAME),
    "json_object_agg": ("SELECT jsonb_object_agg(email, name)::text AS t FROM customers", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_column_headers(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
