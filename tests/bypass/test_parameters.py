"""Bound values: numbers that might collide with the policy's own, names spelt like its attributes, and odd types."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bypass.asking import Door, Served, spelt

COUNT = "SELECT count(*) AS n FROM customers"
ANSWERED: dict[str, tuple[str, Any, str]] = {
    "one": (f"{COUNT} WHERE region = $1", ["US"], f"{COUNT} WHERE region = 'US'"),
    "a_high_number": (f"{COUNT} WHERE region = $5", {"5": "US"}, f"{COUNT} WHERE region = 'US'"),
    "two_high_numbers": (f"{COUNT} WHERE id > $9 AND id < $2", {"9": 3, "2": 9}, f"{COUNT} WHERE id > 3 AND id < 9"),
    "out_of_order": ("SELECT $2 AS a, $1 AS b, count(*) FROM customers", ["x", "y"], "SELECT 'y', 'x', 20"),
    "twice": (f"{COUNT} WHERE region = $1 OR notes = $1", ["US"], f"{COUNT} WHERE region = 'US'"),
    "question_mark": (f"{COUNT} WHERE region = ?", ["US"], f"{COUNT} WHERE region = 'US'"),
    "question_marks": (f"{COUNT} WHERE id > ? AND id < ?", [3, 9], f"{COUNT} WHERE id > 3 AND id < 9"),
    "named_like_the_attribute": (f"{COUNT} WHERE region = $region", {"region": "US"}, f"{COUNT} WHERE region = 'US'"),
    "named_like_sub": ("SELECT $sub AS a, count(*) FROM customers", {"sub": "eve"}, "SELECT 'eve', 20"),
    "named_like_the_secret": ("SELECT $mask_key_inner AS a", {"mask_key_inner": "x"}, "SELECT 'x'"),
    "sql_as_a_value": (f"{COUNT} WHERE region = $1", ["EU' OR '1'='1"], f"{COUNT} WHERE false"),
    "a_table_name_as_a_value": ("SELECT $1 AS a FROM customers LIMIT 1", ["vaul" + "t"], "SELECT 'vault'"),
    "in_two_copies_of_a_table": (
        "SELECT count(*) FROM customers a JOIN customers b ON a.id = b.id AND a.id > $1",
        [10],
        "SELECT count(*) FROM customers WHERE id > 10",
    ),
    "without_blanks": (f"{COUNT} WHERE id IN ($1,$2,$1)", [2, 3], f"{COUNT} WHERE id IN (2, 3)"),
    "names_without_blanks": (f"{COUNT} WHERE id IN ($a,$b)", {"b": 2, "a": 3}, f"{COUNT} WHERE id IN (2, 3)"),
    "marks_without_blanks": (f"{COUNT} WHERE id IN (?,?,?)", [2, 3, 3], f"{COUNT} WHERE id IN (2, 3)"),
    "without_blanks_beside_a_string": ("SELECT '$1,$2'||$1,$2", ["a", "b"], "SELECT '$1,$2a', 'b'"),
    "in_limit": ("SELECT id FROM customers ORDER BY id LIMIT $1", [2], "SELECT id FROM customers ORDER BY id LIMIT 2"),
    "null": (f"{COUNT} WHERE region IS NOT DISTINCT FROM $1", [None], f"{COUNT} WHERE region IS NULL"),
    "boolean": (f"{COUNT} WHERE $1", [True], COUNT),
    "float": ("SELECT $1 + 1 AS a", [1.5], "SELECT 2.5"),
    "huge": ("SELECT $1 = 170141183460469231731687303715884105727 AS a", [2**127 - 1], "SELECT true"),
    "as_a_pattern_of_columns": ("SELECT COLUMNS($1) FROM customers", [".*"], "SELECT * FROM customers"),
    "text_with_a_dollar": ("SELECT $1 AS a", ["$1 $region ?"], "SELECT '$1 $region ?'"),
    "dollar_in_a_string": ("SELECT '$1' AS a, $1 AS b", [4], "SELECT '$1', 4"),
    "dollar_in_a_quoted_name": ('SELECT $1 AS "$2"', [4], "SELECT 4"),
    "dollar_in_a_comment": ("SELECT $1 AS a /* $2 ? */", [4], "SELECT 4"),
    "wide_text_before": (
        "SELECT '\U0001d54c' AS a, $1 AS b, count(*) FROM customers",
        [4],
        "SELECT '\U0001d54c', 4, 20",
    ),
}
REFUSED: dict[str, tuple[str, Any]] = {
    "too_few": (f"{COUNT} WHERE region = $1", []),
    "too_many": (f"{COUNT} WHERE region = $1", ["US", "EU"]),
    "the_policys_number": (COUNT, ["US"]),
    "the_policys_number_by_name": (COUNT, {"1": "US"}),
    "the_attribute_by_name": (COUNT, {"region": "US"}),
    "the_secret_by_name": (COUNT, {"secret:mask_key_inner": "x"}),
    "a_gap": ("SELECT $1, $3", [1, 2, 3]),
    "a_name_with_a_dollar": ("SELECT $a", {"$a": 1}),
    "an_empty_name": ("SELECT $1", {"": 1}),
    "mixed": ("SELECT ?, $1", [1, 2]),
    "question_mark_with_a_number": ("SELECT ?2", [1, 2]),
    "colon": ("SELECT :a", {"a": 1}),
    "as_a_table": ("SELECT * FROM $1", ["vaul" + "t"]),
    "as_a_pattern_of_a_hidden_column": ("SELECT COLUMNS($1) FROM customers", ["s[s]n"]),
    "zero": ("SELECT $0", {"0": 1}),
    "huge_number": ("SELECT $99999999999999999999", {"99999999999999999999": 1}),
    "in_a_query_function": ("SELECT * FROM query($1)", ["SELECT 1"]),
    "in_a_file_function": ("SELECT * FROM read_text($1)", ["/etc/passwd"]),
    "text_for_a_number": (f"{COUNT} WHERE id = $1", ["abc"]),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_parameters_stay_values(served: Served, door: Door, case: str) -> None:
    sql, parameters, same = ANSWERED[case]
    seen = door.ask(sql, parameters)
    assert not seen.refused, seen.detail
    assert sorted(map(spelt, seen.rows)) == sorted(map(spelt, served.expected(same)))


@pytest.mark.parametrize("case", REFUSED)
def test_parameters_that_do_not_fit_are_refused(door: Door, case: str) -> None:
    sql, parameters = REFUSED[case]
    assert door.ask(sql, parameters).refused


@pytest.mark.parametrize("region", ["US", "EU"])
def test_a_parameter_named_like_an_attribute_leaves_the_filter_alone(door: Door, region: str) -> None:
    seen = door.ask("SELECT count(*) FROM customers WHERE $region = $region", {"region": region})
    assert seen.rows == [(20,)]
