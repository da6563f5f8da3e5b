"""What the package offers: the dialect, the settings and `connect`, with every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from proxy import kinds
from proxy.errors import ConfigError
from proxy.warehouses.duckdb import DIALECT, Settings, connect
from tests.warehouses.duckdb.conftest import make
from tests.warehouses.duckdb.running import run


def test_it_is_found_by_its_name() -> None:
    assert kinds.load("warehouses", "duckdb").DIALECT is DIALECT
    assert DIALECT.name == "duckdb"
    assert DIALECT.functions
    assert DIALECT.refused
    assert not set(DIALECT.functions) & set(DIALECT.refused)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "x", "colour": "red"},
        {"path": "x", "search_path": []},
        {"path": "x", "memory_limit": "a lot"},
        {"path": "x", "memory_limit": "1GB'; SET threads = 1; --"},
        {"path": "x", "threads": 0},
        {"path": "x", "concurrent_queries": 0},
        {"path": "x", "kind": "postgres"},
    ],
)
def test_wrong_settings_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(options)


def test_a_missing_file_names_the_setting_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"warehouses\.shop\.path: there is no file .*; create it or mend the path"):
        connect("shop", Settings(path=tmp_path / "none.duckdb"))
    assert not (tmp_path / "none.duckdb").exists()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        connect("shop", Settings(path=tmp_path))


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\0" + b"\0" * 5000, b"\0" * 20000])
def test_a_file_that_is_no_database_says_so_and_quotes_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"warehouses\.shop\.path: .*broken\.duckdb") as error:
        connect("shop", Settings(path=path))
    assert "Error" not in str(error.value)
    assert path.read_bytes() == content


def test_a_database_cut_short_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "cut.duckdb")
    path.write_bytes(path.read_bytes()[:10000])
    with pytest.raises(ConfigError, match=r"warehouses\.shop\.path"):
        connect("shop", Settings(path=path))


def test_a_missing_schema_of_the_search_path_is_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"warehouses\.shop\.search_path: there is no schema nope"):
        connect("shop", Settings(path=file, search_path=("main", "nope")))


@pytest.mark.parametrize("name", ["it's", 'sh"op', "two words", "select"])
async def test_any_name_of_a_warehouse_works(file: Path, name: str) -> None:
    warehouse = connect(name, Settings(path=file))
    catalog = await warehouse.catalog()
    quoted = name.replace('"', '""')
    result = await run(warehouse, f'SELECT count(*) AS n FROM "{quoted}".main.people', [], 10)
    assert [b.to_pylist() async for b in result.batches] == [[{"n": 1000}]]
    assert catalog.warehouse == name
    await warehouse.close()


async def test_a_path_with_quotes_works(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "here"'
    folder.mkdir()
    warehouse = connect("shop", Settings(path=make(folder / "o'db.duckdb")))
    assert (await warehouse.catalog()).tables
    await warehouse.close()
