"""The scan of whole results in real processes: actions, clearance, coverage, and every way to fail closed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import ConfigError, PiiBlocked, ScanError, TooLarge
from proxy.scan.column import Job
from proxy.scan.rules import CallersRule, Defaults, EntityRule, ScanRules
from proxy.scan.scanner import SLICE_ROWS, SMALL_CELLS, Scan, Scanner, _spread
from proxy.scan.scanner import workers as make_workers
from proxy.scan.settings import Action, Beyond, Mode, Settings
from proxy.values import Finding, Output, Plan, ReasonCode, ResultColumn, ScanReport
from proxy.workers import Workers
from tests.scan.conftest import PATTERNS, make_plan

MAIL = "ana@example.com"
BLOCK = ScanRules(entities={"CREDIT_CARD": EntityRule(action=Action.BLOCK)})
SECRET = b"k" * 32


@pytest.fixture(scope="module")
def hashing(runner: asyncio.Runner) -> Iterator[Workers]:
    """Started processes that have the key of hashes."""
    made = make_workers(PATTERNS, SECRET)
    assert made is not None
    runner.run(made.start())
    yield made
    runner.run(made.close())


def begin(
    workers: Workers | None, batch: pa.RecordBatch, plan: Plan | None = None, rules: ScanRules | None = None
) -> Scan:
    scan_settings = PATTERNS if workers is not None else Settings(mode=Mode.OFF)
    scanner = Scanner(scan_settings, ScanRules() if rules is None else rules, workers)
    return scanner.start(make_plan(batch.schema.names) if plan is None else plan, batch.schema)


def scanned(
    runner: asyncio.Runner,
    workers: Workers | None,
    columns: dict[str, Any],
    plan: Plan | None = None,
    rules: ScanRules | None = None,
) -> tuple[dict[str, list[Any]], ScanReport]:
    batch = pa.record_batch(columns)
    scan = begin(workers, batch, plan, rules)
    released = runner.run(scan.scan(batch))
    assert released.schema == batch.schema
    released.validate(full=True)
    report = scan.report()
    assert report.cells_read + sum(report.cells_skipped.values()) == batch.num_rows * batch.num_columns
    return released.to_pydict(), report


def result(*, masked: bool = False, clear: Sequence[str] = (), leaves_text: bool = False) -> ResultColumn:
    return ResultColumn(masked=masked, tags=(), clear_tags=tuple(clear), leaves_text=leaves_text)


# ---------------------------------------------------------------------------------------------------------- actions
def test_redact_replaces_the_span_and_keeps_the_rest(runner: asyncio.Runner, patterns: Workers) -> None:
    rows, report = scanned(runner, patterns, {"note": [f"write to {MAIL} now", "x", None], "n": [1, 2, 3]})
    assert rows == {"note": ["write to <EMAIL_ADDRESS> now", "x", None], "n": [1, 2, 3]}
    assert report.findings == (Finding("note", "EMAIL_ADDRESS", 1, "redact", 1.0),)
    assert (report.mode, report.cells_read, report.cells_skipped["null"]) == ("patterns", 5, 1)


def test_block_releases_nothing_and_names_column_entity_and_count(runner: asyncio.Runner, patterns: Workers) -> None:
    batch = pa.record_batch({"note": ["paid 4111 1111 1111 1111", "5500-0055-5555-5559", "x"], "mail": [MAIL] * 3})
    scan = begin(patterns, batch, rules=BLOCK)
    with pytest.raises(PiiBlocked) as caught:
        runner.run(scan.scan(batch))
    assert "CREDIT_CARD in 2 cells of note" in str(caught.value)
    assert "4111" not in str(caught.value)
    assert [(r.code, r.about) for r in caught.value.reasons] == [(ReasonCode.PII_FOUND, "note: CREDIT_CARD")]
    assert Finding("note", "CREDIT_CARD", 2, "block", 1.0) in scan.report().findings


def test_flag_lets_the_value_pass_and_counts_it(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(defaults=Defaults(action=Action.FLAG))
    rows, report = scanned(runner, patterns, {"note": [MAIL, MAIL]}, rules=rules)
    assert rows == {"note": [MAIL, MAIL]}
    assert report.findings == (Finding("note", "EMAIL_ADDRESS", 2, "flag", 1.0),)


def test_hash_replaces_the_span_by_what_the_mask_hash_shows(runner: asyncio.Runner, hashing: Workers) -> None:
    shown = hmac.new(SECRET, MAIL.encode(), hashlib.sha256).hexdigest()
    rules = ScanRules(entities={name: EntityRule(action=Action.HASH) for name in ("EMAIL_ADDRESS", "CREDIT_CARD")})
    columns = {
        "note": [f"write to {MAIL} now", MAIL, None],
        "card": pa.array([4111111111111111, 7, 8], pa.int64()),
        "json": [f'{{"a": ["{MAIL}", 4111111111111111]}}', "x", "y"],
        "bytes": [MAIL.encode(), b"x", None],
    }
    rows, report = scanned(runner, hashing, columns, rules=rules)
    assert rows == {
        "note": [f"write to {shown} now", shown, None],
        "card": [None, 7, 8],
        "json": [f'{{"a": ["{shown}", null]}}', "x", "y"],
        "bytes": [None, b"x", None],
    }
    assert {f.action for f in report.findings} == {"hash"}


def test_no_key_no_hash_and_no_rows(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(entities={"EMAIL_ADDRESS": EntityRule(action=Action.HASH)})
    with pytest.raises(ScanError):
        scanned(runner, patterns, {"note": [MAIL]}, rules=rules)


def test_names_made_from_data_cannot_be_hashed_so_they_block(runner: asyncio.Runner, hashing: Workers) -> None:
    batch = pa.record_batch({MAIL: [1]})
    rules = ScanRules(entities={"EMAIL_ADDRESS": EntityRule(action=Action.HASH)})
    scan = begin(hashing, batch, make_plan(["kind"]), rules)
    with pytest.raises(PiiBlocked):
        runner.run(scan.scan(batch))


@pytest.mark.parametrize(
    ("subjects", "action"),
    [
        ((), "redact"),
        (("role:clerk",), "redact"),
        (("role:support",), "flag"),
        (("role:support", "app:bot"), "block"),
        (("user:ana", "role:hr"), None),
        (("role:hr", "role:support"), "flag"),
    ],
)
def test_actions_go_by_the_caller_and_the_strictest_that_fits_holds(
    runner: asyncio.Runner, patterns: Workers, subjects: tuple[str, ...], action: str | None
) -> None:
    rules = ScanRules(
        entities={
            "EMAIL_ADDRESS": EntityRule(
                callers=(
                    CallersRule(subjects=("role:support",), action=Action.FLAG),
                    CallersRule(subjects=("app:bot", "app:mcp"), action=Action.BLOCK),
                    CallersRule(subjects=("role:hr",), action=Action.OFF),
                )
            )
        }
    )
    batch = pa.record_batch({"note": [MAIL]})
    scan = begin(patterns, batch, make_plan(["note"], subjects=subjects), rules)
    if action == "block":
        with pytest.raises(PiiBlocked):
            runner.run(scan.scan(batch))
    else:
        released = runner.run(scan.scan(batch)).column(0).to_pylist()
        assert released == (["<EMAIL_ADDRESS>"] if action == "redact" else [MAIL])
    assert [f.action for f in scan.report().findings] == ([action] if action else [])


def test_an_entity_that_is_off_is_not_looked_for(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(entities={"EMAIL_ADDRESS": EntityRule(action=Action.OFF)})
    rows, report = scanned(runner, patterns, {"note": [f"{MAIL} 512-34-5678"]}, rules=rules)
    assert rows == {"note": [f"{MAIL} <US_SSN>"]}
    assert [f.entity for f in report.findings] == ["US_SSN"]


def test_allowed_values_pass_uncounted(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(entities={"EMAIL_ADDRESS": EntityRule(allow=("example.com",))})
    rows, report = scanned(runner, patterns, {"note": [f"{MAIL} bo@other.org"]}, rules=rules)
    assert rows == {"note": [f"{MAIL} <EMAIL_ADDRESS>"]}
    assert report.findings == (Finding("note", "EMAIL_ADDRESS", 1, "redact", 1.0),)


def test_names_of_people_are_flagged_in_the_full_mode(runner: asyncio.Runner, full: Workers) -> None:
    batch = pa.record_batch({"note": ["Angela Merkel met Barack Obama yesterday", "4111 1111 1111 1111"]})
    scan = Scanner(Settings(mode=Mode.FULL), ScanRules(), full).start(make_plan(["note"]), batch.schema)
    rows = runner.run(scan.scan(batch)).to_pydict()
    assert rows == {"note": ["Angela Merkel met Barack Obama yesterday", "<CREDIT_CARD>"]}
    assert {(f.entity, f.cells, f.action) for f in scan.report().findings} == {
        ("PERSON", 1, "flag"),
        ("CREDIT_CARD", 1, "redact"),
    }


@pytest.mark.parametrize("rows", [30, 9_000])
def test_more_texts_than_may_be_read_for_names_are_refused_or_counted(
    runner: asyncio.Runner, full: Workers, rows: int
) -> None:
    texts = [f"Angela Merkel met number {i} of many {chr(97 + i % 26)}s" for i in range(30)] + ["Chair"] * (rows - 30)
    batch = pa.record_batch({"note": texts})
    begun = []
    for beyond in Beyond:
        settings = Settings(mode=Mode.FULL, names_budget=5, on_names_budget=beyond)
        begun.append(Scanner(settings, ScanRules(), full).start(make_plan(["note"]), batch.schema))
    refusing, releasing = begun
    with pytest.raises(TooLarge, match="more than 5 different") as caught:
        runner.run(refusing.scan(batch))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.NAMES_BUDGET]
    assert runner.run(releasing.scan(batch)).equals(batch)
    report = releasing.report()
    assert report.names_unread["budget"] == 25 + (rows - 30)
    assert report.cells_read == rows


def test_documents_and_long_texts_beyond_the_budget_for_names_are_refused_or_counted(
    runner: asyncio.Runner, full: Workers
) -> None:
    # A key is a text too.
    documents = [f'{{"note": "Angela Merkel met number {i} of many", "n": {i}}}' for i in range(9)]
    for texts in (documents, ["Angela Merkel came by. " + "It rained all day. " * 2_000]):
        batch = pa.record_batch({"note": texts})
        refusing, releasing = (
            Scanner(Settings(mode=Mode.FULL, names_budget=5, on_names_budget=beyond), ScanRules(), full).start(
                make_plan(["note"]), batch.schema
            )
            for beyond in Beyond
        )
        with pytest.raises(TooLarge, match="more than 5 different"):
            runner.run(refusing.scan(batch))
        assert runner.run(releasing.scan(batch)).equals(batch)
        assert releasing.report().names_unread["budget"] == (5 if len(texts) == 9 else 1)


# ------------------------------------------------------------------------------------------------ what is not scanned
def test_a_column_that_policy_masked_is_not_scanned_again(runner: asyncio.Runner, patterns: Workers) -> None:
    plan = make_plan(("a", "b"), results=(result(masked=True), result()))
    rows, report = scanned(runner, patterns, {"a": [MAIL, None], "b": [MAIL, None]}, plan)
    assert rows == {"a": [MAIL, None], "b": ["<EMAIL_ADDRESS>", None]}
    assert report.cells_skipped == {"masked": 2, "null": 1, "type": 0}


def test_a_mask_that_leaves_text_is_scanned(runner: asyncio.Runner, patterns: Workers) -> None:
    plan = make_plan(("a",), results=(result(masked=True, leaves_text=True),))
    rows, report = scanned(runner, patterns, {"a": [f"<PHONE> or {MAIL}"]}, plan)
    assert rows == {"a": ["<PHONE> or <EMAIL_ADDRESS>"]}
    assert report.cells_read == 1


@pytest.mark.parametrize("clear", ["pii.email", "pii"])
def test_a_caller_with_clearance_is_not_scanned_for_it(runner: asyncio.Runner, patterns: Workers, clear: str) -> None:
    plan = make_plan(("a", "b"), results=(result(clear=[clear]), result()))
    rows, _ = scanned(runner, patterns, {"a": [MAIL], "b": [MAIL]}, plan)
    assert rows == {"a": [MAIL], "b": ["<EMAIL_ADDRESS>"]}


def test_clearance_for_one_entity_is_none_for_another(runner: asyncio.Runner, patterns: Workers) -> None:
    plan = make_plan(("a",), results=(result(clear=["pii.email"]),))
    rows, _ = scanned(runner, patterns, {"a": [f"{MAIL} 512-34-5678"]}, plan)
    assert rows == {"a": [f"{MAIL} <US_SSN>"]}


@pytest.mark.parametrize("clear", ["pii.e", "pii.email.work", "email", "pi", ""])
def test_a_tag_that_only_looks_alike_clears_nothing(runner: asyncio.Runner, patterns: Workers, clear: str) -> None:
    plan = make_plan(("a",), results=(result(clear=[clear]),))
    assert scanned(runner, patterns, {"a": [MAIL]}, plan)[0] == {"a": ["<EMAIL_ADDRESS>"]}


def test_a_column_cleared_of_everything_is_counted_as_cleared(runner: asyncio.Runner, patterns: Workers) -> None:
    plan = make_plan(("a",), results=(result(clear=["pii"]),))
    assert scanned(runner, patterns, {"a": [MAIL, None]}, plan)[1].cells_skipped == {"cleared": 2}


def test_a_plan_that_knows_nothing_of_its_results_clears_and_masks_nothing(
    runner: asyncio.Runner, patterns: Workers
) -> None:
    for results in (None, (result(masked=True),), (result(masked=True),) * 3):
        plan = make_plan(("a", "b"), results=results)
        rows, _ = scanned(runner, patterns, {"a": [MAIL], "b": [MAIL]}, plan)
        assert rows == {"a": ["<EMAIL_ADDRESS>"], "b": ["<EMAIL_ADDRESS>"]}


def test_exempt_subjects_are_not_scanned_and_that_is_counted(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(exempt=frozenset({"role:hr"}))
    hr = make_plan(("a",), subjects=("user:ana", "role:hr"))
    assert scanned(runner, patterns, {"a": [MAIL]}, hr, rules)[1].cells_skipped == {"exempt": 1}
    other = make_plan(("a",), subjects=("user:hr", "group:hr", "role:hr2"))
    assert scanned(runner, patterns, {"a": [MAIL]}, other, rules)[0] == {"a": ["<EMAIL_ADDRESS>"]}


def test_columns_turned_off_are_left_out_where_all_they_come_from_is(runner: asyncio.Runner, patterns: Workers) -> None:
    rules = ScanRules(columns=("shop.main.people.nick",))
    outputs = (
        Output("nick", ((0, "nick"),), True),
        Output("mixed", ((0, "nick"), (0, "mail")), False),
        Output("made", (), False),
    )
    plan = make_plan(("nick", "mixed", "made"), outputs=outputs)
    rows, report = scanned(runner, patterns, {"nick": [MAIL], "mixed": [MAIL], "made": [MAIL]}, plan, rules)
    assert rows == {"nick": [MAIL], "mixed": ["<EMAIL_ADDRESS>"], "made": ["<EMAIL_ADDRESS>"]}
    assert report.cells_skipped["off"] == 1


def test_off_needs_no_processes_and_is_recorded(runner: asyncio.Runner) -> None:
    rows, report = scanned(runner, None, {"a": [MAIL, None]})
    assert rows == {"a": [MAIL, None]}
    assert (report.mode, report.cells_read, report.cells_skipped) == ("off", 0, {"off": 2})
    assert make_workers(Settings(mode=Mode.OFF)) is None


def test_no_processes_without_off_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="needs processes"):
        Scanner(PATTERNS, ScanRules(), None)


def test_dates_and_booleans_are_counted_as_not_read_for_their_type(runner: asyncio.Runner, patterns: Workers) -> None:
    _, report = scanned(runner, patterns, {"a": [True, None, False], "t": pa.array([1, 2, None], pa.timestamp("us"))})
    assert report.cells_read == 0
    assert report.cells_skipped == {"null": 2, "type": 4}


# --------------------------------------------------------------------------------------------------- slices and batches
def test_a_long_batch_is_cut_into_slices_and_comes_back_whole(runner: asyncio.Runner, patterns: Workers) -> None:
    count = 2 * SLICE_ROWS + 17
    values = ["".join(chr(97 + int(digit)) for digit in str(i)) for i in range(count)]
    values[3] = values[SLICE_ROWS + 5] = values[-1] = MAIL
    for array in (pa.array(values), pa.array(values).dictionary_encode(), pa.array([[v] for v in values])):
        rows, report = scanned(runner, patterns, {"a": array})
        expected = [v.replace(MAIL, "<EMAIL_ADDRESS>") for v in values]
        assert [v[0] if isinstance(v, list) else v for v in rows["a"]] == expected
        assert report.cells_read == count
        assert report.findings == (Finding("a", "EMAIL_ADDRESS", 3, "redact", 1.0),)


def test_batches_add_up_and_rates_carry_over(runner: asyncio.Runner, patterns: Workers) -> None:
    ids = pa.record_batch({"id": [1_000_000_000_000_000 + 7 * i for i in range(500)]})
    late = pa.record_batch({"id": [4111111111111111, 4111111111111112]})
    scan = begin(patterns, ids)
    released = [runner.run(scan.scan(batch)) for batch in (ids, late)]
    assert released == [ids, late], "a card-like id among many ids is chance"
    assert scan.report().cells_read == 502
    assert runner.run(begin(patterns, late).scan(late)).to_pydict() == {"id": [None, 4111111111111112]}


@pytest.mark.parametrize("rows", [1, SMALL_CELLS])
def test_columns_shared_out_among_processes_come_back_in_their_places(runner: asyncio.Runner, rows: int) -> None:
    both = make_workers(PATTERNS.model_copy(update={"workers": 2}))
    assert both is not None
    runner.run(both.start())
    try:
        asked: list[int] = []
        call = both.call_through

        async def heard(jobs: Sequence[Job]) -> object:
            asked.append(len(jobs))
            return await call(jobs)

        both.call_through = heard  # type: ignore[method-assign]
        columns = {f"c{n}": [f"{'x' * n} a{n}@example.com"] * rows for n in range(13)}
        released, report = scanned(runner, both, columns)
    finally:
        runner.run(both.close())
    assert released == {f"c{n}": [f"{'x' * n} <EMAIL_ADDRESS>"] * rows for n in range(13)}
    assert {finding.column: finding.cells for finding in report.findings} == dict.fromkeys(columns, rows)
    assert sorted(asked) == ([6, 7] if rows == 1 else [1] * 13)


@pytest.mark.parametrize(("columns", "processes", "parts"), [(0, 2, []), (1, 4, [1]), (11, 4, [11]), (12, 4, [6, 6])])
def test_few_columns_stay_together(columns: int, processes: int, parts: list[int]) -> None:
    arrays = [pa.array(["x" * n]) for n in range(columns)]
    spread = _spread(arrays, processes)
    assert sorted(place for part in spread for place in part) == list(range(columns))
    assert [len(part) for part in spread] == parts


def test_an_empty_batch_passes(runner: asyncio.Runner, patterns: Workers) -> None:
    rows, report = scanned(runner, patterns, {"a": pa.array([], pa.string())})
    assert rows == {"a": []}
    assert report.cells_read == 0


def test_columns_of_one_name_are_told_apart(runner: asyncio.Runner, patterns: Workers) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([MAIL]), pa.array(["x"])], names=["a", "a"])
    scan = begin(patterns, batch)
    assert [c.to_pylist() for c in runner.run(scan.scan(batch)).columns] == [["<EMAIL_ADDRESS>"], ["x"]]


COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from([MAIL, "x", ""]),
    "whole": st.sampled_from([4111111111111111, 5]),
    "half": st.sampled_from([0.5, 2.0]),
    "raw": st.sampled_from([MAIL.encode(), b"\xff"]),
    "yes": st.booleans(),
    "many": st.lists(st.sampled_from([MAIL, "x"]), max_size=2),
}
KINDS = {
    "text": pa.string(),
    "whole": pa.int64(),
    "half": pa.float64(),
    "raw": pa.binary(),
    "yes": pa.bool_(),
    "many": pa.list_(pa.string()),
}


@given(data=st.data())
@settings(max_examples=40)
def test_every_cell_is_counted_once(runner: asyncio.Runner, patterns: Workers, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True))
    count = data.draw(st.integers(0, 6))
    columns = {
        name: pa.array(data.draw(st.lists(st.none() | COLUMNS[name], min_size=count, max_size=count)), KINDS[name])
        for name in names
    }
    masked = data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    plan = make_plan(names, results=tuple(result(masked=m) for m in masked))
    rows, report = scanned(runner, patterns, columns, plan)
    assert report.cells_skipped.get("masked", 0) == count * sum(masked)
    for name, m in zip(names, masked, strict=True):
        if not m:
            assert MAIL not in str(rows[name])


# ------------------------------------------------------------------------------------------------------ column names
def test_names_made_from_data_block(runner: asyncio.Runner, patterns: Workers) -> None:
    batch = pa.record_batch({"region": ["EU"], MAIL: [1]})
    scan = begin(patterns, batch, make_plan(("region",), sql="PIVOT people ON email"))
    with pytest.raises(PiiBlocked) as caught:
        runner.run(scan.scan(batch))
    assert "EMAIL_ADDRESS in 1 cells of name of column 2" in str(caught.value)
    assert MAIL not in str(caught.value) + str(caught.value.reasons) + str(scan.report())


def test_names_made_from_data_are_flagged_where_the_rule_says_so(runner: asyncio.Runner, patterns: Workers) -> None:
    batch = pa.record_batch({MAIL: [1, 2]})
    rules = ScanRules(entities={"EMAIL_ADDRESS": EntityRule(action=Action.FLAG)})
    scan = begin(patterns, batch, make_plan((), sql="PIVOT people ON email"), rules)
    assert runner.run(scan.scan(batch)) == batch
    assert scan.report().findings == (Finding("name of column 1", "EMAIL_ADDRESS", 1, "flag", 1.0),)


def test_names_the_user_wrote_are_no_finding(runner: asyncio.Runner, patterns: Workers) -> None:
    plan = make_plan((), sql=f"SELECT 1 AS '{MAIL}'")
    assert scanned(runner, patterns, {MAIL: [1]}, plan)[1].findings == ()


# ------------------------------------------------------------------------------------------------------ fail closed
def test_a_name_in_which_nothing_was_found_is_asked_about_once(
    runner: asyncio.Runner, patterns: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    call = patterns.call_through

    async def heard(jobs: Sequence[Job]) -> object:
        asked.extend(job.name for job in jobs)
        return await call(jobs)

    monkeypatch.setattr(patterns, "call_through", heard)
    scanner = Scanner(PATTERNS, ScanRules(), patterns)
    plan = make_plan((), sql="PIVOT people ON email")
    for _ in range(3):
        batch = pa.record_batch({"total": ["x"]})
        runner.run(scanner.start(plan, batch.schema).scan(batch))
    assert asked == ["", "total", "total", "total"], "the name itself once, the column each time"
    for _ in range(2):
        batch = pa.record_batch({MAIL: ["x"]})
        with pytest.raises(PiiBlocked):
            runner.run(scanner.start(plan, batch.schema).scan(batch))


def own_pool(runner: asyncio.Runner, timeout_s: float) -> Workers:
    made = make_workers(PATTERNS.model_copy(update={"timeout_s": timeout_s}))
    assert made is not None
    runner.run(made.start())
    return made


def children() -> set[int]:
    """The processes this one has started and that still run."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_a_killed_process_gives_a_scan_error_and_the_next_query_works(runner: asyncio.Runner) -> None:
    before = children()
    pool = own_pool(runner, 60)
    slow = pa.record_batch({"a": [f"call 212-555-{i:04} and 646-555-{i:04} now" for i in range(8_000)]})
    scan = begin(pool, slow)

    async def kill_meanwhile() -> None:
        running = asyncio.create_task(scan.scan(slow))
        await asyncio.sleep(0.3)
        for pid in children() - before:
            os.kill(pid, signal.SIGKILL)
        await running

    with pytest.raises(ScanError) as caught:
        runner.run(kill_meanwhile())
    assert caught.value.reasons[0].code is ReasonCode.SCANNER_DOWN
    assert (scan.report().cells_read, scan.report().cells_skipped) == (0, {})
    assert scanned(runner, pool, {"a": [MAIL]})[0] == {"a": ["<EMAIL_ADDRESS>"]}
    runner.run(pool.close())


def test_a_scan_that_takes_too_long_gives_a_scan_error_and_the_next_query_works(runner: asyncio.Runner) -> None:
    pool = own_pool(runner, 1.0)
    slow = pa.record_batch({"a": ["+1 212 555 " * 200_000]})
    with pytest.raises(ScanError, match="in time"):
        runner.run(begin(pool, slow).scan(slow))
    for _ in range(30):  # the replacement takes a while to load
        try:
            assert scanned(runner, pool, {"a": [MAIL]})[0] == {"a": ["<EMAIL_ADDRESS>"]}
            break
        except ScanError:
            continue
    else:
        raise AssertionError("no process came back")
    runner.run(pool.close())


def test_processes_that_are_gone_give_a_scan_error(runner: asyncio.Runner) -> None:
    pool = own_pool(runner, 5)
    runner.run(pool.close())
    batch = pa.record_batch({"a": ["x"]})
    with pytest.raises(ScanError):
        runner.run(begin(pool, batch).scan(batch))


def test_a_type_that_cannot_be_scanned_gives_a_scan_error_that_says_what_to_do(
    runner: asyncio.Runner, patterns: Workers
) -> None:
    deep: Any = pa.array([MAIL])
    for _ in range(40):
        deep = pa.ListArray.from_arrays([0, 1], deep)
    batch = pa.RecordBatch.from_arrays([deep], names=["a"])
    with pytest.raises(ScanError, match="a: nested too deeply"):
        runner.run(begin(patterns, batch).scan(batch))


def test_text_that_is_no_text_gives_a_scan_error_and_nothing_of_it_is_told(
    runner: asyncio.Runner, patterns: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 8], pa.int32()).buffers()[1], pa.py_buffer(b"secret\xff\xfe")]
    )
    batch = pa.RecordBatch.from_arrays([broken, pa.array([MAIL])], names=["a", "b"])
    scan = begin(patterns, batch)
    with caplog.at_level(logging.DEBUG), pytest.raises(ScanError) as caught:
        runner.run(scan.scan(batch))
    assert "secret" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None
    assert "ArrowInvalid" in caplog.text
    assert scan.report().cells_read == 0


def test_one_failing_column_releases_none(runner: asyncio.Runner, patterns: Workers) -> None:
    deep: Any = pa.array(["x"] * 1)
    for _ in range(40):
        deep = pa.ListArray.from_arrays([0, 1], deep)
    batch = pa.RecordBatch.from_arrays([pa.array(["x"]), deep, pa.array(["y"])], names=["a", "b", "c"])
    with pytest.raises(ScanError):
        runner.run(begin(patterns, batch).scan(batch))
    assert scanned(runner, patterns, {"a": ["x"]})[0] == {"a": ["x"]}


def test_cancelling_a_scan_leaves_the_processes_usable(runner: asyncio.Runner, patterns: Workers) -> None:
    slow = pa.record_batch({"a": [f"call 212-555-{i:04} and 646-555-{i:04} now" for i in range(1_500)]})

    async def hang_up() -> None:
        running = asyncio.create_task(begin(patterns, slow).scan(slow))
        await asyncio.sleep(0.2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    runner.run(hang_up())
    assert scanned(runner, patterns, {"a": [MAIL]})[0] == {"a": ["<EMAIL_ADDRESS>"]}
