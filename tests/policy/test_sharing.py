"""The eight combining rules of docs/reference/policy.md, each by its number."""

from __future__ import annotations

from pathlib import Path

from proxy.policy.decide import decide
from tests.policy.house import (
    CATALOG,
    CUSTOMERS,
    MASKS,
    ORDERS,
    PRODUCTS,
    caller,
    cells,
    column,
    columns,
    engine,
    query,
    say,
)

DATA = """
tables:
  shop.sales.customers:
    columns:
      email: [pii.email]
      ssn: [pii.national_id, secret]
    rows:
      - {id: own-region, for: [role:analyst], where: "region = :region"}
      - {id: own-tickets, for: [role:support], where: "id = :sub"}
      - {id: not-deleted, for: everyone, except: [role:auditor], where: "deleted = no"}
"""
GRANTS = """
p, role:employee, shop.public, read, allow
p, role:analyst, shop.sales, read, allow
p, role:support, shop.sales.customers, read, allow
p, role:hr, shop.sales.customers, read, allow
p, role:hr, tag:pii, unmask, allow
p, role:auditor, shop.sales.customers, read, allow
g, role:analyst, role:employee
g, group:analysts, role:analyst
g, group:support, role:support
g, group:hr, role:hr
g, group:auditors, role:auditor
"""
SECRET = MASKS + "  secret: {mask: 'null'}\n"


# ------------------------------------------------------------------------------------------------------------ rule 1
def test_rule_1_nothing_is_visible_without_a_grant(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("nobody", "unknown"), CATALOG)
    assert view.tables == {}
    assert view.subjects == ()


def test_rule_1_no_data_rules_and_no_masks_give_no_rights(tmp_path: Path) -> None:
    assert engine(tmp_path, "p, role:r, shop, read, allow").view(caller(), CATALOG).tables == {}


def test_rule_1_a_deny_beats_any_allow(tmp_path: Path) -> None:
    grants = "p, user:ana, shop, read, allow\np, user:ana, shop.sales.customers.ssn, read, allow\n"
    deny = "p, group:g, tag:secret, read, deny\n"
    with_deny = engine(tmp_path, grants + deny, data=DATA_OPEN, masks=SECRET)
    assert "ssn" in columns(with_deny.view(caller("ana"), CATALOG))
    assert columns(with_deny.view(caller("ana", "g"), CATALOG)) == ("id", "name", "email", "region", "deleted")


DATA_OPEN = DATA[: DATA.index("    rows:")]


def test_rule_1_a_deny_through_an_inherited_role_holds(tmp_path: Path) -> None:
    grants = (
        "p, user:ana, shop, read, allow\ng, user:ana, role:a\ng, role:a, role:b\np, role:b, shop.people, read, deny\n"
    )
    view = engine(tmp_path, grants).view(caller("ana"), CATALOG)
    assert {t.schema for t in view.tables} == {"sales", "public"}


def test_rule_1_a_deny_on_a_parent_tag_reaches_its_children(tmp_path: Path) -> None:
    grants = "p, user:ana, shop, read, allow\np, user:ana, tag:pii, read, deny\n"
    view = engine(tmp_path, grants, data=DATA_OPEN, masks=SECRET).view(caller("ana"), CATALOG)
    assert columns(view) == ("id", "name", "region", "deleted")


def test_rule_1_a_deny_on_a_child_tag_leaves_its_parent(tmp_path: Path) -> None:
    grants = "p, user:ana, shop, read, allow\np, user:ana, tag:pii.email, read, deny\n"
    view = engine(tmp_path, grants, data=DATA_OPEN, masks=SECRET).view(caller("ana"), CATALOG)
    assert columns(view) == ("id", "name", "ssn", "region", "deleted")


def test_rule_1_a_grant_on_a_tag_shows_the_tagged_columns_only(tmp_path: Path) -> None:
    view = engine(tmp_path, "p, user:ana, tag:pii, read, allow", data=DATA_OPEN, masks=SECRET).view(caller(), CATALOG)
    assert columns(view) == ("email", "ssn")
    assert list(view.tables) == [CUSTOMERS]
    assert view.tables[CUSTOMERS].hidden == 4


def test_rule_1_unmask_alone_reads_nothing(tmp_path: Path) -> None:
    engine_ = engine(tmp_path, "p, user:ana, shop, unmask, allow", data=DATA_OPEN, masks=SECRET)
    assert engine_.view(caller(), CATALOG).tables == {}


# ------------------------------------------------------------------------------------------------------------ rule 2
def test_rule_2_one_granting_role_sees_its_own_rows(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "analysts"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "(own-region and not-deleted)"
    assert view.tables[CUSTOMERS].roles == ("role:analyst",)


def test_rule_2_rows_of_several_roles_are_united(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "analysts", "support"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "((own-region or own-tickets) and not-deleted)"


def test_rule_2_a_role_without_a_filter_of_its_own_sees_all_rows(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "analysts", "hr"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "not-deleted"


def test_rule_2_filters_of_one_role_hold_together(tmp_path: Path) -> None:
    more = DATA + '      - {id: cheap, for: [role:analyst], where: "name = x"}\n'
    view = engine(tmp_path, GRANTS, data=more, masks=SECRET).view(caller("ana", "analysts"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "(own-region and cheap and not-deleted)"


def test_rule_2_a_filter_follows_the_subject_of_the_grant_not_those_who_inherit_it(tmp_path: Path) -> None:
    grants = GRANTS + "g, role:lead, role:analyst\ng, user:lea, role:lead\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("lea"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "(own-region and not-deleted)"


def test_rule_2_a_role_whose_columns_are_all_denied_brings_no_rows(tmp_path: Path) -> None:
    grants = (
        "p, user:ana, shop.sales.customers.ssn, read, allow\np, role:analyst, shop.sales, read, allow\n"
        "p, role:analyst, shop.sales.customers.ssn, read, deny\ng, user:ana, role:analyst\n"
    )
    data = DATA_OPEN + '    rows:\n      - {id: own-region, for: [role:analyst], where: "region = :region"}\n'
    view = engine(tmp_path, grants, data=data, masks=SECRET).view(caller("ana"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "own-region"


# ------------------------------------------------------------------------------------------------------------ rule 3
def test_rule_3_a_filter_for_everyone_restricts_all_roles(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "hr"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "not-deleted"


def test_rule_3_except_for_the_roles_it_names(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=SECRET)
    assert say(policy.view(caller("ana", "auditors"), CATALOG).tables[CUSTOMERS].rows) == "always"
    both = policy.view(caller("ana", "auditors", "analysts"), CATALOG)
    assert say(both.tables[CUSTOMERS].rows) == "always"


# ------------------------------------------------------------------------------------------------------------ rule 4
def test_rule_4_a_missing_attribute_closes_its_filter_only(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=SECRET)
    who = caller("ana", "analysts", "support")
    decision = decide(policy.view(who, CATALOG), who, query(CUSTOMERS, uses=("id",)))
    assert say(decision.views[0].rows) == "(own-tickets and not-deleted)"
    assert ("missing-attribute", "own-region") in [(r.code, r.about) for r in decision.reasons]


def test_rule_4_no_filter_left_means_no_rows(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=SECRET)
    who = caller("ana", "analysts")
    decision = decide(policy.view(who, CATALOG), who, query(CUSTOMERS, uses=("id",)))
    assert say(decision.views[0].rows) == "never"


# ------------------------------------------------------------------------------------------------------------ rule 5
def test_rule_5_a_tagged_column_shows_its_mask(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "analysts"), CATALOG)
    assert cells(column(view, "email")) == [("always", "email_domain")]
    assert cells(column(view, "name")) == [("always", None)]
    assert column(view, "email").tags == ("pii.email",)
    assert column(view, "email").clear_tags == ()


def test_rule_5_the_most_specific_tag_wins_over_its_parent(tmp_path: Path) -> None:
    data = "tables: {shop.sales.customers: {columns: {email: [pii.email.work], name: [pii.name]}}}"
    policy = engine(tmp_path, "p, user:ana, shop, read, allow", data=data, masks=MASKS)
    view = policy.view(caller(), CATALOG)
    assert cells(column(view, "email")) == [("always", "email_domain")]
    assert cells(column(view, "name")) == [("always", "redact")]


def test_rule_5_of_equally_specific_tags_the_more_restrictive_wins(tmp_path: Path) -> None:
    data = "tables: {shop.sales.customers: {columns: {email: [pii.national_id, pii.email]}}}"
    view = engine(tmp_path, "p, user:ana, shop, read, allow", data=data, masks=MASKS).view(caller(), CATALOG)
    assert cells(column(view, "email")) == [("always", "last_four")]


def test_rule_5_unmask_shows_the_value_in_all_rows(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=SECRET)
    view = policy.view(caller("ana", "hr"), CATALOG)
    assert cells(column(view, "email")) == [("always", None)]
    assert column(view, "email").clear_tags == ("pii.email",)


def test_rule_5_every_masked_tag_must_be_unmasked(tmp_path: Path) -> None:
    view = engine(tmp_path, GRANTS, data=DATA, masks=SECRET).view(caller("ana", "hr"), CATALOG)
    assert cells(column(view, "ssn")) == [("always", "last_four")]
    assert column(view, "ssn").clear_tags == ("pii.national_id",)


def test_rule_5_unmask_on_the_table_clears_all_its_tags(tmp_path: Path) -> None:
    grants = GRANTS + "p, role:hr, shop.sales.customers, unmask, allow\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "hr"), CATALOG)
    assert cells(column(view, "ssn")) == [("always", None)]
    assert column(view, "ssn").clear_tags == ("pii.national_id", "secret")


def test_rule_5_a_denied_unmask_masks(tmp_path: Path) -> None:
    grants = GRANTS + "p, user:ana, tag:pii.email, unmask, deny\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "hr"), CATALOG)
    assert cells(column(view, "email")) == [("always", "email_domain")]


def test_rule_5_between_roles_the_least_restrictive_mask_wins(tmp_path: Path) -> None:
    masks = MASKS + "  pii.email@role:b: {mask: redact}\n  pii.email@role:c: {mask: none}\n"
    grants = "".join(f"p, role:{r}, shop, read, allow\ng, group:{r}, role:{r}\n" for r in "abc")
    policy = engine(tmp_path, grants, data=DATA_OPEN.replace(", secret", ""), masks=masks)
    shown = {
        groups: cells(column(policy.view(caller("ana", *groups), CATALOG), "email"))
        for groups in ["a", "b", "c", "ab", "bc"]
    }
    assert shown == {
        "a": [("always", "email_domain")],
        "b": [("always", "redact")],
        "c": [("always", None)],
        "ab": [("always", "email_domain")],
        "bc": [("always", None)],
    }


def test_rule_5_the_order_in_masks_yaml_decides(tmp_path: Path) -> None:
    masks = MASKS + "  pii.email@role:b: {mask: redact}\norder: [none, redact, email_domain, last_four]\n"
    grants = "".join(f"p, role:{r}, shop, read, allow\ng, user:ana, role:{r}\n" for r in "ab")
    policy = engine(tmp_path, grants, data=DATA_OPEN.replace(", secret", ""), masks=masks)
    assert cells(column(policy.view(caller("ana"), CATALOG), "email")) == [("always", "redact")]


def test_rule_5_where_roles_disagree_the_cell_decides(tmp_path: Path) -> None:
    """HR unmasks in the rows that HR sees; in the analyst's other rows the mask shows."""
    data = DATA.replace("[role:support]", "[role:hr]")
    policy = engine(tmp_path, GRANTS, data=data, masks=SECRET)
    view = policy.view(caller("ana", "analysts", "hr"), CATALOG)
    assert cells(column(view, "email")) == [("own-tickets", None), ("always", "email_domain")]
    assert column(view, "email").clear_tags == ()


def test_rule_5_an_override_decides_by_cell_too(tmp_path: Path) -> None:
    masks = SECRET + "  pii.email@role:support: {mask: hash}\n  pii.email@role:analyst: {mask: redact}\n"
    policy = engine(tmp_path, GRANTS, data=DATA, masks=masks)
    view = policy.view(caller("ana", "analysts", "support"), CATALOG)
    assert cells(column(view, "email")) == [("own-tickets", "hash"), ("own-region", "redact")]


def test_rule_5_unmask_of_a_subject_that_does_not_grant_the_table_holds_in_all_rows(tmp_path: Path) -> None:
    grants = GRANTS + "p, role:dpo, tag:pii, unmask, allow\ng, user:ana, role:dpo\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "analysts"), CATALOG)
    assert cells(column(view, "email")) == [("always", None)]


def test_rule_5_an_override_of_a_subject_that_does_not_grant_the_table_is_an_alternative(tmp_path: Path) -> None:
    masks = SECRET + "  pii.email@role:dpo: {mask: none}\n  pii.national_id@role:dpo: {mask: redact}\n"
    grants = GRANTS + "g, user:ana, role:dpo\n"
    view = engine(tmp_path, grants, data=DATA.replace(", secret", ""), masks=masks).view(
        caller("ana", "analysts"), CATALOG
    )
    assert cells(column(view, "email")) == [("always", None)]
    assert cells(column(view, "ssn")) == [("always", "last_four")], "a stricter alternative takes nothing away"
    assert column(view, "email").clear_tags == (), "a mask that shows the value is no clearance"


def test_rule_5_a_column_that_only_some_roles_read_is_null_elsewhere(tmp_path: Path) -> None:
    grants = (
        "p, role:analyst, shop.sales.customers.id, read, allow\n"
        "p, role:analyst, shop.sales.customers.region, read, allow\n"
        "p, role:support, shop.sales.customers, read, allow\ng, user:ana, role:analyst\ng, user:ana, role:support\n"
        "p, role:auditor, shop.sales.customers, read, allow\n"
    )
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana"), CATALOG)
    assert cells(column(view, "id")) == [("always", None)]
    assert cells(column(view, "name")) == [("own-tickets", None)]
    assert cells(column(view, "email")) == [("own-tickets", "email_domain")]


def test_rule_5_unmask_never_shows_a_cell_in_rows_whose_role_may_not_read_the_column(tmp_path: Path) -> None:
    grants = (
        "p, role:hr, shop.sales.customers.id, read, allow\np, role:hr, tag:pii, unmask, allow\n"
        "p, role:support, shop.sales.customers, read, allow\ng, user:ana, role:hr\ng, user:ana, role:support\n"
        "p, role:auditor, shop, read, allow\np, role:analyst, shop, read, allow\n"
    )
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "not-deleted"
    assert cells(column(view, "email")) == [("own-tickets", None)]


# ------------------------------------------------------------------------------------------------------------ rule 6
def test_rule_6_a_column_without_read_does_not_exist(tmp_path: Path) -> None:
    grants = "p, user:ana, shop.sales.customers.id, read, allow\np, user:ana, shop.public.products, read, allow\n"
    view = engine(tmp_path, grants).view(caller("ana"), CATALOG)
    assert columns(view) == ("id",)
    assert view.tables[CUSTOMERS].hidden == 5
    assert view.tables[PRODUCTS].hidden == 0
    assert ORDERS not in view.tables


# ------------------------------------------------------------------------------------------------------------ rule 7
def test_rule_7_an_app_narrows_columns(tmp_path: Path) -> None:
    grants = GRANTS + "p, app:bot, shop.sales.customers.id, read, allow\np, app:bot, shop.people, read, allow\n"
    policy = engine(tmp_path, grants, data=DATA, masks=SECRET)
    view = policy.view(caller("ana", "hr", app="bot"), CATALOG)
    assert columns(view) == ("id",)
    assert list(view.tables) == [CUSTOMERS], "what only the app may see is not there"


def test_rule_7_without_an_app_policy_the_users_alone_holds(tmp_path: Path) -> None:
    policy = engine(tmp_path, GRANTS, data=DATA, masks=SECRET)
    alone, through = (policy.view(caller("ana", "hr", app=app), CATALOG) for app in (None, "other"))
    assert alone.key == through.key


def test_rule_7_rows_must_pass_both(tmp_path: Path) -> None:
    grants = GRANTS + "g, app:bot, role:support\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "analysts", app="bot"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "(own-region and not-deleted and own-tickets)"


def test_rule_7_a_value_is_unmasked_only_if_both_may_see_it(tmp_path: Path) -> None:
    grants = (
        GRANTS
        + "p, app:bot, shop, read, allow\np, app:clear, shop, read, allow\np, app:clear, tag:pii, unmask, allow\n"
    )
    policy = engine(tmp_path, grants, data=DATA, masks=SECRET)
    masked = column(policy.view(caller("ana", "hr", app="bot"), CATALOG), "email")
    clear = column(policy.view(caller("ana", "hr", app="clear"), CATALOG), "email")
    not_the_user = column(policy.view(caller("ana", "analysts", app="clear"), CATALOG), "email")
    assert (cells(masked), masked.clear_tags) == ([("always", "email_domain")], ())
    assert (cells(clear), clear.clear_tags) == ([("always", None)], ("pii.email",))
    assert (cells(not_the_user), not_the_user.clear_tags) == ([("always", "email_domain")], ())


def test_rule_7_an_apps_exemption_does_not_exempt_the_user(tmp_path: Path) -> None:
    grants = GRANTS + "g, app:bot, role:auditor\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "hr", app="bot"), CATALOG)
    assert say(view.tables[CUSTOMERS].rows) == "not-deleted"


def test_rule_7_the_apps_roles_are_not_the_users(tmp_path: Path) -> None:
    grants = GRANTS + "g, app:bot, role:hr\n"
    view = engine(tmp_path, grants, data=DATA, masks=SECRET).view(caller("ana", "analysts", app="bot"), CATALOG)
    assert "role:hr" not in view.subjects
    assert "app:bot" in view.subjects


def test_rule_7_a_user_named_like_an_app_does_not_become_one(tmp_path: Path) -> None:
    grants = GRANTS + "p, app:bot, shop, read, allow\n"
    policy = engine(tmp_path, grants, data=DATA, masks=SECRET)
    for subject in ("bot", "app:bot", "role:hr", "group:hr"):
        assert policy.view(caller(subject, "role:hr", "app:bot"), CATALOG).tables == {}


# ------------------------------------------------------------------------------------------------------------ rule 8
def test_rule_8_a_time_bound_grant_ends_by_itself(tmp_path: Path) -> None:
    now = [0.0]
    grants = "p, user:ana, shop.public, read, allow\np, user:ana, shop.sales, read, allow, 1970-01-01T01:00:00+00:00\n"
    policy = engine(tmp_path, grants, clock=lambda: now[0])
    before = policy.view(caller("ana"), CATALOG)
    now[0] = 3599.9
    assert policy.view(caller("ana"), CATALOG) is before
    now[0] = 3600.0
    after = policy.view(caller("ana"), CATALOG)
    assert CUSTOMERS in before.tables
    assert list(after.tables) == [PRODUCTS]
    assert after.key != before.key, "plans made under the ended grant must not be found again"


def test_rule_8_the_end_of_an_apps_only_grant_does_not_widen(tmp_path: Path) -> None:
    now = [0.0]
    grants = "p, user:ana, shop, read, allow\np, app:bot, shop.public, read, allow, 1970-01-01\n"
    policy = engine(tmp_path, grants, clock=lambda: now[0])
    assert list(policy.view(caller("ana", app="bot"), CATALOG).tables) == [PRODUCTS]
    now[0] = 86_400.0
    assert policy.view(caller("ana", app="bot"), CATALOG).tables == {}


def test_rule_8_a_time_bound_deny_ends_too(tmp_path: Path) -> None:
    now = [0.0]
    grants = "p, user:ana, shop.sales, read, allow\np, user:ana, shop.sales.orders, read, deny, 1970-01-01\n"
    policy = engine(tmp_path, grants, clock=lambda: now[0])
    assert list(policy.view(caller("ana"), CATALOG).tables) == [CUSTOMERS]
    now[0] = 86_400.0
    assert list(policy.view(caller("ana"), CATALOG).tables) == [CUSTOMERS, ORDERS]
