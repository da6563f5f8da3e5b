"""The entities the scan knows, as a table: their tags, whether they are looked for, and what chance hits look like.

Rule kept here: an entity that is neither in the table nor what a recognizer of pii.yaml finds cannot be named there, so
that a typing error is a load error and never an entity that nobody looks for. Figures are from measurements on 48
harmless and 17 personal columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Form(StrEnum):
    """What the cells look like that may be an entity by chance."""

    NUMBER = "number"
    """Digits alone, with a fraction or without."""
    GROUPS = "groups"
    """Digits in groups, with blanks, dots, hyphens, slashes or parentheses between."""
    QUAD = "quad"
    """Four numbers with dots between."""
    CODE = "code"
    """Groups of digits with up to three capitals before, after or between them."""
    LONG = "long"
    """Digits in groups, more of them than a card has."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of personal data.

    `tag` is the policy tag that clears it. `default` says whether it is looked for where pii.yaml does not name it.
    `ner` entities come from the language model, whose hits are guesses: they need `threshold` .85 and flag by default.

    `digits` is the fewest digits a hit can have. `chance_rate` is for entities whose hits may be chance where they are
    all of a cell: the share of a column's plausible cells that must be hits before any of them counts, unless the
    column's name hints at the entity. Plausible cells are those of one of its `forms`, each of which has a rate of its
    own; for `ner` entities, short texts.
    `bare_never` says that a bare number counts under such a name only."""

    name: str
    tag: str
    default: bool = False
    ner: bool = False
    threshold: float | None = None
    digits: int = 0
    chance_rate: float | None = None
    forms: tuple[Form, ...] = (Form.NUMBER,)
    bare_never: bool = False
    hints: frozenset[str] = frozenset()
    hint_word: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Characters [start, end) of a text that are an entity, with a confidence of 0 to 1."""

    start: int
    end: int
    entity: str
    score: float


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TABLE = (
    Entity("EMAIL_ADDRESS", "pii.email", default=True),
    # Luhn takes one in ten numbers: 5 % of 16-digit ids are hits.
    Entity(
        "CREDIT_CARD", "pii.card", default=True, digits=13, chance_rate=0.3, forms=(Form.NUMBER, Form.LONG),
        hints=_words("card cards creditcard cc pan"), hint_word="card",
    ),
    Entity("IBAN_CODE", "pii.bank_account", default=True, digits=2),
    Entity("CRYPTO", "pii.bank_account", default=True),
    # Versions of four parts are addresses where no part is above 255.
    Entity("IP_ADDRESS", "pii.ip_address", default=True, chance_rate=0.3, forms=(Form.QUAD,), hints=_words("ip ipv4")),
    Entity("MAC_ADDRESS", "pii.device", default=True),
    Entity("US_SSN", "pii.national_id", default=True, digits=9, hints=_words("ssn ssns"), hint_word="ssn"),
    Entity("US_ITIN", "pii.national_id", default=True, digits=9, hints=_words("itin taxid"), hint_word="itin"),
    # 87 % of 10-digit ids and 80 % of epoch seconds are valid telephone numbers somewhere, of grouped codes up to 9 %.
    Entity(
        "PHONE_NUMBER", "pii.phone", default=True, chance_rate=0.3, forms=(Form.GROUPS, Form.CODE), bare_never=True,
        hints=_words("phone phones telephone tel mobile cell cellphone fax msisdn"), hint_word="phone",
    ),
    # Full names are hits in 94 % of cells, product names in 56 %, companies in 42 %.
    # Of first or last names alone the model knows about half: columns so named need no rate.
    Entity(
        "PERSON", "pii.name", default=True, ner=True, threshold=0.85, chance_rate=0.6,
        hints=_words("firstname givenname forename middlename lastname surname familyname maidenname fullname"),
    ),
    Entity("LOCATION", "pii.location", ner=True, threshold=0.85, chance_rate=0.6),
    Entity("NRP", "pii.group", ner=True, threshold=0.85, chance_rate=0.6),
    Entity("ORGANIZATION", "pii.organization", ner=True, threshold=0.85, chance_rate=0.6),
    Entity("DATE_TIME", "pii.date"),
    Entity("URL", "pii.url"),
    Entity("UUID", "pii.device"),
    Entity("STREET_ADDRESS", "pii.address"),
    Entity("MEDICAL_LICENSE", "pii.professional_id"),
    Entity("UK_NHS", "pii.national_id", digits=10, chance_rate=0.3, hints=_words("nhs"), hint_word="nhs"),
    Entity("US_BANK_NUMBER", "pii.bank_account", hints=_words("bank iban"), hint_word="bank"),
    Entity("US_PASSPORT", "pii.national_id", hints=_words("passport"), hint_word="passport"),
    Entity("US_DRIVER_LICENSE", "pii.national_id", hints=_words("driver drivers dl"), hint_word="driver"),
)  # fmt: skip

ENTITIES: Mapping[str, Entity] = {entity.name: entity for entity in _TABLE}


def entity(name: str) -> Entity:
    """What is known of an entity: by the table, or of one that a recognizer of pii.yaml brings. Those are looked for,
    and none of their hits is chance."""
    return ENTITIES.get(name) or Entity(name, f"pii.{name.lower()}", default=True)


_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def hinted(name: str) -> frozenset[str]:
    """The entities at which a column's (or JSON key's) name hints, by whole words or two in a row: `home_phone`,
    `cardNumber`, `last_name`. Part of a word does not count: `customer` does not hint at "us", `description` not at
    "ip"."""
    parts = [part.lower() for part in _PART.findall(name)]
    words = {*parts, *(one + two for one, two in pairwise(parts))}
    return frozenset(e.name for e in _TABLE if words & e.hints)
