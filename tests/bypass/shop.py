"""The shop that is attacked: what each caller may see, and the canaries that may never leave.

Everything that a caller's policy view does not hold is spelt with a canary: the vault (granted to nobody), hidden rows,
hidden columns, and what stands behind a mask. Numbers that are canaries do not occur by chance.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

KEY = "canary-key-0123456789abcdef-0123456789"
CANARIES = (
    "VAULT-CANARY",
    "HIDDEN-CANARY",
    "SSN-CANARY",
    "MASK-CANARY",
    "7838001",
    "9120077",
    "canary-key",
    "eyJhbGci",
)

ROWS = """
CREATE SCHEMA hr;
CREATE TABLE customers AS SELECT i::INTEGER AS id,
    CASE WHEN i % 2 = 0 THEN 'name' || i ELSE 'HIDDEN-CANARY-' || i END AS name,
    CASE WHEN i % 2 = 0 THEN 'MASK-CANARY-' || i ELSE 'HIDDEN-CANARY-' || i END || '@example.com' AS email,
    CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END AS region,
    (CASE WHEN i % 2 = 0 THEN i * 10 ELSE 7838001 END)::INTEGER AS credit,
    'SSN-CANARY-' || i AS ssn, CASE WHEN i % 2 = 0 THEN 'likes tea' ELSE 'HIDDEN-CANARY' END AS notes,
    DATE '1980-01-01' + i::INTEGER AS born
FROM range(1, 41) t(i);
CREATE TABLE orders AS SELECT i::INTEGER AS id, (i % 40 + 1)::INTEGER AS customer_id, (i * 7 % 100)::INTEGER AS amount,
    ['open', 'paid'][1 + i % 2] AS status FROM range(1, 101) t(i);
CREATE TABLE tickets AS SELECT i::INTEGER AS id, (i % 8 + 1)::INTEGER AS customer_id,
    CASE WHEN i % 4 = 1 THEN 'sam' ELSE 'HIDDEN-CANARY' END AS assigned_to, 'HIDDEN-CANARY body' AS body
FROM range(1, 33) t(i);
CREATE TABLE vault AS SELECT i::INTEGER AS k, 'VAULT-CANARY-' || i AS v, 9120077 AS n FROM range(1, 4) t(i);
CREATE TABLE hr.salaries AS SELECT i::INTEGER AS id, 9120077 AS salary FROM range(1, 4) t(i);
CREATE VIEW vault_view AS SELECT * FROM vault;
CREATE MACRO vault_macro() AS (SELECT max(v) FROM shop.main.vault);
CREATE MACRO vault_rows() AS TABLE SELECT * FROM shop.main.vault;
CREATE TYPE secret_mood AS ENUM ('VAULT-CANARY-mood');
"""

POLICY = {
    "grants.csv": """
p, role:analyst, shop.main.customers, read, allow
p, role:analyst, shop.main.customers.ssn, read, deny
p, role:analyst, shop.main.orders, read, allow
p, role:support, shop.main.customers, read, allow
p, role:support, shop.main.customers.ssn, read, deny
p, role:auditor, usher.audit, read, allow
p, app:bot, shop.main.orders, read, allow
g, group:analysts, role:analyst
g, group:agents, role:support
g, group:auditors, role:auditor
""",
    "data/shop.yaml": """
tables:
  shop.main.customers:
    columns: {email: [pii.email]}
    rows:
      - {id: own-region, for: [role:analyst], where: "region = :region"}
      - id: own-tickets
        for: [role:support]
        where: "id IN (SELECT customer_id FROM tickets WHERE assigned_to = :sub)"
""",
    "masks.yaml": "masks:\n  pii.email: {mask: email_domain}\n",
}

COPY = """
CREATE TABLE customers AS SELECT id, name, '***@example.com' AS email, region, credit, notes, born
FROM raw.main.customers WHERE region = 'EU';
CREATE TABLE orders AS FROM raw.main.orders;
"""
"""What Ana (an analyst of the EU) may see, made by hand."""


def build(path: Path) -> None:
    """The warehouse as it is."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(ROWS.replace("shop.main.vault", "vault"))


def copied(raw: Path) -> duckdb.DuckDBPyConnection:
    """A database that holds Ana's policy view and nothing else."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"ATTACH '{raw}' AS raw (READ_ONLY); {COPY}; DETACH raw")
    connection.execute("SET python_enable_replacements = false; SET enable_external_access = false")
    return connection
