"""PostgreSQL: bound values that might collide with the policy's own, and values that look like SQL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bypass.asking import Door, spelt
from tests.bypass.postgres_shop import ServedOnPostgres

COUNT = "SELECT count(*) AS n FROM customers"
ANSWERED: dict[str, tuple[str, Any, str]] = {
    "one": (f"{COUNT} WHERE region = $1", ["US"], f"{COUNT} WHERE region = 'US'"),
    "twice": (f"{COUNT} WHERE region = $1 OR notes = $1", ["US"], f"{COUNT} WHERE region = 'US'"),
    "out_of_order": ("SELECT $2::text AS a, $1::text AS b, count(*) FROM customers", ["x", "y"], "SELECT 'y', 'x', 20"),
    "sql_as_a_value": (f"{COUNT} WHERE region = $1", ["EU' OR '1'='1"], f"{COUNT} WHERE false"),
    "backslash_as_a_value": (f"{COUNT} WHERE region = $1", ["\\' OR true --"], f"{COUNT} WHERE false"),
    "a_table_name_as_a_value": ("SELECT $1::text AS a FROM customers LIMIT 1", ["pg_class"], "SELECT 'pg_class'"),
    "hidden_value": (f"{COUNT} WHERE name = $1", ["name3"], f"{COUNT} WHERE false"),
    "in_two_copies_of_a_table": (
        "SELECT count(*) FROM customers a JOIN customers b ON a.id = b.id AND a.id > $1",
        [10],
        "SELECT count(*) FROM customers WHERE id > 10",
    ),
    "without_blanks": (f"{COUNT} WHERE id IN ($1,$2,$1)", [2, 3], f"{COUNT} WHERE id IN (2, 3)"),
    "without_blanks_beside_a_string": (
        "SELECT $a$ $1,$2 $a$||$1::text,$2::text",
        ["a", "b"],
        "SELECT ' $1,$2 ' || 'a', 'b'",
    ),
    "in_limit": ("SELECT id FROM customers ORDER BY id LIMIT $1", [2], "SELECT id FROM customers ORDER BY id LIMIT 2"),
    "null": (f"{COUNT} WHERE region IS NOT DISTINCT FROM $1::text", [None], f"{COUNT} WHERE region IS NULL"),
    "dollar_in_a_string": ("SELECT '$1' AS a, $1::int AS b", [4], "SELECT '$1', 4"),
    "dollar_in_a_quoted_name": ('SELECT $1::int AS "$2"', [4], "SELECT 4"),
    "dollar_in_a_comment": ("SELECT $1::int AS a /* $2 */", [4], "SELECT 4"),
    "dollar_in_a_dollar_string": ("SELECT $a$ $1 $a$ AS a, $1::int AS b", [4], "SELECT ' $1 ', 4"),
    "wide_text_before": ("SELECT '\U0001d54c' AS a, $1::int AS b", [4], "SELECT '\U0001d54c', 4"),
    "dangling_pattern": (f"{COUNT} WHERE name LIKE $1", ["nobody"], f"{COUNT} WHERE false"),
    "dangling_pattern_of_hidden_text": (f"{COUNT} WHERE name LIKE $1", ["%CANARY-1\\"], f"{COUNT} WHERE false"),
}
REFUSED: dict[str, tuple[str, Any]] = {
    "too_few": (f"{COUNT} WHERE region = $1", []),
    "too_many": (f"{COUNT} WHERE region = $1", ["US", "EU"]),
    "the_policys_number": (COUNT, ["US"]),
    "the_policys_number_by_name": (COUNT, {"1": "US"}),
    "the_attribute_by_name": (COUNT, {"region": "US"}),
    "the_secret_by_name": (COUNT, {"secret:mask_key_inner": "x"}),
    "a_gap": ("SELECT $1::int, $3::int", [1, 2, 3]),
    "the_policys_next_number": (f"{COUNT} WHERE $2 = 'US'", ["US"]),
    "question_mark": (f"{COUNT} WHERE region = ?", ["US"]),
    "percent": (f"{COUNT} WHERE region = %s", ["US"]),
    "percent_name": (f"{COUNT} WHERE region = %(region)s", {"region": "US"}),
    "colon": ("SELECT :a", {"a": 1}),
    "as_a_table": ("SELECT * FROM $1", ["pg_class"]),
    "as_a_column_number": ("SELECT $0", {"0": 1}),
    "huge_number": ("SELECT $99999999999999999999", {"99999999999999999999": 1}),
    "in_a_query_function": ("SELECT query_to_xml($1, true, false, '')", ["SELECT 1"]),
    "in_a_file_function": ("SELECT pg_read_file($1)", ["/etc/passwd"]),
    "as_a_table_name": ("SELECT $1::regclass", ["vault"]),
    "in_a_setting": ("SELECT set_config($1, 'off', false)", ["standard_conforming_strings"]),
    "text_for_a_number": (f"{COUNT} WHERE id = $1", ["abc"]),
    "escape": (f"{COUNT} WHERE name LIKE 'a' ESCAPE $1", ["xx"]),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_parameters_stay_values(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    sql, parameters, same = ANSWERED[case]
    seen = postgres_door.ask(sql, parameters)
    assert not seen.refused, seen.detail
    assert sorted(map(spelt, seen.rows)) == sorted(map(spelt, on_postgres.expected(same)))


@pytest.mark.parametrize("case", REFUSED)
def test_parameters_that_do_not_fit_are_refused(postgres_door: Door, case: str) -> None:
    sql, parameters = REFUSED[case]
    assert postgres_door.ask(sql, parameters).refused
