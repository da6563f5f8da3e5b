"""Reading policy files."""

from __future__ import annotations

from pathlib import Path

from proxy.policy.source import Place, read


def test_a_place_reads_as_file_and_line() -> None:
    assert str(Place("policies/grants.csv", 12)) == "policies/grants.csv:12"


def test_text_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes("é\r\n".encode())
    problems: list[str] = []
    assert read(path, problems) == "é\r\n"
    assert problems == []


def test_a_file_that_is_no_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"ok\nok\n\xff\n")
    problems: list[str] = []
    assert read(path, problems) is None
    assert problems == [f"{path}:3: is not UTF-8 text; save the file as UTF-8"]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    problems: list[str] = []
    assert read(tmp_path / "none", problems) is None
    assert "No such file" in problems[0]
