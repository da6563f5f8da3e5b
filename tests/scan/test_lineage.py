"""Where result columns come from: what is not known beyond doubt comes from nowhere."""

from __future__ import annotations

import pyarrow as pa
import pytest

from proxy.scan.lineage import sources, unexplained
from proxy.values import Output
from tests.scan.conftest import PEOPLE, make_plan

COLUMNS = ("name", "email")


def schema(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


def test_outputs_name_their_base_columns() -> None:
    outputs = (Output("x", ((0, "name"), (0, "email")), False), Output("n", (), False))
    plan = make_plan(COLUMNS, outputs=outputs)
    assert sources(plan, schema("x", "n")) == (((PEOPLE, "name"), (PEOPLE, "email")), ())


def test_a_star_is_the_columns_of_its_view() -> None:
    outputs = (Output(None, (), False, star=0), Output("e", ((0, "email"),), True))
    plan = make_plan(COLUMNS, outputs=outputs)
    assert sources(plan, schema("name", "email", "e")) == (
        ((PEOPLE, "name"),),
        ((PEOPLE, "email"),),
        ((PEOPLE, "email"),),
    )


@pytest.mark.parametrize(
    ("outputs", "names"),
    [
        (None, ("name", "email")),
        ((Output("name", ((0, "name"),), True),), ("name", "email")),
        ((Output(None, (), False, star=0),), ("email", "name")),
        ((Output(None, (), False, star=0),), ("name",)),
        ((Output(None, (), False, star=3),), ("name", "email")),
    ],
    ids=["not known", "fewer outputs", "other order", "fewer columns", "no such reference"],
)
def test_doubt_means_from_nowhere(outputs: tuple[Output, ...] | None, names: tuple[str, ...]) -> None:
    assert sources(make_plan(COLUMNS, outputs=outputs), schema(*names)) == ((),) * len(names)


def test_names_that_stand_in_neither_text_nor_catalog_were_made_from_data() -> None:
    plan = make_plan(COLUMNS, sql='PIVOT people ON city; SELECT count(*) AS "All of them"')
    names = schema("NAME", "count(*)", "All of them", "ana@example.com", "Lisboa")
    assert unexplained(plan, names) == (3, 4)
