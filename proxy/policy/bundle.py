"""A policy folder, loaded: the unit that is versioned, tested and deployed.

Rule kept here: a folder loads whole or not at all, and every mistake in it is reported at once, with file and line.
What depends on a warehouse's catalog is checked later (`checks.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy import kinds
from proxy.errors import ConfigError
from proxy.policy import authority, commit, datafile, grants, maskfile, model, yamlfile
from proxy.policy.datafile import TableRules
from proxy.policy.grants import Grants, Rule
from proxy.policy.maskfile import Masks
from proxy.policy.objects import TAG, is_subject, tag_path
from proxy.policy.source import read

MASKS = "masks"
"""The plural folder of mask kinds."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of the policy. `fingerprint` is the hash of its canonical content; `commit` the git commit it was
    checked out at; `exempt` are the subjects that pii.yaml names."""

    folder: str
    model: str
    grants: Grants
    tables: Mapping[str, TableRules]
    masks: Masks
    exempt: frozenset[str]
    fingerprint: str
    commit: str | None


def load(folder: Path) -> Bundle:
    """Load a policy folder. Raises `ConfigError` with every mistake, each with file, line and what to do."""
    problems: list[str] = []
    if not folder.is_dir():
        raise ConfigError([f"{folder}: there is no such policy folder"])
    model_text, shape = _model(folder, problems)
    lines = grants.load(_csv_files(folder, problems), shape, authority.line_reader(), problems)
    documents = [d for p in sorted((folder / "data").glob("*.yaml")) if (d := yamlfile.load(p, problems))]
    tables = datafile.load(documents, problems)
    mask_document = _optional(folder / "masks.yaml", problems)
    masks = maskfile.load(mask_document, kinds.names(MASKS), problems)
    pii = _optional(folder / "pii.yaml", problems)
    _check_folder(folder, problems)
    if not problems:
        _check_names(lines, tables, masks, _pii_tags(pii), problems)
    if problems:
        raise ConfigError(problems)
    values = [document.value for document in documents]
    parts = _canonical(model_text, lines, values, mask_document and mask_document.value, pii and pii.value)
    return Bundle(str(folder), model_text, lines, tables, masks, _exempt(pii), _hash(parts), commit.of(folder))


# ------------------------------------------------------------------------------------------------------------- files
def _model(folder: Path, problems: list[str]) -> tuple[str, model.PolicyModel]:
    path = folder / "model.conf"
    if not path.exists():
        return model.BUILT_IN, model.DEFAULT
    text = read(path, problems)
    if text is None:
        return model.BUILT_IN, model.DEFAULT
    return text, model.check(text, str(path), authority.definitions, problems)


def _csv_files(folder: Path, problems: list[str]) -> list[tuple[str, str]]:
    paths = [p for p in (folder / "grants.csv",) if p.exists()] + sorted((folder / "grants").glob("*.csv"))
    if not paths:
        problems.append(f"{folder}: has neither grants.csv nor grants/*.csv; without a grant nobody sees anything")
    return [(str(path), text) for path in paths if (text := read(path, problems)) is not None]


def _optional(path: Path, problems: list[str]) -> yamlfile.Document | None:
    return yamlfile.load(path, problems) if path.exists() else None


def _check_folder(folder: Path, problems: list[str]) -> None:
    """A file that nobody reads is a rule that does not hold: misspelt names are mistakes."""
    for sub, suffix in (("data", ".yaml"), ("grants", ".csv")):
        place = folder / sub
        if not place.exists():
            continue
        if not place.is_dir():
            problems.append(f"{place}: must be a folder of *{suffix} files")
            continue
        for path in sorted(place.iterdir()):
            if path.suffix != suffix and not path.name.startswith("."):
                problems.append(f"{path}: is not read: only *{suffix} files directly in {sub}/ are; rename or move it")
    for path in sorted(folder.iterdir()):
        if path.suffix in _READ_BY and path.name not in _READ_BY[path.suffix]:
            problems.append(f"{path}: is not read here; there are: {', '.join(_READ_BY[path.suffix])}")


_READ_BY = {
    ".csv": ("grants.csv",),
    ".yaml": ("masks.yaml", "pii.yaml"),
    ".yml": ("masks.yaml", "pii.yaml"),
    ".conf": ("model.conf",),
}


# --------------------------------------------------------------------------------------------------- names that agree
def _check_names(
    lines: Grants, tables: Mapping[str, TableRules], masks: Masks, pii_tags: frozenset[str], problems: list[str]
) -> None:
    """Tags and roles that one file uses and no other knows: misspelt, they would protect nothing."""
    column_tags = {tag for table in tables.values() for column in table.columns.values() for tag in column.tags}
    mask_tags = {tag for tag, _ in masks.entries}
    known = _with_parents(column_tags | mask_tags | pii_tags)
    for rule in lines.rules:
        if rule.object.startswith(TAG) and rule.object.removeprefix(TAG) not in known:
            problems.append(
                f"{rule.place}: there is no tag {rule.object.removeprefix(TAG)!r}: no column, mask or PII entity has it"
            )
    meaning = mask_tags | pii_tags | {r.object.removeprefix(TAG) for r in lines.rules if r.object.startswith(TAG)}
    for table in tables.values():
        for column in table.columns.values():
            for tag in column.tags:
                if not meaning.intersection(tag_path(tag)):
                    problems.append(
                        f"{column.place}: the tag {tag!r} protects nothing: no mask, grant or PII entity names it or "
                        "a parent of it; mend its spelling, or give it a mask (`none` shows the value)"
                    )
    _check_roles(lines, tables, masks, problems)


def _check_roles(lines: Grants, tables: Mapping[str, TableRules], masks: Masks, problems: list[str]) -> None:
    known = {r.subject for r in lines.rules} | {s for link in lines.links for s in (link.subject, link.role)}
    named = [(s, f.place) for t in tables.values() for f in t.filters for s in (*(f.subjects or ()), *f.exempt)]
    named += [(subject, entry.place) for (_, subject), entry in masks.entries.items() if subject]
    for subject, place in named:
        if subject.startswith("role:") and subject not in known:
            problems.append(f"{place}: there is no {subject}: no line of the grants names it")


def _with_parents(tags: Iterable[str]) -> frozenset[str]:
    return frozenset(path for tag in tags for path in tag_path(tag))


# ------------------------------------------------------------------------------------------------- pii.yaml, in passing
def _pii_tags(pii: yamlfile.Document | None) -> frozenset[str]:
    """Tags that pii.yaml maps entities to; the file's own checks are the scan's."""
    entities = _mapping(_mapping(pii.value if pii else None).get("entities"))
    tags = [_mapping(entity).get("tag") for entity in entities.values()]
    return frozenset(tag for tag in tags if isinstance(tag, str))


def _exempt(pii: yamlfile.Document | None) -> frozenset[str]:
    """Subjects that pii.yaml exempts, so that views of callers who differ in them are not shared."""
    listed = _mapping(pii.value if pii else None).get("exempt")
    return (
        frozenset(s for s in listed if isinstance(s, str) and is_subject(s))
        if isinstance(listed, list)
        else frozenset()
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


# ------------------------------------------------------------------------------------------------------- fingerprint
def _canonical(model_text: str, lines: Grants, data: list[Any], masks: Any, pii: Any) -> dict[str, Any]:
    """What the policy says, without comments, spacing, and how it is split over files."""
    tables: dict[str, Any] = {}
    for value in data:
        tables.update(_mapping(value).get("tables") or {})
    mask_entries = _mapping(_mapping(masks).get("masks"))
    return {
        "model": model.canonical(model_text),
        "rules": sorted(_rule_fields(r) for r in lines.rules),
        "roles": sorted([link.subject, link.role] for link in lines.links),
        "tables": tables,
        "masks": [[key, mask_entries[key]] for key in mask_entries],  # their order counts
        "order": _mapping(masks).get("order"),
        "pii": pii,
    }


def _rule_fields(rule: Rule) -> list[str]:
    return [rule.subject, rule.object, rule.action, rule.effect, repr(rule.until)]


def _hash(parts: dict[str, Any]) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
