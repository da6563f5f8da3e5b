"""One plan for many callers: it must hold nobody's values, and serve nobody whose rights have another form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from proxy.gateway import Request
from proxy.values import Caller
from tests.bypass.asking import GatewayDoor, Served
from tests.fakes import ANA, Fakes
from tests.fakes import SQL as FAKE_SQL
from tests.oracle.harness import CONTEXT

SQL = "SELECT count(*) AS n, min(region) AS r FROM customers"


def _asked(served: Served, caller: Caller, sql: str = SQL) -> list[tuple[Any, ...]]:
    return served.harness.ask(caller, sql).rows


def _analyst(served: Served, subject: str, **attributes: Any) -> Caller:
    return served.harness.caller(subject, ["analysts"], attributes)


def test_two_callers_of_one_plan_see_their_own_rows(served: Served) -> None:
    eu, us = _analyst(served, "eva", region="EU"), _analyst(served, "uma", region="US")
    for _ in range(2):
        assert _asked(served, eu) == [(20, "EU")]
        assert _asked(served, us) == [(20, "US")]


def test_a_plan_made_for_somebody_without_the_attribute_serves_nobody_with_it(served: Served) -> None:
    sql = SQL + " -- first without"
    assert _asked(served, _analyst(served, "nora"), sql) == [(0, None)]
    assert _asked(served, _analyst(served, "eva", region="EU"), sql) == [(20, "EU")]


def test_a_plan_made_for_somebody_with_the_attribute_serves_nobody_without(served: Served) -> None:
    sql = SQL + " -- first with"
    assert _asked(served, _analyst(served, "eva", region="EU"), sql) == [(20, "EU")]
    assert _asked(served, _analyst(served, "nora"), sql) == [(0, None)]


@pytest.mark.parametrize("value", [["EU", "US"], ["US"], []], ids=["two", "one", "none"])
def test_a_list_where_one_value_is_wanted_admits_no_row(served: Served, value: list[str]) -> None:
    sql = f"{SQL} -- list {len(value)}"
    assert _asked(served, _analyst(served, "eva", region="EU"), sql) == [(20, "EU")]
    assert _asked(served, _analyst(served, "lia", region=value), sql) == [(0, None)]


def test_callers_of_other_roles_get_other_plans(served: Served) -> None:
    sql = "SELECT count(*) AS n FROM customers -- by role"
    assert GatewayDoor(served).ask(sql, who="ana").rows == [(20,)]
    assert GatewayDoor(served).ask(sql, who="sam").rows == [(2,)]
    assert GatewayDoor(served).ask(sql, who="bot").refused
    assert GatewayDoor(served).ask(sql, who="nobody").refused
    assert GatewayDoor(served).ask(sql, who="ana").rows == [(20,)]


def test_a_subject_of_the_filter_is_bound_for_each_caller(served: Served) -> None:
    sql = "SELECT count(*) AS n FROM customers -- by subject"
    agents = [served.harness.caller(name, ["agents"]) for name in ("sam", "tom", "HIDDEN", "' OR 1=1 --")]
    assert [_asked(served, agent, sql) for agent in agents] == [[(2,)], [(0,)], [(0,)], [(0,)]]


def test_a_plan_holds_no_callers_values(served: Served) -> None:
    caller = _analyst(served, "value-of-the-subject", region="value-of-the-region")
    plan = served.harness.plan(caller, SQL).plan
    assert "value-of" not in repr(plan)
    assert plan is served.harness.plan(_analyst(served, "eva", region="EU"), SQL).plan


def test_the_same_text_in_another_spelling_is_another_plan(served: Served) -> None:
    caller = served.callers["ana"]
    one = served.harness.plan(caller, "SELECT 1 AS a FROM orders").plan
    two = served.harness.plan(caller, "SELECT 1 AS A FROM orders").plan
    assert (one.sql, two.sql) == (one.sql, one.sql.replace(" a ", " A "))


async def at_once(served: Served, callers: list[Caller]) -> list[list[Any]]:
    """What callers who ask at the same time see."""

    async def one(caller: Caller) -> list[Any]:
        answer = await served.harness.app.gateway.run(caller, Request(SQL), CONTEXT)
        return [row for batch in [b async for b in answer.batches] for row in batch.to_pylist()]

    return list(await asyncio.gather(*map(one, callers)))


def test_callers_at_the_same_time_do_not_mix(served: Served) -> None:
    pairs = [_analyst(served, f"{region}{i}", region=region) for i in range(4) for region in ("EU", "US")]
    expected = [[{"n": 20, "r": "EU"}], [{"n": 20, "r": "US"}]] * 4
    assert served.harness.run(at_once(served, pairs)) == expected


async def test_long_statements_take_the_place_of_many_in_the_cache() -> None:
    fakes = Fakes()
    for number in (*range(100), 99):
        await fakes.gateway.plan(ANA, Request(f"{FAKE_SQL} -- {number} {'x' * 100_000}"), CONTEXT)
    assert fakes.trace.count("read") == 100, "the last one is kept"
    await fakes.gateway.plan(ANA, Request(f"{FAKE_SQL} -- 0 {'x' * 100_000}"), CONTEXT)
    assert fakes.trace.count("read") == 101, "a hundred of them would be a gigabyte"
