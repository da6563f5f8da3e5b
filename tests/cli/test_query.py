"""`usher query`: governed answers at the terminal, on the demo's real gateway."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from proxy.cli import output, query
from proxy.errors import ConfigError
from tests.cli.conftest import Usher

TOP = "SELECT id, email FROM sales.customers WHERE id IN (1, 2) ORDER BY id"


def test_rows_masks_and_what_is_withheld(usher: Usher, demo: Path) -> None:
    ran = usher("query", "--as", "analyst", TOP)
    assert ran.code == output.OK, ran.err
    assert "email (masked)" in ran.out
    assert "***@example.org" in ran.out
    assert "arjun" not in ran.out
    assert "2 rows" in ran.out
    assert "withheld  only some rows of shop.sales.customers (own-region, not-deleted)" in " ".join(ran.out.split("\n"))
    assert "decision  " in ran.out


def test_json_parameters_and_cut(usher: Usher, demo: Path) -> None:
    sql = "SELECT name FROM public.products WHERE category = $1 AND id > $2 ORDER BY id"
    ran = usher("query", "--as", "hr", sql, "-p", "Kitchen", "-p", "10", "--max-rows", "2", "--json")
    assert ran.code == output.OK, ran.out
    assert len(ran.document["rows"]) == ran.document["row_count"] == 2
    assert ran.document["truncated"] is True


def test_a_refusal_says_what_to_do_and_ends_with_1(usher: Usher, demo: Path) -> None:
    ran = usher("query", "--as", "analyst", "SELECT salary FROM people.employees")
    assert ran.code == output.REFUSED
    assert "There is no table" in ran.err
    assert "unknown-table" in ran.err
    assert "decision: " in ran.err
    assert ran.out == ""


def test_a_refusal_in_json(usher: Usher, demo: Path) -> None:
    ran = usher("query", "--as", "analyst", "DROP TABLE sales.customers", "--json")
    assert ran.code == output.REFUSED
    assert ran.document["error"]["code"] == "ungovernable"
    assert ran.document["error"]["decision_id"]


def test_a_token_that_is_none(usher: Usher, demo: Path) -> None:
    ran = usher("query", "--token", "nonsense", "SELECT 1")
    assert ran.code == output.REFUSED
    assert "Not signed in" in ran.err
    assert "nonsense" not in ran.err


def test_nobody_asks(usher: Usher, demo: Path) -> None:
    ran = usher("query", "SELECT 1")
    assert ran.code == output.CONFIG
    assert "who asks?" in ran.err


def test_token_and_name_are_one_too_many(usher: Usher, demo: Path) -> None:
    assert usher("query", "SELECT 1", "--as", "hr", "--token", "x").code == output.CONFIG


def test_a_gateway_that_is_not_there(usher: Usher, demo: Path) -> None:
    ran = usher("query", "--url", "http://127.0.0.1:9", "--as", "hr", "SELECT 1")
    assert ran.code == output.UNAVAILABLE
    assert "no gateway answers there; start one with: usher serve" in ran.err


@pytest.mark.parametrize(
    ("given", "value"),
    [("5", 5), ("1.5", 1.5), ("true", True), ("null", None), ("Finance", "Finance"), ('"5"', "5"), ("[1]", "[1]")],
)
def test_parameters_are_json_where_they_are_json(given: str, value: object) -> None:
    assert query.values([given]) == [value]


def test_the_statement_comes_from_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.sql").write_text("SELECT 1")
    assert query.statement(None, tmp_path / "q.sql") == "SELECT 1"
    assert query.statement("SELECT 2", None) == "SELECT 2"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"SELECT 3")))
    assert query.statement("-", None) == "SELECT 3"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"SELECT \xff")))
    with pytest.raises(ConfigError, match="not UTF-8"):
        query.statement("-", None)
    with pytest.raises(ConfigError, match="give one statement"):
        query.statement(None, None)
    with pytest.raises(ConfigError, match="give one statement"):
        query.statement("SELECT 1", tmp_path / "q.sql")
    with pytest.raises(ConfigError, match="cannot be read"):
        query.statement(None, tmp_path / "absent.sql")
