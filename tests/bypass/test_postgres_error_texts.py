"""PostgreSQL: errors that quote data, policy text or the engine."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "cast_of_a_name": ("SELECT CAST(name AS integer) FROM customers", "conversion"),
    "cast_of_the_mask": ("SELECT email::date FROM customers", "conversion"),
    "cast_to_uuid": ("SELECT name::uuid FROM customers", "conversion"),
    "cast_to_json": ("SELECT name::json FROM customers", "conversion"),
    "cast_to_boolean": ("SELECT name::boolean FROM customers", "conversion"),
    "cast_to_bytea": ("SELECT decode(name, 'hex') FROM customers", "conversion"),
    "overflow": ("SELECT credit * 2147483647 FROM customers", "out-of-range"),
    "division": ("SELECT 1 / (id - id) FROM customers", "division-by-zero"),
    "logarithm": ("SELECT ln(id - id) FROM customers", "out-of-range"),
    "root": ("SELECT sqrt(-id) FROM customers", "out-of-range"),
    "two_rows": ("SELECT (SELECT name FROM customers)", "engine-error"),
    "bad_pattern": ("SELECT name ~ '(' FROM customers", "conversion"),
    "bad_json_path": ("SELECT jsonb_path_query('{}', '$.a[') FROM customers", "syntax"),
    "bad_format": ("SELECT format('%z', name) FROM customers", "conversion"),
    "bad_date": ("SELECT make_date(2020, 13, 1)", "out-of-range"),
    "bad_date_text": ("SELECT to_date(name, 'YYYY') FROM customers", "conversion"),
    "bad_encoding": ("SELECT convert_from('\\xff'::bytea, 'UTF8')", "conversion"),
    "bad_encoding_name": ("SELECT convert_to(name, name) FROM customers", "conversion"),
    "bad_series": ("SELECT generate_series(1, 2, 0)", "conversion"),
    "bad_bucket": ("SELECT width_bucket(1, 1, 1, 1)", "out-of-range"),
    "bad_subscript": ("SELECT array_fill(1, ARRAY[id - 5]) FROM customers", "engine-error"),
    "bad_chr": ("SELECT chr(0)", "engine-error"),
    "type_mismatch": ("SELECT name + 1 FROM customers", "conversion"),
    "unknown_function": ("SELECT nosuch(name) FROM customers", "function"),
    "wrong_arguments": ("SELECT lower(1, 2) FROM customers", "construct"),
    "not_grouped": ("SELECT name FROM customers GROUP BY id", "syntax"),
    "aggregate_in_where": ("SELECT id FROM customers WHERE count(*) > 1", "syntax"),
    "set_operation_types": ("SELECT id FROM customers UNION SELECT name FROM customers", "conversion"),
    "set_operation_widths": ("SELECT id FROM customers UNION SELECT id, name FROM customers", "syntax"),
    "ambiguous": ("SELECT id FROM customers, orders", "ambiguous-name"),
    "duplicate_alias": ("SELECT 1 FROM customers c, orders c", "engine-error"),
    "syntax": ("SELECT FROM WHERE", "syntax"),
    "syntax_near_a_secret": ("SELECT * FROM vault WHERE", "syntax"),
    "unclosed_string": ("SELECT 'a", "syntax"),
    "unclosed_comment": ("SELECT 1 /* a", "syntax"),
    "order_by_a_position_too_many": ("SELECT id FROM customers ORDER BY 9", "engine-error"),
    "negative_limit": ("SELECT id FROM customers LIMIT -1", "conversion"),
    "collation_mismatch": ('SELECT name COLLATE "C" < notes COLLATE "POSIX" FROM customers', "engine-error"),
    "identifier_too_long": (
        "SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa FROM customers",
        "construct",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_error_texts(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
