"""PostgreSQL: statements that are no query, and queries that write, lock or keep."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "insert": ("INSERT INTO orders VALUES (1)", "statement-kind"),
    "insert_returning": ("INSERT INTO orders SELECT * FROM orders RETURNING *", "statement-kind"),
    "update_returning": ("UPDATE customers SET id = id RETURNING ssn", "statement-kind"),
    "delete_returning": ("DELETE FROM vault RETURNING v", "statement-kind"),
    "merge": ("MERGE INTO orders o USING vault v ON true WHEN MATCHED THEN DELETE RETURNING v.*", "statement-kind"),
    "delete_in_a_cte": ("WITH d AS (DELETE FROM vault RETURNING v) SELECT * FROM d", "construct"),
    "update_in_a_cte": ("WITH d AS (UPDATE customers SET id = id RETURNING ssn) SELECT * FROM d", "construct"),
    "insert_in_a_nested_cte": (
        "SELECT * FROM (WITH d AS (INSERT INTO orders VALUES (1) RETURNING *) SELECT * FROM d) q",
        "construct",
    ),
    "merge_in_a_cte": (
        "WITH d AS (MERGE INTO orders o USING vault v ON true WHEN MATCHED THEN DELETE RETURNING v.v) SELECT * FROM d",
        "construct",
    ),
    "cte_before_an_insert": ("WITH q AS (SELECT * FROM vault) INSERT INTO orders SELECT 1 FROM q", "statement-kind"),
    "select_into": ("SELECT * INTO stolen FROM customers", "construct"),
    "select_into_temp": ("SELECT * INTO TEMP stolen FROM customers", "construct"),
    "create_table_as": ("CREATE TABLE stolen AS SELECT * FROM vault", "statement-kind"),
    "create_temp_table": ("CREATE TEMP TABLE tickets AS SELECT 1", "statement-kind"),
    "create_view": ("CREATE VIEW v AS SELECT * FROM vault", "statement-kind"),
    "create_function": ("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT 1'", "statement-kind"),
    "for_update": ("SELECT * FROM orders FOR UPDATE", "construct"),
    "for_share": ("SELECT * FROM orders FOR SHARE", "construct"),
    "for_key_share_of": ("SELECT * FROM orders o FOR KEY SHARE OF o NOWAIT", "construct"),
    "for_update_in_a_derived_table": ("SELECT * FROM (SELECT * FROM orders FOR UPDATE) q", "construct"),
    "copy_to_stdout": ("COPY vault TO STDOUT", "statement-kind"),
    "copy_query": ("COPY (SELECT * FROM vault) TO STDOUT", "statement-kind"),
    "copy_to_file": ("COPY customers TO '/tmp/stolen'", "statement-kind"),
    "copy_to_program": ("COPY customers TO PROGRAM 'cat'", "statement-kind"),
    "copy_from_program": ("COPY orders FROM PROGRAM 'id'", "statement-kind"),
    "explain": ("EXPLAIN SELECT * FROM vault", "statement-kind"),
    "explain_analyze": ("EXPLAIN ANALYZE DELETE FROM orders", "statement-kind"),
    "do": ("DO $$ BEGIN RAISE NOTICE 'x'; END $$", "statement-kind"),
    "call": ("CALL f()", "statement-kind"),
    "prepare": ("PREPARE p AS SELECT * FROM vault", "statement-kind"),
    "execute": ("EXECUTE p", "statement-kind"),
    "deallocate": ("DEALLOCATE ALL", "statement-kind"),
    "declare": ("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM vault", "statement-kind"),
    "fetch": ("FETCH ALL FROM c", "statement-kind"),
    "begin": ("BEGIN", "statement-kind"),
    "commit": ("COMMIT", "statement-kind"),
    "rollback": ("ROLLBACK", "statement-kind"),
    "savepoint": ("SAVEPOINT s", "statement-kind"),
    "lock": ("LOCK TABLE orders", "statement-kind"),
    "listen": ("LISTEN x", "statement-kind"),
    "notify": ("NOTIFY x, 'y'", "statement-kind"),
    "vacuum": ("VACUUM customers", "statement-kind"),
    "checkpoint": ("CHECKPOINT", "statement-kind"),
    "load": ("LOAD 'x'", "statement-kind"),
    "truncate": ("TRUNCATE orders", "statement-kind"),
    "drop": ("DROP TABLE orders", "statement-kind"),
    "alter": ("ALTER TABLE orders ADD COLUMN a int", "statement-kind"),
    "grant": ("GRANT SELECT ON vault TO PUBLIC", "statement-kind"),
    "alter_role": ("ALTER ROLE postgres PASSWORD 'x'", "statement-kind"),
    "refresh": ("REFRESH MATERIALIZED VIEW vault_kept", "statement-kind"),
    "comment": ("COMMENT ON TABLE orders IS 'x'", "statement-kind"),
    "security_label": ("SECURITY LABEL ON TABLE orders IS 'x'", "statement-kind"),
    "create_extension": ("CREATE EXTENSION dblink", "statement-kind"),
    "two_statements": ("SELECT 1; SELECT * FROM vault", "multiple-statements"),
    "commit_and_more": ("SELECT 1; COMMIT; CREATE TEMP TABLE stacked AS SELECT * FROM vault", "multiple-statements"),
    "semicolons": ("SELECT id FROM customers;;", SAME),
    "nothing": (";", "empty-sql"),
    "comment_only": ("-- SELECT", "empty-sql"),
}


@pytest.mark.parametrize("case", CASES)
def test_statements(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
