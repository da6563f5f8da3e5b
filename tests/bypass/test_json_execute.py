"""SQL inside of text."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "json_execute": (
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM vault'))",
        "function",
    ),
    "json_execute_of_text": ("SELECT * FROM json_execute_serialized_sql('{}')", "function"),
    "pragma_json_execute": ("PRAGMA json_execute_serialized_sql('{}')", "statement-kind"),
    "json_serialize": ("SELECT json_serialize_sql('SELECT 1')", "function"),
    "json_deserialize": ("SELECT json_deserialize_sql('{}')", "function"),
    "json_serialize_plan": ("SELECT json_serialize_plan('SELECT * FROM vault')", "function"),
    "execute": ("EXECUTE stmt", "statement-kind"),
    "prepare": ("PREPARE stmt AS SELECT * FROM vault", "statement-kind"),
    "call": ("CALL vault_rows()", "statement-kind"),
    "call_pragma": ("CALL pragma_table_info('vault')", "statement-kind"),
    "json_keys_are_of_the_view": (
        "SELECT to_json(c)->>'id', json_keys(to_json(c)) FROM customers c ORDER BY id LIMIT 2",
        SAME,
    ),
    "json_of_a_hidden_column": ("SELECT to_json(c)->>'ssn' FROM customers c LIMIT 1", SAME),
    "json_object": ("SELECT json_object('a', name) FROM customers ORDER BY id LIMIT 1", SAME),
    "json_group": ("SELECT json_group_array(email) FROM customers", SAME),
    "empty_json_key": ("SELECT '{\"\": 1, \"a\": 2}'::JSON -> ''", SAME),
    "empty_json_key_in_a_path": ("SELECT '{\"a\": {\"\": 1}}'::JSON -> 'a' -> ''", SAME),
    "json_path_of_a_column": ("SELECT to_json(c) -> '$.email' FROM customers c LIMIT 1", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_json_execute(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
