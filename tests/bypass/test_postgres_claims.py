"""PostgreSQL: claims are values there too, and one plan serves many callers without mixing them."""

from __future__ import annotations

import pytest

from tests.bypass.postgres_shop import ServedOnPostgres
from tests.bypass.test_claim_injection import (  # noqa: F401 - the same attacks, on the shop below
    test_a_claim_admits_the_rows_that_equal_it_and_no_others,
    test_a_group_spelt_like_another_has_no_grant,
    test_a_subject_spelt_like_a_role_has_no_grant,
    test_an_app_gives_nothing,
    test_an_app_narrows_what_the_user_sees,
)
from tests.bypass.test_plan_cache import (  # noqa: F401 - the same attacks, on the shop below
    SQL,
    at_once,
    test_a_list_where_one_value_is_wanted_admits_no_row,
    test_a_plan_holds_no_callers_values,
    test_a_plan_made_for_somebody_with_the_attribute_serves_nobody_without,
    test_a_plan_made_for_somebody_without_the_attribute_serves_nobody_with_it,
    test_a_subject_of_the_filter_is_bound_for_each_caller,
    test_callers_of_other_roles_get_other_plans,
)

ROWS = {"EU": 20, "US": 25}
"""By region; five of the second are of a child table."""


@pytest.fixture
def served(on_postgres: ServedOnPostgres) -> ServedOnPostgres:
    """The shop on PostgreSQL, in the place of DuckDB's."""
    return on_postgres


def test_two_callers_of_one_plan_see_their_own_rows(on_postgres: ServedOnPostgres) -> None:
    people = {region: on_postgres.harness.caller(f"of-{region}", ["analysts"], {"region": region}) for region in ROWS}
    for _ in range(2):
        for region, count in ROWS.items():
            assert on_postgres.harness.ask(people[region], SQL).rows == [(count, region)]


def test_callers_at_the_same_time_do_not_mix(on_postgres: ServedOnPostgres) -> None:
    people = [on_postgres.harness.caller(f"{r}{i}", ["analysts"], {"region": r}) for i in range(4) for r in ROWS]
    expected = [[{"n": count, "r": region}] for _ in range(4) for region, count in ROWS.items()]
    assert on_postgres.harness.run(at_once(on_postgres, people)) == expected
