"""A small company, its policies, four principals, and the copies of its tables that each may see, made by hand.

The copies are written out with plain SQL and Python's own hashing, so that they share nothing with the policy engine,
the rewriter or the masks: they are what the policy files mean, said a second time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

KEY = "0123456789abcdef0123456789abcdef"
ISSUER = "https://issuer.oracle.test"

SCHEMA = """
CREATE SCHEMA sales; CREATE SCHEMA people;
CREATE TABLE sales.customers (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, credit DECIMAL(10,2),
    ssn VARCHAR, born DATE, notes VARCHAR, deleted BOOLEAN);
CREATE TABLE sales.orders (id INTEGER, customer_id INTEGER, day DATE, amount DECIMAL(10,2), status VARCHAR,
    note VARCHAR);
CREATE TABLE people.employees (id INTEGER, name VARCHAR, salary INTEGER, region VARCHAR, boss INTEGER);
"""
ROWS = """
INSERT INTO sales.customers SELECT i,
    CASE WHEN i % 11 = 0 THEN NULL ELSE 'name' || (i % 13) END,
    CASE WHEN i % 7 = 0 THEN NULL WHEN i % 10 = 3 THEN 'nobody'
        ELSE 'user' || (i % 17) || '@example.' || ['com','org'][1 + i % 2] END,
    CASE WHEN i % 9 = 0 THEN NULL ELSE ['EU','US','APAC'][1 + i % 3] END,
    CASE WHEN i % 8 = 0 THEN NULL ELSE (i * 37 % 101)::DECIMAL(10,2) - 20.25 END,
    CASE WHEN i % 12 = 0 THEN NULL WHEN i % 12 = 1 THEN '1234'
        ELSE '900-' || (10 + i % 80) || '-' || (1000 + i % 7) END,
    DATE '1980-03-04' + (i * 97 % 9000)::INTEGER,
    ['likes tea', 'x', '', 'asked twice'][1 + i % 4], i % 6 = 0
FROM range(1, 61) t(i);
INSERT INTO sales.orders SELECT i, CASE WHEN i % 19 = 0 THEN NULL ELSE 1 + i * 7 % 64 END,
    DATE '2024-01-01' + (i % 400)::INTEGER,
    CASE WHEN i % 15 = 0 THEN NULL ELSE (i * 53 % 997)::DECIMAL(10,2) / 4 END,
    ['open','paid','void'][1 + i % 3], CASE WHEN i % 5 = 0 THEN NULL ELSE 'n' || (i % 4) END
FROM range(1, 141) t(i);
INSERT INTO people.employees SELECT i, 'emp' || i, 1000 + i * 331 % 4000, ['EU','US'][1 + i % 2],
    CASE WHEN i > 3 THEN i // 3 END
FROM range(1, 25) t(i);
"""

POLICY = {
    "grants.csv": """
p, role:analyst, shop.sales, read, allow
p, role:analyst, tag:secret, read, deny
p, role:support, shop.sales.customers, read, allow
p, role:support, shop.sales.orders, read, allow
p, role:hr, shop.people, read, allow
p, role:hr, shop.sales.customers, read, allow
p, role:hr, tag:pii, unmask, allow
p, role:auditor, shop.sales, read, allow
p, role:auditor, shop.people, read, allow
p, role:auditor, tag:pii, unmask, allow
g, group:analysts, role:analyst
g, group:agents, role:support
g, group:hr, role:hr
g, group:auditors, role:auditor
""",
    "data/sales.yaml": """
tables:
  shop.sales.customers:
    columns: {email: [pii.email], ssn: [pii.national_id], born: [pii.birth], notes: [pii.free_text]}
    rows:
      - {id: own-region, for: [role:analyst], where: "region = :region"}
      - {id: own-accounts, for: [role:support], where: "id IN (:accounts)"}
      - {id: us-only, for: [role:hr], where: "region = 'US'"}
      - {id: not-deleted, for: everyone, except: [role:auditor], where: "NOT deleted"}
  shop.sales.orders:
    columns: {note: [secret.note]}
    rows:
      - id: of-my-customers
        for: [role:analyst]
        where: "customer_id IN (SELECT id FROM sales.customers WHERE region = :region)"
      - {id: not-void, for: [role:support], where: "status <> 'void' OR amount > 100"}
""",
    "data/people.yaml": """
tables:
  shop.people.employees:
    columns: {salary: [wage]}
    rows:
      - {id: no-bosses, for: [role:hr], where: "boss IS NOT NULL"}
""",
    "masks.yaml": """
masks:
  pii: {mask: redact}
  pii.email: {mask: email_domain}
  pii.email@role:support: {mask: hash}
  pii.national_id: {mask: last_four}
  pii.birth: {mask: year_only}
  wage: {mask: round_to, to: 500}
order: [none, last_four, email_domain, hash, year_only, round_to, redact]
""",
}


@dataclass(frozen=True)
class Principal:
    """Who asks, and the policy view of each table as plain SQL over the raw tables."""

    name: str
    groups: tuple[str, ...]
    tables: dict[str, str]
    attributes: dict[str, object] = field(default_factory=dict)


_EMAIL = (
    "CASE WHEN email IS NULL THEN NULL WHEN email LIKE '%@%' THEN '***@' || split_part(email, '@', 2) ELSE '***' END"
)
_SSN = "CASE WHEN ssn IS NULL THEN NULL WHEN length(ssn) >= 8 THEN '***' || right(ssn, 4) ELSE '***' END"
_BORN = "make_date(year(born), 1, 1)"
_WAGE = "salary - salary % 500 AS salary"
_NOTES = "CASE WHEN notes IS NOT NULL THEN '***' END"

PRINCIPALS = (
    Principal(
        "analyst",
        ("analysts",),
        {
            "sales.customers": f"SELECT id, name, {_EMAIL} AS email, region, credit, {_SSN} AS ssn, {_BORN} AS born, "
            f"{_NOTES} AS notes, deleted FROM raw.sales.customers WHERE region = 'EU' AND NOT deleted",
            "sales.orders": "SELECT id, customer_id, day, amount, status FROM raw.sales.orders "
            "WHERE customer_id IN (SELECT id FROM raw.sales.customers WHERE region = 'EU')",
        },
        {"region": "EU"},
    ),
    Principal(
        "support",
        ("agents",),
        {
            "sales.customers": f"SELECT id, name, hashed(email) AS email, region, credit, {_SSN} AS ssn, "
            f"{_BORN} AS born, {_NOTES} AS notes, deleted FROM raw.sales.customers "
            "WHERE id IN (2, 3, 5, 8, 13, 21, 34, 55) AND NOT deleted",
            "sales.orders": "FROM raw.sales.orders WHERE status <> 'void' OR amount > 100",
        },
        {"accounts": [2, 3, 5, 8, 13, 21, 34, 55]},
    ),
    Principal(
        "analyst-and-hr",
        ("analysts", "hr"),
        {
            "sales.customers": f"""SELECT id, name,
                CASE WHEN region = 'US' THEN email WHEN region = 'APAC' THEN {_EMAIL} END AS email, region, credit,
                CASE WHEN region = 'US' THEN ssn WHEN region = 'APAC' THEN {_SSN} END AS ssn,
                CASE WHEN region = 'US' THEN born WHEN region = 'APAC' THEN {_BORN} END AS born,
                CASE WHEN region = 'US' THEN notes WHEN region = 'APAC' THEN {_NOTES} END AS notes, deleted
                FROM raw.sales.customers WHERE (region = 'US' OR region = 'APAC') AND NOT deleted""",
            "sales.orders": "SELECT id, customer_id, day, amount, status FROM raw.sales.orders "
            "WHERE customer_id IN (SELECT id FROM raw.sales.customers WHERE region = 'APAC')",
            "people.employees": f"SELECT id, name, {_WAGE}, region, boss FROM raw.people.employees "
            "WHERE boss IS NOT NULL",
        },
        {"region": "APAC"},
    ),
    Principal(
        "auditor",
        ("auditors",),
        {
            "sales.customers": "FROM raw.sales.customers",
            "sales.orders": "FROM raw.sales.orders",
            "people.employees": f"SELECT id, name, {_WAGE}, region, boss FROM raw.people.employees",
        },
    ),
)


def build_raw(path: Path) -> None:
    """The warehouse as it is."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA + ROWS)


def build_copy(path: Path, raw: Path, principal: Principal) -> None:
    """The tables that one principal sees, as real tables."""

    def hashed(text: str) -> str:
        return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()

    with duckdb.connect(str(path)) as connection:
        connection.create_function("hashed", hashed, ["VARCHAR"], "VARCHAR")
        connection.execute(f"ATTACH '{raw}' AS raw (READ_ONLY)")
        for table, query in principal.tables.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.split('.')[0]}; CREATE TABLE {table} AS {query}")


def write_policy(folder: Path, files: dict[str, str]) -> Path:
    """A policy folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    return folder
