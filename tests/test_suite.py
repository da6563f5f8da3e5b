"""The policy tests' own tests: what is expected and what came, and the differences between them, in words."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import jsonschema
import pytest

from proxy import documents, settings, suite
from proxy.app import build
from proxy.errors import ConfigError
from tests import demo_folder

ROOT = Path(__file__).parent.parent
ANALYST = "{subject: analyst, groups: [eu-analysts], attributes: {region: EU}}"


def write(folder: Path, text: str) -> Path:
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "tests" / "t.yaml").write_text(text, encoding="utf-8")
    return folder


def case(sql: str, expect: str, who: str = ANALYST) -> str:
    return f"tests:\n  - name: it\n    as: {who}\n    sql: {sql}\n    expect: {expect}\n"


async def verdicts(place: Path, *texts: str) -> list[tuple[str, ...]]:
    """The differences of one test a text, all run on one gateway."""
    demo_folder.copied(place)
    app = build(settings.load(place / "usher.yaml", {}))
    await app.start()
    try:
        trials = [t for i, text in enumerate(texts) for t in suite.load(write(place / f"suite{i}", text))]
        return [v.differences for v in await suite.run(app.gateway, trials)]
    finally:
        await app.close()


async def test_what_holds_has_no_differences(tmp_path: Path) -> None:
    count = "SELECT COUNT(*) AS n FROM public.products"
    staff = "{subject: s, groups: [staff]}"
    found = await verdicts(
        tmp_path / "demo",
        case(count, "{rows: [[200]], columns: [n], row_count: 1, masked: [], filters: []}", staff),
        case("SELECT email FROM sales.customers WHERE id = 1", "{masked: [email]}"),
        case("SELECT email FROM sales.customers", "{filters: [own-region, not-deleted]}"),
        case("SELECT salary FROM people.employees", "{refused: unknown-table}"),
        case("SELECT salary FROM people.employees", "{refused: invalid-sql}"),
        case("DELETE FROM sales.customers", "{refused: ungovernable}"),
    )
    assert found == [()] * 6


async def test_what_does_not_hold_is_told(tmp_path: Path) -> None:
    found = await verdicts(
        tmp_path / "demo",
        case("SELECT id FROM sales.customers WHERE id IN (1, 2) ORDER BY id", "{rows: [[1], [9]]}"),
        case("SELECT id FROM sales.customers WHERE id IN (1, 2) ORDER BY id", "{rows: [[1]], row_count: 3}"),
        case("SELECT email FROM sales.customers WHERE id = 1", "{masked: [], columns: [mail]}"),
        case("SELECT email FROM sales.customers", "{filters: [own-region, other]}"),
        case("SELECT email FROM sales.customers", "{refused: denied}"),
        case("SELECT salary FROM people.employees", "{row_count: 1}"),
        case("SELECT salary FROM people.employees", "{refused: denied}"),
    )
    assert found[0] == ("row 2: expected [9], got [2]",)
    assert found[1] == ("row_count: expected 3, got 2", "row 2: got [2], which is not expected")
    assert found[2] == (
        "columns: expected [mail], got [email]",
        "masked: got email, which is not expected",
    )
    assert found[3] == (
        "filters: expected other, which is not there",
        "filters: got not-deleted, which is not expected",
    )
    assert found[4] == ("expected a refusal for denied, was allowed",)
    assert found[5][0].startswith("expected an answer, was refused (invalid-sql, unknown-table)")
    assert found[6][0].startswith("expected a refusal for denied, was refused for invalid-sql, unknown-table")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tests: []\n", "t.yaml: tests: "),
        (case("SELECT 1", "{}"), "must name at least one of"),
        (case("SELECT 1", "{row_cuont: 1}"), "did you mean 'row_count'?"),
        (case("SELECT 1", "{refused: denied, row_count: 1}"), "a refused query has no columns, rows or filters"),
        (case("SELECT 1", "{row_count: 1}", who="nobody"), "`as` names principals that are not there: nobody"),
        (case("SELECT 1", "{row_count: 1}", who="{groups: [a]}"), "subject"),
        ("tests:\n  - {name: a, name: b}\n", "the key 'name' stands here twice"),
    ],
)
def test_mistakes_in_a_file_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        suite.load(write(tmp_path, text))
    assert told in "\n".join(caught.value.problems)
    assert str(tmp_path) in caught.value.problems[0]


def test_mistakes_of_several_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "tests: []\n")
    (tmp_path / "tests" / "u.yaml").write_text("nothing: here\n")
    with pytest.raises(ConfigError) as caught:
        suite.load(tmp_path)
    assert {p.split(": ")[0].rsplit("/", 1)[1] for p in caught.value.problems} == {"t.yaml", "u.yaml"}


def test_folder_without_tests_has_none(tmp_path: Path) -> None:
    assert suite.load(tmp_path) == ()


@pytest.mark.parametrize(
    ("want", "have", "same"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        (None, None, True),
        (None, 0, False),
        ("1.50", decimal.Decimal("1.5"), True),
        (1.5, decimal.Decimal("1.50"), True),
        ("x", decimal.Decimal(1), False),
        (datetime.date(2026, 1, 31), datetime.date(2026, 1, 31), True),
        ("2026-01-31 12:00:00", datetime.datetime(2026, 1, 31, 12), True),
        ("2026-01-31T12:00:01", datetime.datetime(2026, 1, 31, 12), False),
        ("EU", "EU", True),
        ("eu", "EU", False),
        ([1, "a"], [1, "a"], True),
        ([1], [1, 2], False),
        ("1", 1, False),
    ],
)
def test_values_compare_exactly(want: object, have: object, same: bool) -> None:
    assert suite._same(want, have) is same


def test_the_schema_takes_the_default_policies_tests_and_refuses_a_typo() -> None:
    jsonschema.Draft202012Validator.check_schema(suite.schema())
    validator = jsonschema.Draft202012Validator(suite.schema())
    for path in sorted((ROOT / "policies" / "tests").glob("*.yaml")):
        validator.validate(documents.read(path))
    wrong = {"tests": [{"name": "x", "as": "a", "sql": "SELECT 1", "expect": {"row_cuont": 1}}]}
    assert not validator.is_valid(wrong)
