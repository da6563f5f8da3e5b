"""pgjdbc: the driver's tour of the catalog, prepared statements, fetch sizes, cancelling, by a small Java program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.pages import snippet
from tests.clients.shop import Shop, clean

JAR = Path("/usr/share/java/postgresql.jar")
JAVA = shutil.which("java")
THERE = JAR.exists() and JAVA is not None and shutil.which("javac") is not None
pytestmark = pytest.mark.skipif(
    not THERE, reason="there is no pgjdbc: apt-get install default-jdk-headless libpostgresql-jdbc-java"
)


def run(shop: Shop, program: Path, token: str) -> list[str]:
    done = subprocess.run(
        [str(JAVA), "-XX:TieredStopAtLevel=1", "-cp", str(JAR), str(program)],
        env={
            **os.environ,
            "USHER_TOKEN": token,
            "PGSSLROOTCERT": str(shop.certificate),
            "ADDRESS": f"jdbc:postgresql://{shop.host}:{shop.port}/{shop.name}",
            "HIDDEN": "canary_vault",
        },
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    clean(done.stdout)
    return done.stdout.splitlines()


def test_the_snippet_of_its_page(shop: Shop, tmp_path: Path) -> None:
    program = tmp_path / "Ask.java"
    program.write_text(snippet("jdbc.md", "java", shop))
    assert run(shop, program, shop.token()) == ["1 Ada ***@example.com", "3 Cleo ***@example.org"]


def test_a_tour(shop: Shop) -> None:
    lines = run(shop, Path(__file__).parent / "Tour.java", shop.token())
    told = dict(line.partition(" ")[::2] for line in lines)
    assert "refused" not in told, told["refused"]
    assert "[sales|" in told["schemas"]
    assert "|sales|customers|TABLE|" in told["tables-of-sales"]
    assert "|sales|orders|TABLE|" in told["tables"]
    named = [row.split("|")[3] for row in told["columns"].split("] [")]
    assert named == ["id", "name", "email", "country", "joined"]
    for number in range(8):
        assert told[f"asked-{number}"].startswith("[1|10.50|t|2024-01-02 03:04:05")
    assert (told["described"], told["parameters"]) == ("numeric 10", "2")
    assert (told["array"], told["first"], told["second"]) == ("[2]", "[1]", "[2]")
    assert (told["fetched"], told["after"]) == ("5000", "[3]")
    assert (told["hidden"], told["written"], told["cancelled"]) == ("42P01", "0A000", "57014")


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    tokens = ("nonsense", shop.expired())
    wrong, expired = run(shop, Path(__file__).parent / "Tour.java", " ".join(tokens))
    for token, line in zip(tokens, (wrong, expired), strict=True):
        assert line.startswith("refused 28P01")
        assert token not in line
    assert "expired" in expired
