"""The data of every server, held against a real one."""

from __future__ import annotations

import csv
import io

from proxy.introspection import builtin
from tests.postgres import Database


def test_relations_have_the_columns_that_the_server_has(physical: Database) -> None:
    sql = (
        "SELECT n.nspname, c.relname, c.oid, c.relkind, a.attname, t.typname, a.attnotnull FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
        "JOIN pg_type t ON t.oid = a.atttypid WHERE n.nspname IN ('pg_catalog', 'information_schema') "
        "AND c.relkind IN ('r', 'v') ORDER BY c.oid, a.attnum"
    )
    there: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    kinds = {}
    for schema, name, _, kind, column, kind_of, required in physical.query(sql):
        there.setdefault((schema, name), []).append((column, kind_of, required == "t"))
        kinds[schema, name] = kind
    for key, relation in builtin.relations().items():
        assert [(c.name, c.type, c.required) for c in relation.columns] == there[key], key
        assert relation.kind == kinds[key]


def test_tables_that_could_tell_of_data_are_not_there() -> None:
    names = {name for _, name in builtin.relations()}
    assert not names & {"pg_statistic", "pg_stats", "pg_stats_ext", "pg_largeobject", "pg_hba_file_rules", "pg_shadow"}


def test_types_are_those_of_the_server(physical: Database) -> None:
    sql = (
        "SELECT typname, oid, typlen, typbyval, typtype, typcategory, typdelim, typelem, typarray, typcollation, "
        "typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typalign, typstorage FROM pg_type"
    )
    names = sql.removeprefix("SELECT ").partition(" FROM")[0].replace("::oid", "").split(", ")
    there = {row[0]: row for row in csv.reader(io.StringIO(physical.server.psql(physical.name, "--csv", sql=sql)))}
    for name, row in builtin.types().items():
        if row["typnamespace"] == 11:
            spelt = {True: "t", False: "f"}
            assert [
                spelt.get(row[n], str(row[n])) if isinstance(row[n], bool) else str(row[n]) for n in names
            ] == there[name]


def test_keywords_are_those_of_the_server(physical: Database) -> None:
    there = physical.query("SELECT word, catcode, barelabel FROM pg_get_keywords()")
    assert [[k["word"], k["catcode"], "t" if k["barelabel"] else "f"] for k in builtin.keywords()] == there


def test_settings_exist_on_a_server(physical: Database) -> None:
    there = {row[0]: row[1] for row in physical.query("SELECT lower(name), vartype FROM pg_settings")}
    there |= {"is_superuser": "bool"}  # a server shows it, and leaves it out of the list
    assert {name: setting.vartype for name, setting in builtin.settings().items()}.items() <= there.items()
