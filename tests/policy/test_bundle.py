"""Loading a folder: whole or not at all, and its fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.policy import bundle
from proxy.policy.model import BUILT_IN
from tests.policy.house import DATA, MASKS, folder

GRANTS = "p, role:all, shop, read, allow\ng, group:g, role:all\n"


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        bundle.load(path)
    return [p.removeprefix(f"{path}/") for p in caught.value.problems]


def fingerprint(path: Path, grants: str = GRANTS, **files: str | None) -> str:
    return bundle.load(folder(path, grants, **files)).fingerprint


# ------------------------------------------------------------------------------------------------------------- files
def test_the_projects_own_policies_load() -> None:
    loaded = bundle.load(Path(__file__).parents[2] / "policies")
    assert "shop.sales.customers" in loaded.tables
    assert loaded.masks.entries
    assert len(loaded.fingerprint) == 64


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such policy folder"):
        bundle.load(tmp_path / "none")


def test_grants_may_be_split(tmp_path: Path) -> None:
    path = folder(tmp_path, "p, role:a, shop, read, allow\n")
    (path / "grants").mkdir()
    (path / "grants" / "b.csv").write_text("g, user:ana, role:a\n", encoding="utf-8")
    loaded = bundle.load(path)
    assert [(r.subject, r.place.file) for r in loaded.grants.rules] == [("role:a", f"{path}/grants.csv")]
    assert [(x.subject, x.place.file) for x in loaded.grants.links] == [("user:ana", f"{path}/grants/b.csv")]


@pytest.mark.parametrize(
    "name",
    ["data/sales.yml", "data/sub/a.yaml", "grants/more.txt", "grant.csv", "mask.yaml", "masks.yml", "models.conf"],
)
def test_a_file_that_nobody_would_read_is_a_mistake(tmp_path: Path, name: str) -> None:
    path = folder(tmp_path, GRANTS)
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_text("", encoding="utf-8")
    first = "data/sub" if name.startswith("data/sub") else name
    assert [p.split(":")[0] for p in problems(path)] == [first]


def test_readme_tests_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    path = folder(tmp_path, GRANTS)
    (path / "tests").mkdir()
    for name in ("README.md", "tests/a.yaml", ".gitignore", "data/.keep"):
        (path / name).write_text("anything", encoding="utf-8")
    bundle.load(path)


def test_a_broken_pii_file_stops_the_load(tmp_path: Path) -> None:
    (problem,) = problems(folder(tmp_path, GRANTS, pii="entities:\n  a: [\n"))
    assert problem.startswith("pii.yaml:3: is not valid YAML: ")


# ------------------------------------------------------------------------------------------------ names that agree
def test_a_column_tag_that_protects_nothing_is_refused(tmp_path: Path) -> None:
    data = "tables:\n  shop.sales.customers:\n    columns:\n      email: [pi.email]\n"
    found = problems(folder(tmp_path, GRANTS, data=data))
    assert len(found) == 1
    assert found[0].startswith("data/all.yaml:4: the tag 'pi.email' protects nothing")


@pytest.mark.parametrize("where", ["mask", "grant", "pii", "parent"])
def test_a_tag_has_a_meaning_by_mask_grant_or_pii_entity(tmp_path: Path, where: str) -> None:
    data = "tables: {shop.sales.customers: {columns: {email: [a.b]}}}"
    tag = "a" if where == "parent" else "a.b"
    masks = f"masks: {{{tag}: {{mask: redact}}}}" if where in ("mask", "parent") else None
    pii = "entities: {X: {tag: a.b}}" if where == "pii" else None
    more = "p, role:all, tag:a, read, deny\n" if where == "grant" else ""
    bundle.load(folder(tmp_path, GRANTS + more, data=data, masks=masks, pii=pii))


@pytest.mark.parametrize("kind", ["for", "except", "mask"])
def test_a_role_that_no_grant_names_is_refused(tmp_path: Path, kind: str) -> None:
    rows = {"for": "for: [role:alll]", "except": "for: everyone, except: [role:alll]", "mask": "for: everyone"}[kind]
    data = f"tables:\n  shop.sales.customers:\n    rows:\n      - {{id: f, {rows}, where: 'id = x'}}\n"
    masks = "masks:\n  pii: {mask: redact}\n" + ("  pii@role:alll: {mask: none}\n" if kind == "mask" else "")
    found = problems(folder(tmp_path, GRANTS, data=data, masks=masks))
    place = "masks.yaml:3" if kind == "mask" else "data/all.yaml:4"
    assert found == [f"{place}: there is no role:alll: no line of the grants names it"]


# ------------------------------------------------------------------------------------------------------ fingerprint
def test_comments_spacing_order_and_splitting_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    one = fingerprint(tmp_path / "a")
    turned = "# a comment\ng, group:g , role:all\n\np,role:all, shop,read, allow\n"
    columns = "{ssn: [pii.national_id], email: [pii.email]}"
    data = f"# another\ntables:\n  shop.sales.customers: {{columns: {columns}, owner: sales@example.com}}\n"
    assert fingerprint(tmp_path / "b", turned, data=data) == one
    assert fingerprint(tmp_path / "c", model=BUILT_IN) == one
    path = folder(tmp_path / "d", "p, role:all, shop, read, allow\n")
    (path / "grants").mkdir()
    (path / "grants" / "more.csv").write_text("g, group:g, role:all\n", encoding="utf-8")
    assert bundle.load(path).fingerprint == one


def test_tests_are_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    one = fingerprint(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.yaml").write_text("x", encoding="utf-8")
    assert fingerprint(tmp_path) == one


def test_whatever_changes_a_decision_changes_the_fingerprint(tmp_path: Path) -> None:
    seen = [
        fingerprint(tmp_path / "0"),
        fingerprint(tmp_path / "1", GRANTS.replace("allow", "deny")),
        fingerprint(tmp_path / "2", GRANTS.replace("allow", "allow, 2030-01-01")),
        fingerprint(tmp_path / "3", GRANTS + "g, user:ana, role:all\n"),
        fingerprint(tmp_path / "4", data=DATA.replace("[pii.email]", "[pii]")),
        fingerprint(tmp_path / "5", data=DATA.replace("sales@", "people@")),
        fingerprint(tmp_path / "6", masks=MASKS.replace("redact", "hash")),
        fingerprint(tmp_path / "7", masks=MASKS + "order: [none, email_domain, last_four, redact]\n"),
        fingerprint(tmp_path / "8", pii="defaults: {action: block}"),
        fingerprint(tmp_path / "9", masks="\n".join(["masks:", *reversed(MASKS.strip().splitlines()[1:])])),
    ]
    assert len(set(seen)) == len(seen)


def test_subjects_that_pii_yaml_exempts_are_known(tmp_path: Path) -> None:
    loaded = bundle.load(folder(tmp_path, GRANTS, pii="exempt: [role:hr, 7, nobody]"))
    assert loaded.exempt == {"role:hr"}
