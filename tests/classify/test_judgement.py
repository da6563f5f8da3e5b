"""Evidence against tags: what is proposed, what is drift, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.classify.evidence import OFF, Evidence, Sampled
from proxy.classify.judgement import FREE_TEXT, Judged, Measure, State, judge
from proxy.policy import yamlfile
from proxy.policy.datafile import TableRules, load
from proxy.scan.rules import ScanRules
from proxy.scan.settings import Action, Mode
from proxy.values import TableId

RULES = ScanRules().resolve(Mode.FULL, Action.FLAG)
TABLE = TableId("shop", "sales", "customers")
LISTED = """\
tables:
  shop.sales.customers:
    columns:
      email: [pii.email]
      any_pii: [pii]
      national: [pii.national_id.us]
      notes: [pii.free_text]
      hash: [secret]
      harmless: []
      name: [pii.name]
"""


def known(text: str = LISTED) -> dict[str, TableRules]:
    problems: list[str] = []
    document = yamlfile.parse(text, str(Path("data") / "sales.yaml"), problems)
    assert document is not None
    tables = load([document], problems)
    assert problems == []
    return tables


def judged(evidence: Evidence, *, at_least: float = 0.01, every_column: bool = False) -> Judged:
    (one,) = judge(Sampled(TABLE, (evidence,)), known(), Measure(RULES, at_least, every_column))
    return one


def seen(column: str, prose: bool = False, read: int = 100, **hits: int) -> Evidence:
    return Evidence(column, read, read, hits, prose)


@pytest.mark.parametrize(
    ("evidence", "proposed"),
    [
        (seen("contact", EMAIL_ADDRESS=100), ("pii.email",)),
        (seen("contact", EMAIL_ADDRESS=50, PHONE_NUMBER=50), ("pii.email", "pii.phone")),
        (seen("contact", EMAIL_ADDRESS=40, PHONE_NUMBER=30), (FREE_TEXT,)),
        (seen("remarks", prose=True, EMAIL_ADDRESS=90), (FREE_TEXT,)),
        (seen("last_name", PERSON=30), ("pii.name",)),
        (seen("ids", US_SSN=60, US_ITIN=60), ("pii.national_id",)),
    ],
)
def test_what_nobody_decided_on_is_proposed(evidence: Evidence, proposed: tuple[str, ...]) -> None:
    one = judged(evidence)
    assert (one.state, one.proposed, one.tags) == (State.PROPOSED, proposed, None)


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (seen("email", EMAIL_ADDRESS=100), State.AGREES),
        (seen("any_pii", EMAIL_ADDRESS=100), State.AGREES),
        (seen("national", US_SSN=100), State.AGREES),
        (seen("notes", prose=True, US_SSN=5, PERSON=9), State.AGREES),
        (seen("hash"), State.DECIDED),
        (seen("harmless"), State.DECIDED),
        (seen("email"), State.UNCONFIRMED),
        (seen("email", read=0), State.DECIDED),
        (seen("email", EMAIL_ADDRESS=90, US_SSN=10), State.CHANGED),
        (seen("hash", US_SSN=100), State.CHANGED),
        (seen("harmless", PHONE_NUMBER=2), State.CHANGED),
    ],
)
def test_what_is_listed_is_never_proposed(evidence: Evidence, state: State) -> None:
    one = judged(evidence, every_column=True)
    assert (one.state, one.proposed) == (state, ())
    assert one.tags is not None


def test_drift_says_both_sides() -> None:
    assert judged(seen("hash", US_SSN=100)).detail == "tagged secret; the cells say pii.national_id"
    assert judged(seen("harmless", US_SSN=100)).detail == "listed without a tag; the cells say pii.national_id"
    assert judged(seen("email")).detail == "none of EMAIL_ADDRESS found"


def test_few_hits_count_from_the_share_that_was_asked_for() -> None:
    few = seen("contact", read=1000, EMAIL_ADDRESS=9)
    assert judged(few).state is State.UNDECIDED
    assert judged(few, at_least=0.009).state is State.PROPOSED


def test_every_column_lists_what_holds_nothing() -> None:
    assert judged(seen("city")).state is State.UNDECIDED
    one = judged(seen("city"), every_column=True)
    assert (one.state, one.proposed) == (State.PROPOSED, ())
    dated = judged(Evidence("born", 10, skipped="not read: date32[day]"), every_column=True)
    assert (dated.state, dated.proposed) == (State.PROPOSED, ())


def test_what_was_not_read_is_not_decided_on() -> None:
    left_out = Evidence("city", skipped=OFF)
    assert judged(left_out, every_column=True).state is State.SKIPPED
    assert judged(Evidence("born", 10, skipped="not read: date32[day]")).state is State.SKIPPED
    assert judged(seen("city", read=0), every_column=True).state is State.UNDECIDED
