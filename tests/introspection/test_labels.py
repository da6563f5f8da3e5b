"""Names of columns that have no alias."""

from __future__ import annotations

import pytest

from tests.introspection.answering import types
from tests.postgres import Database

ITEMS = (
    "relname",
    "c.relname",
    "relname AS a",
    'relname AS "B c"',
    "RELNAME",
    "relname::text",
    "'a'::text",
    "'a'",
    "1 + 1",
    "count(*)",
    "pg_catalog.pg_get_userbyid(relowner)",
    "(SELECT nspname FROM pg_namespace LIMIT 1)",
    "EXISTS (SELECT 1)",
    "ARRAY(SELECT 1)",
    "ARRAY[1]",
    "CASE WHEN true THEN relname END",
    "CASE WHEN true THEN 'a' ELSE relname END",
    "coalesce(relname, 'a')",
    "nullif(relname, 'a')",
    "current_user",
    "current_schema()",
    "current_schemas(true)",
    "current_database()",
    "version()",
    "true",
    "NULL",
    "(relname)",
    "relacl[1]",
    "max(relname)",
    "array_agg(relname)",
    "string_agg(relname, ',')",
    "bool_and(relisshared)",
    "lower(relname)",
    "array_to_string(relacl, ',')",
    "format_type(relowner, 1)",
    "oid::regclass",
    "relname::varchar(3)",
    "row_number() OVER ()",
    "unnest(relacl)",
    "generate_series(1, 2)",
    "greatest(relname, 'a')",
    "trim(relname)",
    "substring(relname from 1 for 2)",
    "position('a' in relname)",
)


@pytest.mark.parametrize("item", ITEMS)
def test_a_name_is_the_servers(physical: Database, item: str) -> None:
    grouped = any(word in item for word in ("max(", "_agg(", "count(", "bool_and("))
    sql = f"SELECT {item} FROM pg_class c" + ("" if grouped else " LIMIT 1")
    there = physical.server.psql(physical.name, "--csv", sql=sql).splitlines()
    header = physical.server.psql(physical.name, "--csv", "-P", "tuples_only=off", sql=sql).splitlines()[0]
    assert there is not None
    assert types(sql)[0][0] == header
