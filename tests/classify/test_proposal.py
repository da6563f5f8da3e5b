"""Proposals as files and patches that git itself takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from proxy.classify import proposal
from proxy.classify.evidence import Evidence
from proxy.classify.judgement import Judged, State
from proxy.policy import bundle
from proxy.values import TableId

POLICIES = Path(__file__).parent.parent.parent / "policies"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def proposed(table: TableId, column: str, *tags: str, **hits: int) -> Judged:
    return Judged(table, Evidence(column, 10, 10, hits), State.PROPOSED, None, tags)


CUSTOMERS = TableId("shop", "sales", "customers")
MADE = (
    proposed(CUSTOMERS, "first_name", "pii.name", PERSON=9),
    proposed(CUSTOMERS, "city"),
    proposed(TableId("shop", "sales", "leads"), "mail", "pii.email", EMAIL_ADDRESS=10),
    proposed(TableId("shop", "new schema", "t.x"), "mail", "pii.email", EMAIL_ADDRESS=10),
    Judged(CUSTOMERS, Evidence("email"), State.AGREES, ("pii.email",)),
)


def test_each_table_goes_where_its_schema_is(folder: Path) -> None:
    made = proposal.changes(folder, MADE, bundle.load(folder).tables)
    assert [(change.path, change.before is None) for change in made] == [
        ("data/new_schema.yaml", True),
        ("data/sales.yaml", False),
    ]
    sales = made[1].after
    assert "      first_name: [pii.name]  # PERSON 9 of 10 cells\n" in sales
    assert "      city: []  # nothing found in 10 cells\n" in sales
    assert sales.endswith(
        "  shop.sales.leads:\n    columns:\n      mail: [pii.email]  # EMAIL_ADDRESS 10 of 10 cells\n"
    )
    assert 'tables:\n  "shop.new schema.\\"t.x\\"":\n' in made[0].after


def test_what_is_written_loads_and_is_not_proposed_again(folder: Path) -> None:
    before = bundle.load(folder).tables
    made = proposal.changes(folder, MADE, before)
    assert proposal.problems(folder, made) == ()
    assert bundle.load(folder).tables == before  # trying changes nothing
    proposal.write(folder, made)
    after = bundle.load(folder).tables
    assert after["shop.sales.leads"].columns["mail"].tags == ("pii.email",)
    assert after['shop.new schema."t.x"'].columns["mail"].tags == ("pii.email",)
    assert after["shop.sales.customers"].columns.keys() > before["shop.sales.customers"].columns.keys()


def test_git_takes_the_patch(folder: Path) -> None:
    made = proposal.changes(folder, MADE, bundle.load(folder).tables)
    text = proposal.patch(made, "policies/")
    subprocess.run(["git", "init", "-q", "."], cwd=folder.parent, check=True, timeout=30)
    subprocess.run(["git", "apply", "-"], cwd=folder.parent, input=text.encode(), check=True, timeout=30)
    assert {c.path: (folder / c.path).read_bytes().decode() for c in made} == {c.path: c.after for c in made}


@pytest.mark.parametrize("text", ["tables: {}", "tables: {}\r\n", "# one\r\ntables:\r\n  a.b.c:\r\n    owner: x\r\n"])
def test_git_takes_the_patch_of_any_line_ends(folder: Path, text: str) -> None:
    (folder / "data" / "sales.yaml").write_bytes(text.encode())
    made = proposal.changes(folder, MADE[2:3], {})
    patch = proposal.patch(made, "policies/")
    subprocess.run(["git", "init", "-q", "."], cwd=folder.parent, check=True, timeout=30)
    subprocess.run(["git", "apply", "-"], cwd=folder.parent, input=patch.encode(), check=True, timeout=30)
    assert all((folder / c.path).read_bytes().decode() == c.after for c in made)


def test_a_tag_that_nothing_protects_is_told(folder: Path) -> None:
    made = proposal.changes(
        folder, (proposed(CUSTOMERS, "city", "place.home", LOCATION=9),), bundle.load(folder).tables
    )
    (problem,) = proposal.problems(folder, made)
    assert problem.startswith(f"{folder}/data/sales.yaml:")
    assert "'place.home' protects nothing" in problem


def test_nothing_proposed_is_an_empty_patch(folder: Path) -> None:
    assert proposal.patch(proposal.changes(folder, MADE[-1:], bundle.load(folder).tables), "") == ""
