"""More than one statement, and statements that are no query."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "two_selects": ("SELECT 1; SELECT * FROM vault", "multiple-statements"),
    "commit_and_create": ("SELECT 1; COMMIT; CREATE TEMP TABLE t AS SELECT 1", "multiple-statements"),
    "trailing_semicolon": ("SELECT count(*) FROM customers;", SAME),
    "two_semicolons": ("SELECT count(*) FROM customers;;", SAME),
    "comment_after_semicolon": ("SELECT count(*) FROM customers; -- SELECT * FROM vault", SAME),
    "block_comment_between": ("SELECT 1 /* ; */ ; /* ; */ SELECT 2", "multiple-statements"),
    "empty_statement_first": ("; SELECT 1", SAME),
    "insert": ("INSERT INTO orders VALUES (1, 1, 1, 'x')", "statement-kind"),
    "update": ("UPDATE orders SET amount = 1", "statement-kind"),
    "delete": ("DELETE FROM orders", "statement-kind"),
    "delete_returning": ("WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d", "construct"),
    "update_returning": ("UPDATE customers SET name = name RETURNING ssn", "statement-kind"),
    "merge": ("MERGE INTO orders USING vault ON true WHEN MATCHED THEN DELETE", "statement-kind"),
    "create_table": ("CREATE TABLE t AS SELECT * FROM vault", "statement-kind"),
    "create_temp_table": (
        "CREATE TEMP TABLE tickets AS SELECT 1 AS customer_id, 'sam' AS assigned_to",
        "statement-kind",
    ),
    "create_macro": ("CREATE TEMP MACRO lower(a) AS a", "statement-kind"),
    "create_secure_view": ("CREATE TEMP SECURE VIEW v AS SELECT * FROM vault", "statement-kind"),
    "select_into": ("SELECT * INTO t FROM orders", "construct"),
    "for_update": ("SELECT * FROM orders FOR UPDATE", "construct"),
    "set": ("SET memory_limit = '1GB'", "statement-kind"),
    "set_variable": ("SET VARIABLE a = 1", "statement-kind"),
    "reset": ("RESET memory_limit", "statement-kind"),
    "use": ("USE shop", "statement-kind"),
    "begin": ("BEGIN", "statement-kind"),
    "rollback": ("ROLLBACK", "statement-kind"),
    "checkpoint": ("CHECKPOINT", "statement-kind"),
    "vacuum": ("VACUUM", "statement-kind"),
    "detach": ("DETACH shop", "statement-kind"),
    "drop": ("DROP TABLE vault", "statement-kind"),
    "alter": ("ALTER TABLE vault RENAME TO v", "statement-kind"),
    "comment_on": ("COMMENT ON TABLE vault IS 'x'", "statement-kind"),
    "truncate": ("TRUNCATE vault", "statement-kind"),
    "listen": ("LISTEN x", "syntax"),
    "notify": ("NOTIFY x", "syntax"),
    "kill": ("KILL 1", "syntax"),
    "only_a_comment": ("-- nothing", "empty-sql"),
    "only_a_semicolon": (";", "empty-sql"),
}


@pytest.mark.parametrize("case", CASES)
def test_stacked_statements(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
