"""Settings: unknown keys are refused, and nothing shows the password."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from proxy.warehouses.postgres.settings import Settings

URL = "postgresql://usher:hunter2@127.0.0.1:5432/shop"


def context(value: str) -> dict[str, Any]:
    return {"resolve": lambda reference: {"env:SALES_URL": value}[reference]}


def test_the_address_is_a_reference_and_never_the_secret_itself() -> None:
    made = Settings.model_validate({"url": "env:SALES_URL", "schemas": ["sales"]}, context=context(URL))
    assert made.url.get_secret_value() == URL
    with pytest.raises(ValidationError, match="env:NAME or file:PATH"):
        Settings.model_validate({"url": URL, "schemas": ["sales"]}, context=context(URL))


def test_nothing_shows_the_password() -> None:
    made = Settings.model_validate({"url": URL, "schemas": ["sales"]})
    assert "hunter2" not in repr(made) + str(made) + made.model_dump_json()
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"url": URL, "schemas": [], "colour": "red"})
    assert "hunter2" not in str(raised.value.errors(include_input=False))


def test_the_search_path_is_the_governed_schemas_where_it_is_left_out() -> None:
    assert Settings.model_validate({"url": URL, "schemas": ["a", "B c"]}).search_path == ("a", "B c")
    assert Settings.model_validate({"url": URL, "schemas": ["a", "b"], "search_path": ["b"]}).search_path == ("b",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schemas": []},
        {"schemas": [""]},
        {"schemas": ["a\0b"]},
        {"schemas": ["x" * 64]},
        {"search_path": ["elsewhere"]},
        {"colour": "red"},
        {"pool": {"max": 0}},
        {"pool": {"min": 1}},
        {"batch_rows": 1},
        {"refresh_s": 0},
        {"statement_timeout_s": -1},
        {"connect_timeout_s": 0},
        {"kind": "duckdb"},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"url": URL, "schemas": ["a"], **wrong})
