"""Makes the sample in data/: TPC-DS at scale 1, fitted to the queries' constants, and cut.

    python sample.py generate FULL.duckdb      in an environment with duckdb 1.5.5 and duckdb-extension-tpcds 1.5.5
    python sample.py cut FULL.duckdb           in this project's own environment

Rule kept here: the same input gives the same rows; nothing is drawn by chance.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
KEYS = {
    "store_sales": ("ss_customer_sk", "ss_item_sk"),
    "store_returns": ("sr_customer_sk", "sr_item_sk"),
    "catalog_sales": ("cs_bill_customer_sk", "cs_item_sk"),
    "catalog_returns": ("cr_refunded_customer_sk", "cr_item_sk"),
    "web_sales": ("ws_bill_customer_sk", "ws_item_sk"),
    "web_returns": ("wr_refunded_customer_sk", "wr_item_sk"),
}
FACTS = (*KEYS, "inventory")
WHOLE = (
    "store",
    "call_center",
    "warehouse",
    "web_site",
    "web_page",
    "promotion",
    "reason",
    "ship_mode",
    "income_band",
    "household_demographics",
)
WEEKS_APART = 8


def generate(path: Path) -> None:
    """TPC-DS at scale 1, with the changes of edits.sql."""
    import duckdb_extension_tpcds

    [extension] = Path(duckdb_extension_tpcds.__file__).parent.rglob("*.duckdb_extension")
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"INSTALL '{extension}'; LOAD tpcds; CALL dsdgen(sf=1)")
        connection.execute((HERE / "edits.sql").read_text(encoding="utf-8"))


def cut(path: Path) -> None:
    """Facts of every 25th customer and item and the witnesses, and the dimensions that they name, with the changes of
    finish.sql, into data/."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS raw (READ_ONLY)")
        _facts(connection, json.loads((HERE / "witnesses.json").read_text(encoding="utf-8")))
        _dimensions(connection)
        connection.execute((HERE / "finish.sql").read_text(encoding="utf-8"))
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'").fetchall()
        for (table,) in tables:
            target = HERE / "data" / f"{table}.parquet"
            form = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19"
            connection.execute(f"COPY (FROM {table} ORDER BY ALL) TO '{target}' ({form})")


def _facts(connection: duckdb.DuckDBPyConnection, witnesses: dict[str, list[int]]) -> None:
    chosen = {
        table: f"{customer} IN (SELECT c_customer_sk FROM raw.customer WHERE hash(c_customer_sk * 31) % 25 = 0) "
        f"AND {item} IN (SELECT i_item_sk FROM raw.item WHERE hash(i_item_sk * 17) % 25 = 0)"
        for table, (customer, item) in KEYS.items()
    }
    chosen["inventory"] = (
        "inv_item_sk IN (SELECT i_item_sk FROM raw.item WHERE hash(i_item_sk * 17) % 25 = 0) "
        f"AND (inv_date_sk - 2450815) // 7 % {WEEKS_APART} = 0"
    )
    for table, condition in chosen.items():
        connection.execute(
            f"CREATE TABLE {table} AS FROM raw.{table} WHERE {condition} OR rowid IN (SELECT unnest(?::BIGINT[]))",
            [witnesses.get(table, [])],
        )


def _dimensions(connection: duckdb.DuckDBPyConnection) -> None:
    columns = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'memory'"
    ).fetchall()

    def named(suffix: str) -> str:
        return " UNION ".join(f"SELECT {column} FROM {table}" for table, column in columns if column.endswith(suffix))

    kept = {
        "item": f"i_item_sk IN ({named('_item_sk')}) OR i_manufact_id BETWEEN 738 AND 748",
        "customer": f"c_customer_sk IN ({named('customer_sk')})",
        "customer_address": f"ca_address_sk IN ({named('addr_sk')} UNION SELECT c_current_addr_sk FROM customer)",
        "customer_demographics": f"cd_demo_sk IN ({named('cdemo_sk')} UNION SELECT c_current_cdemo_sk FROM customer)",
        "date_dim": "d_date BETWEEN DATE '1998-01-01' AND DATE '2004-12-31'",
        "time_dim": f"t_time_sk IN ({named('time_sk')}) OR t_time % 600 = 0",
        "catalog_page": f"cp_catalog_page_sk IN ({named('catalog_page_sk')})",
        **dict.fromkeys(WHOLE, "TRUE"),
    }
    for table, condition in kept.items():
        connection.execute(f"CREATE TABLE {table} AS FROM raw.{table} WHERE {condition}")


if __name__ == "__main__":
    {"generate": generate, "cut": cut}[sys.argv[1]](Path(sys.argv[2]))
