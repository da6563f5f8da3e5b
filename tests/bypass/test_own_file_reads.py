"""The database's own file, other files, and the network."""

from __future__ import annotations

import pytest

from tests.bypass.asking import Door, Served, hold

CASES = {
    "read_blob": ("SELECT content FROM read_blob('raw.duckdb')", "function"),
    "read_text": ("SELECT content FROM read_text('/etc/passwd')", "function"),
    "read_csv": ("SELECT * FROM read_csv('/etc/passwd')", "construct"),
    "read_csv_auto": ("SELECT * FROM read_csv_auto('/etc/passwd')", "function"),
    "read_json": ("SELECT * FROM read_json('/etc/passwd')", "function"),
    "read_json_auto": ("SELECT * FROM read_json_auto('/etc/passwd')", "function"),
    "read_json_objects": ("SELECT * FROM read_json_objects('/etc/passwd')", "function"),
    "read_ndjson": ("SELECT * FROM read_ndjson('/etc/passwd')", "function"),
    "read_parquet": ("SELECT * FROM read_parquet('/etc/passwd')", "construct"),
    "parquet_scan": ("SELECT * FROM parquet_scan('/etc/passwd')", "function"),
    "parquet_metadata": ("SELECT * FROM parquet_metadata('/etc/passwd')", "function"),
    "glob": ("SELECT * FROM glob('/etc/*')", "function"),
    "sniff_csv": ("SELECT * FROM sniff_csv('/etc/passwd')", "function"),
    "attach": ("ATTACH 'raw.duckdb' AS other", "statement-kind"),
    "attach_read_only": ("ATTACH 'raw.duckdb' (READ_ONLY)", "statement-kind"),
    "copy_to": ("COPY (SELECT 1) TO '/tmp/x.csv'", "statement-kind"),
    "copy_from_table": ("COPY vault TO '/tmp/x.csv'", "statement-kind"),
    "export_database": ("EXPORT DATABASE '/tmp/x'", "statement-kind"),
    "import_database": ("IMPORT DATABASE '/tmp/x'", "statement-kind"),
    "install": ("INSTALL httpfs", "statement-kind"),
    "load": ("LOAD httpfs", "statement-kind"),
    "getenv": ("SELECT getenv('HOME')", "function"),
    "read_in_a_scalar": ("SELECT (SELECT max(content) FROM read_text('/etc/passwd'))", "function"),
    "read_in_a_cte": ("WITH f AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM f", "function"),
    "write_blob": ("SELECT write_blob('/tmp/x', 'a'::BLOB)", "function"),
    "write_log": ("SELECT write_log('a')", "function"),
}


@pytest.mark.parametrize("case", CASES)
def test_own_file_reads(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
