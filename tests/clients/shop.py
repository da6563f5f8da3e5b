"""A shop behind a whole gateway with its PostgreSQL door open on TLS, and the people who may ask.

Everything that Ana may not see is spelt with a canary: hidden tables and columns by name, hidden rows and what stands
behind a mask by value.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proxy.doors import pgwire
from proxy.identity.issuer import LocalIssuer
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy
from tests.postgres import Database

CANARY = "canary"
KINDS = ("duckdb", "postgres")
TABLES = f"""
CREATE SCHEMA sales; CREATE SCHEMA {CANARY}_hr;
CREATE TABLE sales.customers (id integer NOT NULL PRIMARY KEY, name text, email text, country text,
    {CANARY}_ssn text, joined timestamp);
CREATE TABLE sales.orders (id integer NOT NULL PRIMARY KEY, customer_id integer, amount numeric(10,2), paid boolean);
CREATE TABLE sales.numbers (n integer);
CREATE TABLE sales.{CANARY}_vault (id integer, secret text);
CREATE TABLE {CANARY}_hr.salaries (id integer, salary integer);
INSERT INTO sales.customers VALUES
    (1, 'Ada', '{CANARY}.ada@example.com', 'EU', '{CANARY}-1', '2024-01-02 03:04:05'),
    (2, '{CANARY}-Bob', '{CANARY}.bob@example.com', 'US', '{CANARY}-2', '2024-02-03 04:05:06'),
    (3, 'Cleo', '{CANARY}.cleo@example.org', 'EU', '{CANARY}-3', NULL);
INSERT INTO sales.orders VALUES (1, 1, 10.50, true), (2, 3, 20.00, false), (3, 2, 30.25, true);
INSERT INTO sales.{CANARY}_vault VALUES (1, '{CANARY}');
"""
NUMBERS = {
    "duckdb": "INSERT INTO sales.numbers SELECT range FROM range(5000)",
    "postgres": "INSERT INTO sales.numbers SELECT generate_series(0, 4999)",
}
POLICY = {
    "grants.csv": f"""
p, role:seller, shop.sales.customers, read, allow
p, role:seller, shop.sales.orders, read, allow
p, role:seller, shop.sales.numbers, read, allow
p, role:seller, tag:{CANARY}, read, deny
p, app:chatbot, usher.users, act, allow
p, app:chatbot, shop.sales.customers, read, allow
p, app:chatbot, shop.sales.orders, read, allow
g, group:sellers, role:seller
""",
    "data/sales.yaml": f"""
tables:
  shop.sales.customers:
    columns: {{email: [pii.email], {CANARY}_ssn: [{CANARY}]}}
    rows: [{{id: own-country, for: [role:seller], where: "country = :country"}}]
""",
    "masks.yaml": "masks:\n  pii.email: {mask: email_domain}\n",
}
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ana": {"groups": ["sellers"], "attributes": {"country": "EU"}, "email": "ana@example.com"},
    "ben": {"groups": ["sellers"], "attributes": {"country": "US"}},
}
CUSTOMERS = "SELECT id, name, email FROM sales.customers ORDER BY id"
SEEN = [(1, "Ada", "***@example.com"), (3, "Cleo", "***@example.org")]
"""What Ana sees of the customers."""
SEEN_BY_BEN = [(2, "canary-Bob", "***@example.com")]
ENDLESS = "SELECT sum(a.n * b.n % 7 * c.n) FROM sales.numbers a, sales.numbers b, sales.numbers c"
"""Runs for hours, if nothing stops it."""


class Shop:
    """A running gateway; what it tells its clients, they may show in `clean`."""

    def __init__(self, kind: str, folder: Path, raw: Database | None) -> None:
        self.kind = kind
        self.host, self.name = "localhost", "shop"
        self.certificate, key = certified(folder)
        self._raw = raw
        policies = write_policy(folder / "policies", POLICY)
        warehouse = _on_server(folder, raw) if raw else _embedded(folder)
        secret = "0123456789abcdef0123456789abcdef"
        self.harness = Harness(folder, warehouse, policies, key=secret, search_path=["sales"], attributes=["country"])
        self._stop, ready, addresses = asyncio.Event(), threading.Event(), []

        def up(address: str) -> None:
            addresses.append(address)
            ready.set()

        settings = pgwire.Settings.model_validate(
            {"listen": "127.0.0.1:0", "stop_timeout_s": 1, "tls": {"cert": self.certificate, "key": key}}
        )
        serving = pgwire.serve(self.harness.app.gateway, settings, stop=self._stop, ready=up)
        self._serving = self.harness.begin(serving)
        assert ready.wait(30)
        self.port = int(addresses[0].rpartition(":")[2])

    def close(self) -> None:
        """End the door and the gateway."""
        self.harness.call(self._stop.set)
        self._serving.result(30)
        self.harness.close()
        if self._raw is not None:
            self._raw.drop()

    def token(self, who: str = "ana", lifetime_s: int = 3600, **more: Any) -> str:
        """A signed token of one of the people."""
        return self.harness.issuer.mint(subject=who, lifetime_s=lifetime_s, **{**PEOPLE[who], **more})

    def expired(self, who: str = "ana") -> str:
        """A token that held until an hour ago."""
        folder = self.harness.issuer.jwks_path.parent
        issuer = LocalIssuer(folder, clock=lambda: time.time() - 7200)
        return issuer.mint(subject=who, **PEOPLE[who])

    def environment(self, who: str = "ana", token: str | None = None) -> dict[str, str]:
        """The variables that libpq, and what is built on it, takes a connection from."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": "token",
            "PGDATABASE": self.name,
            "PGPASSWORD": token or self.token(who),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.certificate),
        }

    def conninfo(self, who: str = "ana", token: str | None = None) -> str:
        """The same as a line."""
        given = self.environment(who, token)
        words = {"PGDATABASE": "dbname"}
        return " ".join(f"{words.get(k, k.removeprefix('PG').lower())}={v}" for k, v in given.items())


def clean(*told: object) -> None:
    """Holds that nothing which Ana may not see stands in what a client was told."""
    text = repr(told).lower()
    at = text.find(CANARY)
    assert at < 0, text[max(0, at - 100) : at + 100]


def certified(folder: Path, days: int = 1) -> tuple[Path, Path]:
    """A certificate of our own for localhost that holds for some days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    places = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "usher.pem", folder / "usher.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


def _embedded(folder: Path) -> Mapping[str, Any]:
    path = folder / "raw.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES + NUMBERS["duckdb"])
    return {"kind": "duckdb", "path": str(path), "search_path": ["sales"]}


def _on_server(folder: Path, raw: Database) -> Mapping[str, Any]:
    schemas = ["sales", f"{CANARY}_hr"]
    raw.sql(TABLES + NUMBERS["postgres"])
    raw.setup(schemas)
    (folder / "url").write_text(raw.url)
    return {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": schemas, "search_path": ["sales"]}
