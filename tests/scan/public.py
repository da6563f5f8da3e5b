"""Measures the scan on sentences that are published elsewhere and not kept here: presidio-research's.

    python -m tests.scan.public templates.txt
    python -m tests.scan.public sentences.json

templates.txt is `presidio_evaluator/data_generator/raw_data/templates.txt` of the package `presidio-evaluator` 0.3.2
(MIT). Its places are filled with made-up people, numbers and companies of `tests.scan.tabular`.

sentences.json is a labelled set in the form of presidio-research's `data/synth_dataset_v2.json`: a list of objects with
`full_text` and `spans`, each with an `entity_type`. The package makes such a set, of its own people and numbers:

    import json
    from presidio_evaluator.data_generator import PresidioSentenceFaker
    faker = PresidioSentenceFaker("en_US", lower_case_ratio=0.05, random_seed=42)
    made = [one.to_dict() for one in faker.generate_new_fake_sentences(num_samples=1500)]
    json.dump(made, open("sentences.json", "w"), ensure_ascii=False)

The figures go to public.json, no sentence does; `python -m tests.scan.accuracy --write` puts them into the page.

Rule kept here: a template with a place that has no filling is left out and counted.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proxy.scan import column
from proxy.scan.settings import PHONE_REGIONS, Mode
from tests.scan import tabular
from tests.scan.accuracy import FIGURES, Measured, found, rules
from tests.scan.tabular import Make

SENTENCES, SEED = 1500, 2718
_PLACE = re.compile(r"{{([a-z_]+)}}")


def _address(draw: random.Random) -> str:
    return f"{draw.randrange(1, 400)} Mill Road, {draw.choice(tabular.CITIES)}"


_PEOPLE: Mapping[str, Make] = {
    "person": tabular.full_name,
    "name": tabular.full_name,
    "first_name": lambda d: d.choice(tabular.FIRST),
    "last_name": lambda d: d.choice(tabular.LAST),
}
_OTHERS: Mapping[str, tuple[str, Make]] = {
    "credit_card_number": ("CREDIT_CARD", tabular.FILLS["CREDIT_CARD"]),
    "phone_number": ("PHONE_NUMBER", tabular.FILLS["PHONE_NUMBER"]),
    "email": ("EMAIL_ADDRESS", tabular.FILLS["EMAIL_ADDRESS"]),
    "iban": ("IBAN_CODE", tabular.FILLS["IBAN_CODE"]),
    "ssn": ("US_SSN", tabular.FILLS["US_SSN"]),
    "ip_address": ("IP_ADDRESS", tabular.FILLS["IP_ADDRESS"]),
    "organization": ("", lambda d: d.choice(tabular.COMPANIES)),
    "city": ("", lambda d: d.choice(tabular.CITIES)),
    "country": ("", lambda d: d.choice(tabular.COUNTRIES)),
    "job": ("", lambda d: d.choice(tabular.JOBS)),
    "address": ("", _address),
    "street_name": ("", lambda d: d.choice(("Mill Road", "Station Road", "Harbour Road"))),
    "building_number": ("", lambda d: str(d.randrange(1, 400))),
    "secondary_address": ("", lambda d: f"Apt. {d.randrange(1, 99)}"),
    "age": ("", lambda d: str(d.randrange(18, 90))),
    "year": ("", lambda d: str(d.randrange(1950, 2024))),
    "postcode": ("", lambda d: f"{d.randrange(10**5):05d}"),
    "zipcode": ("", lambda d: f"{d.randrange(10**5):05d}"),
    "prefix_male": ("", lambda _: "Mr."),
    "prefix_female": ("", lambda _: "Ms."),
    "prefix": ("", lambda _: "Dr."),
    "day_of_week": ("", lambda d: d.choice(("Monday", "Thursday"))),
}


def filled(template: str, draw: random.Random) -> tuple[str, frozenset[str]] | None:
    """A sentence and the entities in it; None where a place has no filling."""
    entities: set[str] = set()

    def fill(place: re.Match[str]) -> str:
        name = re.sub(r"_(fe)?male$|_nonbinary$", "", place[1]) if "name" in place[1] else place[1]
        entity, make = ("PERSON", _PEOPLE[name]) if name in _PEOPLE else _OTHERS[name]
        if entity:
            entities.add(entity)
        return str(make(draw))

    try:
        return _PLACE.sub(fill, template), frozenset(entities)
    except KeyError:
        return None


def measure(templates: Sequence[str], sentences: int, seed: int) -> dict[str, Any]:
    """The figures of both modes."""
    draw = random.Random(seed)
    usable = [t for t in templates if filled(t, random.Random(0)) is not None]
    made = [one for _ in range(sentences) if (one := filled(draw.choice(usable), draw)) is not None]
    figures = {"templates": len(usable), "left_out": len(templates) - len(usable), "modes": _in_both_modes(made)}
    return {"sentences": len(made), "seed": seed, **figures}


def measure_labelled(sentences: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of both modes on a labelled set."""
    made = [(one["full_text"], frozenset(span["entity_type"] for span in one["spans"])) for one in sentences]
    return {"sentences": len(made), "modes": _in_both_modes(made)}


def _in_both_modes(made: Sequence[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    figures = {}
    for mode in (Mode.PATTERNS, Mode.FULL):
        column.start(mode, PHONE_REGIONS)
        try:
            figures[mode.value] = _measured(mode, made)
        finally:
            column._analyzer = None
    return figures


def _measured(mode: Mode, made: Sequence[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    asked = rules(mode)
    looked_for = frozenset(rule.entity for rule in asked)
    one = Measured(mode)
    for (_, truth), cell in zip(made, found([text for text, _ in made], "sentence", asked), strict=True):
        one.count(truth & looked_for, cell)
    return {name: [tally.right, tally.missed, tally.wrong] for name, tally in sorted(one.tallies.items())}


def main(path: Path) -> None:
    """Measure, and write the figures."""
    text = path.read_text(encoding="utf-8", errors="replace")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    if path.suffix == ".json":
        figures["labelled"] = measure_labelled(json.loads(text))
    else:
        templates = [line for line in text.splitlines() if line.strip()]
        figures["filled"] = measure(templates, SENTENCES, SEED)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
