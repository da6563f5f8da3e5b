"""Columns that tables have without saying so, and what tells of gaps between rows."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "rowid": ("SELECT rowid FROM customers", "unknown-column"),
    "rowid_qualified": ("SELECT c.rowid FROM customers c", "unknown-column"),
    "rowid_of_a_table_without_a_view": ("SELECT rowid FROM orders", "unknown-column"),
    "rowid_in_where": ("SELECT count(*) FROM customers WHERE rowid > 3", "unknown-column"),
    "rowid_of_a_star": ("SELECT * EXCLUDE (rowid) FROM customers", "engine-error"),
    "rowid_upper": ("SELECT ROWID FROM customers", "unknown-column"),
    "file_row_number": ("SELECT file_row_number FROM customers", "unknown-column"),
    "filename": ("SELECT filename FROM customers", "unknown-column"),
    "ctid": ("SELECT ctid FROM customers", "unknown-column"),
    "tableoid": ("SELECT tableoid FROM customers", "unknown-column"),
    "xmin": ("SELECT xmin FROM customers", "unknown-column"),
    "columns_rowid": ("SELECT COLUMNS('rowid') FROM customers", "engine-error"),
    "rowid_by_struct": ("SELECT c.rowid.x FROM customers c", "unknown-column"),
    "virtual_by_whole_row": ("SELECT struct_extract(customers, 'rowid') FROM customers", "engine-error"),
    "delete_count": ("SELECT stats(id) FROM customers", "function"),
    "row_numbers_of_the_view": ("SELECT row_number() OVER (ORDER BY id) AS n, id FROM customers", SAME),
}


@pytest.mark.parametrize("case", CASES)
def test_system_columns(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
