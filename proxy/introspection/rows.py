"""The rows of pg_catalog, synthesised from facts.

Rule kept here: nothing is copied from a warehouse's catalog and nothing is deleted from one: each row is made from a
fact, or is the same on every server. What hangs on a table elsewhere (indexes, constraints, triggers, defaults) could
tell of hidden columns, and is not there, but for primary keys whose columns all show. The same name has the same number
wherever and whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proxy.introspection import builtin, keys
from proxy.introspection.facts import ColumnFact, Facts, TableFact
from proxy.introspection.numbers import Numbers, Row, Rows

OWNER, OWNER_NAME = 10, "usher"
PG_CATALOG, PG_TOAST, INFORMATION_SCHEMA = 11, 99, 13207
CLASS = 1259
_NONE = 0


def made_of(facts: Facts) -> Rows:
    """Every relation of pg_catalog that has rows, with its rows."""
    numbers = Numbers()
    database = numbers.of("database", facts.database)
    schemas = {name: numbers.of("schema", name) for name in dict.fromkeys(t.schema for t in facts.tables)}
    tables = {(t.schema, t.name): numbers.of("table", t.schema, t.name) for t in facts.tables}
    made: dict[str, list[Row]] = {name: list(rows) for name, rows in builtin.rows().items()}
    made["pg_namespace"] = _namespaces(schemas)
    made["pg_database"] = [_database(facts.database, database)]
    made["pg_class"], made["pg_attribute"], made["pg_description"] = [], [], []
    for relation in builtin.relations().values():
        schema = PG_CATALOG if relation.schema == builtin.CATALOG else INFORMATION_SCHEMA
        made["pg_class"].append(_class(relation.oid, relation.name, schema, relation.kind, len(relation.columns), 2))
        for place, column in enumerate(relation.columns, start=1):
            made["pg_attribute"].append(_attribute(relation.oid, place, column.name, column.type, -1, column.required))
    for table in facts.tables:
        number = tables[table.schema, table.name]
        kind = "v" if table.is_view else "r"
        schema, types = schemas[table.schema], _row_types(number, table, schemas[table.schema], numbers)
        made["pg_type"] += types
        row = _class(number, table.name, schema, kind, len(table.columns), 2)
        made["pg_class"].append({**row, "reltype": types[0]["oid"], "relhasindex": bool(table.key)})
        made["pg_attribute"] += [_column(number, place, c) for place, c in enumerate(table.columns, start=1)]
        made["pg_description"] += _descriptions(number, table)
    made["pg_constraint"], made["pg_index"] = [], []
    for table, name in keys.keyed(facts):
        schema = schemas[table.schema]
        made["pg_constraint"].append(keys.constraint(table, name, schema, numbers))
        made["pg_index"].append(index := keys.index(table, numbers))
        row = _class(index["indexrelid"], name, schema, "i", len(table.key), keys.BTREE)
        made["pg_class"].append(row)
        facts_of_key = [c for key in table.key for c in table.columns if c.name == key]
        made["pg_attribute"] += [
            _attribute(index["indexrelid"], place, c.name, c.type, c.modifier, False)
            for place, c in enumerate(facts_of_key, start=1)
        ]
    made["pg_roles"] = [_role(OWNER, OWNER_NAME)]
    return made


def _namespaces(schemas: Mapping[str, int]) -> list[Row]:
    own = {builtin.CATALOG: PG_CATALOG, builtin.INFORMATION: INFORMATION_SCHEMA, "pg_toast": PG_TOAST}
    return [{"oid": number, "nspname": name, "nspowner": OWNER} for name, number in {**own, **schemas}.items()]


def _database(name: str, number: int) -> Row:
    return {
        "oid": number,
        "datname": name,
        "datdba": OWNER,
        "encoding": 6,
        "datlocprovider": "c",
        "datistemplate": False,
        "datallowconn": True,
        "datconnlimit": -1,
        "datfrozenxid": 0,
        "datminmxid": 0,
        "dattablespace": 1663,
        "datcollate": "C",
        "datctype": "C",
    }


def _class(number: int, name: str, schema: int, kind: str, columns: int, access: int) -> Row:
    return {
        "oid": number,
        "relname": name,
        "relnamespace": schema,
        "reltype": _NONE,
        "reloftype": _NONE,
        "relowner": OWNER,
        "relam": access if kind in ("r", "i") else _NONE,
        "relfilenode": _NONE,
        "reltablespace": _NONE,
        "relpages": 0,
        "reltuples": -1.0,
        "relallvisible": 0,
        "reltoastrelid": _NONE,
        "relhasindex": False,
        "relisshared": False,
        "relpersistence": "p",
        "relkind": kind,
        "relnatts": columns,
        "relchecks": 0,
        "relhasrules": kind == "v",
        "relhastriggers": False,
        "relhassubclass": False,
        "relrowsecurity": False,
        "relforcerowsecurity": False,
        "relispopulated": True,
        "relreplident": "d" if kind == "r" and schema != PG_CATALOG else "n",
        "relispartition": False,
        "relrewrite": _NONE,
        "relfrozenxid": 0,
        "relminmxid": 0,
    }


def _row_types(number: int, table: TableFact, schema: int, numbers: Numbers) -> list[Row]:
    """The type of a table's rows, and of arrays of them."""
    own = numbers.of("row-type", table.schema, table.name)
    array = numbers.of("row-type-array", table.schema, table.name)
    like = {"typnamespace": schema, "typowner": OWNER, "typrelid": 0, "typelem": 0, "typarray": 0}
    row = {**builtin.types()["record"], **like, "oid": own, "typname": table.name, "typtype": "c", "typcategory": "C"}
    arrays = {**builtin.types()["_text"], **like, "oid": array, "typname": f"_{table.name}", "typelem": own}
    return [{**row, "typrelid": number, "typarray": array, "typcollation": 0}, {**arrays, "typcollation": 0}]


def _column(table: int, place: int, column: ColumnFact) -> Row:
    return _attribute(table, place, column.name, column.type, column.modifier, column.required)


def _attribute(table: int, place: int, name: str, kind: str, modifier: int, required: bool) -> Row:
    found = builtin.types()[kind]
    return {
        "attrelid": table,
        "attname": name,
        "atttypid": found["oid"],
        "attstattarget": -1,
        "attlen": found["typlen"],
        "attnum": place,
        "attndims": 1 if kind.startswith("_") else 0,
        "attcacheoff": -1,
        "atttypmod": modifier,
        "attbyval": found["typbyval"],
        "attalign": found["typalign"],
        "attstorage": found["typstorage"],
        "attcompression": "",
        "attnotnull": required,
        "atthasdef": False,
        "atthasmissing": False,
        "attidentity": "",
        "attgenerated": "",
        "attisdropped": False,
        "attislocal": True,
        "attinhcount": 0,
        "attcollation": found["typcollation"],
    }


def _descriptions(number: int, table: TableFact) -> Iterable[Row]:
    comments = [(0, table.comment), *((n, c.comment) for n, c in enumerate(table.columns, start=1))]
    return [
        {"objoid": number, "classoid": CLASS, "objsubid": place, "description": text}
        for place, text in comments
        if text
    ]


def _role(number: int, name: str) -> Row:
    return {
        "rolname": name,
        "rolsuper": False,
        "rolinherit": True,
        "rolcreaterole": False,
        "rolcreatedb": False,
        "rolcanlogin": True,
        "rolreplication": False,
        "rolconnlimit": -1,
        "rolpassword": "********",
        "rolbypassrls": False,
        "oid": number,
    }
