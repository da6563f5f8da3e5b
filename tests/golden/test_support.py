"""Honest statements are not refused: at least 98 of 100 that the engine takes are planned, and the rest is recorded.

The corpora and where they come from: tests/golden/support. After a change that is meant, measure anew, write the page
anew and read the difference:

    python -m tests.golden.support.measure && python .ci/reference.py && git diff tests/golden/support docs/reference
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.support.corpora import CORPORA, HERE, Corpus, load
from tests.golden.support.engines import ENGINES
from tests.golden.support.measure import RESULTS, measure, record
from tests.golden.support.verdicts import Verdict, verdict

SHARE = 0.98
LOADED = [load(name, engine) for name, engine in CORPORA]
RECORDS: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=LOADED, ids=lambda corpus: corpus.label)
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return request.param


def kept(corpus: Corpus) -> dict[str, Any]:
    [found] = [r for r in RECORDS if (r["corpus"], r["engine"]) == (corpus.name, corpus.engine)]
    return found


def test_the_engine_takes_every_statement(corpus: Corpus, tmp_path: Path) -> None:
    engine = ENGINES[corpus.engine]
    for number, ddl in enumerate(corpus.worlds):
        made = engine.make(tmp_path, f"w{number}", ddl)
        assert engine.accepts(made, [s.sql for s in corpus.statements if s.world == number]) == {}
        engine.drop(made)


def test_what_is_refused_is_what_the_page_says(corpus: Corpus, tmp_path: Path) -> None:
    assert record(corpus, measure(tmp_path, corpus)) == kept(corpus)


def test_few_honest_statements_are_refused(corpus: Corpus) -> None:
    refusals = kept(corpus)["refused"]
    meant = [r for r in refusals if verdict(r) is not Verdict.MISSING]
    honest = len(corpus.statements) - len(meant)
    assert (honest - (len(refusals) - len(meant))) / honest >= SHARE


def test_every_refusal_says_why_and_what_to_do() -> None:
    for kept_record in RECORDS:
        for refusal in kept_record["refused"]:
            assert verdict(refusal).value == refusal["verdict"]
            assert refusal["reason"], refusal["sql"]
            assert refusal["detail"], refusal["sql"]


def test_every_corpus_says_where_it_is_from() -> None:
    for name in {name for name, _ in CORPORA}:
        assert "licence" in (HERE / name / "README.md").read_text(encoding="utf-8")
