"""Holds what the scan finds against Presidio's own `AnalyzerEngine`, on any number of cells:

    python -m tests.scan.identity --cells 1000000 --fuzz 500000 [--mode patterns|full] [--seed 1]

Mixed cells are those of results (`tests.bench.people`) and of lists of numbers, dates, addresses and codes; fuzzed
cells are forms of personal data cut, joined and altered, with letters and digits of other scripts among them. All
pattern recognizers are asked, with no threshold; where a text holds full-width, invisible or such characters, of its
plain twin too. In mode full words are lemmas of the language model; in mode patterns
they are taken as written. Prints the first differences; exits with 1 where there is any.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence

import pyarrow as pa

from proxy.scan.entities import ENTITIES, Hit
from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.direct import Span, without_duplicates
from proxy.scan.presidio.engine import LANGUAGE
from proxy.scan.presidio.plain import twin
from proxy.scan.settings import PHONE_REGIONS, Mode
from tests.bench import people

PATTERN_ENTITIES = frozenset(name for name, entity in ENTITIES.items() if not entity.ner)
_CHUNK = 20_000
FORMS = (
    "john@example.com", "a.b+c@mail.example.co.uk", "212-646-1234", "(212) 646-1234", "+44 20 7946 0958",
    "020 7946 0958",    "01 23 45 67 89", "+33 1 23 45 67 89", "98765 43210", "(11) 98765-4321",
    "2223003122003222", "4000000000000000006",
    "03-123-4567", "1 800 646 1234 ext. 12",
    "4111 1111 1111 1111", "5500005555555559", "3782-822463-10005", "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32",
    "512-34-5678", "512.34.5678", "512345678", "912-78-1234", "912781234", "1.2.3.4", "10.0.0.1/24", "::1",
    "2001:db8::ff00:42:8329", "::ffff:10.1.2.3", "00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "0012.3456.789A",
    "2024-05-06", "2024-05-06T12:30:00.5Z", "12/31/1999", "31.12.99", "05-MAR-2020", "MAR-20", "10/24",
    "https://a.example.com/x?y=1", "example.co.uk", "www3.example.org", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "AB1234563", "B91234563", "A1234567", "H12345678", "943 476 5919",
    "a9d8606e-929c-456a-b7bc-0d243b329e8e", "1640", "0301234567", "001 212 646 1234", "x123", "#12", "$1,234.50",
    "January", "12:30:11", "1234567890123", "123456789012345678901234", "phone", "my ssn is", "card number", "call",
    "passports", "driving", "bank accounts", "birthdays", "iban", "wallet", "ip", "mac address", "taxpayer", "nhs",
    "٠١٢٣٤٥٦٧٨٩", "１２３４５６７８９０", "user＠example.com", "ſmith9@exampleſ.com", "Kelvin K9123456", "ü@münchen.de",
    "ana@mail.corp", "12 Main Street", "an\u200ba@exa\u00admple.com", "512–34–5678", "x²⑨",
    "MAR‑20", "2020-ſep-01", "İ12345678", "ﬁ1234567", "日本語", "😀", "ıban", "naïve",
)  # fmt: skip
JOINS = (
    "",
    "",
    " ",
    ", ",
    "-",
    "/",
    ".",
    "\n",
    "(",
    ")",
    "x",
    ";",
    "+",
    "_",
    "é",
    "\u3000",
    "–",
    "\t",
    "'",
    '"',
    "@",
    ": ",
)
ALTER = "0123456789abcxyzABCſKé٣-./: @+()"


def fuzzed(draw: random.Random) -> str:
    """Forms cut, joined and altered."""
    parts = []
    for _ in range(draw.choice((1, 1, 2, 2, 3, 4))):
        form = draw.choice(FORMS)
        if draw.random() < 0.5:
            a, b = sorted((draw.randrange(len(form) + 1), draw.randrange(len(form) + 1)))
            form = form[a:b]
        if draw.random() < 0.4 and form:
            at = draw.randrange(len(form))
            form = form[:at] + draw.choice(ALTER) + form[at + 1 :]
        parts += [form, draw.choice(JOINS)]
    return "".join(parts)


def mixed(draw: random.Random, rows: int) -> Iterator[str]:
    """The cells of a result, and as many numbers, dates, addresses and codes."""
    table = people.result(rows, draw.randrange(2**31))
    for column in table.columns:
        yield from (str(value) for value in column.to_pylist())
    for _ in range(rows * 20):
        yield _number(draw)


def _number(draw: random.Random) -> str:
    digits = str(draw.randrange(10 ** draw.randrange(1, 20)))
    kind = draw.randrange(8)
    if kind == 0:
        return f"{draw.randrange(256)}.{draw.randrange(300)}.{draw.randrange(256)}.{draw.randrange(300)}"
    if kind == 1:
        return f"{draw.randrange(1900, 2100)}-{draw.randrange(1, 14):02d}-{draw.randrange(1, 33):02d}"
    if kind == 2:
        return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))
    if kind == 3:
        return f"{draw.choice('ABHVX')}{digits}"
    if kind == 4:
        return draw.randbytes(draw.randrange(2, 20)).hex()
    if kind == 5:
        return f"{people.name(draw)}, {digits} {draw.choice(people.COUNTRIES)}"
    if kind == 6:
        return f"{draw.choice(('ssn', 'phone', 'account', 'card', 'id', 'born'))} {digits}"
    return digits


class Both:
    """The scan, and `AnalyzerEngine` with the same recognizers."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.scan = Analyzer(mode, PHONE_REGIONS)
        # Dates are found by the language model too, whose hits are not compared here.
        self.entities = PATTERN_ENTITIES - {"DATE_TIME"} if mode is Mode.FULL else PATTERN_ENTITIES

    def different(self, cells: Sequence[str]) -> tuple[int, int, list[tuple[str, set[Hit], set[Hit]]]]:
        """Distinct cells compared, those with hits, and those of which the two say different things."""
        texts = sorted(set(cells))
        array = pa.array(texts, pa.large_string())
        hits = self.scan.search(array, dict.fromkeys(self.entities, 0.0), frozenset(), {}).hits
        found = 0
        wrong = []
        for place, text in enumerate(texts):
            expected = self._asked(text)
            found += bool(expected)
            if expected != set(hits.get(place, ())):
                wrong.append((text, expected, set(hits.get(place, ()))))
        return len(texts), found, wrong

    def _asked(self, text: str) -> set[Hit]:
        """What Presidio finds in a text, and in its plain twin where it has one."""
        spans = self._words(text)
        plain = twin(text)
        if plain is not None:
            spans += plain.back(0, self._words(plain.texts[0].as_py()))
        kept = without_duplicates(spans) if plain is not None else spans
        return {Hit(start, end, entity, round(score, 4)) for start, end, entity, score in kept}

    def _words(self, text: str) -> list[Span]:
        if self.mode is Mode.FULL:
            return self._analyzed(text, None)
        (found,) = [self._analyzed(text, words) for words in self.scan._words.read([text])]
        return found

    def _analyzed(self, text: str, words: object) -> list[Span]:
        results = self.scan._engine.analyze(
            text, LANGUAGE, sorted(self.entities), score_threshold=0, nlp_artifacts=words  # type: ignore[arg-type]
        )  # fmt: skip
        return [(r.start, r.end, r.entity_type, float(r.score)) for r in results]


def main() -> int:
    """Compares as many cells as were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--fuzz", type=int, default=50_000)
    parser.add_argument("--mode", choices=["patterns", "full"], default="patterns")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    both = Both(Mode(given.mode))
    draw = random.Random(given.seed)
    wrong = 0
    for what, total in (("mixed", given.cells), ("fuzzed", given.fuzz)):
        done = distinct = found = 0
        began = time.monotonic()
        while done < total:
            count = min(_CHUNK, total - done)
            cells = (
                list(mixed(draw, count // 40 + 1))[:count] if what == "mixed" else [fuzzed(draw) for _ in range(count)]
            )
            compared, hits, different = both.different(cells)
            done, distinct, found, wrong = done + count, distinct + compared, found + hits, wrong + len(different)
            for text, expected, got in different[:5]:
                print(f"DIFFERENT {text!r}: only Presidio {expected - got}, only the scan {got - expected}")
        print(
            f"{what}: {done} cells, {distinct} distinct in pieces, {found} with hits, {wrong} differences so far, "
            f"{time.monotonic() - began:.0f} s (mode {given.mode}, seed {given.seed})",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
