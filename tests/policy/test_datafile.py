"""data/*.yaml: typed, and one policy over all files."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.policy import datafile, yamlfile


def load(path: Path, *texts: str) -> tuple[dict[str, datafile.TableRules], list[str]]:
    problems: list[str] = []
    documents = []
    for number, text in enumerate(texts):
        (path / f"{number}.yaml").write_text(text, encoding="utf-8")
        document = yamlfile.load(path / f"{number}.yaml", problems)
        assert document is not None
        documents.append(document)
    found = datafile.load(documents, problems)
    return found, [p.removeprefix(f"{path}/") for p in problems]


def test_a_table_knows_its_tags_filters_and_lines(tmp_path: Path) -> None:
    found, problems = load(
        tmp_path,
        "tables:\n  w.s.t:\n    owner: me\n    columns:\n      a: [pii, pii.email, pii]\n    rows:\n"
        '      - {id: f, for: [role:a], where: "x = :sub"}\n'
        "      - {id: g, for: everyone, except: [role:b], where: y}\n",
    )
    assert problems == []
    table = found["w.s.t"]
    assert (table.owner, table.place.line) == ("me", 2)
    assert (table.columns["a"].tags, table.columns["a"].place.line) == (("pii", "pii.email"), 5)
    first, second = table.filters
    assert (first.subjects, first.exempt, first.where, first.place.line) == (("role:a",), (), "x = :sub", 7)
    assert (second.subjects, second.exempt, second.place.line) == (None, ("role:b",), 8)


def test_a_table_with_a_dot_in_its_name_can_be_written_quoted(tmp_path: Path) -> None:
    found, problems = load(tmp_path, "tables:\n  'w.s.\"x.y\"': {}\n")
    assert (list(found), problems) == (['w.s."x.y"'], [])


def test_one_table_in_two_files_is_refused(tmp_path: Path) -> None:
    _, problems = load(tmp_path, "tables: {w.s.t: {}}", "tables: {w.s.t: {}}")
    assert problems == [f"1.yaml:1: w.s.t is described already at {tmp_path}/0.yaml:1; join the two"]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("rows: [{id: f, for: [analyst], where: x}]", "string should match pattern"),
        ("rows: [{id: f, for: all, where: x}]", "everyone"),
        ("rows: [{id: f, for: [], where: x}]", "at least 1"),
        ("rows: [{id: 'f f', for: everyone, where: x}]", "string should match pattern"),
        ("rows: [{id: f, for: everyone, where: ''}]", "at least 1 character"),
        ("rows: [{id: f, where: x}]", "field required"),
        ("rows: [{id: f, for: everyone}]", "field required"),
        ("rows: [{id: f, for: everyone, where: x, when: y}]", "is not a key that is known here"),
        ("rows: [{id: f, for: [role:a], except: [role:b], where: x}]", "`except` belongs to a filter `for: everyone`"),
        ("rows: [{id: f, for: everyone, where: x}, {id: f, for: everyone, where: y}]", "written twice"),
        ("columns: {a: pii}", "valid list"),
        ("columns: {a: [1]}", "must be text"),
        ("columns: {a: ['p i']}", "is no tag"),
        ("colums: {}", "is not a key that is known here"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, table: str, problem: str) -> None:
    _, problems = load(tmp_path, f"tables:\n  w.s.t:\n    {table}\n")
    assert problems
    assert all(p.startswith("0.yaml:3: ") for p in problems)
    assert any(problem in p for p in problems), problems


@pytest.mark.parametrize("name", ["t", "s.t", "w.s.t.c", "w..t"])
def test_what_is_no_table(tmp_path: Path, name: str) -> None:
    _, problems = load(tmp_path, f"tables:\n  {name}: {{}}\n")
    assert problems == [f"0.yaml:2: {name!r} is no table: write warehouse.schema.table"]
