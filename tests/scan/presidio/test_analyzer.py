"""The home of Presidio: findings are exactly its own, nothing is fetched, nothing is skipped in silence."""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, pattern_recognizer
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer
from presidio_analyzer.predefined_recognizers.generic import iban_recognizer

from proxy.scan.entities import ENTITIES, Hit
from proxy.scan.presidio.analyzer import OVERLAP, WINDOW, Analyzer, windows
from proxy.scan.presidio.installed import MODEL
from proxy.scan.presidio.names import cost
from proxy.scan.settings import PHONE_REGIONS, Mode

NONE: frozenset[str] = frozenset()
PATTERN_ENTITIES = frozenset(name for name, entity in ENTITIES.items() if not entity.ner)
DEFAULTS = frozenset(name for name, entity in ENTITIES.items() if entity.default)

PARTS = (
    "Please call John Smith at 212-555-1234 before Friday.",
    "My ssn is 512345678 and my wife's is 512-34-5679.",
    "😀😀 write to ana.silva@example.com or to BO@EXAMPLE.ORG, both work",
    "She paid with 4111 1111 1111 1111 (or was it 5500-0055-5555-5559?)",
    "IBAN DE89370400440532013000, thanks, María José",
    "the router 00:1b:44:11:3a:b7 answered from 10.1.2.3 and fe80::1ff:fe23:4567:890a",
    "order 1000234567 shipped, ticket 4111111111111111 closed",
    "itin 912-70-1234 on file; bitcoin 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "nothing to see here at all, version 1.2.19 of the app",
    "日本語のテキスト、連絡先 taro@example.co.jp です",
    "Tel.: +49 30 901820, fax +44 20 7946 0958",
    "Angela Merkel met Barack Obama in Paris on 3 May 2015",
    "line one\nline two\tmail:x@y.com\r\nend",
)


@pytest.fixture(scope="module")
def full() -> Analyzer:
    return Analyzer(Mode.FULL, PHONE_REGIONS)


@pytest.fixture(scope="module")
def patterns() -> Analyzer:
    return Analyzer(Mode.PATTERNS, PHONE_REGIONS)


@pytest.fixture(scope="module")
def oracle() -> Callable[[str], set[Hit]]:
    """AnalyzerEngine as Presidio's own documentation builds it: its default recognizers, asked cell by cell."""
    nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": MODEL}])
    nlp.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
    registry.remove_recognizer("PhoneRecognizer")
    registry.add_recognizer(PhoneRecognizer(supported_regions=PHONE_REGIONS))
    assert any(isinstance(r, SpacyRecognizer) for r in registry.recognizers)
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])

    def ask(text: str) -> set[Hit]:
        results = engine.analyze(text, "en", entities=sorted(DEFAULTS), score_threshold=0)
        return {Hit(r.start, r.end, r.entity_type, round(float(r.score), 4)) for r in results}

    return ask


def cells(count: int) -> list[str]:
    """Free text mixed from the parts, the same in every run."""
    chosen = random.Random(7)
    return list(PARTS) + [" ".join(chosen.sample(PARTS, chosen.randint(1, 3))) for _ in range(count)]


# ------------------------------------------------------------------------------------------------------- the oracle
def test_findings_on_free_text_are_exactly_those_of_analyzer_engine(
    full: Analyzer, oracle: Callable[[str], set[Hit]]
) -> None:
    texts = cells(120)
    found = full.find(texts, DEFAULTS, NONE)
    assert {t: set(h) for t, h in zip(texts, found, strict=True)} == {t: oracle(t) for t in texts}
    kinds = {hit.entity for hits in found for hit in hits}
    assert kinds == DEFAULTS


def test_the_exact_mode_asks_cell_by_cell_and_finds_the_same(full: Analyzer) -> None:
    texts = cells(20)
    assert Analyzer(Mode.EXACT, PHONE_REGIONS).find(texts, DEFAULTS, NONE) == full.find(texts, DEFAULTS, NONE)


def test_findings_do_not_depend_on_the_company_they_are_read_in(full: Analyzer) -> None:
    texts = cells(30)
    together = full.find(texts, DEFAULTS, NONE)
    assert [full.find([text], DEFAULTS, NONE)[0] for text in texts] == together


# ------------------------------------------------------------------------------------------------------------- hints
def test_a_hint_lifts_a_weak_pattern(patterns: Analyzer) -> None:
    (plain,) = patterns.find(["512345678"], frozenset({"US_SSN"}), NONE)
    (hinted,) = patterns.find(["512345678"], frozenset({"US_SSN"}), frozenset({"US_SSN"}))
    assert [h.score for h in plain] == [0.05]
    assert [h.score for h in hinted] == [0.4]


def test_words_around_a_weak_pattern_lift_it_in_both_modes(patterns: Analyzer, full: Analyzer) -> None:
    for analyzer in (patterns, full):
        (hits,) = analyzer.find(["my ssn is 512345678"], frozenset({"US_SSN"}), NONE)
        assert [h.score for h in hits] == [0.4]


# -------------------------------------------------------------------------------------------------- nothing is fetched
@pytest.mark.parametrize("mode", [Mode.PATTERNS, Mode.FULL, Mode.EXACT])
def test_no_network(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    tried: list[Any] = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        tried.append(args)
        raise OSError("no network in this test")

    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    analyzer = Analyzer(mode, PHONE_REGIONS)
    (hits,) = analyzer.find(["mail ana@example.co.uk"], frozenset({"EMAIL_ADDRESS"}), NONE)
    assert [h.entity for h in hits] == ["EMAIL_ADDRESS"]
    assert tried == []


def test_regions_decide_which_national_numbers_are_known() -> None:
    swiss = Analyzer(Mode.PATTERNS, ("CH",))
    american = Analyzer(Mode.PATTERNS, ("US",))
    wanted = frozenset({"PHONE_NUMBER"})
    assert swiss.find(["044 668 18 00"], wanted, NONE)[0]
    assert not american.find(["044 668 18 00"], wanted, NONE)[0]
    assert american.find(["+41 44 668 18 00"], wanted, NONE)[0]


# ------------------------------------------------------------------------------------------ nothing is skipped or told
def test_a_slow_pattern_is_never_given_up_on_in_silence(patterns: Analyzer) -> None:
    """Presidio's default skips a pattern after a minute; the process is killed instead (see Workers)."""
    assert patterns is not None
    assert pattern_recognizer.REGEX_TIMEOUT_SECONDS >= 86_400
    assert iban_recognizer.REGEX_TIMEOUT_SECONDS >= 86_400


def test_libraries_log_nothing_of_what_they_read(full: Analyzer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    full.find(cells(5), DEFAULTS, NONE)
    assert caplog.records == []


def test_a_recognizer_that_fails_fails_the_read(patterns: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    email = next(r for r in patterns._recognizers if r.entity == "EMAIL_ADDRESS")
    monkeypatch.setattr(email, "_find", fail)
    with pytest.raises(ZeroDivisionError):
        patterns.find(["a@example.com"], DEFAULTS, NONE)


# -------------------------------------------------------------------------------------------------------- long texts
@pytest.mark.parametrize("length", [0, 1, WINDOW, WINDOW + 1, WINDOW + OVERLAP, 3 * WINDOW, 100_003])
def test_windows_cover_a_text_and_overlap(length: int) -> None:
    text = "".join(chr(97 + i % 26) for i in range(length))
    pieces = windows(text)
    assert all(text[start : start + len(piece)] == piece and len(piece) <= WINDOW for start, piece in pieces)
    ends = [start + len(piece) for start, piece in pieces]
    assert ends[-1] == length
    assert all(end - start >= OVERLAP for end, (start, _) in zip(ends, pieces[1:], strict=False))


@pytest.mark.parametrize("place", [0, WINDOW - 30, WINDOW - OVERLAP - 5, 2 * WINDOW, 45_000])
def test_a_hit_anywhere_in_a_long_text_is_found_at_its_place(patterns: Analyzer, place: int) -> None:
    mail = " ana.silva@example.com "
    text = "lorem ipsum " * 5_000
    text = text[:place] + mail + text[place:]
    (hits,) = patterns.find([text], frozenset({"EMAIL_ADDRESS"}), NONE)
    assert (place + 1, place + 22) in {(h.start, h.end) for h in hits}


def test_a_text_of_many_windows_is_paid_for_out_of_the_budget_for_names(full: Analyzer) -> None:
    mail = "ana@example.com"
    long = "Angela Merkel came by. " + "It rained all day. " * 3_000 + mail
    texts = pa.array([long, "Angela Merkel came by again"], pa.large_string())
    floors = {"PERSON": 0.85, "EMAIL_ADDRESS": 0.4}
    price = sum(cost(len(piece)) for _, piece in windows(long))
    poor = full.search(texts, floors, frozenset(), {}, most_names=price)
    assert ({h.entity for h in poor.hits[0]}, poor.named.read) == ({"EMAIL_ADDRESS"}, 1)
    assert poor.named.beyond.tolist() == [0]
    rich = full.search(texts, floors, frozenset(), {}, most_names=price + 1)
    assert ({h.entity for h in rich.hits[0]}, rich.named.read) == ({"EMAIL_ADDRESS", "PERSON"}, price + 1)
    assert rich.named.beyond.tolist() == []


def test_the_vocabulary_does_not_grow_with_what_is_read(full: Analyzer) -> None:
    assert full._model is not None
    strings = full._model.nlp.vocab.strings
    full.find([f"warm up {i}" for i in range(100)], DEFAULTS, NONE)
    before = len(strings)
    full.find([f"strangeword{i}xyz came by" for i in range(300)], DEFAULTS, NONE)
    assert len(strings) - before < 50
