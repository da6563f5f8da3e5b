"""Only names of exactly the right form are part of a log."""

from __future__ import annotations

from pathlib import Path

from proxy.audit.segments import segments, writers


def test_files_come_in_the_order_of_their_first_records(tmp_path: Path) -> None:
    for sequence in (300, 1, 20):
        (tmp_path / f"usher.{sequence:016d}.jsonl").touch()
    (tmp_path / f"other.{5:016d}.jsonl").touch()
    assert [part.sequence for part in segments(tmp_path, "usher")] == [1, 20, 300]
    assert writers(tmp_path) == ["other", "usher"]


def test_other_names_are_never_read(tmp_path: Path) -> None:
    for name in ("usher.1.jsonl", "usher.jsonl", "usher.next", f"Usher.{1:016d}.jsonl", f"usher.{1:016d}.jsonl.bak"):
        (tmp_path / name).touch()
    assert segments(tmp_path, "usher") == []
    assert writers(tmp_path) == []


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert segments(tmp_path / "none", "usher") == []
    assert writers(tmp_path / "none") == []
