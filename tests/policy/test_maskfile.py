"""masks.yaml: entries, overrides and the order of restrictiveness."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy import kinds
from proxy.policy import maskfile, yamlfile

KINDS = ("first_n", "hash", "none", "null", "odd", "redact")


def load(path: Path, text: str) -> tuple[maskfile.Masks, list[str]]:
    (path / "m.yaml").write_text(text, encoding="utf-8")
    problems: list[str] = []
    document = yamlfile.load(path / "m.yaml", problems)
    found = maskfile.load(document, KINDS, problems)
    return found, [p.removeprefix(f"{path}/m.yaml:") for p in problems]


def kind(masks: maskfile.Masks, *tags: str, subject: str | None = None) -> str | None:
    entry = masks.chosen(tags, subject)
    return entry.kind if entry else None


def test_no_file_is_no_mask() -> None:
    problems: list[str] = []
    assert maskfile.load(None, KINDS, problems).entries == {}
    assert problems == []


def test_options_are_kept_and_the_tag_is_found_by_its_parents(tmp_path: Path) -> None:
    masks, problems = load(tmp_path, "masks:\n  pii: {mask: redact}\n  pii.email: {mask: first_n, n: 2}\n")
    assert problems == []
    assert kind(masks, "pii.email.work") == "first_n"
    assert masks.entries["pii.email", None].options == {"n": 2}
    assert kind(masks, "pii.other") == "redact"
    assert kind(masks, "piit") is None
    assert masks.masked(["x", "pii.a", "pii"]) == ("pii.a", "pii")


def test_an_override_stands_at_its_own_path_only(tmp_path: Path) -> None:
    masks, _ = load(tmp_path, "masks:\n  pii: {mask: redact}\n  pii.email: {mask: hash}\n  pii@role:a: {mask: none}\n")
    assert kind(masks, "pii.phone", subject="role:a") == "none"
    assert kind(masks, "pii.email", subject="role:a") == "hash", (
        "the more specific tag wins over the override of its parent"
    )
    assert kind(masks, "pii.phone", subject="role:b") == "redact"


def test_two_masks_of_one_kind_rank_by_their_place_in_the_file(tmp_path: Path) -> None:
    masks, _ = load(tmp_path, "masks:\n  a: {mask: first_n, n: 4}\n  b: {mask: first_n, n: 2}\n")
    assert kind(masks, "a", "b") == "first_n"
    chosen = masks.chosen(["a", "b"], None)
    assert chosen is not None
    assert chosen.options == {"n": 2}


def test_a_kind_without_a_place_counts_as_strict(tmp_path: Path) -> None:
    masks, _ = load(tmp_path, "masks:\n  a: {mask: odd}\n  b: {mask: hash}\n  c: {mask: redact}\n")
    assert kind(masks, "a", "b") == "odd"
    assert kind(masks, "a", "c") == "redact"


def test_every_kind_there_is_has_a_place_in_the_default_order() -> None:
    assert set(kinds.names("masks")) == set(maskfile.DEFAULT_ORDER)
    assert maskfile.DEFAULT_ORDER[0] == "none"
    assert maskfile.DEFAULT_ORDER[-1] == "null"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("masks:\n  a: {mask: nope}\n", "2: there is no mask 'nope'; there are: first_n"),
        ("masks:\n  a: {kind: hash}\n", "2: masks / a / mask: field required"),
        ("masks:\n  a b: {mask: hash}\n", "2: 'a b' is no tag"),
        ("masks:\n  a: {mask: hash}\n  a@hr: {mask: none}\n", "3: 'hr' is no subject"),
        ("masks:\n  a: {mask: hash}\n  a@: {mask: none}\n", "3: '' is no subject"),
        ("masks:\n  a@role:x: {mask: hash}\n", "2: overrides nothing: give a or a parent of it a mask"),
        ("masks:\n  a: {mask: hash}\norder: [none, redact]\n", "3: order must name hash too"),
        ("masks: {}\norder: [none, nope]\n", "2: there is no mask 'nope'"),
        ("masks: {}\norder: [hash, none]\n", "2: none shows the value, so it must be the first"),
        ("masks: {}\norder: [hash, hash]\n", "2: order names a mask twice"),
        ("mask: {}\n", "1: mask: is not a key that is known here"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, problem: str) -> None:
    _, problems = load(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith(problem)
