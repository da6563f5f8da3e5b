"""PostgreSQL: hidden rows, asked for by every road that ends in a count, an order, an error or a delay."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "count": ("SELECT count(*) FROM customers", SAME),
    "by_value": ("SELECT count(*) FROM customers WHERE region = 'US'", SAME),
    "by_negation": ("SELECT count(*) FROM customers WHERE NOT (region = 'EU')", SAME),
    "by_null": ("SELECT count(*) FROM customers WHERE region IS DISTINCT FROM 'EU'", SAME),
    "or_true": ("SELECT count(*) FROM customers WHERE region = 'US' OR 1 = 1", SAME),
    "only": ("SELECT count(*) FROM ONLY customers", "construct"),
    "with_its_children": ("SELECT count(*) FROM customers *", SAME),
    "left_join": (
        "SELECT count(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.id IS NULL",
        SAME,
    ),
    "right_join": (
        "SELECT count(*) FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id AND c.region = 'US'",
        SAME,
    ),
    "full_join": ("SELECT count(*) FROM customers c FULL JOIN orders o ON c.id = o.id", SAME),
    "except": ("SELECT id FROM orders EXCEPT SELECT id FROM customers", SAME),
    "lateral": (
        "SELECT o.id, s.n FROM orders o, LATERAL (SELECT count(*) AS n FROM customers c WHERE c.id > o.id) s",
        SAME,
    ),
    "recursive": (
        "WITH RECURSIVE r(n) AS (SELECT min(id) FROM customers UNION ALL SELECT n + 1 FROM r WHERE "
        "EXISTS (SELECT 1 FROM customers WHERE id = n + 2)) SELECT count(*) FROM r",
        SAME,
    ),
    "all_comparison": ("SELECT count(*) FROM orders WHERE id > ALL (SELECT id FROM customers)", SAME),
    "not_in": ("SELECT count(*) FROM orders WHERE id NOT IN (SELECT id FROM customers)", SAME),
    "cube": ("SELECT region, notes, count(*) FROM customers GROUP BY CUBE (region, notes)", SAME),
    "window": ("SELECT id, lag(name) OVER (ORDER BY id), count(*) OVER () FROM customers", SAME),
    "sum": ("SELECT sum(credit), avg(credit)::float8, max(credit) FROM customers", SAME),
    "sample": ("SELECT count(*) FROM customers TABLESAMPLE bernoulli (100)", "construct"),
    "sample_of_blocks": ("SELECT count(*) FROM customers TABLESAMPLE system (50) REPEATABLE (1)", "construct"),
    "raising_cast": ("SELECT count(*) FROM customers WHERE CAST(replace(name, 'name', '') AS integer) >= 0", SAME),
    "raising_case": (
        "SELECT count(*) FROM customers WHERE CASE WHEN credit = 7838001 THEN CAST(name AS integer) ELSE 1 END = 1",
        SAME,
    ),
    "raising_and": (
        "SELECT count(*) FROM customers WHERE credit > 7000000 AND CAST('x' || now()::text AS integer) = 1",
        "conversion",
    ),
    "raising_division": ("SELECT count(*) FROM customers WHERE 100 / (credit - 7838001) > -1000", SAME),
    "raising_overflow": ("SELECT count(*) FROM customers WHERE credit * 2000 > 0", SAME),
    "raising_narrowing": ("SELECT count(*) FROM customers WHERE CAST(credit AS smallint) >= 0", SAME),
    "raising_like": ("SELECT count(*) FROM customers WHERE notes LIKE 'HIDDEN-CANARY' || chr(92)", SAME),
    "raising_dangling_like": ("SELECT count(*) FROM customers WHERE notes LIKE 'HIDDEN-CANAR\\'", SAME),
    "raising_escape": (
        "SELECT count(*) FROM customers WHERE 'a' LIKE 'a' ESCAPE CASE WHEN credit > 7000000 THEN 'xx' ELSE '' END",
        "construct",
    ),
    "raising_pattern": ("SELECT count(*) FROM customers WHERE 'x' ~ replace(notes, 'HIDDEN', '(')", SAME),
    "raising_similar": ("SELECT count(*) FROM customers WHERE notes SIMILAR TO 'HID' ESCAPE 'ab'", "conversion"),
    "raising_interval": ("SELECT count(*) FROM customers WHERE replace(name, 'name', '')::interval IS NOT NULL", SAME),
    "raising_json": ("SELECT count(*) FROM customers WHERE replace(name, 'name', '')::jsonb IS NOT NULL", SAME),
    "raising_date": ("SELECT count(*) FROM customers WHERE make_date(2020, 1, 1 + credit / 800000) IS NOT NULL", SAME),
    "raising_join": (
        "SELECT count(*) FROM customers c JOIN orders o ON c.id = o.id AND CAST(replace(c.name, 'name', '') AS "
        "integer) = o.id",
        SAME,
    ),
    "raising_lateral": (
        "SELECT count(*) FROM customers c, LATERAL (SELECT CAST(replace(c.name, 'name', '') AS integer) AS n) s",
        SAME,
    ),
    "raising_having": (
        "SELECT name FROM customers GROUP BY name HAVING CAST(replace(name, 'name', '') AS integer) > 30",
        SAME,
    ),
    "raising_order": ("SELECT id FROM customers ORDER BY CAST(replace(name, 'name', '') AS integer) LIMIT 3", SAME),
    "raising_filter": (
        "SELECT count(*) FILTER (WHERE CAST(replace(name, 'name', '') AS integer) > 3) FROM customers",
        SAME,
    ),
    "raising_scalar_query": (
        "SELECT (SELECT name FROM customers WHERE credit >= 7838001) AS n",
        SAME,
    ),
    "raising_in_masked_text": ("SELECT count(*) FROM customers WHERE CAST(email AS integer) = 1", "conversion"),
    "sleeping": (
        "SELECT count(*) FROM customers WHERE CASE WHEN credit = 7838001 THEN pg_sleep(9) IS NULL ELSE true END",
        "function",
    ),
    "sleeping_long": ("SELECT pg_sleep_for('9 s')", "function"),
    "sleeping_until": ("SELECT pg_sleep_until(now() + interval '9 s')", "function"),
    "constraint_probe": ("INSERT INTO customers (id) VALUES (1) ON CONFLICT DO NOTHING", "statement-kind"),
}


@pytest.mark.parametrize("case", CASES)
def test_hidden_rows(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])


RAISING = [case for case, (sql, _) in CASES.items() if case.startswith("raising") and "orders" not in sql]


@pytest.mark.parametrize("case", RAISING)
def test_rows_hidden_by_a_query(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    sql, outcome = CASES[case]
    hold(on_postgres, postgres_door, sql, outcome, "sam")
