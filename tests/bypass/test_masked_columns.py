"""What stands behind a mask, asked for in every clause."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "shown": ("SELECT email FROM customers ORDER BY id LIMIT 3", SAME),
    "like": ("SELECT count(*) FROM customers WHERE email LIKE 'm%'", SAME),
    "equal": ("SELECT count(*) FROM customers WHERE email = '***@example.com'", SAME),
    "order": ("SELECT id FROM customers ORDER BY email, id LIMIT 3", SAME),
    "group": ("SELECT email, count(*) FROM customers GROUP BY email", SAME),
    "distinct": ("SELECT count(DISTINCT email) FROM customers", SAME),
    "join": ("SELECT count(*) FROM customers a JOIN customers b ON a.email = b.email", SAME),
    "hash": (
        "SELECT count(DISTINCT hash(email)), count(DISTINCT md5(email)), count(DISTINCT sha256(email)) FROM customers",
        SAME,
    ),
    "length": ("SELECT DISTINCT length(email), strlen(email) FROM customers", SAME),
    "window": ("SELECT id, dense_rank() OVER (ORDER BY email) AS r FROM customers ORDER BY id LIMIT 3", SAME),
    "extremes": ("SELECT min(email), max(email), arg_min(id, email) IS NOT NULL FROM customers", SAME),
    "cast": ("SELECT CAST(email AS BLOB) FROM customers ORDER BY id LIMIT 1", SAME),
    "substring": (
        "SELECT substr(email, 1, 3), left(email, 1), right(email, 4), reverse(email) FROM customers "
        "ORDER BY id LIMIT 1",
        SAME,
    ),
    "regexp": ("SELECT regexp_extract(email, '^(.*)@', 1) FROM customers ORDER BY id LIMIT 1", SAME),
    "collate": ("SELECT email COLLATE NOCASE FROM customers ORDER BY id LIMIT 1", SAME),
    "cte": ("WITH c AS (SELECT * FROM customers) SELECT DISTINCT email FROM c", SAME),
    "derived": ("SELECT DISTINCT e FROM (SELECT email AS e FROM customers)", SAME),
    "union": ("SELECT email FROM customers UNION SELECT name FROM customers WHERE id = 2", SAME),
    "renamed": ("SELECT name AS email, email AS name FROM customers ORDER BY id LIMIT 1", SAME),
    "similarity": ("SELECT DISTINCT levenshtein(email, 'm'), jaro_similarity(email, 'm') FROM customers", SAME),
    "string_agg": ("SELECT string_agg(DISTINCT email, ',') FROM customers", SAME),
    "list": ("SELECT list(DISTINCT email) FROM customers", SAME),
    "approx": ("SELECT approx_count_distinct(email) FROM customers", SAME),
    "error_on_the_raw_value": (
        "SELECT count(*) FROM customers WHERE CASE WHEN email LIKE 'm%' THEN CAST(email AS INTEGER) ELSE 1 END = 1",
        SAME,
    ),
    "try_cast": ("SELECT count(TRY_CAST(replace(email, '***@example.com', '7') AS INTEGER)) FROM customers", SAME),
    "correlated": (
        "SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = "
        "o.customer_id AND c.email LIKE 'm%')",
        SAME,
    ),
    "unnest": ("SELECT DISTINCT unnest(string_split(email, '@')) FROM customers ORDER BY 1", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_masked_columns(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
