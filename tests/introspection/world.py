"""A warehouse with hidden parts, twice (on each engine), and the database that has exactly the visible ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from proxy.introspection.numbers import Numbers
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy
from tests.postgres import Database

KEY = "0123456789abcdef0123456789abcdef"
CANARY = "canary"
"""Stands in the name of everything that Ana may not see, and in the text of her policy."""
PATH = ("public", "sales")
VISIBLE = """
CREATE TABLE sales.customers (id integer NOT NULL, name text, email text, country text, joined timestamp);
CREATE TABLE sales.orders (id integer NOT NULL, customer_id integer, st text, amount numeric(10,2), d date);
CREATE TABLE public.t (id integer, ts timestamp, user_id bigint, amount numeric(12,2), price float8, flag boolean,
    name text, note text);
CREATE VIEW sales.v_orders AS SELECT o.id, o.amount, c.name FROM sales.orders o, sales.customers c;
"""
RAW = f"""
CREATE SCHEMA sales; CREATE SCHEMA {CANARY}_hr;
CREATE TABLE sales.customers (id integer NOT NULL, {CANARY}_ssn text NOT NULL, name text, email text NOT NULL,
    country text, {CANARY}_score integer, joined timestamp);
CREATE TABLE sales.{CANARY}_vault (id integer, secret text);
CREATE TABLE {CANARY}_hr.salaries (id integer, salary integer);
CREATE VIEW sales.{CANARY}_view AS SELECT * FROM sales.{CANARY}_vault;
"""
ONLY_SERVER = f"""
CREATE INDEX {CANARY}_index ON sales.customers ({CANARY}_ssn);
ALTER TABLE sales.customers ADD CONSTRAINT {CANARY}_check CHECK ({CANARY}_score > 0);
CREATE FUNCTION public.{CANARY}_function(sales.customers) RETURNS text LANGUAGE sql AS 'SELECT ''{CANARY}''';
CREATE TYPE sales.{CANARY}_mood AS ENUM ('{CANARY}_happy');
CREATE SEQUENCE sales.{CANARY}_numbers;
COMMENT ON TABLE sales.customers IS '{CANARY} comment'; COMMENT ON COLUMN sales.customers.name IS '{CANARY} comment';
CREATE ROLE {CANARY}_role;
"""
CUSTOMERS = VISIBLE.strip().splitlines()[0]
POLICY = {
    "grants.csv": f"""
p, role:analyst, shop.sales.customers, read, allow
p, role:analyst, shop.sales.orders,    read, allow
p, role:analyst, shop.sales.v_orders,  read, allow
p, role:analyst, shop.public.t,        read, allow
p, role:analyst, tag:{CANARY},         read, deny
p, role:hr,      shop.{CANARY}_hr,     read, allow
g, group:analysts, role:analyst
g, group:hr, role:hr
""",
    "data/sales.yaml": f"""
tables:
  shop.sales.customers:
    columns: {{email: [pii.email], {CANARY}_ssn: [{CANARY}], {CANARY}_score: [{CANARY}]}}
    rows: [{{id: own-country, for: [role:analyst], where: "country = :country AND {CANARY}_score > 4711"}}]
""",
    "masks.yaml": """
masks:
  pii.email: {mask: email_domain}
""",
}


def written(folder: Path) -> Path:
    """The policy's folder."""
    return write_policy(folder / "policies", POLICY)


def embedded(folder: Path) -> Harness:
    """A gateway over the embedded engine."""
    database = folder / "raw.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE SCHEMA public;" + RAW + VISIBLE.replace(CUSTOMERS, ""))
    return _opened(folder, database)


def on_server(folder: Path, raw: Database) -> Harness:
    """A gateway over a PostgreSQL server."""
    raw.sql(RAW + VISIBLE.replace(CUSTOMERS, "") + ONLY_SERVER)
    schemas = ["public", "sales", f"{CANARY}_hr"]
    raw.setup(schemas)
    (folder / "url").write_text(raw.url)
    settings = {"url": f"file:{folder / 'url'}", "schemas": schemas, "search_path": list(PATH)}
    return _opened(folder, {"kind": "postgres", **settings})


def physical(database: Database) -> None:
    """Makes what Ana may see, and nothing else."""
    database.sql("CREATE SCHEMA sales; SET search_path = public, sales;" + VISIBLE)


def _opened(folder: Path, database: Path | Mapping[str, Any]) -> Harness:
    return Harness(folder, database, written(folder), key=KEY, search_path=PATH, attributes=["country"])


def numbers() -> dict[str, int]:
    """The virtual catalog's numbers of the tables, by name."""
    tables = {"orders": "sales", "customers": "sales", "v_orders": "sales", "t": "public"}
    return {name: Numbers().of("table", schema, name) for name, schema in tables.items()} | {"mv": 999}
