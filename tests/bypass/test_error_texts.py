"""Errors that quote data, policy text or the engine."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "cast_of_a_name": ("SELECT CAST(name AS INTEGER) FROM customers", "conversion"),
    "cast_of_a_hidden_rows_name": (
        "SELECT count(*) FROM customers WHERE CAST(replace(name, 'name', '') AS INTEGER) > 0",
        SAME,
    ),
    "error_function": ("SELECT error(name) FROM customers", "function"),
    "cast_of_a_literal": ("SELECT CAST('4711-secret' AS INTEGER)", "conversion"),
    "strptime": ("SELECT strptime(name, '%d') FROM customers", "engine-error"),
    "regexp_of_a_column": ("SELECT regexp_matches('a', '[' || name) FROM customers", "engine-error"),
    "json_of_a_column": ("SELECT json_extract(name, '$.a') FROM customers", "engine-error"),
    "enum_cast": ("SELECT name::ENUM ('a') FROM customers", "conversion"),
    "date_cast": ("SELECT name::DATE FROM customers", "conversion"),
    "list_index": ("SELECT [1][name] FROM customers", "function"),
    "overflow": ("SELECT credit * 1000000000::INTEGER FROM customers", "out-of-range"),
    "subtraction": ("SELECT 1::UTINYINT - 2::UTINYINT FROM customers", "out-of-range"),
    "division": ("SELECT 1 // (credit - credit) FROM customers", "division-by-zero"),
    "modulo": ("SELECT 1 % (credit - credit) FROM customers", "division-by-zero"),
    "scalar_of_many": ("SELECT (SELECT name FROM customers)", "engine-error"),
    "unknown_function": ("SELECT nosuch(name) FROM customers", "function"),
    "unknown_column": ("SELECT nosuch FROM customers", "unknown-column"),
    "unknown_in_a_derived": ("SELECT nosuch FROM (SELECT * FROM customers) q", "unknown-column"),
    "unknown_alias": ("SELECT x.name FROM customers", "unknown-column"),
    "ambiguous": ("SELECT id FROM customers, orders", "ambiguous-name"),
    "group_by_missing": ("SELECT name, count(*) FROM customers", "syntax"),
    "wrong_arguments": ("SELECT lower(name, name) FROM customers", "construct"),
    "wrong_types": ("SELECT name + 1 FROM customers", "engine-error"),
    "compare_types": ("SELECT count(*) FROM customers WHERE born > 5", "conversion"),
    "like_escape": ("SELECT count(*) FROM customers WHERE name LIKE 'name2$' ESCAPE '$'", "syntax"),
    "bad_union": ("SELECT id, name FROM customers UNION SELECT id FROM customers", "engine-error"),
    "syntax": ("SELEC 1", "syntax"),
    "syntax_near_the_vault": ("SELECT * FROM vault WHERE", "syntax"),
    "map_duplicate_keys": ("SELECT map([name, name], [1, 2]) FROM customers", "engine-error"),
    "repeat_too_long": ("SELECT repeat(name, 100000000000) FROM customers", "out-of-range"),
    "limit_negative": ("SELECT name FROM customers LIMIT -1", "engine-error"),
    "window_frame": (
        "SELECT sum(credit) OVER (ORDER BY id ROWS BETWEEN name PRECEDING AND CURRENT ROW) FROM customers",
        "conversion",
    ),
    "bad_collation": ("SELECT name COLLATE nosuch FROM customers", "engine-error"),
    "bad_interval": ("SELECT INTERVAL (name) DAY FROM customers", "conversion"),
    "bad_time_zone": ("SELECT now() AT TIME ZONE name FROM customers", "engine-error"),
    "struct_field": ("SELECT {'a': name}.b FROM customers", "engine-error"),
    "union_tag": ("SELECT union_extract(union_value(a := name), 'b') FROM customers", "engine-error"),
    "unnest_text": ("SELECT unnest(name) FROM customers", "engine-error"),
    "format": ("SELECT format('{:d}', name) FROM customers", "engine-error"),
    "printf": ("SELECT printf('%d', name) FROM customers", "engine-error"),
    "chr": ("SELECT chr(-1) FROM customers", "engine-error"),
    "try_of_a_cast": ("SELECT TRY(CAST(name AS INTEGER)) FROM customers LIMIT 1", SAME),
    "date_part": ("SELECT date_part(name, born) FROM customers", "conversion"),
    "hex": ("SELECT unhex(name) FROM customers", "engine-error"),
    "decode": ("SELECT decode('\\xff'::BLOB) FROM customers", "conversion"),
}


@pytest.mark.parametrize("case", CASES)
def test_error_texts(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
