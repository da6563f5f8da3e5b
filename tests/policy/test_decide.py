"""One query against one view: refusals, closed filters, reasons, shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proxy.errors import InvalidSql
from proxy.gateway import caller_attribute
from proxy.policy import decide
from proxy.policy.engine import Engine
from proxy.values import ColumnUse, Decision, Query, Reason, ReasonCode, Reference, Span, TableId
from tests.policy.house import (
    CATALOG,
    CUSTOMERS,
    EMPLOYEES,
    MASKS,
    ORDERS,
    PRODUCTS,
    caller,
    cells,
    column,
    engine,
    query,
    say,
)

DATA = """
tables:
  shop.sales.customers:
    columns: {email: [pii.email], ssn: [pii.national_id]}
    rows:
      - {id: own, for: [role:analyst], where: "region = :region"}
      - {id: many, for: [role:lead], where: "region IN (:regions)"}
      - {id: mine, for: everyone, where: "name = :email"}
  shop.sales.orders:
    rows:
      - {id: own, for: [role:analyst], where: "region = :region"}
"""
GRANTS = """
p, role:analyst, shop.sales, read, allow
p, role:analyst, shop.sales.customers.ssn, read, deny
p, role:lead, shop.sales.customers, read, allow
p, role:lead, tag:pii, unmask, allow
p, app:bot, shop, read, allow
g, group:analysts, role:analyst
g, group:leads, role:lead
"""


@pytest.fixture
def policy(tmp_path: Path) -> Engine:
    return engine(tmp_path, GRANTS, data=DATA, masks=MASKS)


def decided(
    policy: Engine, what: Query, *groups: str, app: str | None = None, email: str | None = "a@x", **own: object
) -> Decision:
    who = replace(caller("ana", *groups, app=app, attributes=own), email=email)  # type: ignore[arg-type]
    return policy.decide(policy.view(who, CATALOG), who, what)


def about(decision: Decision, code: ReasonCode) -> list[str]:
    return [r.about for r in decision.reasons if r.code is code]


# --------------------------------------------------------------------------------------------------------- refusals
def refused(policy: Engine, what: Query, *groups: str) -> InvalidSql:
    with pytest.raises(InvalidSql) as caught:
        decided(policy, what, *groups, region="EU")
    return caught.value


def test_a_hidden_table_is_refused_like_one_that_is_not_there(policy: Engine) -> None:
    hidden = refused(policy, query(EMPLOYEES, uses=("id",)), "analysts")
    nowhere = refused(policy, query(TableId("shop", "", "employees"), uses=("id",)), "analysts")
    assert str(hidden) == str(nowhere)
    assert (hidden.reasons, hidden.span) == (nowhere.reasons, nowhere.span)
    assert 'no table "employees"' in str(hidden)


def test_of_several_tables_the_first_in_the_text_is_refused_whatever_is_hidden(policy: Engine) -> None:
    """Otherwise the error for `FROM guess, nonsense` would tell whether the guess exists."""
    nonsense = TableId("shop", "", "nonsense")
    for first in (EMPLOYEES, TableId("shop", "", "employees")):
        what = query(first, nonsense, uses=("id",))
        backwards = replace(what, references=tuple(reversed(what.references)))
        assert 'no table "employees"' in str(refused(policy, what, "analysts"))
        assert 'no table "employees"' in str(refused(policy, replace(backwards, columns=()), "analysts"))


def test_an_unknown_table_is_refused_before_an_unknown_column(policy: Engine) -> None:
    assert "no table" in str(refused(policy, query(EMPLOYEES, uses=("nonsense",)), "analysts"))


def test_a_hidden_column_is_refused_like_one_that_is_not_there(policy: Engine) -> None:
    hidden = refused(policy, query(CUSTOMERS, uses=("ssn",)), "analysts")
    missing = query(CUSTOMERS, uses=("ssn",))
    use = replace(missing.columns[0], candidates=())
    nowhere = refused(policy, replace(missing, columns=(use,)), "analysts")
    assert str(hidden) == str(nowhere)
    assert hidden.reasons == (Reason(ReasonCode.UNKNOWN_COLUMN, "ssn"),)


def test_a_name_that_may_mean_something_else_is_not_refused_here(policy: Engine) -> None:
    decided(policy, query(CUSTOMERS, uses=("ssn",), certain=False), "analysts", region="EU")


def test_a_name_with_one_readable_candidate_is_not_refused(policy: Engine) -> None:
    what = query(CUSTOMERS, ORDERS, uses=("id",))
    use = ColumnUse("id", what.columns[0].span, ((0, "ssn"), (1, "id")), certain=True)
    decided(policy, replace(what, columns=(use,)), "analysts", region="EU")


def test_the_error_quotes_the_users_own_spelling(policy: Engine) -> None:
    what = query(EMPLOYEES, uses=("id",))
    sql = what.sql.replace("employees", "PEOPLE.Employees\n")
    reference = Reference(EMPLOYEES, Span(len(sql) - 17, len(sql)), "Employees", None, frozenset())
    error = refused(policy, replace(what, sql=sql, references=(reference,)), "analysts")
    assert 'no table "PEOPLE.Employees" that' in str(error)


# ------------------------------------------------------------------------------------------------------- attributes
def test_a_caller_with_every_attribute_gets_the_view_as_it_is(policy: Engine) -> None:
    who = replace(caller("ana", "analysts", attributes={"region": "EU"}), email="a@x")
    view = policy.view(who, CATALOG)
    assert policy.decide(view, who, query(CUSTOMERS, uses=("id",))).views == (view.tables[CUSTOMERS],)


@pytest.mark.parametrize("value", [None, (), ("EU",), ("EU", "US")])
def test_a_list_or_nothing_where_one_value_is_needed_closes_the_filter(policy: Engine, value: object) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "analysts", region=value)
    assert say(decision.views[0].rows) == "never"
    assert about(decision, ReasonCode.MISSING_ATTRIBUTE) == ["own"]
    assert about(decision, ReasonCode.ROW_FILTER) == []


@pytest.mark.parametrize("value", [None, ()])
def test_an_empty_list_closes_a_list_filter(policy: Engine, value: object) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "leads", regions=value)
    assert say(decision.views[0].rows) == "never"


@pytest.mark.parametrize("value", ["EU", ("EU",), ("EU", "US"), 0, False, ""])
def test_a_value_that_is_there_opens_a_list_filter(policy: Engine, value: object) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "leads", regions=value)
    assert say(decision.views[0].rows) == "(many and mine)"


def test_a_missing_own_attribute_closes_a_filter_for_everyone(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "leads", email=None, regions=("EU",))
    assert say(decision.views[0].rows) == "never"
    assert about(decision, ReasonCode.MISSING_ATTRIBUTE) == ["mine"]


def test_a_claim_cannot_stand_in_for_an_own_attribute(policy: Engine) -> None:
    who = caller("ana", "leads", attributes={"regions": ("EU",), "email": "b@x"})
    decision = policy.decide(policy.view(who, CATALOG), who, query(CUSTOMERS, uses=("id",)))
    assert say(decision.views[0].rows) == "never"


def test_cells_are_closed_too(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("email",)), "analysts", "leads", region="EU")
    assert say(decision.views[0].rows) == "(own and mine)"
    assert cells(column(decision.views[0], "email")) == [("always", "email_domain")]
    both = decided(policy, query(CUSTOMERS, uses=("email",)), "analysts", "leads", region="EU", regions=("US",))
    assert cells(column(both.views[0], "email")) == [("many", None), ("always", "email_domain")]


def test_the_same_id_on_another_table_is_another_filter(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, ORDERS, uses=("id",)), "analysts", region="EU")
    assert [say(v.rows) for v in decision.views] == ["(own and mine)", "own"]
    assert about(decision, ReasonCode.ROW_FILTER) == [
        "shop.sales.customers:own",
        "shop.sales.customers:mine",
        "shop.sales.orders:own",
    ]


@pytest.mark.parametrize("name", ["sub", "email", "issuer", "app", "region", "nothing"])
def test_attributes_are_those_that_the_gateway_binds(name: str) -> None:
    who = replace(caller("ana", app="bot", attributes={"region": "EU", "sub": "root"}), email="a@x")
    assert decide.attribute(who, name) == caller_attribute(who, name)


def test_a_shape_tells_presence_and_length_but_no_value(policy: Engine) -> None:
    def shape(**own: object) -> object:
        who = replace(caller("ana", "analysts", "leads", attributes=own), email="a@x")  # type: ignore[arg-type]
        return policy.shape(policy.view(who, CATALOG), who)

    assert shape(region="EU") == (("email", -1), ("region", -1), ("regions", None))
    assert shape(region="EU") == shape(region="US", unused=1)
    assert shape(regions=("EU", "US")) == (("email", -1), ("region", None), ("regions", 2))
    assert shape(regions=()) == (("email", -1), ("region", None), ("regions", 0))


# ---------------------------------------------------------------------------------------------------------- reasons
def test_reasons_name_filters_masks_and_hidden_columns(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id", "email")), "analysts", region="EU")
    assert [(r.code.value, r.about) for r in decision.reasons] == [
        ("row-filter", "shop.sales.customers:own"),
        ("row-filter", "shop.sales.customers:mine"),
        ("masked", "shop.sales.customers.email"),
        ("column-hidden", "shop.sales.customers"),
    ]
    assert decision.views[0].hidden == 1


def test_a_mask_on_a_column_that_is_not_touched_is_no_reason(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "analysts", region="EU")
    assert about(decision, ReasonCode.MASKED) == []


def test_an_app_with_a_policy_is_a_reason(policy: Engine) -> None:
    decision = decided(policy, query(CUSTOMERS, uses=("id",)), "analysts", app="bot", region="EU")
    assert about(decision, ReasonCode.APP_NARROWS) == ["app:bot"]
    assert (
        about(decided(policy, query(ORDERS, uses=("id",)), "analysts", app="x", region="EU"), ReasonCode.APP_NARROWS)
        == []
    )


def test_a_query_without_tables_has_no_reasons(policy: Engine) -> None:
    what = replace(query(PRODUCTS), references=(), columns=())
    decision = decided(policy, what, app="bot")
    assert (decision.views, decision.reasons) == ((), ())


def test_a_decision_names_view_policy_and_subjects(policy: Engine) -> None:
    decision = decided(policy, query(ORDERS, uses=("id",)), "analysts", region="EU")
    assert decision.policy == policy.fingerprint
    assert decision.subjects == ("group:analysts", "role:analyst")
    assert len(decision.view) == 64
