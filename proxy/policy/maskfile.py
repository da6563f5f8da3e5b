"""masks.yaml: the mask of each tag, overrides for one subject, and which mask shows less than which.

Rule kept here: the order of restrictiveness is total: first by kind, then by where the entry stands in the file, so
that the same policy gives the same mask on every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from proxy.policy.objects import SUBJECT_PREFIXES, is_subject, tag_path, tag_problem
from proxy.policy.source import Place
from proxy.policy.yamlfile import Document, validate

NONE = "none"
"""The kind that shows the value."""

DEFAULT_ORDER = (
    "none",
    "scrub",
    "round_to",
    "month_only",
    "range_bucket",
    "year_only",
    "email_domain",
    "first_n",
    "last_four",
    "pseudonym",
    "hash",
    "sql",
    "constant",
    "redact",
    "null",
)
"""Least restrictive first; a kind that does not stand here counts as just less restrictive than `constant`."""


class MaskSettings(BaseModel):
    """A mask's kind; every other key is an option of that kind."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    mask: Annotated[str, Field(min_length=1, description="A kind of mask.")]


class MaskFile(BaseModel):
    """The masks, keyed TAG or TAG@SUBJECT."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="Usher masks")

    masks: dict[str, MaskSettings] = Field(default={})
    order: list[str] | None = Field(default=None, description="Kinds of mask, least restrictive first.")


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """One entry. `subject` is None for the mask of a tag; `rank` compares entries, least restrictive first."""

    tag: str
    subject: str | None
    kind: str
    options: Mapping[str, Any]
    rank: tuple[int, int]
    place: Place


@dataclass(frozen=True, slots=True)
class Masks:
    """All entries, by (tag, subject)."""

    entries: Mapping[tuple[str, str | None], MaskEntry]

    def chosen(self, tags: Iterable[str], subject: str | None) -> MaskEntry | None:
        """The entry that holds for a column with these tags: the most specific path that has one, a subject's own
        entry before the tag's; of several equally specific the most restrictive."""
        found = [e for tag in tags if (e := self._nearest(tag, subject)) is not None]
        deepest = max((e.tag.count(".") for e in found), default=0)
        return max((e for e in found if e.tag.count(".") == deepest), key=lambda e: e.rank, default=None)

    def _nearest(self, tag: str, subject: str | None) -> MaskEntry | None:
        for path in tag_path(tag):
            entry = self.entries.get((path, subject)) or self.entries.get((path, None))
            if entry is not None:
                return entry
        return None

    def masked(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Those of the tags that have a mask, by themselves or by a parent."""
        return tuple(tag for tag in tags if self._nearest(tag, None) is not None)


def load(document: Document | None, kinds: Iterable[str], problems: list[str]) -> Masks:
    """The masks of a file (none where there is no file), with every mistake noted."""
    model = validate(MaskFile, document, problems) if document else None
    if document is None or model is None:
        return Masks({})
    known = tuple(kinds)
    used = {settings.mask for settings in model.masks.values()}
    order = _order(model.order, used, known, document, problems)
    entries: dict[tuple[str, str | None], MaskEntry] = {}
    for position, (key, settings) in enumerate(model.masks.items()):
        place = document.place("masks", key)
        tag, at, subject = key.partition("@")
        problems.extend(f"{place}: {mistake}" for mistake in _key_mistakes(tag, subject if at else None))
        if settings.mask not in known:
            problems.append(f"{place}: there is no mask {settings.mask!r}; there are: {', '.join(known)}")
        rank = (order.index(settings.mask) if settings.mask in order else len(order), position)
        name = (tag, subject if at else None)
        entries[name] = MaskEntry(*name, settings.mask, dict(settings.model_extra or {}), rank, place)
    masks = Masks(entries)
    _check_overrides(masks, problems)
    return masks


def _key_mistakes(tag: str, subject: str | None) -> list[str]:
    mistakes = [m for m in (tag_problem(tag),) if m]
    if subject is not None and not is_subject(subject):
        mistakes.append(f"{subject!r} is no subject: write TAG@{'NAME, TAG@'.join(SUBJECT_PREFIXES)}NAME")
    return mistakes


def _check_overrides(masks: Masks, problems: list[str]) -> None:
    for entry in masks.entries.values():
        if entry.subject is not None and not masks.masked([entry.tag]):
            problems.append(
                f"{entry.place}: overrides nothing: give {entry.tag} or a parent of it a mask of its own first"
            )


def _order(
    given: list[str] | None, used: set[str], known: tuple[str, ...], document: Document, problems: list[str]
) -> list[str]:
    """Kinds, least restrictive first. `none` always comes first: it shows the value."""
    place = document.place("order")
    if given is None:
        others = sorted(kind for kind in known if kind not in DEFAULT_ORDER)
        at = DEFAULT_ORDER.index("constant")
        return [*DEFAULT_ORDER[:at], *others, *DEFAULT_ORDER[at:]]
    problems.extend(f"{place}: there is no mask {k!r}; there are: {', '.join(known)}" for k in given if k not in known)
    problems.extend(f"{place}: order must name {k} too, since a mask uses it" for k in sorted(used - {*given, NONE}))
    if len(set(given)) != len(given):
        problems.append(f"{place}: order names a mask twice")
    if NONE in given[1:]:
        problems.append(f"{place}: none shows the value, so it must be the first in the order, or left out of it")
    return [NONE, *(k for k in given if k != NONE)]
