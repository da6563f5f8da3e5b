"""Recognizers of pii.yaml: the form of Presidio's YAML, every mistake with its line, and in force from the next result
on."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
import yaml
from presidio_analyzer import PatternRecognizer

from proxy.errors import ConfigError, ScanError
from proxy.scan.entities import ENTITIES
from proxy.scan.presidio.analyzer import Analyzer
from proxy.scan.presidio.engine import pattern_recognizer
from proxy.scan.recognizers import Pattern, Recognizer
from proxy.scan.rules import Rule, ScanRules, load, schema
from proxy.scan.scanner import Scan, Scanner
from proxy.scan.scanner import workers as make_workers
from proxy.scan.settings import PHONE_REGIONS, Action, Mode, Settings
from proxy.values import Finding
from proxy.workers import Workers
from tests.scan.conftest import PATTERNS, make_plan

GOOD = r"""
entities:
  EMPLOYEE_ID: {tag: pii.employee, action: block}
recognizers:
  - name: Numbers of employees
    supported_entity: EMPLOYEE_ID
    supported_language: en
    patterns:
      - {name: with its letter, regex: '\bE-?\d{5}\b', score: 0.9}
      - {name: bare, regex: '\b\d{5}\b', score: 0.05}
    context: [employee, staff]
  - name: Names of projects
    supported_entity: PROJECT
    deny_list: [Blue Heron, Atlas]
"""

CUSTOM = (
    Recognizer(
        name="Numbers of employees",
        supported_entity="EMPLOYEE_ID",
        patterns=(
            Pattern(name="letter", regex=r"\bE-?\d{5}\b", score=0.9),
            Pattern(name="bare", regex=r"\b\d{5}\b", score=0.05),
        ),
        context=("employee", "staff"),
    ),
    Recognizer(name="Projects", supported_entity="PROJECT", deny_list=("Blue Heron", "Atlas")),
    Recognizer(
        name="Of regex alone",
        supported_entity="ODD",
        patterns=(
            Pattern(name="posix", regex="[[:digit:]]{3}[[:alpha:]]", score=0.6),
            Pattern(name="fuzzy", regex="(?:wonder){e<=1}land", score=0.7),
            Pattern(name="script", regex=r"\p{Greek}{4}", score=0.5),
        ),
    ),
    Recognizer(
        name="Tickets",
        supported_entity="US_SSN",
        patterns=(Pattern(name="t", regex="^T[0-9]{3}$", score=0.45),),
        global_regex_flags=0,
    ),
    Recognizer(
        name="Extensions", supported_entity="PHONE_NUMBER", patterns=(Pattern(name="x", regex=r"ext\d{3}", score=0.6),)
    ),
)
PIECES = (
    "E12345", "e-12345", "12345", "employee", "staff no.", "atlas", "Blue Heron", "123a", "wonderland", "wondrland",
    "wandurland", "αβγδ", "T123", "t123", "ext123", "x", "\n", " ", "-", "é", "512-34-5678", "call 212-646-1234",
)  # fmt: skip


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pii.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_brings_entities_with_tags_and_actions(tmp_path: Path) -> None:
    rules = load(written(tmp_path, GOOD))
    resolved = {rule.entity: rule for rule in rules.resolve(Mode.PATTERNS, Action.REDACT)}
    assert resolved["EMPLOYEE_ID"] == Rule("EMPLOYEE_ID", "pii.employee", Action.BLOCK, 0.4)
    assert resolved["PROJECT"] == Rule("PROJECT", "pii.project", Action.REDACT, 0.4)
    assert [one.name for one in rules.recognizers] == ["Numbers of employees", "Names of projects"]


def test_the_form_is_that_of_presidio(tmp_path: Path) -> None:
    for given, ours in zip(yaml.safe_load(GOOD)["recognizers"], load(written(tmp_path, GOOD)).recognizers, strict=True):
        theirs = PatternRecognizer.from_dict(dict(given))
        assert pattern_recognizer(ours).to_dict() == theirs.to_dict() | {"context": theirs.context or []}


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        r"""
entities: {EMPLOYEE_IDS: {action: flag}}
recognizers:
  - name: A
    supported_entity: EMPLOYEE_ID
    patterns:
      - {name: x, regex: '(', score: 0.5}
      - {name: y, regex: '(a+)+$', score: 2}
      - {name: z, regex: 'a'}
  - name: B
    supported_entity: employee
    deny_list: [""]
    global_regex_flags: 64
  - {name: C, supported_entity: X}
  - {name: D, supported_entity: X, deny_list: [a], supported_language: de, validator: luhn}
""",
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    lines = [problem.removeprefix(f"{path}:") for problem in caught.value.problems]
    assert [line.split(": ")[:2] for line in lines] == [
        ["2", "entities.EMPLOYEE_IDS"],
        ["7", "recognizers[0].patterns[0].regex"],
        ["8", "recognizers[0].patterns[1].regex"],
        ["8", "recognizers[0].patterns[1].score"],
        ["9", "recognizers[0].patterns[2]"],
        ["11", "recognizers[1].supported_entity"],
        ["12", "recognizers[1].deny_list[0]"],
        ["13", "recognizers[1].global_regex_flags"],
        ["14", "recognizers[2]"],
        ["15", "recognizers[3].supported_language"],
        ["15", "recognizers[3].validator"],
    ]
    assert "did you mean EMPLOYEE_ID?" in lines[0]
    assert "no regular expression" in lines[1]
    assert "takes too long" in lines[2]


@pytest.mark.parametrize("text", ["recognizers: {}", "recognizers: [a]", "recognizers: 1", "recognizers: [{name: a}]"])
def test_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"pii\.yaml:1: recognizers"):
        load(written(tmp_path, text))


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    one = "{name: A, supported_entity: X, deny_list: [a]}"
    with pytest.raises(ConfigError, match="same name"):
        load(written(tmp_path, f"recognizers: [{one}, {one}]"))


def test_the_schema_takes_them_and_the_entities_that_they_bring() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert list(validator.iter_errors(yaml.safe_load(GOOD))) == []
    assert list(validator.iter_errors({"recognizers": [{"name": "A"}]}))


def test_they_find_what_analyzer_engine_finds_with_them() -> None:
    quick, exact = Analyzer(Mode.PATTERNS, PHONE_REGIONS), Analyzer(Mode.PATTERNS, PHONE_REGIONS)
    exact._exact = True
    asked = frozenset(ENTITIES) - {e.name for e in ENTITIES.values() if e.ner} | {"EMPLOYEE_ID", "PROJECT", "ODD"}
    draw = random.Random(5)
    texts = sorted({draw.choice(("", " ")).join(draw.choices(PIECES, k=draw.randrange(1, 6))) for _ in range(1_500)})
    # Words without a model are no words of AnalyzerEngine's (it gets none), so that only hits without context compare.
    plain = [text for text in texts if "employee" not in text and "staff" not in text and "call" not in text]
    assert quick.find(plain, asked, frozenset(), CUSTOM) == exact.find(plain, asked, frozenset(), CUSTOM)
    found = {hit.entity for hits in quick.find(plain, asked, frozenset(), CUSTOM) for hit in hits}
    assert {"EMPLOYEE_ID", "PROJECT", "ODD", "US_SSN", "PHONE_NUMBER"} <= found


def test_words_beside_a_hit_lift_it() -> None:
    analyzer = Analyzer(Mode.PATTERNS, PHONE_REGIONS)
    hits = analyzer.find(["employee 12345", "order 12345"], frozenset({"EMPLOYEE_ID"}), frozenset(), CUSTOM)
    assert [[hit.score for hit in one] for one in hits] == [[0.4], [0.05]]


def begin(workers: Workers, batch: pa.RecordBatch, rules: ScanRules, settings: Settings = PATTERNS) -> Scan:
    return Scanner(settings, rules, workers).start(make_plan(batch.schema.names), batch.schema)


def test_running_processes_take_them_into_use(runner: asyncio.Runner, patterns: Workers) -> None:
    batch = pa.record_batch({"note": ["ask E12345 of Atlas", "512-34-5678"], "n": [12345, 7]})
    before = begin(patterns, batch, ScanRules())
    after = begin(patterns, batch, ScanRules(recognizers=CUSTOM))
    assert runner.run(after.scan(batch)).to_pydict() == {
        "note": ["ask <EMPLOYEE_ID> of <PROJECT>", "<US_SSN>"],
        "n": [12345, 7],
    }
    assert Finding("note", "EMPLOYEE_ID", 1, "redact", 0.9) in after.report().findings
    # A scan that began before goes on by its own rules.
    assert runner.run(before.scan(batch)).column(0).to_pylist() == ["ask E12345 of Atlas", "<US_SSN>"]


def test_one_that_never_ends_is_ended_and_no_row_leaves(runner: asyncio.Runner) -> None:
    made_so = Pattern(name="x", regex="zz", score=0.9)
    slow = Recognizer(name="Slow", supported_entity="SLOW", patterns=(made_so,))
    # What the trial at loading does not see: its texts have no z.
    slow = slow.model_copy(update={"patterns": (made_so.model_copy(update={"regex": r"(z|zz)+$"}),)})
    settings = Settings(mode=Mode.PATTERNS, workers=1, timeout_s=1)
    made = make_workers(settings)
    assert made is not None
    batch = pa.record_batch({"note": ["z" * 5_000 + "!"]})

    async def scanned() -> None:
        await made.start()
        try:
            await begin(made, batch, ScanRules(recognizers=(slow,)), settings).scan(batch)
        finally:
            await made.close()

    with pytest.raises(ScanError):
        runner.run(scanned())
