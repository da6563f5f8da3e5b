"""Reading while it is written: whole lines only, filters from a list, and the end as it grows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from proxy.audit import tail
from proxy.audit.log import Log
from proxy.errors import AuditError, InvalidSql
from proxy.values import Record
from tests.audit.samples import files, query, settings, written


def test_pages_join_without_gap_or_overlap(tmp_path: Path) -> None:
    written(tmp_path, 20, max_bytes=4096)
    after, seen = 0, []
    while page := tail.read(tmp_path, after, 7, {}):
        seen += [record.sequence for record in page]
        after = page[-1].sequence
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 40


def test_a_page_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 3)
    monkeypatch.setattr(tail, "LARGEST_PAGE", 2)
    assert len(tail.read(tmp_path, 0, 10**9, {})) == 2
    assert tail.read(tmp_path, 0, 0, {}) == []


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"kind": "decision"}, {"decision"}),
        ({"subject": "ana"}, {"decision", "outcome"}),
        ({"subject": "an"}, set()),
        ({"app": "sales-bot"}, {"decision"}),
        ({"door": "http", "session": "session-1"}, {"decision"}),
        ({"table": "shop.main.customers"}, {"decision"}),
        ({"column": "shop.main.customers.email"}, {"decision"}),
        ({"reason": "masked"}, {"decision"}),
        ({"outcome": "completed"}, {"outcome"}),
        ({"decision": "allowed"}, {"decision"}),
        ({"since": "2000"}, {"segment", "start", "decision", "outcome", "stop"}),
        ({"since": "2000", "until": "2001"}, set()),
        ({"subject": "ana", "kind": "stop"}, set()),
    ],
)
def test_filters(tmp_path: Path, filters: dict[str, str], kinds: set[str]) -> None:
    written(tmp_path, 2)
    assert {record.kind for record in tail.read(tmp_path, 0, 100, filters)} == kinds


def test_every_filter_can_be_asked(tmp_path: Path) -> None:
    written(tmp_path, 1)
    for name in tail.FILTERS:
        assert isinstance(tail.read(tmp_path, 0, 100, {name: "no such value"}), list)


def test_an_unknown_filter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSql, match="there are: kind"):
        tail.read(tmp_path, 0, 1, {"body": "x"})


def test_a_log_that_does_not_exist_has_no_records(tmp_path: Path) -> None:
    assert tail.read(tmp_path / "none", 0, 10, {}) == []
    assert tail.last(tmp_path / "none", 10) == 0


def test_a_line_that_is_not_finished_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, 1)
    count = len(tail.read(tmp_path, 0, 100, {}))
    with files(tmp_path)[0].open("ab") as file:
        file.write(b'{"body":{"x"')
    assert len(tail.read(tmp_path, 0, 100, {})) == count


def test_what_is_no_record_is_an_error_that_quotes_nothing(tmp_path: Path) -> None:
    written(tmp_path, 1)
    with files(tmp_path)[0].open("ab") as file:
        file.write(b"the-canary\n")
    with pytest.raises(AuditError, match="usher audit verify") as caught:
        tail.read(tmp_path, 0, 100, {})
    assert "canary" not in str(caught.value)


def test_the_last_records_can_be_asked_for(tmp_path: Path) -> None:
    written(tmp_path, 20, max_bytes=4096)
    total = len(tail.read(tmp_path, 0, 1000, {}))
    after = tail.last(tmp_path, 5)
    assert [record.sequence for record in tail.read(tmp_path, after, 100, {})] == list(range(total - 4, total + 1))


async def test_following_sees_old_and_new_records_across_files(tmp_path: Path) -> None:
    log = Log(settings(tmp_path, max_bytes=4096))
    await log.start()
    await query(log)
    seen: list[Record] = []

    async def watch() -> None:
        async for record in tail.follow(tmp_path, {"kind": "decision"}, poll_s=0.01):
            seen.append(record)
            if len(seen) == 12:
                return

    task = asyncio.ensure_future(watch())
    ids = [tail.read(tmp_path, 0, 10, {"kind": "decision"})[0].body["decision_id"]]
    for _ in range(11):
        await asyncio.sleep(0.005)
        ids.append(await query(log))
    await asyncio.wait_for(task, 20)
    await log.close()
    assert [record.body["decision_id"] for record in seen] == ids
    assert len(files(tmp_path)) > 2


async def test_following_can_begin_in_the_middle_and_waits_for_the_folder(tmp_path: Path) -> None:
    following = tail.follow(tmp_path / "log", {}, after=2, poll_s=0.01)
    first = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.05)
    assert not first.done()
    log = Log(settings(tmp_path / "log"))
    await log.start()
    await query(log)
    record = await asyncio.wait_for(first, 20)
    assert (record.sequence, record.kind) == (3, "decision")
    await following.aclose()
    await log.close()
