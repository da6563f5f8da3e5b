"""Names that the rewriter keeps for itself."""

from __future__ import annotations

import pytest

from tests.bypass.asking import SAME, Door, Served, hold

CASES = {
    "table": ("SELECT * FROM __usher", "construct"),
    "table_quoted": ('SELECT * FROM "__usher"', "construct"),
    "column": ("SELECT __usher_x FROM orders", "construct"),
    "result_name": ("SELECT 1 AS __usher", "construct"),
    "result_name_quoted": ('SELECT 1 AS "__usher_cte0_a"', "construct"),
    "upper_case": ("SELECT 1 AS __USHER", "construct"),
    "full_width": ('SELECT 1 AS "\uff3f\uff3fusher"', SAME),
    "cte": ("WITH __usher AS (SELECT 1) SELECT * FROM __usher", "construct"),
    "schema": ("SELECT * FROM __usher.vault", "construct"),
    "lambda_parameter": ("SELECT list_transform([1], lambda __usher: 1)", "construct"),
    "window": ("SELECT count(*) OVER __usher_w FROM orders WINDOW __usher_w AS ()", "construct"),
    "struct_field": ("SELECT {'__usher': 1}", "construct"),
    "struct_pack": ("SELECT struct_pack(__usher := 1)", "construct"),
    "function": ("SELECT __usher()", "construct"),
    "parameter": ("SELECT $__usher", "construct"),
    "in_a_string": ("SELECT '__usher' AS a", "construct"),
    "in_the_middle": ("SELECT 1 AS a__usher", SAME),
    "type": ("SELECT NULL::__usher", "construct"),
    "collation": ("SELECT name COLLATE __usher FROM customers", "construct"),
}


@pytest.mark.parametrize("case", CASES)
def test_reserved_names(served: Served, door: Door, case: str) -> None:
    hold(served, door, *CASES[case])
