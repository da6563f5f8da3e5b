"""The rows of primary keys: constraint, index, and the words in which a server tells of them.

Rule kept here: a key shows where every column of it shows its values, under a name that is made of the table's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proxy.introspection import builtin
from proxy.introspection.facts import Facts, TableFact
from proxy.introspection.numbers import Numbers, Row, Rows
from proxy.introspection.quoting import quoted

BTREE = 403
_LIKE = {"varchar": "text", "cidr": "inet"}
"""Types that are indexed as another."""


def keyed(facts: Facts) -> Iterator[tuple[TableFact, str]]:
    """The tables that have a key, with its name: TABLE_pkey, or the first TABLE_pkeyN that no table has."""
    taken = {(table.schema, table.name) for table in facts.tables}
    for table in facts.tables:
        if table.key and not table.is_view:
            name, count = f"{table.name}_pkey", 0
            while (table.schema, name) in taken:
                count += 1
                name = f"{table.name}_pkey{count}"
            taken.add((table.schema, name))
            yield table, name


def places(table: TableFact) -> list[int]:
    """Where the key's columns stand in the table, from 1."""
    names = [column.name for column in table.columns]
    return [names.index(name) + 1 for name in table.key]


def constraint(table: TableFact, name: str, schema: int, numbers: Numbers) -> Row:
    """pg_constraint's row."""
    return {
        "oid": numbers.of("constraint", table.schema, table.name),
        "conname": name,
        "connamespace": schema,
        "contype": "p",
        "condeferrable": False,
        "condeferred": False,
        "convalidated": True,
        "conrelid": numbers.of("table", table.schema, table.name),
        "contypid": 0,
        "conindid": numbers.of("index", table.schema, table.name),
        "conparentid": 0,
        "confrelid": 0,
        "confupdtype": " ",
        "confdeltype": " ",
        "confmatchtype": " ",
        "conislocal": True,
        "coninhcount": 0,
        "connoinherit": True,
        "conkey": places(table),
    }


def index(table: TableFact, numbers: Numbers) -> Row:
    """pg_index's row."""
    kinds = [builtin.types()[table.columns[place - 1].type] for place in places(table)]
    return {
        "indexrelid": numbers.of("index", table.schema, table.name),
        "indrelid": numbers.of("table", table.schema, table.name),
        "indnatts": len(kinds),
        "indnkeyatts": len(kinds),
        "indisunique": True,
        "indnullsnotdistinct": False,
        "indisprimary": True,
        "indisexclusion": False,
        "indimmediate": True,
        "indisclustered": False,
        "indisvalid": True,
        "indcheckxmin": False,
        "indisready": True,
        "indislive": True,
        "indisreplident": False,
        "indkey": places(table),
        "indcollation": [kind["typcollation"] for kind in kinds],
        "indclass": [_classes().get(_LIKE.get(kind["typname"], kind["typname"]), 0) for kind in kinds],
        "indoption": [0 for _ in kinds],
    }


def _classes() -> Mapping[str, int]:
    names = {row["oid"]: name for name, row in builtin.types().items()}
    return {names[row["opcintype"]]: row["oid"] for row in builtin.rows()["pg_opclass"]}


def definitions(rows: Rows, visible: set[int]) -> tuple[Sequence[Row], Sequence[Row]]:
    """What pg_get_constraintdef says of each constraint; and pg_get_indexdef of each index, whole (place 0) and of each
    column, with the table's schema and (`u__pretty`) with it only where the name alone means another table."""
    tables = {row["oid"]: row for row in rows["pg_class"]}
    schemas = {row["oid"]: row["nspname"] for row in rows["pg_namespace"]}
    columns = {(row["attrelid"], row["attnum"]): quoted(row["attname"]) for row in rows["pg_attribute"]}
    constraints: list[Row] = []
    indexes: list[Row] = []
    for row in rows["pg_constraint"]:
        listed = ", ".join(columns[row["conrelid"], place] for place in row["conkey"])
        constraints.append({"u__oid": row["oid"], "u__text": f"PRIMARY KEY ({listed})"})
    for row in rows["pg_index"]:
        table, names = tables[row["indrelid"]], [columns[row["indrelid"], place] for place in row["indkey"]]
        full = f"{quoted(schemas[table['relnamespace']])}.{quoted(table['relname'])}"
        short = quoted(table["relname"]) if table["oid"] in visible else full
        name, number = quoted(tables[row["indexrelid"]]["relname"]), row["indexrelid"]
        made = [f"CREATE UNIQUE INDEX {name} ON {on} USING btree ({', '.join(names)})" for on in (full, short)]
        indexes.append({"u__oid": number, "u__place": 0, "u__text": made[0], "u__pretty": made[1]})
        each = enumerate(names, start=1)
        indexes += [{"u__oid": number, "u__place": n, "u__text": text, "u__pretty": text} for n, text in each]
    return constraints, indexes
