"""The PostgreSQL door whole: real clients, real tokens, real policies, real warehouses of both kinds."""

from __future__ import annotations

import asyncio
import ctypes
import datetime
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import orjson
import psycopg
import pytest

from proxy.doors.pgwire import Settings, serve
from tests import postgres
from tests.oracle.harness import Harness
from tests.oracle.world import write_policy

KEY = "0123456789abcdef0123456789abcdef"
DISCOVERY = "https://login.example.com/.well-known/openid-configuration"
ROWS = """
CREATE TABLE {schema}.customers (id integer, name text, email text, region text, born date, credit numeric(10, 2),
    seen timestamp with time zone, vip boolean, secret text);
INSERT INTO {schema}.customers SELECT i, 'name' || i, 'user' || i || '@example.com',
    CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END, DATE '1980-01-01' + CAST(i AS integer), i * 1.25,
    TIMESTAMP '2024-05-06 07:08:09', i % 3 = 0, 'hidden' FROM {series} AS t(i);
"""
POLICY = {
    "grants.csv": """
p, role:analyst, shop.{schema}.customers, read, allow
p, role:analyst, shop.{schema}.customers.secret, read, deny
p, app:portal, usher.users, act, allow
g, group:analysts, role:analyst
""",
    "data/shop.yaml": """
tables:
  shop.{schema}.customers:
    columns: {{email: [pii.email]}}
    rows: [{{id: own-region, for: [role:analyst], where: "region = :region"}}]
""",
    "masks.yaml": "masks:\n  pii.email: {{mask: email_domain}}\n",
}


class House:
    """A gateway on one warehouse with its PostgreSQL door open."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.database: postgres.Database | None = None
        schema = "main"
        if kind == "duckdb":
            with duckdb.connect(folder / "raw.duckdb") as connection:
                connection.execute(ROWS.format(schema=schema, series="range(1, 2001)"))
            warehouse: Any = folder / "raw.duckdb"
        else:
            schema = "public"
            self.database = postgres.new_database(postgres.server(postgres.wanted()[0]))
            self.database.sql(ROWS.format(schema=schema, series="generate_series(1, 2000)"))
            self.database.setup([schema])
            (folder / "url").write_text(self.database.url)
            warehouse = {"kind": "postgres", "url": f"file:{folder / 'url'}", "schemas": [schema]}
        files = {name: text.format(schema=schema) for name, text in POLICY.items()}
        policies = write_policy(folder / "policies", files)
        self.harness = Harness(
            folder, warehouse, policies, key=KEY, attributes=["region"], limits={"statement_timeout_s": 30}
        )
        self.port, self._stop, self._serving = self._open()

    def _open(self) -> tuple[int, asyncio.Event, Any]:
        stop, up, told = asyncio.Event(), threading.Event(), list[str]()

        def ready(address: str) -> None:
            told.append(address)
            up.set()

        settings = Settings(listen="127.0.0.1:0", stop_timeout_s=1, oauth={"discovery": DISCOVERY})
        serving = self.harness.begin(serve(self.harness.app.gateway, settings, stop=stop, ready=ready))
        assert up.wait(30)
        return int(told[0].rpartition(":")[2]), stop, serving

    def token(self, subject: str = "ana", region: str = "EU", **more: Any) -> str:
        """A token of an analyst."""
        return self.harness.issuer.mint(subject=subject, groups=["analysts"], attributes={"region": region}, **more)

    def dsn(self, token: str | None = None, **more: str) -> str:
        """How psycopg and psql get here."""
        given = {"host": "127.0.0.1", "port": str(self.port), "user": "token", "dbname": "shop", **more}
        password = self.token() if token is None else token
        return " ".join(f"{k}='{v}'" for k, v in {**given, "password": password}.items())

    def close(self) -> None:
        """End it."""
        self.harness.call(self._stop.set)
        self._serving.result(30)
        self.harness.close()
        if self.database is not None:
            self.database.drop()

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Audit records of a kind."""
        lines = [
            line for p in sorted(self.harness.audit.glob("**/*")) if p.is_file() for line in p.read_bytes().split(b"\n")
        ]
        found = [orjson.loads(line) for line in lines if line.startswith(b"{")]
        return [record["body"] for record in found if record.get("kind") == kind]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(request.param, tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture
def ana(house: House) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(house.dsn(), autocommit=True) as connection:
        yield connection


async def connected(house: House, **more: Any) -> asyncpg.Connection:
    return await asyncpg.connect(
        host="127.0.0.1", port=house.port, user="token", database="shop", password=house.token(), ssl=False, **more
    )


FIRST = (2, "name2", "***@example.com", "EU", datetime.date(1980, 1, 3), Decimal("2.50"))
COLUMNS = "id, name, email, region, born, credit"


# ----------------------------------------------------------------------------------------------------------- psycopg
@pytest.mark.parametrize("binary", [False, True])
def test_rows_are_the_policy_view_in_text_and_binary(ana: psycopg.Connection[Any], binary: bool) -> None:
    rows = ana.cursor(binary=binary).execute(f"SELECT {COLUMNS} FROM customers ORDER BY id LIMIT 1").fetchall()
    assert rows == [FIRST]
    seen = ana.cursor(binary=binary).execute("SELECT seen, vip FROM customers WHERE id = 6").fetchone()
    assert seen == (datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.UTC), True)


def test_a_star_leaves_out_what_is_hidden(ana: psycopg.Connection[Any]) -> None:
    cursor = ana.execute("SELECT * FROM customers")
    assert [c.name for c in cursor.description or ()] == [*COLUMNS.split(", "), "seen", "vip"]
    assert cursor.rowcount == 1000
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        ana.execute("SELECT secret FROM customers")
    assert caught.value.diag.statement_position == "8"


@pytest.mark.parametrize(
    ("sql", "values", "rows"),
    [
        ("SELECT id FROM customers WHERE id = %s", (4,), [(4,)]),
        ("SELECT id FROM customers WHERE name = %s", ("name4",), [(4,)]),
        ("SELECT id FROM customers WHERE born = %s", (datetime.date(1980, 1, 5),), [(4,)]),
        ("SELECT id FROM customers WHERE credit = %s", (Decimal("5.00"),), [(4,)]),
        ("SELECT id FROM customers WHERE id IN (%s,%s) ORDER BY id", (4, 6), [(4,), (6,)]),
        ("SELECT id FROM customers WHERE vip = %s AND id < 13 ORDER BY id LIMIT %s", (True, 1), [(6,)]),
        ("SELECT count(*) FROM customers WHERE name = %s", (None,), [(0,)]),
    ],
)
@pytest.mark.parametrize("prepare", [None, True])
def test_parameters_mean_what_they_say(
    ana: psycopg.Connection[Any], sql: str, values: tuple[Any, ...], rows: list[Any], prepare: bool | None
) -> None:
    for _ in range(2):
        assert ana.execute(sql, values, prepare=prepare).fetchall() == rows


def test_a_search_path_finds_names(house: House, ana: psycopg.Connection[Any]) -> None:
    own = "main" if house.kind == "duckdb" else "public"
    assert ana.execute("SHOW search_path").fetchone() == (own,)
    ana.execute("SET search_path TO nowhere")
    with pytest.raises(psycopg.errors.UndefinedTable):
        ana.execute("SELECT count(*) FROM customers")
    ana.execute(f"SET search_path TO nowhere, {own}")
    assert ana.execute("SELECT count(*) FROM customers").fetchone() == (1000,)
    with psycopg.connect(house.dsn(options="-c search_path=nowhere"), autocommit=True) as other:
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.execute("SELECT count(*) FROM customers")
        assert other.execute(f"SELECT count(*) FROM {own}.customers").fetchone() == (1000,)


def test_a_transaction_fails_and_ends(house: House) -> None:
    with psycopg.connect(house.dsn()) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM nowhere")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        with connection.transaction(), pytest.raises(psycopg.errors.UndefinedTable), connection.transaction():
            connection.execute("SELECT * FROM nowhere")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_side_cursor_takes_rows_as_they_are_wanted(house: House) -> None:
    with psycopg.connect(house.dsn()) as connection, connection.cursor("mine") as cursor:
        cursor.itersize = 7
        cursor.execute("SELECT id FROM customers WHERE id > %s ORDER BY id", (4,))
        assert cursor.fetchmany(2) == [(6,), (8,)]
        assert sum(1 for _ in cursor) == 996


def test_copy_takes_rows_out(ana: psycopg.Connection[Any]) -> None:
    with ana.cursor().copy("COPY (SELECT id, email FROM customers ORDER BY id LIMIT 2) TO STDOUT") as copy:
        assert list(copy.rows()) == [("2", "***@example.com"), ("4", "***@example.com")]
    with ana.cursor().copy("COPY (SELECT id FROM customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT BINARY)") as copy:
        copy.set_types(["int4"])
        assert list(copy.rows()) == [(2,), (4,)]


def test_a_pipeline_is_answered_in_order(ana: psycopg.Connection[Any]) -> None:
    with ana.pipeline():
        cursors = [ana.execute("SELECT id + %s FROM customers WHERE id = 2", (n,)) for n in range(20)]
        assert [cursor.fetchone() for cursor in cursors] == [(2 + n,) for n in range(20)]


def test_a_query_is_cancelled(house: House, ana: psycopg.Connection[Any]) -> None:
    series = "range(100000000000)" if house.kind == "duckdb" else "generate_series(1, 100000000000)"
    timer = threading.Timer(0.5, ana.cancel_safe)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        ana.execute(f"SELECT count(*) FROM {series} AS t(i) WHERE i % 7 = 3")
    timer.join()
    assert ana.execute("SELECT 1").fetchone() == (1,)


def test_a_notice_says_what_was_withheld(house: House) -> None:
    told: list[str] = []
    with psycopg.connect(house.dsn(), autocommit=True) as connection:
        connection.add_notice_handler(lambda diagnostic: told.append(diagnostic.message_primary or ""))
        connection.execute("SELECT email FROM customers")
    assert len(told) == 1
    assert "masked" in told[0]
    assert "own-region" in told[0]


def test_explain_policy_answers_as_rows(ana: psycopg.Connection[Any]) -> None:
    rows = ana.execute("EXPLAIN POLICY SELECT email FROM customers").fetchall()
    assert [row[1] for row in rows if row[0] == "filter"] == ["own-region"]
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="plans would tell"):
        ana.execute("EXPLAIN SELECT email FROM customers")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO customers (id) VALUES (1)",
        "CREATE TABLE t (i int)",
        "COPY customers FROM STDIN",
        "LISTEN a",
        "LOCK TABLE customers",
        "PREPARE s AS SELECT 1",
        "DO $$ BEGIN END $$",
        "VACUUM",
        "SET ROLE postgres",
        "GRANT ALL ON customers TO public",
    ],
)
def test_everything_else_is_refused(ana: psycopg.Connection[Any], sql: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        ana.execute(sql)
    assert caught.value.sqlstate in ("0A000", "42501", "42601")
    assert ana.execute("SELECT 1").fetchone() == (1,)


# ------------------------------------------------------------------------------------------------------------ log-ins
def test_wrong_and_expired_tokens_are_refused_and_recorded(house: House) -> None:
    before = len(house.records("login-failed"))
    for token in ("nonsense", house.token(lifetime_s=-100)):
        with pytest.raises(psycopg.OperationalError, match="FATAL"):
            psycopg.connect(house.dsn(token))
    assert len(house.records("login-failed")) == before + 2


def test_the_user_name_is_the_tokens(house: House) -> None:
    token = house.token(email="ana@example.com")
    for user in ("ana", "ana@example.com", "token"):
        psycopg.connect(house.dsn(token, user=user)).close()
    with pytest.raises(psycopg.OperationalError, match="user name"):
        psycopg.connect(house.dsn(token, user="bo"))


def test_the_newest_protocol_is_spoken(house: House) -> None:
    with psycopg.connect(house.dsn(max_protocol_version="3.2"), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (1000,)
        threading.Timer(0.3, connection.cancel_safe).start()


class BearerRequest(ctypes.Structure):
    """libpq's PGoauthBearerRequest (libpq-fe.h of version 18)."""

    _fields_ = (
        ("openid_configuration", ctypes.c_char_p),
        ("scope", ctypes.c_char_p),
        ("run", ctypes.c_void_p),
        ("cleanup", ctypes.c_void_p),
        ("token", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
    )


def test_libpq_logs_in_by_oauthbearer(house: House) -> None:
    folder = Path(psycopg.__file__).parent.parent / "psycopg_binary.libs"
    found = [ctypes.CDLL(str(path)) for path in folder.glob("libpq-*")]
    if not found or not hasattr(found[0], "PQsetAuthDataHook"):
        pytest.skip("this libpq has no OAUTHBEARER: pip install 'psycopg[binary]>=3.3'")
    token, asked = ctypes.create_string_buffer(house.token().encode()), list[bytes]()

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def hook(kind: int, _: int, data: int) -> int:
        if kind != 1:  # PQAUTHDATA_OAUTH_BEARER_TOKEN
            return 0
        request = ctypes.cast(data, ctypes.POINTER(BearerRequest)).contents
        asked.append(request.openid_configuration)
        request.token = ctypes.cast(token, ctypes.c_char_p)
        return 1

    found[0].PQsetAuthDataHook(hook)
    try:
        more = {"oauth_issuer": DISCOVERY, "oauth_client_id": "x", "require_auth": "oauth"}
        dsn = house.dsn("", options="-c usher.login=oauthbearer", **more)
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert connection.execute("SELECT count(*) FROM customers").fetchone() == (1000,)
    finally:
        found[0].PQsetAuthDataHook(None)
    assert asked == [DISCOVERY.encode()]


def test_an_app_acts_for_each_user_of_its_pool(house: House) -> None:
    app = house.harness.issuer.mint(subject="portal", app="portal")
    options = "-c usher.key=0123456789abcdef"
    with psycopg.connect(house.dsn(app, options=options), autocommit=True) as connection:
        for subject, region in (("ana", "EU"), ("bo", "US"), ("ana", "EU")):
            user = house.token(subject, region)
            connection.execute(f"SET usher.token = '0123456789abcdef:{user}'")
            assert connection.execute("SELECT DISTINCT region FROM customers").fetchall() == [(region,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET usher.token = '{house.token('eve', 'US')}'")
            connection.execute("DISCARD ALL")
            assert connection.execute("SELECT DISTINCT region FROM customers").fetchall() == [(region,)]
    actors = [d["actor"] for d in house.records("decision")][-6:]
    assert [a["subject"] for a in actors] == ["ana", "ana", "bo", "bo", "ana", "ana"]
    assert all(a["app"] == "portal" and a["act"][0]["subject"] == "portal" for a in actors)


def test_an_app_without_the_grant_acts_for_nobody(house: House) -> None:
    app = house.harness.issuer.mint(subject="other", app="other")
    with pytest.raises(psycopg.OperationalError, match=r"usher\.users"):
        psycopg.connect(house.dsn(app, options=f"-c usher.token={house.token()}"))


# ----------------------------------------------------------------------------------------------------------- asyncpg
async def test_asyncpg_describes_binds_and_reads_binary(house: House) -> None:
    connection = await connected(house)
    try:
        row = await connection.fetchrow(
            f"SELECT {COLUMNS} FROM customers WHERE id = $1 AND born < $2", 2, FIRST[4].replace(year=1990)
        )
        assert tuple(row) == FIRST
        assert await connection.fetchval("SELECT count(*) FROM customers WHERE id IN ($1,$2)", 2, 3) == 1
        prepared = await connection.prepare("SELECT name FROM customers WHERE credit > $1 ORDER BY id")
        assert [p.name for p in prepared.get_parameters()] == ["numeric"]
        assert (await prepared.fetch(Decimal("2498")))[0][0] == "name2000"
    finally:
        await connection.close()


async def test_asyncpg_cursors_pools_and_timeouts(house: House) -> None:
    pool = await asyncpg.create_pool(
        host="127.0.0.1", port=house.port, user="token", database="shop", password=house.token(), ssl=False,
        min_size=1, max_size=1,
    )  # fmt: skip
    try:
        for _ in range(2):
            async with pool.acquire() as connection, connection.transaction():
                found = [row[0] async for row in connection.cursor("SELECT id FROM customers ORDER BY id", prefetch=9)]
                assert len(found) == 1000
        series = "range(100000000000)" if house.kind == "duckdb" else "generate_series(1, 100000000000)"
        async with pool.acquire() as connection:
            with pytest.raises(TimeoutError):
                await connection.fetch(f"SELECT count(*) FROM {series} AS t(i) WHERE i % 7 = 3", timeout=0.5)
            assert await connection.fetchval("SELECT 1") == 1
    finally:
        await pool.close()


# -------------------------------------------------------------------------------------------------------------- psql
def psql(house: House, *commands: str) -> str:
    program = shutil.which("psql")
    if program is None:
        pytest.skip("there is no psql: apt-get install postgresql-client")
    words = [word for command in commands for word in ("-c", command)]
    done = subprocess.run(
        [program, "-X", "-At", "-v", "ON_ERROR_STOP=1", house.dsn(application_name="psql"), *words],
        capture_output=True, text=True, timeout=60, check=False, env={"PATH": os.environ.get("PATH", "")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_psql_asks_and_describes(house: House) -> None:
    assert psql(house, "SELECT id, email FROM customers ORDER BY id LIMIT 1") == "2|***@example.com\n"
    assert "customers" in psql(house, r"\d")
    columns = psql(house, r"\d customers")
    assert "email" in columns
    assert "secret" not in columns
    assert psql(house, r"\copy (SELECT id FROM customers ORDER BY id LIMIT 2) TO STDOUT") == "2\n4\n"


def test_what_clients_say_of_themselves_is_recorded_apart(house: House) -> None:
    psql(house, "SELECT count(*) FROM customers")
    client = house.records("decision")[-1]["client"]
    assert client["door"] == "pgwire"
    assert client["unverified"] == {"application_name": "psql"}
