"""pii.yaml: every mistake at once with its line, and rules that say what they mean."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from proxy.errors import ConfigError
from proxy.scan.entities import ENTITIES
from proxy.scan.rules import Rule, ScanRules, load, schema
from proxy.scan.settings import Action, Mode
from proxy.values import TableId

GOOD = """\
defaults: {action: block, threshold: 0.5}
entities:
  EMAIL_ADDRESS: {tag: pii.mail, allow: ["Example.com"]}
  CREDIT_CARD:   {action: flag, threshold: 0.9}
  URL:           {}
  CRYPTO:        {action: off}
exempt: [role:hr, "user:ana@example.com"]
columns: {shop.main.products.*: off, shop.*.people.nick: off}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pii.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def rules_of(rules: ScanRules, mode: Mode = Mode.FULL, on_finding: Action = Action.REDACT) -> dict[str, Rule]:
    return {rule.entity: rule for rule in rules.resolve(mode, on_finding)}


def test_a_file_says_what_it_means(tmp_path: Path) -> None:
    rules = load(written(tmp_path, GOOD))
    resolved = rules_of(rules)
    assert resolved["EMAIL_ADDRESS"] == Rule("EMAIL_ADDRESS", "pii.mail", Action.BLOCK, 0.5, ("example.com",))
    assert resolved["CREDIT_CARD"] == Rule("CREDIT_CARD", "pii.card", Action.FLAG, 0.9)
    assert rules.exempt == {"role:hr", "user:ana@example.com"}


def test_defaults_hold_for_entities_the_file_does_not_list(tmp_path: Path) -> None:
    resolved = rules_of(load(written(tmp_path, GOOD)))
    assert resolved["US_SSN"] == Rule("US_SSN", "pii.national_id", Action.BLOCK, 0.5)


def test_naming_an_entity_turns_it_on_and_off_turns_it_off(tmp_path: Path) -> None:
    resolved = rules_of(load(written(tmp_path, GOOD)))
    assert "URL" in resolved
    assert "CRYPTO" not in resolved
    assert "DATE_TIME" not in resolved


def test_names_of_people_are_flagged_unless_they_are_given_an_action(tmp_path: Path) -> None:
    assert rules_of(load(written(tmp_path, GOOD)))["PERSON"] == Rule("PERSON", "pii.name", Action.FLAG, 0.85)
    stricter = load(written(tmp_path, "entities: {PERSON: {action: redact}}"))
    assert rules_of(stricter)["PERSON"].action is Action.REDACT


def test_the_pattern_mode_looks_for_nothing_that_needs_the_model() -> None:
    assert "PERSON" not in rules_of(ScanRules(), Mode.PATTERNS)
    assert "PERSON" in rules_of(ScanRules(), Mode.EXACT)


@pytest.mark.parametrize("text", ["", "{}", "# nothing\n", "entities: {}"])
def test_a_file_that_says_nothing_turns_nothing_off(tmp_path: Path, text: str) -> None:
    resolved = rules_of(load(written(tmp_path, text)), on_finding=Action.BLOCK)
    assert set(resolved) == {name for name, entity in ENTITIES.items() if entity.default}
    assert {r.action for n, r in resolved.items() if not ENTITIES[n].ner} == {Action.BLOCK}


def test_callers_get_actions_of_their_own(tmp_path: Path) -> None:
    text = """\
entities:
  EMAIL_ADDRESS:
    action: redact
    callers:
      - {subjects: [role:support, role:sales], action: flag}
      - {subjects: ["app:bot"], action: hash}
"""
    rules = load(written(tmp_path, text))
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(yaml.safe_load(text))) == []
    assert rules.told_apart() == {"role:support", "role:sales", "app:bot"}

    def action(*subjects: str) -> Action:
        resolved = rules.resolve(Mode.PATTERNS, Action.BLOCK, frozenset(subjects))
        return next(rule.action for rule in resolved if rule.entity == "EMAIL_ADDRESS")

    assert action() is action("role:hr") is Action.REDACT
    assert action("role:sales") is Action.FLAG
    assert action("role:sales", "app:bot") is Action.HASH
    assert rules.uses(Action.HASH, Action.BLOCK)
    assert not ScanRules().uses(Action.HASH, Action.BLOCK)
    assert ScanRules().uses(Action.HASH, Action.HASH)


@pytest.mark.parametrize(
    "given", ["[{subjects: [], action: flag}]", "[{subjects: [support], action: flag}]", "[{subjects: [role:a]}]", "{}"]
)
def test_callers_of_another_form_are_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match=r":1: entities\.CRYPTO\.callers"):
        load(written(tmp_path, f"entities: {{CRYPTO: {{callers: {given}}}}}"))


def test_columns_are_left_out_by_the_pattern_of_each_part(tmp_path: Path) -> None:
    rules = load(written(tmp_path, GOOD))
    assert rules.is_off(TableId("shop", "main", "products"), "name")
    assert rules.is_off(TableId("shop", "other", "people"), "nick")
    assert not rules.is_off(TableId("shop", "main", "people"), "email")
    assert not rules.is_off(TableId("shop", "main.products", "x"), "name")
    assert not rules.is_off(TableId("Shop", "main", "products"), "name")


def test_every_mistake_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
defaults: {action: erase, threshold: 4}
entities:
  EMAIL_ADRESS: {tag: pii.email}
  PHONE_NUMBER: {tag: PII, acton: flag}
  CREDIT_CARD:
    action: block
    allow: [1, "."]
  US_SSN: {threshold: "0.4"}
  IP_ADDRESS: block
exempt: [hr, "role:hr"]
columns:
  shop.main.products: off
  shop.main.products.*: on
surprise: 1
""",
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    lines = [problem.removeprefix(f"{path}:") for problem in caught.value.problems]
    assert [line.split(": ")[:2] for line in lines] == [
        ["1", "defaults.action"],
        ["1", "defaults.threshold"],
        ["3", "entities.EMAIL_ADRESS"],
        ["4", "entities.PHONE_NUMBER.acton"],
        ["4", "entities.PHONE_NUMBER.tag"],
        ["7", "entities.CREDIT_CARD.allow[0]"],
        ["7", "entities.CREDIT_CARD.allow[1]"],
        ["8", "entities.US_SSN.threshold"],
        ["9", "entities.IP_ADDRESS"],
        ["10", "exempt[0]"],
        ["12", "columns.shop.main.products"],
        ["13", "columns.shop.main.products.*"],
        ["14", "surprise"],
    ]
    assert "did you mean EMAIL_ADDRESS?" in lines[2]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text", "42", "entities: [EMAIL_ADDRESS]", "exempt: role:hr"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"pii\.yaml:1: "):
        load(written(tmp_path, text))


def test_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r":3:1"):
        load(written(tmp_path, "entities:\n  A: {b: [\n"))
    with pytest.raises(ConfigError, match="twice"):
        load(written(tmp_path, "exempt: []\nexempt: []\n"))


def test_the_schema_takes_what_the_loader_takes_and_refuses_what_it_refuses() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    good = yaml.load(GOOD.replace("off", '"off"'), Loader=yaml.SafeLoader)
    assert list(validator.iter_errors(good)) == []
    for bad in ({"entities": {"EMAIL": {}}}, {"x": 1}, {"defaults": {"action": "erase"}}, {"columns": {"a": True}}):
        assert list(validator.iter_errors(bad)), bad
