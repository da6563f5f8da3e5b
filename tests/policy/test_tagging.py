"""Tags are added where a person would add them, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import ConfigError
from proxy.policy import yamlfile
from proxy.policy.tagging import Tagging, edited

EMAIL = Tagging("email", ("pii.email",), "EMAIL_ADDRESS 9 of 10 cells")
PLAIN = Tagging("phone", ("pii.phone",))


def add(text: str, *columns: Tagging, table: str = "w.s.t") -> str:
    return edited(text, "a.yaml", {table: columns})


def test_behind_the_columns_that_are_there() -> None:
    text = """\
# People.
tables:
  w.s.t:  # the first
    columns:
      name: [pii.name]  # their own
      # a remark about nothing

      id: []

    # row filters
    rows: []
"""
    expected = text.replace("id: []\n", "id: []\n      email: [pii.email]  # EMAIL_ADDRESS 9 of 10 cells\n")
    assert add(text, EMAIL) == expected


def test_behind_the_owner_where_there_are_no_columns() -> None:
    text = "tables:\n  w.s.t:\n    owner: a@b.example # who\n    rows: []\n"
    assert add(text, PLAIN) == (
        "tables:\n  w.s.t:\n    owner: a@b.example # who\n    columns:\n      phone: [pii.phone]\n    rows: []\n"
    )


def test_behind_the_rows_where_there_is_nothing_else() -> None:
    text = "tables:\n    w.s.t:\n        rows:\n        - {id: a, for: everyone, where: x}\n# end\n"
    assert add(text, PLAIN).endswith("where: x}\n        columns:\n          phone: [pii.phone]\n# end\n")


def test_behind_tags_that_are_written_as_a_list_of_lines() -> None:
    text = "tables:\n  w.s.t:\n    columns:\n      name:\n      - pii.name\n      - x\n"
    assert add(text, PLAIN) == f"{text}      phone: [pii.phone]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tables: {w.s.t: {columns: {a: [x]}}}\n", "tables: {w.s.t: {columns: {a: [x], phone: [pii.phone]}}}\n"),
        ("tables: {w.s.t: {columns: {a: [x],}}}\n", "tables: {w.s.t: {columns: {a: [x], phone: [pii.phone],}}}\n"),
        ("tables: {w.s.t: {columns: {}}}\n", "tables: {w.s.t: {columns: {phone: [pii.phone]}}}\n"),
        ("tables: {w.s.t: {}}\n", "tables: {w.s.t: {columns: {phone: [pii.phone]}}}\n"),
        ("tables: {w.s.t: {owner: x}}\n", "tables: {w.s.t: {owner: x, columns: {phone: [pii.phone]}}}\n"),
        ("tables: {}\n", "tables: {w.s.t: {columns: {phone: [pii.phone]}}}\n"),
        ("", "tables:\n  w.s.t:\n    columns:\n      phone: [pii.phone]\n"),
        ("# soon", "# soon\ntables:\n  w.s.t:\n    columns:\n      phone: [pii.phone]\n"),
        (
            "tables:\n  a.b.c:\n    owner: x",
            "tables:\n  a.b.c:\n    owner: x\n  w.s.t:\n    columns:\n      phone: [pii.phone]\n",
        ),
    ],
)  # fmt: skip
def test_other_forms(text: str, expected: str) -> None:
    assert add(text, PLAIN) == expected


def test_line_ends_stay_what_they_are() -> None:
    text = "tables:\r\n  w.s.t:\r\n    columns:\r\n      a: [x]\r\n"
    assert add(text, PLAIN) == f"{text}      phone: [pii.phone]\r\n"


def test_a_table_is_known_by_what_its_name_means() -> None:
    text = "tables:\n  'w.s.\"t\"':\n    columns:\n      a: [x]\n"
    assert add(text, PLAIN) == f"{text}      phone: [pii.phone]\n"


def test_names_that_yaml_would_take_for_something_else() -> None:
    names = ("no", "2024", "a: b", "x # y", 'quo"te', "a\\b", "tab\t", "bell\x07", "naïve", "- x", "", " ")
    made = add("", *(Tagging(name, ("pii.name",)) for name in names))
    document = yamlfile.parse(made, "a.yaml", [])
    assert document is not None
    assert list(document.value["tables"]["w.s.t"]["columns"]) == list(names)


@pytest.mark.parametrize(
    "text",
    [
        "tables:\n  w.s.t: x\n",
        "tables: x\n",
        "tables:\n  ? w.s.t\n  : ? columns\n    : ? a\n      : [x]\n",
        "tables:\n  w.s.t:\n    columns:\n      a: [x]\n---\n",
    ],
)
def test_a_form_that_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        add(text, PLAIN)


@given(st.lists(st.text(max_size=8).filter(lambda s: s.isprintable()), unique=True, min_size=1, max_size=4))
def test_any_name_is_written_as_it_is(names: list[str]) -> None:
    made = add("tables:\n  a.b.c:\n    owner: x\n", *(Tagging(name, ()) for name in names))
    document = yamlfile.parse(made, "a.yaml", [])
    assert document is not None
    assert document.value["tables"]["w.s.t"]["columns"] == {name: [] for name in names}
