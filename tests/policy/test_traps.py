"""Casbin's traps, one test each: what fails open (or fails as a whole) in Casbin must be refused or closed here.

Each test first shows, where it can, that Casbin itself falls into the trap."""

from __future__ import annotations

from pathlib import Path

import casbin
import pytest

from proxy.errors import ConfigError
from proxy.policy import authority, bundle
from proxy.policy.model import BUILT_IN
from tests.policy.house import CATALOG, caller, columns, engine, folder


def problems(path: Path, grants: str, **files: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        bundle.load(folder(path, grants, **files))
    return list(caught.value.problems)


def only_problem(path: Path, grants: str, **files: str) -> str:
    found = problems(path, grants, **files)
    assert len(found) == 1, found
    return found[0]


def plain_casbin(path: Path, grants: str, model: str = BUILT_IN) -> casbin.Enforcer:
    """Casbin as its own tools use it: on the two files."""
    beside = path.with_name(path.name + "-casbin")
    beside.mkdir()
    (beside / "model.conf").write_text(model, encoding="utf-8")
    (beside / "grants.csv").write_text(grants, encoding="utf-8")
    return casbin.Enforcer(str(beside / "model.conf"), str(beside / "grants.csv"))


def chain(edges: int) -> str:
    links = "".join(f"g, role:r{n}, role:r{n + 1}\n" for n in range(1, edges))
    return f"p, user:ana, shop, read, allow\np, role:r{edges}, shop.people, read, deny\ng, user:ana, role:r1\n" + links


# ------------------------------------------------------------------------------------------------------------ roles
def test_a_chain_of_nine_roles_is_followed_to_its_deny(tmp_path: Path) -> None:
    view = engine(tmp_path, chain(9)).view(caller("ana"), CATALOG)
    assert "people" not in {t.schema for t in view.tables}
    casbin_itself = plain_casbin(tmp_path, chain(9))
    assert casbin_itself.enforce("user:ana", "shop.people", "read") is False


def test_a_chain_of_more_than_nine_roles_is_refused(tmp_path: Path) -> None:
    grants = "p, user:ana, shop.people, read, allow\n" + chain(10)
    assert plain_casbin(tmp_path, grants).enforce("user:ana", "shop.people", "read") is True, "Casbin loses the deny"
    problem = only_problem(tmp_path, grants)
    assert "grants.csv:4: user:ana stands on a chain of 10 roles; at most 9" in problem


def test_a_circle_of_roles_is_refused(tmp_path: Path) -> None:
    grants = (
        "p, role:a, shop, read, allow\ng, user:x, role:a\ng, role:a, role:b\ng, role:b, role:c\ng, role:c, role:a\n"
    )
    problem = only_problem(tmp_path, grants)
    assert "roles run in a circle: role:a -> role:b -> role:c -> role:a" in problem
    assert "grants.csv:3:" in problem


def test_a_role_of_itself_is_refused(tmp_path: Path) -> None:
    assert "circle: role:a -> role:a" in only_problem(tmp_path, "p, role:a, shop, read, allow\ng, role:a, role:a\n")


def test_a_long_chain_of_roles_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    assert "a chain of 5000 roles" in only_problem(tmp_path, chain(5000))


def test_a_subject_spelt_like_a_role_gains_nothing(tmp_path: Path) -> None:
    bare = "p, hr, shop, read, allow\n"
    assert plain_casbin(
        tmp_path, bare + "g, x, y\n", BUILT_IN.replace(" && g2(r.obj, p.obj)", " && r.obj == p.obj")
    ).enforce("hr", "shop", "read")
    assert "'hr' is no subject" in only_problem(tmp_path, bare)
    policy = engine(tmp_path, "p, role:hr, shop, read, allow\n")
    for name in ("hr", "role:hr"):
        assert policy.view(caller(name, name, app=name), CATALOG).tables == {}


def test_an_empty_subject_is_nobody(tmp_path: Path) -> None:
    policy = engine(tmp_path, "p, user:ana, shop, read, allow\n")
    assert policy.view(caller("", ""), CATALOG).tables == {}
    assert policy.may(caller("", ""), "usher.audit", "read") is False


def test_only_roles_can_be_given(tmp_path: Path) -> None:
    base = "p, group:g, shop, read, allow\n"
    for given in ("group:g", "user:ben", "app:bot", "g", "role:"):
        assert "must be a role" in only_problem(tmp_path, base + f"g, user:ana, {given}\n")


# ---------------------------------------------------------------------------------------------------------- effects
@pytest.mark.parametrize("effect", ["Deny", "DENY", "deny # note", "deny;", "no", "allow or deny", "Allow"])
def test_a_word_that_is_neither_allow_nor_deny_is_refused(tmp_path: Path, effect: str) -> None:
    grants = f"p, user:ana, shop, read, allow\np, user:ana, shop, read, {effect}\n"
    if effect.lower() != "allow":
        assert plain_casbin(tmp_path, grants).enforce("user:ana", "shop", "read") is True, "Casbin loses the deny"
    assert "grants.csv:2:" in only_problem(tmp_path, grants)


def test_a_comment_at_the_end_of_a_line_is_refused(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "p, user:ana, shop, read, allow  # everything\n")
    assert "a comment must have a line of its own" in problem


# ------------------------------------------------------------------------------------------------------------ lines
@pytest.mark.parametrize("line", ["g, user:ana", "g, user:ana, role:a, shop", "g", "g, user:ana, role:a, "])
def test_a_g_line_with_a_wrong_number_of_fields_is_refused(tmp_path: Path, line: str) -> None:
    assert "grants.csv:2:" in only_problem(tmp_path, f"p, role:a, shop, read, allow\n{line}\n")


def test_casbin_takes_a_g_line_with_a_field_too_many(tmp_path: Path) -> None:
    grants = "p, role:a, shop, read, allow\ng, user:ana, role:a, other-domain\n"
    assert plain_casbin(tmp_path, grants).enforce("user:ana", "shop", "read") is True


@pytest.mark.parametrize("line", ["p, user:ben, shop, read", "p, user:ben, shop", "p", "p, a, b, c, d, e, f"])
def test_a_p_line_with_a_wrong_number_of_fields_is_refused(tmp_path: Path, line: str) -> None:
    grants = f"p, user:ana, shop, read, allow\n{line}\n"
    with pytest.raises(RuntimeError, match="invalid policy size"):
        plain_casbin(tmp_path, grants).enforce("user:ana", "shop", "unmask")
    assert "grants.csv:2:" in only_problem(tmp_path, grants)


@pytest.mark.parametrize(
    "line",
    ["p, , shop, read, allow", "p, user:ana, , read, allow", "p, user:ana, shop, , allow", "p, user:ana, shop, read, "],
)
def test_an_empty_field_is_refused(tmp_path: Path, line: str) -> None:
    assert "an empty field" in only_problem(tmp_path, line + "\n")


def test_an_empty_policy_allows_nothing(tmp_path: Path) -> None:
    exact = BUILT_IN.replace(" && g(r.sub, p.sub) && g2(r.obj, p.obj)", " && r.sub == p.sub && r.obj == p.obj")
    assert plain_casbin(tmp_path, "", exact).enforce("", "", "") is True, "Casbin allows empty strings"
    policy = engine(tmp_path, "# nothing yet\n")
    assert policy.view(caller("ana", "g"), CATALOG).tables == {}
    assert policy.may(caller("", ""), "", "") is False
    assert policy.may(caller("ana"), "usher.audit", "read") is False


def test_no_grants_file_at_all_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "grants.csv").unlink()
    with pytest.raises(ConfigError, match="neither grants"):
        bundle.load(path)


def test_quoted_commas_are_refused(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, 'p, "group:Data, EU", shop, read, allow\n')
    assert "quoted commas are not read by Casbin" in problem


@pytest.mark.parametrize("name", ["group:a(b", "group:a)b", "group:a[b, c]"])
def test_brackets_that_swallow_a_comma_are_refused(tmp_path: Path, name: str) -> None:
    assert "grants.csv:1:" in only_problem(tmp_path, f"p, {name}, shop, read, allow\n")


def test_brackets_within_a_name_are_taken_as_casbin_takes_them(tmp_path: Path) -> None:
    policy = engine(tmp_path, "p, group:Data (EU), shop.sales.customers, read, allow\n")
    assert columns(policy.view(caller("ana", "Data (EU)"), CATALOG))


@pytest.mark.parametrize("line", ["P, a, b, read, allow", "p2, a, b, read, allow", "g2, a, b", "x", "policy, a"])
def test_a_line_that_casbin_passes_over_is_refused(tmp_path: Path, line: str) -> None:
    assert authority.line_reader()(line) is None or line.startswith("g2")
    problem = only_problem(tmp_path, f"p, user:ana, shop, read, allow\n{line}\n")
    assert "grants.csv:2: a line must begin with `p,` or `g,`" in problem


def test_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "\ufeffp, user:ana, shop, read, deny\n")
    assert "grants.csv:1: begins with a byte order mark" in problem


@pytest.mark.parametrize("character", ["\u200b", "\u00a0", "\x00", "\u202e"])
def test_an_invisible_character_is_refused(tmp_path: Path, character: str) -> None:
    problem = only_problem(tmp_path, f"p, role:h{character}r, shop, read, deny\n")
    assert "cannot be seen" in problem


# ------------------------------------------------------------------------------------------------------------ words
def test_an_unknown_action_is_refused(tmp_path: Path) -> None:
    for action in ("write", "Read", "*", "select"):
        assert f"there is no action {action!r}" in only_problem(tmp_path, f"p, user:ana, shop, {action}, allow\n")


def test_an_unknown_prefix_is_refused(tmp_path: Path) -> None:
    for subject in ("ana", "users:ana", "User:ana", "role", "role:", ":ana", "*"):
        assert f"{subject!r} is no subject" in only_problem(tmp_path, f"p, {subject}, shop, read, allow\n")


def test_an_unknown_tag_is_refused(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "p, user:ana, shop, read, allow\np, user:ana, tag:secrt, read, deny\n")
    assert "grants.csv:2: there is no tag 'secrt'" in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shp", "there is no warehouse 'shp'; did you mean 'shop'?"),
        ("shop.sale", "there is no schema 'shop.sale'; did you mean 'shop.sales'?"),
        ("shop.sales.Customers", "there is no table 'shop.sales.Customers'; did you mean 'shop.sales.customers'?"),
        ("shop.sales.customers.SSN", "shop.sales.customers has no column 'SSN'; did you mean 'ssn'?"),
        ("shop.nope.t.c", "there is no column 'shop.nope.t.c'"),
    ],
)
def test_an_unknown_object_is_a_problem_at_check(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        engine(tmp_path, f"p, user:ana, shop, read, allow\np, user:ana, {name}, read, deny\n")
    assert caught.value.problems == (f"{tmp_path}/grants.csv:2: {hint}",)


def test_an_object_that_is_no_name_is_refused(tmp_path: Path) -> None:
    for name in ("shop..customers", ".shop", "shop.", "a.b.c.d.e", "role:x", "user:ana.b", "usher", "usher.nope"):
        assert "object" in only_problem(tmp_path, f"p, user:ana, {name}, read, allow\n")


def test_the_gateways_own_object_knows_read_only(tmp_path: Path) -> None:
    assert "knows the action act only" in only_problem(tmp_path / "a", "p, app:bot, usher.users, read, allow\n")
    assert "on usher.users only" in only_problem(tmp_path / "b", "p, app:bot, shop.sales, act, allow\n")
    assert "on usher.users only" in only_problem(tmp_path / "c", "p, app:bot, tag:pii, act, allow\n")
    assert "on usher.users only" in only_problem(tmp_path / "d", "p, app:bot, usher.audit, act, allow\n")
    assert "knows the action read only" in only_problem(tmp_path, "p, user:ana, usher.audit, unmask, allow\n")


# ------------------------------------------------------------------------------------------------------------ model
def test_an_effect_of_only_no_deny_is_refused(tmp_path: Path) -> None:
    model = BUILT_IN.replace("some(where (p.eft == allow)) && !some", "!some")
    grants = "p, user:ana, shop, read, allow\n"
    assert plain_casbin(tmp_path, grants, model).enforce("user:eve", "shop.people", "read") is True, "Casbin allows it"
    assert "model.conf:12: must be `e = some(where (p.eft == allow))" in only_problem(tmp_path, grants, model=model)


def test_an_effect_of_only_allow_is_refused(tmp_path: Path) -> None:
    model = BUILT_IN.replace(" && !some(where (p.eft == deny))", "")
    assert "lets an allow beat a deny" in only_problem(tmp_path, "p, user:ana, shop, read, allow\n", model=model)


@pytest.mark.parametrize(
    "matcher",
    [
        "eval(p.sub) && g2(r.obj, p.obj) && r.act == p.act",
        "g(r.sub, p.sub) && regexMatch(r.obj, p.obj) && r.act == p.act",
        "g(r.sub, p.sub) && g2(r.obj, p.obj)",
        "g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act || r.sub == root",
        "g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act && r.act == p.act",
        "true",
    ],
)
def test_a_matcher_with_another_meaning_is_refused(tmp_path: Path, matcher: str) -> None:
    model = BUILT_IN[: BUILT_IN.index("m = ")] + f"m = {matcher}\n"
    problem = only_problem(tmp_path, "p, user:ana, shop, read, allow\n", model=model)
    assert "model.conf:15: must be `m = " in problem


def test_casbin_switched_off_allows_nothing_here() -> None:
    enforcer = authority.build([("user:ana", "shop", "read", "allow")], [], [])
    enforcer.enable_enforce(False)
    assert enforcer.enforce("user:eve", "anything", "unmask") is True, "Casbin allows everything"
    with pytest.raises(authority.Untrustworthy):
        authority.ask(enforcer, "user:eve", "anything", "unmask")


# ------------------------------------------------------------------------------------------------------- everything
def test_all_mistakes_of_all_files_are_told_together(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "p, ana, shop, read, allow\ng, user:ana\n",
        data="tables:\n  shop.sales:\n    columns: {}\n  shop.sales.orders:\n    cols: {}\n",
        masks="masks:\n  pii: {mask: nope}\n",
        model=BUILT_IN.replace("g2 = _, _\n", ""),
    )
    places = sorted(p.split(":")[0].rsplit("/", 1)[1] + ":" + p.split(":")[1] for p in found)
    assert places == ["all.yaml:5", "grants.csv:1", "grants.csv:2", "masks.yaml:2", "model.conf:1"]


def test_casbins_own_tools_read_the_files(tmp_path: Path) -> None:
    """What a plain enforcer reads from the folder's files decides as this engine does."""
    grants = (
        "# staff\np, role:staff, shop.sales, read, allow\np, role:staff, shop.people, read, deny\n"
        "g, group:all, role:staff\ng, role:lead, role:staff\n"
    )
    path = folder(tmp_path, grants, model=BUILT_IN)
    bundle.load(path)
    enforcer = casbin.Enforcer(str(path / "model.conf"), str(path / "grants.csv"))
    assert enforcer.enforce("role:lead", "shop.sales", "read") is True
    assert enforcer.enforce("role:lead", "shop.people", "read") is False
    assert enforcer.enforce("group:all", "shop.sales", "unmask") is False
