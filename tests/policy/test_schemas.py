"""The JSON schemas for editors take what the loader takes."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from proxy.policy.schemas import schemas

POLICIES = Path(__file__).parents[2] / "policies"


def test_the_schemas_are_valid_themselves() -> None:
    assert set(schemas()) == {"data", "masks"}
    for schema in schemas().values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_projects_own_policies_fit() -> None:
    for path in sorted((POLICIES / "data").glob("*.yaml")):
        jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), schemas()["data"])
    jsonschema.validate(yaml.safe_load((POLICIES / "masks.yaml").read_text("utf-8")), schemas()["masks"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data", "tables: {w.s.t: {colums: {}}}"),
        ("data", "tables: {w.s.t: {rows: [{id: f, for: all, where: x}]}}"),
        ("data", "tables: {w.s.t: {rows: [{id: f, for: [analyst], where: x}]}}"),
        ("masks", "masks: {pii: {}}"),
        ("masks", "mask: {}"),
    ],
)
def test_mistakes_do_not_fit(name: str, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), schemas()[name])
