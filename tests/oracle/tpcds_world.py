"""TPC-DS under policies: a small sample, three principals, and each one's copies of the tables made by hand.

Where queries and data come from, and how the sample was made, stands in tpcds/README.md.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.oracle.world import Principal

FOLDER = Path(__file__).parent / "tpcds"
QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("q*.sql"))}
POSTGRES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "postgres").glob("q*.sql"))}
"""Those of the queries that PostgreSQL takes only in other words."""
TABLES = tuple(sorted(path.stem for path in (FOLDER / "data").glob("*.parquet")))

POLICY = {
    "grants.csv": """
p, role:store, tpcds.main, read, allow
p, role:analyst, tpcds.main, read, allow
p, role:analyst, tag:secret, read, deny
p, role:owner, tpcds, read, allow
p, role:owner, tag:contact, unmask, allow
p, role:owner, tag:margin, unmask, allow
p, role:owner, tag:secret, unmask, allow
g, group:store, role:store
g, group:analyst, role:analyst
g, group:owner, role:owner
""",
    "data/tpcds.yaml": """
tables:
  tpcds.main.customer:
    columns:
      c_last_name: [contact.name]
      c_email_address: [contact.email]
      c_login: [contact.login]
      c_salutation: [contact.name]
    rows:
      - {id: not-withdrawn, for: [role:analyst], where: "c_customer_sk % 13 <> 5"}
  tpcds.main.customer_address:
    columns: {ca_street_name: [contact.street], ca_street_number: [contact.street], ca_suite_number: [secret.suite]}
  tpcds.main.item:
    columns: {i_wholesale_cost: [margin.cost], i_container: [secret.container]}
    rows:
      - {id: not-luxury, for: [role:store], where: "i_current_price < 90 OR i_current_price IS NULL"}
  tpcds.main.store_sales:
    columns: {ss_wholesale_cost: [margin.cost]}
    rows:
      - {id: own-stores, for: [role:store], where: "ss_store_sk IN (:stores)"}
  tpcds.main.catalog_sales:
    rows:
      - id: not-one-center
        for: [role:analyst]
        where: "cs_call_center_sk IN (SELECT cc_call_center_sk FROM call_center WHERE cc_call_center_id <> 'none')"
  tpcds.main.web_returns:
    rows:
      - {id: returned, for: everyone, except: [role:owner], where: "wr_return_quantity IS NOT NULL"}
""",
    "masks.yaml": """
masks:
  contact: {mask: redact}
  contact.email: {mask: email_domain}
  margin: {mask: "null"}
  secret: {mask: "null"}
""",
}

_REDACT = "CASE WHEN {0} IS NOT NULL THEN '***' END AS {0}"
_EMAIL = (
    "CASE WHEN {0} IS NULL THEN NULL WHEN {0} LIKE '%@%' THEN '***@' || split_part({0}, '@', 2) ELSE '***' END AS {0}"
)
_STORES = (1, 4, 7, 8, 10)


def _copy(table: str, masks: dict[str, str], where: str = "TRUE", hidden: str = "") -> str:
    replaced = ", ".join(text.format(column) for column, text in masks.items())
    star = f"* {f'EXCLUDE ({hidden})' if hidden else ''} {f'REPLACE ({replaced})' if replaced else ''}"
    return f"SELECT {star} FROM raw.main.{table} WHERE {where}"


def _null(kind: str) -> str:
    return "NULL::" + kind + " AS {0}"


_CUSTOMER = {"c_last_name": _REDACT, "c_email_address": _EMAIL, "c_login": _REDACT, "c_salutation": _REDACT}
_ADDRESS = {"ca_street_name": _REDACT, "ca_street_number": _REDACT}
_COST = "DECIMAL(7,2)"
_RETURNED = "wr_return_quantity IS NOT NULL"


def _all(**own: str) -> dict[str, str]:
    return {table: own.get(table, _copy(table, {})) for table in TABLES}


PRINCIPALS = (
    Principal(
        "store",
        ("store",),
        _all(
            customer=_copy("customer", _CUSTOMER),
            customer_address=_copy("customer_address", {**_ADDRESS, "ca_suite_number": _null("VARCHAR")}),
            item=_copy(
                "item",
                {"i_wholesale_cost": _null(_COST), "i_container": _null("VARCHAR")},
                "i_current_price < 90 OR i_current_price IS NULL",
            ),
            store_sales=_copy("store_sales", {"ss_wholesale_cost": _null(_COST)}, f"ss_store_sk IN {_STORES}"),
            web_returns=_copy("web_returns", {}, _RETURNED),
        ),
        {"stores": list(_STORES)},
    ),
    Principal(
        "analyst",
        ("analyst",),
        _all(
            customer=_copy("customer", _CUSTOMER, "c_customer_sk % 13 <> 5"),
            customer_address=_copy("customer_address", _ADDRESS, hidden="ca_suite_number"),
            item=_copy("item", {"i_wholesale_cost": _null(_COST)}, hidden="i_container"),
            store_sales=_copy("store_sales", {"ss_wholesale_cost": _null(_COST)}),
            catalog_sales=_copy(
                "catalog_sales",
                {},
                "cs_call_center_sk IN "
                "(SELECT cc_call_center_sk FROM raw.main.call_center WHERE cc_call_center_id <> 'none')",
            ),
            web_returns=_copy("web_returns", {}, _RETURNED),
        ),
    ),
    Principal("owner", ("owner",), _all()),
)


def build_raw(path: Path) -> None:
    """The sample, in a DuckDB file."""
    with duckdb.connect(str(path)) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} AS FROM '{FOLDER / 'data' / table}.parquet'")


def build_copy(path: Path, raw: Path, principal: Principal) -> None:
    """The tables that one principal sees."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"ATTACH '{raw}' AS raw (READ_ONLY)")
        for table, query in principal.tables.items():
            connection.execute(f"CREATE TABLE {table} AS {query}")
