"""psql: its own catalog commands, its cursors (FETCH_COUNT), its \\copy, and Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, ENDLESS, Shop, clean

PROGRAM = shutil.which("psql")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no psql: apt-get install postgresql-client")
DESCRIBING = (
    r"\d",
    r"\dt *.*",
    r"\d customers",
    r"\d orders",
    r"\d+ sales.customers",
    r"\dn+",
    r"\l",
    r"\du",
    r"\df",
    r"\dv",
)
MORE = (r"\di", r"\dT+", r"\dp", r"\dd", r"\dx", r"\ds", r"\dm", r"\dC", r"\drds", r"\conninfo", r"\encoding")


def psql(shop: Shop, *words: str, who: str = "ana", token: str | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(PROGRAM), "-X", "-v", "ON_ERROR_STOP=1", *words],
        env={**os.environ, **shop.environment(who, token)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if who == "ana":
        clean(done.stdout, done.stderr)
    return done


def rows(shop: Shop, *words: str, who: str = "ana") -> list[str]:
    done = psql(shop, "-At", *words, who=who)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_snippet_of_its_page(shop: Shop) -> None:
    done = subprocess.run(
        ["bash", "-c", snippet("psql.md", "sh", shop)],
        env={**os.environ, "USHER_TOKEN": shop.token()},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    clean(done)
    assert "Cleo" in done.stdout
    assert "***@example.org" in done.stdout


def test_rows_are_the_callers(shop: Shop) -> None:
    assert rows(shop, "-c", CUSTOMERS) == ["1|Ada|***@example.com", "3|Cleo|***@example.org"]
    assert rows(shop, "-c", CUSTOMERS, who="ben") == ["2|canary-Bob|***@example.com"]


def test_what_it_describes(shop: Shop) -> None:
    told = psql(shop, *(word for command in (*DESCRIBING, *MORE) for word in ("-c", command)))
    assert told.returncode == 0, told.stderr
    for part in ("customers", "orders", "joined", "timestamp without time zone", "numeric(10,2)", "sales"):
        assert part in told.stdout


@pytest.mark.parametrize("name", ["sales.canary_vault", "canary_vault", "canary_hr.salaries"])
def test_hidden_tables_are_told_as_those_that_are_not_there(shop: Shop, name: str) -> None:
    def said(table: str) -> str:
        done = subprocess.run(
            [str(PROGRAM), "-X", "-c", rf"\d {table}", "-c", f"SELECT 1 FROM {table}"],
            env={**os.environ, **shop.environment()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        lines = (done.stdout + done.stderr).replace(table, "NAME").replace(table.split(".")[-1], "NAME").splitlines()
        return "\n".join(line for line in lines if "Decision" not in line)

    assert said(name) == said(name.replace("canary", "nowhere"))


def test_prepared_by_gdesc_cursor_and_copy(shop: Shop, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("SELECT id, amount FROM orders \\gdesc\n")
    assert rows(shop, "-f", str(script)) == ["id|integer", "amount|numeric(10,2)"]
    some = rows(shop, "-v", "FETCH_COUNT=100", "-c", "SELECT n FROM numbers ORDER BY n")
    assert some == [str(n) for n in range(5000)]
    copied = rows(shop, "-c", rf"\copy ({CUSTOMERS}) TO STDOUT CSV HEADER")
    assert copied == ["id,name,email", "1,Ada,***@example.com", "3,Cleo,***@example.org"]


def test_a_script_in_a_transaction(shop: Shop) -> None:
    told = rows(shop, "-1", "-c", "SELECT count(*) FROM orders", "-c", "SHOW transaction_read_only")
    assert told == ["3", "on"]


@pytest.mark.parametrize("sql", ["DELETE FROM orders", "CREATE TABLE t (i int)", "SET ROLE postgres", "VACUUM"])
def test_what_writes_is_refused(shop: Shop, sql: str) -> None:
    done = psql(shop, "-c", sql)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR:")


def test_ctrl_c_stops_the_statement(shop: Shop) -> None:
    with subprocess.Popen(
        [str(PROGRAM), "-X", "-At", "-c", "SELECT 'begun'", "-c", ENDLESS],
        env={**os.environ, **shop.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        for _ in range(60):  # a signal that comes between the two statements stops nothing
            process.send_signal(signal.SIGINT)
            try:
                process.wait(1)
                break
            except subprocess.TimeoutExpired:
                continue
        assert process.stderr is not None
        assert "canceling statement due to user request" in process.stderr.read()


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.token() + "x", shop.expired()):
        done = psql(shop, "-c", "SELECT 1", token=token)
        assert done.returncode == 2
        assert "FATAL:" in done.stderr
        assert token not in done.stderr
    assert "expired" in done.stderr
