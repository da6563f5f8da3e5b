"""Which hits count, and what becomes of the text they stand in.

Rule kept here: a hit inside a longer text is judged by itself. A hit that is all of its cell may be chance (one number
in ten passes a card's checksum), and so may a name in a title, so it counts only where enough of its column's cells are
such hits; see docs/adr/0005-scan-verdicts.md. Whatever is doubtful in a small sample counts.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from proxy.scan import codes, templates
from proxy.scan.arrays import Array, Hints
from proxy.scan.entities import ENTITIES, Entity, Form, Hit, entity
from proxy.scan.rules import Rule
from proxy.scan.settings import REPLACING, STRICTNESS, Action
from proxy.scan.texts import Mask, bare, count_digits, digits, has_form, is_bare, is_short, of_forms, short
from proxy.scan.units import Unit

SLICE_SAMPLE = 20
"""From this many plausible values on, one slice of a result by itself can convict a column."""
_COVERS = 0.8
_HALF = 0.5
"""A name that is less of a short text tells nothing of its column: product, model and company names hold such."""

_ANYWHERE = frozenset({Form.CODE, Form.LONG})
"""In texts of these forms a hit may be chance wherever it stands."""
_NEVER_BARE = tuple(e for e in ENTITIES.values() if e.bare_never)

_LABELLED = re.compile(r"(?<![A-Z])(?:T|TEL|P|PH|M|MOB|C|CEL|F|FAX|H|W|O|D)[ .:-]+\(?\Z")
"""A telephone number's label in capitals: what follows it is no part of a code."""
_PHONE = "PHONE_NUMBER"
_IN_BOOKS = frozenset({_PHONE, "US_SSN", "US_ITIN"})
"""What is found inside of the numbers of books."""
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of a column's plausible values were hits so far."""

    plausible: int = 0
    hits: int = 0

    def share(self) -> float:
        """Hits by plausible values, 0 where there are none."""
        return self.hits / self.plausible if self.plausible else 0.0


Rates = Mapping[str, Rate]
Places: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """A hit that counts."""

    hit: Hit
    rule: Rule


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a column: the rates of it so far (with this slice), those of this slice alone, and by hints the
    places in lines of this slice whose numbers are no telephone numbers."""

    overall: Rates
    here: Rates
    lines: Mapping[Hints, frozenset[templates.Place]] = field(default_factory=dict)


def qualify(unit: Unit, hits: Sequence[Hit], rules: Mapping[str, Rule]) -> tuple[Found, ...]:
    """The hits of a unit that reach their threshold and are not allowed by name."""
    return tuple(
        Found(hit, rule)
        for hit in hits
        if (rule := rules.get(hit.entity)) is not None
        and hit.score >= rule.threshold
        and not _is_allowed(unit.text[hit.start : hit.end], rule.allow)
    )


def never(texts: Array, hints: Hints) -> dict[str, Places]:
    """The places of texts in which no hit of an entity can count, so that they need not be read for it."""
    entities = [e for e in _NEVER_BARE if e.name not in hints]
    if not entities:
        return {}
    numbers = bare(texts)
    return {e.name: np.flatnonzero(numbers & _enough(texts, numbers, e)) for e in entities}


def measure(
    texts: Array, hints: Hints, found: Mapping[str, Sequence[Found]], names: Iterable[str], unread: Places
) -> dict[str, Rate]:
    """The rates of some distinct texts with the same hints, for the entities that have chance hits in them; `found` are
    the hits of those texts that have any, `unread` the places of those that were not read for names."""
    asked = [entity(name) for name in names]
    asked = [e for e in asked if e.chance_rate is not None and e.name not in hints]
    titles = int(np.delete(short(texts), unread).sum()) if any(e.ner for e in asked) else 0
    forms = of_forms(texts, {form for e in asked if not e.ner for form in e.forms})
    plausible = {e.name: titles for e in asked if e.ner}
    for e in asked:
        if not e.ner:
            plausible |= {_rate(e, form): int(_enough(texts, forms[form], e).sum()) for form in e.forms}
    hits: Counter[str] = Counter()
    by_chance = {e.name for e in asked}
    for text, of_text in found.items():
        doubtful = [f.hit for f in of_text if f.hit.entity in by_chance]
        if doubtful:
            unit = Unit(0, len(text), text, hints, "text")
            speaking = (entity(hit.entity) for hit in doubtful if _speaks(unit, hit, entity(hit.entity)))
            hits.update({_rate(kind, _form(text, kind)) for kind in speaking})
    return {name: Rate(count, hits[name]) for name, count in plausible.items() if count}


def lines(texts: Array, hints: Hints, found: Mapping[str, Sequence[Found]]) -> frozenset[templates.Place]:
    """The places in lines that a program wrote whose numbers are no telephone numbers."""
    if _PHONE in hints:
        return frozenset()
    hits = {}
    for text, of_text in found.items():
        phones = [f.hit for f in of_text if f.hit.entity == _PHONE]
        if phones:
            hits[text] = [hit for hit in phones if hit.end - hit.start < len(text.strip())]
    return templates.chance(texts, hits)


def _rate(kind: Entity, form: Form | None) -> str:
    """Under which name the rate of an entity in texts of a form is kept: its own, for its first form and for names."""
    return kind.name if kind.ner or form is None or form is kind.forms[0] else f"{kind.name} {form.value}"


def _enough(texts: Array, numbers: Mask, kind: Entity) -> Mask:
    """Which numbers have as many digits as a hit needs."""
    if not numbers.any():
        return np.zeros(len(texts), dtype=np.bool_)
    return numbers & (digits(texts) >= kind.digits) if kind.digits else numbers


def add(before: Rates, more: Rates) -> dict[str, Rate]:
    """Rates of what was seen before and now."""
    total = dict(before)
    for name, rate in more.items():
        old = total.get(name, Rate())
        total[name] = Rate(old.plausible + rate.plausible, old.hits + rate.hits)
    return total


def convict(unit: Unit, found: Sequence[Found], known: Known) -> tuple[Found, ...]:
    """The hits of a unit that count, given what is known of its column."""
    return tuple(f for f in found if not _is_chance(unit, f.hit, known))


def settle(found: Sequence[Found]) -> tuple[Found, ...]:
    """Without the hits that stand inside another one that is at least as sure and as strictly dealt with."""
    if len(found) < 2:
        return tuple(found)
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-f.hit.score, f.hit.start - f.hit.end, f.hit.entity)):
        if not any(_stands_in(one, other) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda f: (f.hit.start, f.hit.end, f.hit.entity)))


def redact(text: str, found: Sequence[Found], secret: bytes = b"") -> str:
    """The text with each hit that is redacted replaced by its entity in angle brackets, or by its keyed hash; hits that
    overlap become one, named for the surest, and redacted where any of them is. `secret` is the key of hashes."""
    if len(found) == 1 and found[0].hit.start == 0 and found[0].hit.end == len(text):
        return _replacement(text, found, secret) if found[0].rule.action in REPLACING else text
    spans: list[list[Found]] = []
    end = 0
    for one in sorted((f for f in found if f.rule.action in REPLACING), key=lambda f: f.hit):
        if spans and one.hit.start < end:
            spans[-1].append(one)
        else:
            spans.append([one])
        end = max(end, one.hit.end)
    parts: list[str] = []
    done = 0
    for span in spans:
        start, end = span[0].hit.start, max(f.hit.end for f in span)
        parts += [text[done:start], _replacement(text[start:end], span, secret)]
        done = end
    return "".join([*parts, text[done:]])


def _replacement(piece: str, span: Sequence[Found], secret: bytes) -> str:
    if all(f.rule.action is Action.HASH for f in span):
        return hashed(piece, secret)
    surest = max((f.hit for f in span), key=lambda h: (h.score, h.end - h.start, h.entity))
    return f"<{surest.entity}>"


def hashed(value: str, secret: bytes) -> str:
    """64 hex digits, those that the mask `hash` shows of the same value: HMAC-SHA-256 (RFC 2104) of its UTF-8."""
    if not secret:
        raise RuntimeError("there is no key to hash with")
    return hmac.new(secret, value.encode(), hashlib.sha256).hexdigest()


def _is_allowed(value: str, allow: tuple[str, ...]) -> bool:
    folded = value.casefold()
    return any(
        folded == entry or (folded.endswith(entry) and (entry[0] in ".@" or folded[-len(entry) - 1] in ".@"))
        for entry in allow
    )


def _is_plausible(unit: Unit, kind: Entity) -> bool:
    """Whether a unit by itself could be a chance hit."""
    if kind.chance_rate is None or kind.name in unit.hints:
        return False
    if kind.ner:
        return is_short(unit.text)
    return _form(unit.text, kind) is not None and count_digits(unit.text) >= kind.digits


def _may_be_chance(unit: Unit, hit: Hit, kind: Entity) -> bool:
    """A name in a title may be chance wherever it stands (but in `Last, First` it is often half a name), and so may
    what is found in a code; anything else only where it is all of its cell."""
    if not _is_plausible(unit, kind):
        return False
    if kind.ner:
        return "," not in unit.text or _covers(unit, hit, _COVERS)
    form = _form(unit.text, kind)
    if form is Form.CODE and _LABELLED.search(unit.text, 0, hit.start):
        return False
    return form in _ANYWHERE or _covers(unit, hit, _COVERS)


def _speaks(unit: Unit, hit: Hit, kind: Entity) -> bool:
    """Whether a hit that may be chance tells that its column holds the entity."""
    if kind.ner:
        return _is_plausible(unit, kind) and _covers(unit, hit, _HALF)
    return _may_be_chance(unit, hit, kind) and not (kind.bare_never and _is_code(unit, hit))


def _covers(unit: Unit, hit: Hit, share: float) -> bool:
    return hit.end - hit.start >= share * len(unit.text.strip())


def _is_code(unit: Unit, hit: Hit) -> bool:
    """Whether what was taken for a telephone number is a bare number, a part of a code, or in groups as no telephone
    number is."""
    if _covers(unit, hit, _COVERS) and (is_bare(unit.text) or codes.is_odd(unit.text.strip())):
        return True
    return codes.is_part(unit.text, hit.start, hit.end)


def _is_chance(unit: Unit, hit: Hit, known: Known) -> bool:
    kind = entity(hit.entity)
    needed = kind.chance_rate
    if kind.name in unit.hints:
        return False
    if kind.name in _IN_BOOKS and codes.is_book(unit.text, hit.start, hit.end):
        return True
    if needed is None:
        return False
    if kind.bare_never and _is_code(unit, hit):
        return True
    if kind.name == "PERSON" and _DIGIT.search(unit.text, hit.start, hit.end):
        return True  # no name holds a digit
    if not _may_be_chance(unit, hit, kind):
        return kind.name == _PHONE and _is_in_lines(unit, hit, known)
    name = _rate(kind, _form(unit.text, kind))
    now = known.here.get(name, Rate())
    convicted_here = now.plausible >= SLICE_SAMPLE and now.share() >= needed
    return not convicted_here and known.overall.get(name, Rate()).share() < needed


def _is_in_lines(unit: Unit, hit: Hit, known: Known) -> bool:
    """Whether a number stands where lines like its own hold no telephone numbers."""
    places = known.lines.get(unit.hints)
    return places is not None and templates.place(unit.text, hit) in places


def _stands_in(one: Found, other: Found) -> bool:
    inside = other.hit.start <= one.hit.start and one.hit.end <= other.hit.end
    as_strict = STRICTNESS.index(other.rule.action) >= STRICTNESS.index(one.rule.action)
    return inside and as_strict and other.hit.score >= one.hit.score


def _form(text: str, kind: Entity) -> Form | None:
    """The first of an entity's forms that a text has."""
    return next((form for form in kind.forms if has_form(text, form)), None)
