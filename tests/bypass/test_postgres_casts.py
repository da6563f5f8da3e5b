"""PostgreSQL: casts that name tables, types of the warehouse, and types that read the catalog."""

from __future__ import annotations

import pytest

from tests.bypass.asking import VIRTUAL, Door
from tests.bypass.postgres_shop import ServedOnPostgres, hold

CASES = {
    "to_vault": ("SELECT NULL::vault", "construct"),
    "to_public_vault": ("SELECT NULL::public.vault", "construct"),
    "to_qpublicq_qvaultq": ('SELECT NULL::"public"."vault"', "construct"),
    "to_vault_array": ("SELECT NULL::vault[]", "construct"),
    "to_hr_salaries": ("SELECT NULL::hr.salaries", "construct"),
    "to_outside_papers": ("SELECT NULL::outside.papers", "construct"),
    "to_secret_mood": ("SELECT NULL::secret_mood", "construct"),
    "to_public_secret_mood": ("SELECT NULL::public.secret_mood", "construct"),
    "to_secret_text": ("SELECT NULL::secret_text", "construct"),
    "to_regclass": ("SELECT NULL::regclass", VIRTUAL),
    "to_regtype": ("SELECT NULL::regtype", VIRTUAL),
    "to_regproc": ("SELECT NULL::regproc", VIRTUAL),
    "to_regprocedure": ("SELECT NULL::regprocedure", VIRTUAL),
    "to_regoper": ("SELECT NULL::regoper", VIRTUAL),
    "to_regnamespace": ("SELECT NULL::regnamespace", VIRTUAL),
    "to_regrole": ("SELECT NULL::regrole", VIRTUAL),
    "to_regconfig": ("SELECT NULL::regconfig", "construct"),
    "to_regdictionary": ("SELECT NULL::regdictionary", "construct"),
    "to_oid": ("SELECT NULL::oid", "construct"),
    "to_xid": ("SELECT NULL::xid", "construct"),
    "to_cid": ("SELECT NULL::cid", "construct"),
    "to_tid": ("SELECT NULL::tid", "construct"),
    "to_pg_lsn": ("SELECT NULL::pg_lsn", "construct"),
    "to_refcursor": ("SELECT NULL::refcursor", "construct"),
    "to_xml": ("SELECT NULL::xml", "construct"),
    "to_cstring": ("SELECT NULL::cstring", "construct"),
    "to_record": ("SELECT NULL::record", "construct"),
    "to_pg_class": ("SELECT NULL::pg_class", "construct"),
    "to_pg_catalog_pg_class": ("SELECT NULL::pg_catalog.pg_class", "construct"),
    "to_information_schema_tables": ("SELECT NULL::information_schema.tables", "construct"),
    "to_customers": ("SELECT NULL::customers", "construct"),
    "to_orders_array": ("SELECT NULL::orders[]", "construct"),
    "to__vault": ("SELECT NULL::_vault", "construct"),
    "to_internal": ("SELECT NULL::internal", "construct"),
    "to_anyelement": ("SELECT NULL::anyelement", "construct"),
    "to_trigger": ("SELECT NULL::trigger", "construct"),
    "to_unknown_type": ("SELECT NULL::unknown_type", "construct"),
    "regclass_of_text": ("SELECT 'vault'::regclass", "unknown-table"),
    "regclass_of_a_column": ("SELECT count(*) FROM customers WHERE name::regclass IS NULL", "construct"),
    "regclass_by_cast": ("SELECT CAST('vault' AS pg_catalog.regclass)", "unknown-table"),
    "regclass_by_prefix": ("SELECT regclass 'vault'", "construct"),
    "regclass_by_call": ("SELECT regclass('vault')", "function"),
    "row_type_by_prefix": ("SELECT vault '(1,a,1)'", "construct"),
    "enum_range": ("SELECT enum_range(NULL::secret_mood)", "construct"),
    "enum_input": ("SELECT 'x'::secret_mood", "construct"),
    "fields_of_a_row_type": ("SELECT (NULL::public.vault).*", "construct"),
    "json_populate_record": ("SELECT json_populate_record(NULL::vault, '{}')", "construct"),
    "jsonb_populate_recordset": ("SELECT * FROM jsonb_populate_recordset(NULL::vault, '[{}]')", "construct"),
    "column_definition_list": ("SELECT * FROM json_to_record('{}') AS x(a secret_mood)", "construct"),
    "column_definition_of_a_table": ("SELECT * FROM json_to_recordset('[]') AS x(a vault)", "construct"),
    "xmltable_column": ("SELECT * FROM XMLTABLE('/a' PASSING '<a/>'::xml COLUMNS b vault PATH '.')", "construct"),
    "type_of_a_column": ("SELECT 1::vault.v%TYPE", "construct"),
    "array_of_rows": ("SELECT ARRAY[NULL]::vault[]", "construct"),
    "row_cast": ("SELECT ROW(1, 'a', 1)::vault", "construct"),
    "typed_parameter": ("SELECT $1::vault", "construct"),
    "returning_of_json_value": ("SELECT json_value('{}', '$' RETURNING vault)", "construct"),
}


@pytest.mark.parametrize("case", CASES)
def test_casts(on_postgres: ServedOnPostgres, postgres_door: Door, case: str) -> None:
    hold(on_postgres, postgres_door, *CASES[case])
