"""A certificate is judged as a client would: when it ends, what it is good for, whether the key is its own."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from proxy.cli.certificates import shown
from tests.clients.shop import certified


def test_when_it_ends_and_for_which_names(tmp_path: Path) -> None:
    found = shown(*certified(tmp_path))
    assert found.names == ("localhost", "127.0.0.1")
    left = found.ends - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(hours=23) < left < datetime.timedelta(hours=25)


def test_one_that_has_ended_is_refused_as_clients_would(tmp_path: Path) -> None:
    files = certified(tmp_path, days=-1)
    with pytest.raises(OSError, match="expired"):
        shown(*files)


def test_the_key_of_another_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    cert, _ = certified(tmp_path / "a")
    _, key = certified(tmp_path / "b")
    with pytest.raises(OSError, match="mismatch"):
        shown(cert, key)


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        shown(tmp_path / "usher.pem", tmp_path / "usher.key")
