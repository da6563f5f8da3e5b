"""The file sink: permissions, locks, rotation, and what it refuses to touch."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest

from proxy.audit.journal import Damaged
from proxy.audit.record import FORMAT, Chain, canonical
from proxy.audit.sinks.file import FileSink, Settings
from proxy.audit.sinks.file import open as open_sink
from proxy.audit.verify import verify
from proxy.errors import ConfigError
from tests.audit.samples import files, lines, written


def sink(folder: Path, writer: str = "usher", wait_s: float = 0, max_bytes: int = 4096) -> FileSink:
    return open_sink(Settings(path=folder, lock_wait_s=wait_s, max_bytes=max_bytes), writer)


def segment(chain: Chain) -> bytes:
    body = {"format": FORMAT, "writer": "w", "fragment": None, "open": []}
    return chain.seal("id", "time", "segment", canonical(body))  # type: ignore[arg-type]


def test_folder_and_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        written(tmp_path / "deep" / "log", 1)
    finally:
        os.umask(before)
    folder = tmp_path / "deep" / "log"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_everybody_can_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigError, match="chmod o-w"):
        sink(tmp_path)
    tmp_path.chmod(0o700)
    sink(tmp_path).close()


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "log"):
        with pytest.raises(ConfigError, match="cannot be used"):
            sink(path)


def test_a_lock_is_for_one_and_is_let_go(tmp_path: Path) -> None:
    first = sink(tmp_path)
    with pytest.raises(ConfigError, match=r"audit\.writer"):
        sink(tmp_path)
    sink(tmp_path, "other").close()
    first.close()
    first.close()
    sink(tmp_path).close()


def test_a_gateway_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    first = sink(tmp_path)
    ending = threading.Timer(0.2, first.close)
    ending.start()
    began = time.monotonic()
    sink(tmp_path, wait_s=10).close()
    assert time.monotonic() - began < 5
    ending.join(10)


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "usher.lock").symlink_to(tmp_path / "target")
    with pytest.raises(ConfigError, match="cannot be used"):
        sink(tmp_path)


def test_names_sort_as_the_records_do(tmp_path: Path) -> None:
    written(tmp_path, 30, max_bytes=4096)
    names = [file.name for file in files(tmp_path)]
    assert names == sorted(names)
    assert len(names) > 8
    assert all(file.stat().st_size < 4096 + 3000 for file in files(tmp_path))


def test_a_new_file_comes_with_its_first_record_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = sink(tmp_path)
    chain = Chain()
    one.begin(1, segment(chain))
    real = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 10_000:
            real(file, bytes(data)[:20])
            raise OSError(28, "No space left on device")
        return real(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            one.begin(2, segment(Chain(1, chain.previous)))
    assert len(files(tmp_path)) == 1
    one.begin(2, segment(chain))
    assert len(files(tmp_path)) == 2
    assert not (tmp_path / "usher.next").exists()
    one.close()
    assert verify(tmp_path).intact


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    one = sink(tmp_path)
    one.begin(1, segment(Chain()))
    before = lines(tmp_path)
    with pytest.raises(FileExistsError):
        one.begin(1, segment(Chain()))
    assert lines(tmp_path) == before
    one.close()


def test_where_the_chain_ends_is_read_back(tmp_path: Path) -> None:
    written(tmp_path, 4, max_bytes=4096)
    one = sink(tmp_path)
    tail = one.resume()
    one.close()
    chain = verify(tmp_path).chains[0]
    assert tail is not None
    assert (tail.sequence, tail.hash, tail.writer, tail.open) == (chain.last, chain.last_hash, chain.writer, ())
    assert tail.fragment is None


def test_a_fragment_at_the_end_is_told_and_left_alone(tmp_path: Path) -> None:
    written(tmp_path, 1)
    file = files(tmp_path)[0]
    file.write_bytes(file.read_bytes() + b'{"body"')
    before = file.read_bytes()
    one = sink(tmp_path)
    tail = one.resume()
    one.close()
    assert tail is not None
    assert tail.fragment is not None
    assert tail.fragment.size == 7
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"half", b"[" * 100_000 + b"\n"])
def test_a_last_file_that_is_no_log_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"usher.{1:016d}.jsonl").write_bytes(content)
    one = sink(tmp_path)
    with pytest.raises(Damaged):
        one.resume()
    one.close()


def test_an_empty_folder_has_no_end(tmp_path: Path) -> None:
    one = sink(tmp_path)
    assert one.resume() is None
    with pytest.raises(FileNotFoundError):
        one.write(b"x\n")
    one.close()
