"""TPC-H under policies: the sample, four principals, and each one's copies of the tables made by hand.

The queries in tpch/ are the specification's (TPC-H 2.17) with its validation parameters, in DuckDB's spelling; the data
comes from `tpchgen-cli`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from tests.oracle.world import Principal

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
QUERIES = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "tpch").glob("q*.sql"))}

POLICY = {
    "grants.csv": """
p, role:seller, tpch.main, read, allow
p, role:buyer, tpch.main, read, allow
p, role:buyer, tag:secret, read, deny
p, role:clerk, tpch.main, read, allow
p, role:owner, tpch, read, allow
p, role:owner, tag:contact, unmask, allow
p, role:owner, tag:secret, unmask, allow
g, group:seller, role:seller
g, group:buyer, role:buyer
g, group:clerk, role:clerk
g, group:owner, role:owner
""",
    "data/tpch.yaml": """
tables:
  tpch.main.customer:
    columns:
      c_phone: [contact.phone]
      c_address: [contact.address]
      c_name: [contact.name]
      c_comment: [secret.comment]
    rows:
      - {id: segment, for: [role:seller], where: "c_mktsegment IN (:segments)"}
  tpch.main.supplier:
    columns: {s_phone: [contact.phone], s_address: [contact.address]}
    rows:
      - {id: nation, for: [role:buyer], where: "s_nationkey IN (SELECT n_nationkey FROM nation WHERE n_regionkey <> 0)"}
  tpch.main.orders:
    columns: {o_clerk: [contact.clerk]}
    rows:
      - {id: even-customers, for: [role:clerk], where: "o_custkey % 2 = 0"}
  tpch.main.lineitem:
    columns: {l_comment: [secret.comment]}
    rows:
      - {id: recent, for: [role:clerk, role:seller], where: "l_shipdate >= DATE '1993-03-01'"}
""",
    "masks.yaml": """
masks:
  contact: {mask: redact}
  contact.phone: {mask: first_n, n: 2}
  secret: {mask: "null"}
""",
}

_PHONE = "CASE WHEN {0} IS NULL THEN NULL WHEN length({0}) > 2 THEN left({0}, 2) || '***' ELSE '***' END AS {0}"
_REDACT = "CASE WHEN {0} IS NOT NULL THEN '***' END AS {0}"
_NULL = "NULL::VARCHAR AS {0}"


def _copy(table: str, masks: dict[str, str], where: str = "TRUE", hidden: str = "") -> str:
    replaced = ", ".join(text.format(column) for column, text in masks.items())
    star = f"* {f'EXCLUDE ({hidden})' if hidden else ''} {f'REPLACE ({replaced})' if replaced else ''}"
    return f"SELECT {star} FROM raw.main.{table} WHERE {where}"


_CUSTOMER = {"c_phone": _PHONE, "c_address": _REDACT, "c_name": _REDACT}
_SUPPLIER = {"s_phone": _PHONE, "s_address": _REDACT}
_ORDERS = {"o_clerk": _REDACT}
_RECENT = "l_shipdate >= DATE '1993-03-01'"


def _all(**own: str) -> dict[str, str]:
    return {table: own.get(table, _copy(table, {})) for table in TABLES}


PRINCIPALS = (
    Principal(
        "seller",
        ("seller",),
        _all(
            customer=_copy(
                "customer", {**_CUSTOMER, "c_comment": _NULL}, "c_mktsegment IN ('BUILDING', 'AUTOMOBILE', 'MACHINERY')"
            ),
            supplier=_copy("supplier", _SUPPLIER),
            orders=_copy("orders", _ORDERS),
            lineitem=_copy("lineitem", {"l_comment": _NULL}, _RECENT),
        ),
        {"segments": ["BUILDING", "AUTOMOBILE", "MACHINERY"]},
    ),
    Principal(
        "buyer",
        ("buyer",),
        _all(
            customer=_copy("customer", _CUSTOMER, hidden="c_comment"),
            supplier=_copy(
                "supplier",
                _SUPPLIER,
                "s_nationkey IN (SELECT n_nationkey FROM raw.main.nation WHERE n_regionkey <> 0)",
            ),
            orders=_copy("orders", _ORDERS),
            lineitem=_copy("lineitem", {}, hidden="l_comment"),
        ),
    ),
    Principal(
        "clerk",
        ("clerk",),
        _all(
            customer=_copy("customer", {**_CUSTOMER, "c_comment": _NULL}),
            supplier=_copy("supplier", _SUPPLIER),
            orders=_copy("orders", _ORDERS, "o_custkey % 2 = 0"),
            lineitem=_copy("lineitem", {"l_comment": _NULL}, _RECENT),
        ),
    ),
    Principal("owner", ("owner",), _all()),
)


def build_raw(path: Path, folder: Path, scale: float) -> None:
    """TPC-H at a scale factor, in a DuckDB file."""
    binary = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run(
        [binary, "parquet", "-s", str(scale), f"--output-dir={folder}"], check=True, timeout=300, capture_output=True
    )
    with duckdb.connect(str(path)) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} AS FROM '{folder / table}.parquet'")


def build_copy(path: Path, raw: Path, principal: Principal) -> None:
    """The tables that one principal sees."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"ATTACH '{raw}' AS raw (READ_ONLY)")
        for table, query in principal.tables.items():
            connection.execute(f"CREATE TABLE {table} AS {query}")
