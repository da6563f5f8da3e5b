"""Reasons in words: grouped by kind, without the warehouse's name, unknown codes as they are."""

from __future__ import annotations

import pytest

from proxy.cli import words
from proxy.values import ReasonCode


def test_reasons_of_one_kind_make_one_line() -> None:
    given = [
        {"code": "row-filter", "about": "shop.sales.customers:own-region"},
        {"code": "masked", "about": "shop.sales.customers.email"},
        {"code": "row-filter", "about": "shop.sales.customers:not-deleted"},
        {"code": "row-filter", "about": "shop.sales.orders:own-region"},
        {"code": "app-narrows", "about": "app:helpbot"},
    ]
    assert words.withheld(given, "shop") == [
        "only some rows of sales.customers (own-region, not-deleted), sales.orders (own-region)",
        "masked: sales.customers.email",
        "what helpbot itself may not see",
    ]


def test_a_code_without_words_is_shown() -> None:
    assert words.withheld([{"code": "brand-new", "about": "x"}]) == ["brand-new: x"]
    assert words.withheld([{"code": "brand-new"}]) == ["brand-new"]
    assert words.withheld([]) == []


@pytest.mark.parametrize("code", list(words.PHRASES))
def test_phrases_are_for_codes_that_exist(code: str) -> None:
    assert ReasonCode(code)
    assert words.withheld([{"code": code, "about": ""}])[0]


def test_findings() -> None:
    found = {"entity": "PERSON", "cells": 1, "column": "body", "action": "flag"}
    assert words.finding(found) == "PERSON in 1 cell of body: let pass and counted"
    assert words.finding({**found, "cells": 2, "action": "redact"}) == "PERSON in 2 cells of body: redacted"
