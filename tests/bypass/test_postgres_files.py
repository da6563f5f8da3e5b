"""PostgreSQL: files, large objects, programs and the network."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "read_file": ("SELECT pg_read_file('/etc/passwd')", "function"),
    "read_binary_file": ("SELECT pg_read_binary_file('PG_VERSION')", "function"),
    "read_file_qualified": ("SELECT pg_catalog.pg_read_file('PG_VERSION')", "function"),
    "list_folder": ("SELECT pg_ls_dir('.')", "function"),
    "list_log": ("SELECT pg_ls_logdir()", "function"),
    "list_wal": ("SELECT pg_ls_waldir()", "function"),
    "list_temporary": ("SELECT pg_ls_tmpdir()", "function"),
    "stat_file": ("SELECT pg_stat_file('PG_VERSION')", "function"),
    "current_logfile": ("SELECT pg_current_logfile()", "function"),
    "relation_file": ("SELECT pg_relation_filepath('vault')", "function"),
    "relation_node": ("SELECT pg_relation_filenode('vault')", "function"),
    "lo_get": ("SELECT lo_get(4711)", "function"),
    "lo_get_part": ("SELECT lo_get(4711, 0, 10)", "function"),
    "lo_open": ("SELECT lo_open(4711, 262144)", "function"),
    "loread": ("SELECT loread(0, 100)", "function"),
    "lo_import": ("SELECT lo_import('/etc/passwd')", "function"),
    "lo_export": ("SELECT lo_export(4711, '/tmp/stolen')", "function"),
    "lo_from_bytea": ("SELECT lo_from_bytea(0, 'x')", "function"),
    "lo_put": ("SELECT lo_put(4711, 0, 'x')", "function"),
    "lo_unlink": ("SELECT lo_unlink(4711)", "function"),
    "lo_create": ("SELECT lo_create(0)", "function"),
    "rotate_logfile": ("SELECT pg_rotate_logfile()", "function"),
    "reload": ("SELECT pg_reload_conf()", "function"),
    "switch_wal": ("SELECT pg_switch_wal()", "function"),
    "restore_point": ("SELECT pg_create_restore_point('x')", "function"),
    "backup": ("SELECT pg_backup_start('x')", "function"),
    "page": ("SELECT get_raw_page('vault', 0)", "function"),
    "prewarm": ("SELECT pg_prewarm('vault')", "function"),
    "adminpack_write": ("SELECT pg_file_write('x', 'y', false)", "function"),
    "wal_records": ("SELECT pg_get_wal_record_info('0/0')", "function"),
    "slot": ("SELECT pg_logical_slot_get_changes('s', NULL, NULL)", "function"),
    "stat_reset": ("SELECT pg_stat_reset()", "function"),
    "dblink": ("SELECT dblink_exec('dbname=postgres', 'SELECT 1')", "function"),
    "dblink_connect": ("SELECT dblink_connect('host=10.0.0.1')", "function"),
    "list_folder_in_from": ("SELECT * FROM pg_ls_dir('.') d", "function"),
    "large_object_pages": ("SELECT data FROM pg_largeobject", "unknown-table"),
    "file_as_a_table": ("SELECT * FROM '/etc/passwd'", "syntax"),
    "file_as_a_name": ('SELECT * FROM "/etc/passwd"', "unknown-table"),
    "xml_external_entity": (
        "SELECT '<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>'::xml",
        "construct",
    ),
    "xmlparse_external_entity": (
        "SELECT xmlparse(document '<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>')",
        "construct",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_files(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])


@pytest.mark.parametrize(
    "call",
    [
        "pg_database_size('postgres')",
        "pg_database_size('nowhere')",
        "pg_tablespace_size('pg_default')",
        "pg_relation_size('customers')",
        "pg_total_relation_size('orders')",
    ],
)
def test_nothing_has_a_size(postgres_door: Door, call: str) -> None:
    seen = postgres_door.ask(f"SELECT {call} AS size")
    assert seen.refused or seen.rows in ([(0,)], [(None,)])
