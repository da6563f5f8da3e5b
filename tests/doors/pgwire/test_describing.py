"""Types of parameters and tags, as clients are told."""

from __future__ import annotations

import pytest

from proxy.doors.pgwire import commands as c
from proxy.doors.pgwire.describing import parameter_oids, tag_of
from proxy.doors.pgwire.portals import Prepared
from proxy.doors.pgwire.refusals import Refused
from proxy.gateway import Description, Request
from tests.fakes import ANA, CONTEXT, Fakes


async def told(sql: str) -> Description:
    return await Fakes().gateway.describe(ANA, Request(sql), CONTEXT)


@pytest.mark.parametrize(
    ("named", "found"),
    [((), [23, 25]), ((20,), [20, 25]), ((0, 1700), [23, 1700]), ((20, 1043, 16), [20, 1043, 16])],
)
async def test_the_clients_types_come_first(named: tuple[int, ...], found: list[int]) -> None:
    described = await told("SELECT id FROM customers WHERE id = $1 AND name = $2")
    assert parameter_oids(Prepared("", 0, None, named), described) == found


def test_what_is_no_query_takes_what_the_client_says() -> None:
    assert parameter_oids(Prepared("", 0, None, (23, 0)), None) == [23, 25]


@pytest.mark.parametrize("name", ["name", "0", "70000"])
async def test_parameters_without_a_number_are_refused(name: str) -> None:
    described = await told(f"SELECT id FROM customers WHERE id = ${name}")
    with pytest.raises(Refused):
        parameter_oids(Prepared("", 0, None, ()), described)


@pytest.mark.parametrize(
    ("command", "tag"),
    [
        (c.Ask("SELECT 1", 0), "SELECT"),
        (c.Show("jit", "jit"), "SHOW"),
        (c.Fetch("c", 1, False), "FETCH"),
        (c.ExplainPolicy(c.Ask("SELECT 1", 0)), "EXPLAIN"),
    ],
)
def test_rows_end_in_their_tag(command: c.Command, tag: str) -> None:
    assert tag_of(command) == tag
