"""Which texts the language model reads, and that it says which it did not."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.gates import found
from proxy.scan.presidio.names import NOWHERE, SAMPLE, WORD, Names, as_title, cost
from proxy.scan.settings import PHONE_REGIONS, Mode
from tests.bench import people

PERSON = frozenset({"PERSON"})


@pytest.fixture(scope="module")
def names() -> Names:
    made = Analyzer(Mode.FULL, PHONE_REGIONS)._names
    assert made is not None
    return made


def full_names(count: int) -> list[str]:
    draw = random.Random(1)
    return sorted({f"{people.name(draw)} {chr(65 + i % 26)}{chr(97 + i // 26 % 26)}son" for i in range(count)})


@pytest.mark.parametrize(
    "text", ["Ana", "Silva, Ana", "(Ana)", "name=Ana", "O'Brien", "Jean-Luc", "met Ana.", "李小龙"]
)
def test_texts_with_a_word_of_letters_are_read(text: str) -> None:
    assert found(pa.array([text]), WORD).tolist() == [0]


@pytest.mark.parametrize(
    "text",
    [
        "SO-123456",
        "A12-345",
        "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        "ana.silva12@example.com",
        "x",
        "4111 1111",
        "1.2.19",
    ],
)
def test_codes_numbers_and_addresses_are_not(text: str) -> None:
    assert found(pa.array([text]), WORD).tolist() == []


@pytest.mark.parametrize(
    ("text", "read"),
    [("ANA SILVA", "Ana Silva"), ("ana silva", "Ana Silva"), ("Ana", "Ana"), ("ŉx", "ŉx"), ("12", "12")],
)
def test_names_of_one_case_are_read_as_names_are_written(text: str, read: str) -> None:
    assert as_title(text) == read


def test_names_in_capitals_are_found_at_their_places(names: Names) -> None:
    texts = [n.upper() for n in full_names(40)]
    named = names.read(pa.array(texts), PERSON, NOWHERE, 1_000)
    assert len(named.hits) > 0.8 * len(texts)


def test_a_column_of_names_is_read_whole_and_one_of_products_by_a_sample(names: Names) -> None:
    people_, products = full_names(600), [f"{p} {i}" for p in people.STATUS for i in range(150)]
    whole = names.read(pa.array(people_), PERSON, NOWHERE, 10_000)
    assert (whole.read, len(whole.sampled)) == (len(people_), 0)
    sampled = names.read(pa.array(products), PERSON, NOWHERE, 10_000)
    assert (sampled.read, len(sampled.sampled)) == (SAMPLE, len(products) - SAMPLE)


def test_prose_in_a_column_of_short_texts_is_read_all_the_same(names: Names) -> None:
    texts = [f"status {i}x open" for i in range(500)] + ["yesterday Angela Merkel came by to see the new office"]
    named = names.read(pa.array(texts), PERSON, NOWHERE, 10_000)
    assert 500 in named.hits


def test_what_is_beyond_the_budget_is_told(names: Names) -> None:
    texts = full_names(30)
    named = names.read(pa.array(texts), PERSON, NOWHERE, 10)
    assert (named.read, named.beyond.tolist()) == (10, list(range(10, len(texts))))


def test_a_long_text_counts_as_many_as_it_takes_time_for(names: Names) -> None:
    texts = ["Angela Merkel came by. " + "It rained all day. " * 100] * 3 + ["met Ana there"]
    named = names.read(pa.array(texts), PERSON, NOWHERE, 2 * cost(len(texts[0])))
    assert [cost(n) for n in (0, 1, 500, 501, 1001)] == [1, 1, 1, 2, 3]
    assert (named.read, named.beyond.tolist()) == (2 * cost(len(texts[0])), [2, 3])
    assert sorted(named.hits) == [0, 1]
