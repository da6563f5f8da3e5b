"""The git commit, read from .git as git itself lays it out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from proxy.policy import commit

WHO = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=folder, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    (place / "policies").mkdir(parents=True)
    (place / "policies" / "a").write_text("1", encoding="utf-8")
    git(place, "init", "-q")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "one")
    return place


def test_a_branch(repository: Path) -> None:
    assert commit.of(repository / "policies") == git(repository, "rev-parse", "HEAD")


def test_packed_references(repository: Path) -> None:
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git" / "refs" / "heads" / "main").exists()
    assert commit.of(repository / "policies") == git(repository, "rev-parse", "HEAD")


def test_a_detached_head(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert commit.of(repository) == git(repository, "rev-parse", "HEAD")


def test_a_worktree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "other"), "-b", "side")
    (tmp_path / "other" / "policies" / "a").write_text("2", encoding="utf-8")
    git(tmp_path / "other", "commit", "-q", "-a", "-m", "two")
    found = commit.of(tmp_path / "other" / "policies")
    assert found == git(tmp_path / "other", "rev-parse", "HEAD")
    assert found != commit.of(repository)


def test_a_link_to_a_checkout(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(repository / "policies")
    assert commit.of(tmp_path / "current") == git(repository, "rev-parse", "HEAD")


def test_no_repository_is_no_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert commit.of(tmp_path) is None


@pytest.mark.parametrize(
    "head", ["", "ref: refs/heads/none", "ref: ../../../etc/passwd", "ref: /etc/passwd", "zz", "\xff"]
)
def test_a_head_that_makes_no_sense_is_no_commit(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head.encode("latin-1"))
    assert commit.of(tmp_path) is None


def test_references_that_point_at_each_other_end(tmp_path: Path) -> None:
    (tmp_path / ".git" / "refs").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/a", encoding="utf-8")
    (tmp_path / ".git" / "refs" / "a").write_text("ref: refs/a", encoding="utf-8")
    assert commit.of(tmp_path) is None
