"""PostgreSQL: what stands behind a mask, asked for in every clause."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "shown": "SELECT email FROM customers ORDER BY id LIMIT 3",
    "like": "SELECT count(*) FROM customers WHERE email LIKE 'm%' OR email ILIKE 'MASK%'",
    "equal": "SELECT count(*) FROM customers WHERE email = '***@example.com'",
    "order": "SELECT id FROM customers ORDER BY email, id LIMIT 3",
    "group": "SELECT email, count(*) FROM customers GROUP BY email",
    "distinct": "SELECT count(DISTINCT email) FROM customers",
    "distinct_on": "SELECT DISTINCT ON (email) email FROM customers",
    "join": "SELECT count(*) FROM customers a JOIN customers b ON a.email = b.email",
    "using": "SELECT count(*) FROM customers a JOIN customers b USING (email)",
    "hash": "SELECT count(DISTINCT md5(email)) FROM customers",
    "digest": "SELECT count(DISTINCT sha256(email::bytea)) FROM customers",
    "length": "SELECT DISTINCT length(email), octet_length(email), bit_length(email) FROM customers",
    "window": "SELECT id, dense_rank() OVER (ORDER BY email) AS r FROM customers ORDER BY id LIMIT 3",
    "partition": "SELECT DISTINCT count(*) OVER (PARTITION BY email) FROM customers",
    "extremes": "SELECT min(email), max(email) FROM customers",
    "cast": "SELECT email::bytea, email::varchar(4) FROM customers ORDER BY id LIMIT 1",
    "substring": (
        "SELECT substr(email, 1, 3), left(email, 1), right(email, 4), reverse(email) FROM customers ORDER BY id LIMIT 1"
    ),
    "regexp": "SELECT substring(email FROM '^(.*)@'), regexp_replace(email, '@.*', '') FROM customers LIMIT 1",
    "regexp_match": "SELECT count(*) FROM customers WHERE email ~ '^[Mm]ASK' OR email SIMILAR TO 'MASK%'",
    "collate": 'SELECT email COLLATE "C" FROM customers ORDER BY id LIMIT 1',
    "cte": "WITH c AS (SELECT * FROM customers) SELECT DISTINCT email FROM c",
    "materialized": "WITH c AS MATERIALIZED (SELECT * FROM customers) SELECT DISTINCT email FROM c",
    "recursive": (
        "WITH RECURSIVE r AS (SELECT id, email FROM customers WHERE id = 2 UNION ALL SELECT c.id, c.email "
        "FROM customers c JOIN r ON c.id = r.id + 2) SELECT DISTINCT email FROM r"
    ),
    "derived": "SELECT DISTINCT e FROM (SELECT email AS e FROM customers) q",
    "lateral": "SELECT DISTINCT q.e FROM customers c, LATERAL (SELECT c.email AS e) q",
    "union": "SELECT email FROM customers UNION SELECT name FROM customers WHERE id = 2",
    "except": "SELECT email FROM customers EXCEPT SELECT '***@example.com'",
    "renamed": "SELECT name AS email, email AS name FROM customers ORDER BY id LIMIT 1",
    "string_agg": "SELECT string_agg(DISTINCT email, ',') FROM customers",
    "array_agg": "SELECT array_agg(DISTINCT email) FROM customers",
    "json": "SELECT DISTINCT to_jsonb(c) ->> 'email' FROM customers c",
    "whole_row": "SELECT DISTINCT (c).email FROM customers c",
    "values": "SELECT DISTINCT x FROM customers c, LATERAL (VALUES (c.email)) v(x)",
    "search": "SELECT count(*) FROM customers WHERE to_tsvector('simple', email) @@ to_tsquery('simple', 'mask')",
    "error_on_the_raw_value": (
        "SELECT count(*) FROM customers WHERE CASE WHEN email LIKE 'M%' THEN email::integer ELSE 1 END = 1"
    ),
    "position": "SELECT DISTINCT position('CANARY' IN email), strpos(email, 'MASK') FROM customers",
    "translate": "SELECT DISTINCT translate(email, 'MASK', 'mask'), split_part(email, '-', 3) FROM customers",
    "correlated": (
        "SELECT count(*) FROM customers o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.id "
        "AND c.email LIKE 'M%')"
    ),
    "filter": "SELECT count(*) FILTER (WHERE email LIKE 'MASK%') FROM customers",
    "having": "SELECT region FROM customers GROUP BY region HAVING max(email) > 'MASK'",
    "unnest": "SELECT DISTINCT unnest(string_to_array(email, '@')) FROM customers ORDER BY 1",
    "table_function": "SELECT DISTINCT m FROM customers c, LATERAL regexp_split_to_table(c.email, '-') m ORDER BY 1",
}


@pytest.mark.parametrize("who", ["ana", "sam"])
@pytest.mark.parametrize("case", CASES)
def test_masked_columns(on_postgres: ServedOnPostgres, postgres_door: Door, case: str, who: str) -> None:
    hold(on_postgres, postgres_door, CASES[case], SAME, who)
