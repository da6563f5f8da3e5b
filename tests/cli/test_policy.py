"""`usher policy check|test|schema` on the default policies and on broken ones."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from proxy.cli import output
from tests.cli.conftest import Usher

ROOT = Path(__file__).parent.parent.parent


def test_the_default_policies_are_good(usher: Usher, demo: Path) -> None:
    made = usher("policy", "check", "--json").document
    assert made["warehouses"] == ["shop"]
    assert made["tests"] >= 20
    assert len(made["policy"]) == 64


def test_the_default_policies_pass_their_own_tests(usher: Usher, own_demo: Path) -> None:
    ran = usher("policy", "test")
    assert ran.code == output.OK, ran.out
    assert ", 0 failed" not in ran.err
    assert "0 failed" in ran.out
    assert not (own_demo / "audit").exists()  # the gateway's own log is left alone


def test_another_folder_is_checked_against_the_same_warehouse(usher: Usher, demo: Path) -> None:
    ran = usher("policy", "check", str(ROOT / "policies"))
    assert ran.code == output.OK, ran.err
    assert "checked against shop" in ran.out


def test_a_folder_alone_says_that_no_warehouse_was_asked(
    usher: Usher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("USHER_CONFIG", raising=False)
    ran = usher("policy", "check", str(ROOT / "policies"))
    assert ran.code == output.OK
    assert "no warehouse: name a settings file by --config" in ran.out


def test_every_problem_with_file_and_line(usher: Usher, own_demo: Path) -> None:
    policies = own_demo / "policies"
    with (policies / "grants.csv").open("a") as file:
        file.write("p, role:analyst, shop.sales, read, Deny\ng, role:a, role:b\ng, role:b, role:a\n")
    (policies / "tests" / "wrong.yaml").write_text("tests: []\n")
    (policies / "pii.yaml").write_text("defaults: {action: explode}\n")
    ran = usher("policy", "check")
    assert ran.code == output.CONFIG
    assert "grants.csv:48" in ran.err
    assert "wrong.yaml" in ran.err
    assert "pii.yaml" in ran.err


def test_unknown_columns_are_found_against_the_warehouse(usher: Usher, own_demo: Path) -> None:
    path = own_demo / "policies" / "data" / "sales.yaml"
    path.write_text(path.read_text().replace("region = :region", "regoin = :region", 1))
    ran = usher("policy", "check")
    assert ran.code == output.CONFIG
    assert "sales.yaml:13" in ran.err
    assert "regoin" in ran.err


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("nofunc(region) = 'EU'", "there is no function nofunc"),
        ("EXISTS (SELECT nofunc(id) FROM shop.sales.orders)", "there is no function nofunc"),
        ("count(*) > 1", "must stand in a sub-query"),
        ("row_number() OVER () = 1", "must stand in a sub-query"),
        ("region IN (SELECT max(region) FROM shop.sales.orders)", ""),
        ("lower(region) = lower(:region) AND created_at < now()", ""),
        ("region[1:1] = 'E' AND list_contains([1, 2], id) AND id::VARCHAR <> '' AND notes ~ 'x'", ""),
    ],
)
def test_functions_of_a_filter_are_those_of_the_engine(usher: Usher, own_demo: Path, where: str, told: str) -> None:
    path = own_demo / "policies" / "data" / "sales.yaml"
    path.write_text(path.read_text().replace("region = :region", where, 1))
    ran = usher("policy", "check")
    assert ran.code == (output.CONFIG if told else output.OK), ran.err
    assert told in ran.err
    assert ("sales.yaml:13" in ran.err) == bool(told)


def test_a_failing_test_is_told_and_ends_with_1(usher: Usher, own_demo: Path) -> None:
    tests = own_demo / "policies" / "tests"
    for path in tests.glob("*.yaml"):
        path.unlink()
    (tests / "t.yaml").write_text(
        "tests:\n  - {name: staff see no product, as: {subject: a, groups: [staff]},"
        " sql: SELECT COUNT(*) FROM public.products, expect: {rows: [[0]]}}\n"
    )
    ran = usher("policy", "test")
    assert ran.code == output.REFUSED
    assert "FAILED" in ran.out
    assert "row 1: expected [0], got [200]" in ran.out
    assert "0 passed, 1 failed" in ran.out
    as_json = usher("policy", "test", "--json")
    assert as_json.code == output.REFUSED
    assert as_json.document["failed"] == 1


def test_no_tests_is_no_pass(usher: Usher, own_demo: Path) -> None:
    for path in (own_demo / "policies" / "tests").glob("*.yaml"):
        path.unlink()
    ran = usher("policy", "test")
    assert ran.code == output.CONFIG
    assert "holds no test" in ran.err


@pytest.mark.parametrize("what", ["data", "masks", "pii", "tests"])
def test_schemas_are_schemas(usher: Usher, what: str) -> None:
    jsonschema.Draft202012Validator.check_schema(usher("policy", "schema", what).document)


def test_schema_of_everything_of_nothing_and_the_model(usher: Usher) -> None:
    assert set(usher("policy", "schema").document) == {"data", "masks", "pii", "tests"}
    assert usher("policy", "schema", "nothing").code == output.CONFIG
    assert "[policy_effect]" in usher("policy", "schema", "--model").out
