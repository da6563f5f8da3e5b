"""Patterns of masks as PostgreSQL reads them: the same meaning as for Python's `re`, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.masks import email_domain, scrub
from proxy.warehouses.postgres.patterns import advanced
from tests.masks.postgres import PostgresEngine
from tests.postgres import Database

SAME = [
    "a",
    "a.b",
    r"a\.b",
    "[a-c]+",
    "[^a-c]",
    r"[\]\[^-]",
    r"[^\]\[^-]",
    r"\^\$\(\)\{\}\*\+\?\|",
    "^a",
    "(a)(b)",
    "(?:ab)+",
    "(?:ab|cd){2,3}",
    "a{2}b{0,1}c{3,}",
    "x|y|[0-9]",
    r"\b[0-9]{3}\b",
    r"\d\w",
    r"\bé",
    r"[\d\-]+",
    "ab?c*",
    "(?:a?b){2}",
    "[\u00a1-\uff0d]",
    "👍",
    r"\t\n",
    r"a\Z",
]
REFUSED = [
    "a*?",
    "(?=a)",
    "(?i:a)",
    r"\s",
    r"\\",
    r"(a)\1",
    r"\B",
    "[^\\\\]",
    r"\D",
    "a{256}",
    "a{0,300}",
    "(",
    "$",
    "(?P<x",
]
TEXTS = [
    "",
    "a",
    "ab",
    "aXb",
    "a.b",
    "abcd",
    "abab cdcd",
    "é1 éa",
    "a-b^c]d[e",
    "^$(){}*+?|",
    "x\ny",
    "123 1234",
    "aabccc",
]


@pytest.fixture(scope="module")
def server(postgres_shared: Database) -> Iterator[PostgresEngine]:
    made = PostgresEngine(postgres_shared)
    yield made
    made.close()


def replaced(server: PostgresEngine, pattern: str, texts: list[str]) -> list[str]:
    rows = "unnest($2::text[]) WITH ORDINALITY AS t(x, i) ORDER BY i"
    sql = f"SELECT pg_catalog.regexp_replace(x, $1, '<>', 'g') FROM {rows}"
    return [row[0] for row in server.run(sql, advanced(pattern), texts)]


@pytest.mark.parametrize("pattern", SAME)
def test_the_meaning_is_that_of_python(server: PostgresEngine, pattern: str) -> None:
    compiled = re.compile(pattern, re.ASCII)
    assert replaced(server, pattern, TEXTS) == [compiled.sub("<>", text) for text in TEXTS]


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_has_no_equal_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"equal|repeats|not a regular expression"):
        advanced(pattern)


@pytest.mark.parametrize(
    "pattern", [*(p for _, p in scrub.PATTERNS), email_domain.ADDRESS, email_domain.LOCAL_PART, r"\.\^\]"]
)
def test_no_backslash_is_left(pattern: str) -> None:
    assert "\\" not in advanced(pattern)


PIECES = [
    "0",
    "1",
    "٣",
    "３",
    "-",
    "–",
    " ",
    ".",
    "(",
    ")",
    "+",
    "@",
    "a",
    "Z",
    "é",
    "\n",
    "12",
    "345",
    "6789",
    "012",
    "0 1",
]


@pytest.mark.parametrize("pattern", [p for _, p in scrub.PATTERNS])
def test_the_first_that_fits_is_the_longest(server: PostgresEngine, pattern: str) -> None:
    compiled = re.compile(pattern, re.ASCII)

    @settings(max_examples=60)
    @given(st.lists(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), min_size=20, max_size=60))
    def holds(texts: list[str]) -> None:
        assert replaced(server, pattern, texts) == [compiled.sub("<>", text) for text in texts]

    holds()
