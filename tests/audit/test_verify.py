"""Every way to tamper with a log, each named: what it is, and where."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.audit import record
from proxy.audit import verify as module
from proxy.audit.log import Log
from proxy.audit.record import DOMAIN, FORMAT, Chain, canonical
from proxy.audit.verify import Position, Problem, verify
from tests.audit.samples import files, lines, settings, write_lines, written

BY_HAND = r"""sed -E 's/^(.*)"hash":"[0-9a-f]{64}",/\1/' | tr -d '\n'"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One file of ten records: segment, start, three queries with two each, stop, and what comes after a restart."""
    folder = tmp_path / "log"
    written(folder, 3)
    assert verify(folder).intact
    assert len(lines(folder)) == 9
    return folder


@pytest.fixture
def rotated(tmp_path: Path) -> Path:
    """A log of several files."""
    folder = tmp_path / "rotated"
    written(folder, 12, max_bytes=4096)
    assert verify(folder).intact
    assert len(files(folder)) >= 4
    return folder


def problem(folder: Path, **options: Position) -> Problem:
    found = verify(folder, **options)
    assert not found.intact
    assert len(found.problems) == 1
    return found.problems[0]


def resealed(line: bytes, change: Callable[[dict[str, object]], None]) -> bytes:
    """A changed record whose hash was made anew: what somebody with the reference at hand would write."""
    raw = json.loads(line)
    change(raw)
    chain = Chain(raw["sequence"] - 1, raw["previous"])
    return chain.seal(raw["event_id"], raw["time"], raw["kind"], canonical(raw["body"]))


# ----------------------------------------------------------------------------------------------------------- sound
def test_a_sound_log_is_told_with_its_range_counts_and_end(log: Path) -> None:
    found = verify(log)
    (chain,) = found.chains
    last = json.loads(lines(log)[-1])
    assert (found.records, chain.first, chain.last, chain.last_hash) == (9, 1, 9, last["hash"])
    assert dict(chain.kinds) == {"segment": 1, "start": 1, "decision": 3, "outcome": 3, "stop": 1}
    assert chain.open == ()
    assert chain.name == "usher"
    assert chain.writer == json.loads(lines(log)[0])["body"]["writer"]


def test_a_rotated_log_is_one_chain(rotated: Path) -> None:
    (chain,) = verify(rotated).chains
    assert chain.files == tuple(file.name for file in files(rotated))
    assert chain.last == len(lines(rotated))


def test_several_chains_in_a_folder_are_checked_each(tmp_path: Path) -> None:
    written(tmp_path / "log", 1)
    written(tmp_path / "log", 2, writer="second")
    found = verify(tmp_path / "log")
    assert [chain.name for chain in found.chains] == ["second", "usher"]
    assert found.intact
    assert [chain.name for chain in verify(tmp_path / "log", chain="second").chains] == ["second"]


def test_a_file_by_itself_can_be_checked(rotated: Path) -> None:
    found = verify(files(rotated)[2])
    assert found.intact
    assert found.chains[0].first == json.loads(files(rotated)[2].read_bytes().split(b"\n")[0])["sequence"] > 1


def test_decisions_without_an_outcome_are_told(tmp_path: Path) -> None:
    written(tmp_path, 2)
    kept = lines(tmp_path)
    write_lines(files(tmp_path)[0], kept[:3])
    (chain,) = verify(tmp_path).chains
    assert chain.open == (json.loads(kept[2])["body"]["decision_id"],)


def test_a_folder_without_a_log_is_a_problem(tmp_path: Path) -> None:
    assert problem(tmp_path).what == "missing"


def test_other_files_in_the_folder_are_not_part_of_it(log: Path) -> None:
    (log / "notes.txt").write_text("hello")
    (log / "usher.next").write_bytes(b"half a rec")
    assert verify(log).intact


# ------------------------------------------------------------------------------------------------------- tampering
def test_a_changed_value_is_named(log: Path) -> None:
    kept = lines(log)
    write_lines(files(log)[0], [line.replace(b'"subject":"ana"', b'"subject":"bob"') for line in kept])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("changed", 3, 3)
    assert found.file == files(log)[0].name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"rows":3', b'"rows":4'),
        (b'"kind":"outcome"', b'"kind":"outcomf"'),
        (b'"sequence":4', b'"sequence":5'),
        (b'"time":"2', b'"time":"1'),
        (b'"event_id":"0', b'"event_id":"1'),
        (b'"rows":3', b'"rows": 3'),
        (b'"rows":3', b'"rows":3,"rows":4'),
        (b'"rows":3', b'"rows":NaN'),
        (b'"rows":3', '"rows":3,"x":"\N{RIGHT-TO-LEFT OVERRIDE}"'.encode()),
        (b'"previous":"', b'"previous":"A'),
        (b'{"body"', b'{"extra":1,"body"'),
        (b'{"body"', b'[{"body"'),
        (b'{"body":{', b'{"body":' + b"[" * 5000 + b"{"),
    ],
)
def test_any_changed_byte_is_named(log: Path, old: bytes, new: bytes) -> None:
    kept = lines(log)
    assert old in kept[3]
    kept[3] = kept[3].replace(old, new, 1)
    write_lines(files(log)[0], kept)
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("changed", 4, 4)


def test_a_change_with_its_hash_made_anew_is_named(log: Path) -> None:
    kept = lines(log)
    kept[3] = resealed(kept[3], lambda raw: raw["body"].update(rows=0))  # type: ignore[attr-defined]
    write_lines(files(log)[0], kept)
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("changed", 4, 4)


def test_a_deleted_record_is_named(log: Path) -> None:
    kept = lines(log)
    del kept[4]
    write_lines(files(log)[0], kept)
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("removed", 5, 5)
    assert "5 to 5" in found.detail


def test_the_first_record_deleted_is_named(log: Path) -> None:
    write_lines(files(log)[0], lines(log)[1:])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("removed", 1, 1)


def test_a_copied_record_is_named(log: Path) -> None:
    kept = lines(log)
    write_lines(files(log)[0], [*kept[:5], kept[4], *kept[5:]])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("inserted", 6, 6)


def test_an_old_record_copied_to_the_end_is_named(log: Path) -> None:
    kept = lines(log)
    write_lines(files(log)[0], [*kept, kept[2]])
    found = problem(log)
    assert (found.what, found.line) == ("inserted", 10)


def test_an_inserted_line_that_is_no_record_is_named(log: Path) -> None:
    kept = lines(log)
    write_lines(files(log)[0], [*kept[:5], kept[5].replace(b"ana", b"bob"), *kept[5:]])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("inserted", 6, 6)


def test_an_inserted_record_with_a_fitting_hash_is_named(log: Path) -> None:
    kept = lines(log)
    forged = resealed(kept[5], lambda raw: raw["body"].update(rows=99))  # type: ignore[attr-defined]
    write_lines(files(log)[0], [*kept[:5], forged, *kept[5:]])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("inserted", 6, 6)


def test_swapped_records_are_named(log: Path) -> None:
    kept = lines(log)
    kept[4], kept[5] = kept[5], kept[4]
    write_lines(files(log)[0], kept)
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("reordered", 5, 5)


def test_an_empty_line_is_named(log: Path) -> None:
    kept = lines(log)
    write_lines(files(log)[0], [*kept[:5], b"", *kept[5:]])
    found = problem(log)
    assert (found.what, found.line) == ("inserted", 6)


def test_a_second_segment_record_inside_a_file_is_named(log: Path) -> None:
    kept = lines(log)
    last = json.loads(kept[-1])
    more = Chain(last["sequence"], last["hash"]).seal("id", "time", "segment", canonical(json.loads(kept[0])["body"]))
    write_lines(files(log)[0], [*kept, more])
    assert problem(log).what == "inserted"


# ------------------------------------------------------------------------------------------------------- cut tails
def test_a_tail_cut_inside_a_line_is_torn(log: Path) -> None:
    file = files(log)[0]
    file.write_bytes(file.read_bytes()[:-20])
    found = problem(log)
    assert (found.what, found.line, found.sequence) == ("torn", 9, 9)


def test_a_tail_without_its_newline_is_torn(log: Path) -> None:
    file = files(log)[0]
    file.write_bytes(file.read_bytes()[:-1])
    assert problem(log).what == "torn"


def test_a_whole_tail_that_was_cut_shows_against_a_kept_position(log: Path) -> None:
    kept = lines(log)
    end = verify(log).chains[0]
    expected = Position(end.last, end.last_hash)
    assert verify(log, expected=expected).intact
    write_lines(files(log)[0], kept[:-2])
    assert verify(log).intact, "the chain alone cannot show this"
    found = problem(log, expected=expected)
    assert (found.what, found.sequence) == ("missing", 9)
    assert "cut off" in found.detail


def test_a_kept_position_may_lie_before_the_end(log: Path) -> None:
    middle = json.loads(lines(log)[4])
    assert verify(log, expected=Position(5, middle["hash"])).intact


def test_a_log_made_anew_shows_against_a_kept_position(log: Path, tmp_path: Path) -> None:
    end = verify(log).chains[0]
    written(tmp_path / "other", 5)
    found = problem(tmp_path / "other", expected=Position(end.last, end.last_hash))
    assert found.what == "missing"
    assert "another" in found.detail


# ---------------------------------------------------------------------------------------------------- rotated files
def test_an_edit_of_a_rotated_file_is_named(rotated: Path) -> None:
    second = files(rotated)[1]
    second.write_bytes(second.read_bytes().replace(b'"subject":"ana"', b'"subject":"bob"', 1))
    found = problem(rotated)
    assert (found.what, found.file) == ("changed", second.name)


def test_a_removed_file_is_named(rotated: Path) -> None:
    second, third = files(rotated)[1:3]
    second.unlink()
    found = problem(rotated)
    assert (found.what, found.file, found.line) == ("removed", third.name, 1)


def test_the_first_file_removed_is_named(rotated: Path) -> None:
    files(rotated)[0].unlink()
    assert problem(rotated).what == "removed"


def test_older_files_kept_elsewhere_are_bridged_by_their_last_record(rotated: Path) -> None:
    first = files(rotated)[0]
    last = json.loads(first.read_bytes().split(b"\n")[-2])
    first.unlink()
    assert verify(rotated, since=Position(last["sequence"], last["hash"])).intact
    assert problem(rotated, since=Position(last["sequence"], "0" * 64)).what == "changed"


def test_a_replaced_file_of_another_log_is_named(rotated: Path, tmp_path: Path) -> None:
    written(tmp_path / "other", 12, max_bytes=4096)
    ours, theirs = files(rotated)[1], files(tmp_path / "other")[1]
    ours.write_bytes(theirs.read_bytes())
    found = problem(rotated)
    assert (found.what, found.file, found.line) == ("replaced", ours.name, 1)


def test_a_file_rewritten_with_hashes_made_anew_is_named(rotated: Path) -> None:
    second, third = files(rotated)[1:3]
    kept = second.read_bytes().split(b"\n")[:-1]
    first = json.loads(kept[0])
    chain = Chain(first["sequence"] - 1, first["previous"])
    forged = []
    for line in kept:
        raw = json.loads(line.replace(b'"subject":"ana"', b'"subject":"bob"'))
        forged.append(chain.seal(raw["event_id"], raw["time"], raw["kind"], canonical(raw["body"])))
    write_lines(second, forged)
    found = problem(rotated)
    assert (found.what, found.file, found.line) == ("replaced", third.name, 1)


def test_swapped_files_are_named(rotated: Path) -> None:
    second, third = files(rotated)[1:3]
    one, two = second.read_bytes(), third.read_bytes()
    second.write_bytes(two)
    third.write_bytes(one)
    found = problem(rotated)
    assert (found.what, found.file) == ("reordered", second.name)


def test_a_renamed_file_is_named(log: Path) -> None:
    files(log)[0].rename(log / "usher.0000000000000007.jsonl")
    assert problem(log).what == "reordered"


def test_a_rotated_file_cut_inside_a_line_is_named(rotated: Path) -> None:
    second = files(rotated)[1]
    second.write_bytes(second.read_bytes()[:-30])
    found = problem(rotated)
    assert (found.what, found.file) == ("cut", second.name)


def test_an_emptied_file_is_named(rotated: Path) -> None:
    second = files(rotated)[1]
    second.write_bytes(b"")
    found = problem(rotated)
    assert (found.what, found.file) == ("cut", second.name)


def test_a_file_cut_inside_its_first_record_is_named(rotated: Path) -> None:
    second = files(rotated)[1]
    second.write_bytes(second.read_bytes()[:100])
    assert problem(rotated).what == "cut"


# ------------------------------------------------------------------------------------------------------ torn lines
def torn(folder: Path) -> Path:
    """A log whose writer died inside a line, and was started again."""
    written(folder, 2)
    file = files(folder)[0]
    file.write_bytes(file.read_bytes()[:-50])
    written(folder, 1)
    return folder


def test_a_torn_line_that_the_next_file_tells_of_is_sound_and_listed(tmp_path: Path) -> None:
    folder = torn(tmp_path / "log")
    found = verify(folder)
    assert found.intact
    first = files(folder)[0]
    assert found.chains[0].unfinished == (f"{first.name}:7",)


def test_a_torn_line_that_was_changed_later_is_cut(tmp_path: Path) -> None:
    folder = torn(tmp_path / "log")
    first = files(folder)[0]
    first.write_bytes(first.read_bytes()[:-1])
    found = problem(folder)
    assert (found.what, found.file, found.line) == ("cut", first.name, 7)


def test_a_torn_line_that_was_taken_away_is_removed(tmp_path: Path) -> None:
    folder = torn(tmp_path / "log")
    first = files(folder)[0]
    whole = first.read_bytes().rpartition(b"\n")
    first.write_bytes(whole[0] + whole[1])
    assert problem(folder).what == "removed"


# --------------------------------------------------------------------------------------------------- independence
def test_it_shares_no_code_with_the_writer() -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {str(name).split(".")[0] for name in imported} <= set(sys.stdlib_module_names)


def test_it_states_the_same_form_as_the_writer() -> None:
    assert (module._DOMAIN, module._FORMAT, module._ZERO) == (DOMAIN, FORMAT, record.FIRST)


def test_a_line_can_be_checked_by_hand(log: Path) -> None:
    """The shell command of docs/reference/audit.md, on a record that tries to look like two."""
    raw = json.loads(lines(log)[-1])
    tricky = canonical({"x": ',"hash":"' + "0" * 64 + '",'})
    line = Chain(raw["sequence"], raw["hash"]).seal("id", "time", "plan", tricky)
    for each in [*lines(log), line]:
        command = "{ printf 'usher.audit.record.v1\\n'; " + BY_HAND + "; } | sha256sum"
        ran = subprocess.run(["sh", "-c", command], input=each + b"\n", capture_output=True, check=True, timeout=20)
        assert ran.stdout.split()[0].decode() == json.loads(each)["hash"]
    text = Path("docs/reference/audit.md").read_text(encoding="utf-8")
    assert BY_HAND in text


def test_problems_never_quote_the_log(log: Path) -> None:
    kept = lines(log)
    kept[3] = b'{"body":"\x1b[31mthe-canary"}'
    write_lines(files(log)[0], kept)
    assert "canary" not in repr(problem(log))


def test_a_hundred_thousand_records_are_checked(tmp_path: Path) -> None:
    chain = Chain()
    first = {"format": FORMAT, "writer": "w", "fragment": None, "open": []}
    body = canonical({"actor": {"subject": "ana"}, "note": "x" * 200})
    made = [chain.seal("id", "time", "segment", canonical(first))]  # type: ignore[arg-type]
    made += [chain.seal("id", "time", "plan", body) for _ in range(99_999)]
    write_lines(tmp_path / f"usher.{1:016d}.jsonl", made)
    found = verify(tmp_path, expected=Position(100_000, chain.previous))
    assert found.intact
    assert found.records == 100_000


def test_a_log_that_is_being_written_verifies(tmp_path: Path) -> None:
    async def run() -> None:
        log = Log(settings(tmp_path))
        await log.start()
        await log.event("plan", {})
        assert verify(tmp_path).intact
        await log.close()

    asyncio.run(run())
    assert hashlib.sha256(b"").hexdigest() != verify(tmp_path).chains[0].last_hash
