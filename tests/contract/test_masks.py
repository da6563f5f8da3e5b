"""What every mask keeps: its form, its type, NULL as NULL, no error on any value, and no secret in the SQL."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlglot import exp

from proxy import kinds
from proxy.values import TypeKind
from proxy.warehouses.duckdb.catalog import kind_of
from tests.masks.engine import Engine, sql_of, value_of

NAMES = kinds.names("masks")
OPTIONS: dict[str, dict[str, Any]] = {
    "constant": {"value": 7},
    "range_bucket": {"edges": [0, 10, 1000]},
    "round_to": {"to": 100},
    "sql": {"expression": "left(x, 1)"},
}
PRESERVING = sorted(set(NAMES) - {"none", "null", "sql"})

VALUES = {
    "VARCHAR": [
        "''",
        "'ana@example.com'",
        "'4111 1111 1111 1111'",
        "'é👍🏽'",
        "repeat('x', 100000)",
        "chr(10) || '\\'",
    ],
    "TINYINT": ["-128", "127", "0"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807", "0"],
    "HUGEINT": ["'-170141183460469231731687303715884105728'", "'170141183460469231731687303715884105727'"],
    "UHUGEINT": ["0", "'340282366920938463463374607431768211455'"],
    "DECIMAL(4,1)": ["-999.9", "999.9", "0.5"],
    "DECIMAL(38,10)": ["'-9999999999999999999999999999.9999999999'", "'9999999999999999999999999999.9999999999'"],
    "DECIMAL(38,38)": ["'-0.99999999999999999999999999999999999999'", "'0.99999999999999999999999999999999999999'"],
    "FLOAT": ["'nan'", "'inf'", "'-inf'", "3.4e38", "-0.0"],
    "DOUBLE": ["'nan'", "'inf'", "'-inf'", "1.7976931348623157e308", "5e-324"],
    "BOOLEAN": ["true", "false"],
    "DATE": ["'5877642-06-25 (BC)'", "'5881580-07-10'", "'infinity'", "'-infinity'", "'2020-02-29'"],
    "TIMESTAMP": ["'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'", "'infinity'", "'-infinity'"],
    "TIMESTAMP_NS": ["'1677-09-22'", "'2262-04-11 23:47:16'"],
    "TIMESTAMP_S": ["'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54'"],
    "TIMESTAMP WITH TIME ZONE": ["'290309-12-22 (BC) 00:00:00+00'", "'294247-01-10 04:00:54+00'", "'infinity'"],
    "TIME": ["'00:00:00'", "'24:00:00'"],
    "INTERVAL": ["'178956970 years'", "'-1 day'"],
    "BLOB": ["''", "'\\x00\\xFF'"],
    "UUID": ["'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "INTEGER[]": ["[1, NULL]"],
    "STRUCT(a INTEGER)": ["{'a': 1}"],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


def module_of(name: str) -> ModuleType:
    return kinds.load("masks", name)


@pytest.mark.parametrize("name", NAMES)
def test_every_mask_has_the_form(name: str) -> None:
    module = module_of(name)
    assert list(inspect.signature(module.sql).parameters) == ["column", "kind", "options", "dialect"]
    assert list(inspect.signature(module.value).parameters) == ["value", "kind", "options", "secret"]
    assert module.KINDS
    assert frozenset(TypeKind) >= module.KINDS
    assert issubclass(module.Settings, BaseModel)


@pytest.mark.parametrize("name", NAMES)
def test_options_are_frozen_and_unknown_ones_refused(name: str) -> None:
    settings = module_of(name).Settings
    assert settings.model_config["frozen"]
    with pytest.raises(ValidationError, match="colour"):
        settings(**OPTIONS.get(name, {}), colour="red")


@pytest.mark.parametrize("name", NAMES)
def test_options_survive_being_written_down(name: str) -> None:
    settings = module_of(name).Settings(**OPTIONS.get(name, {}))
    assert type(settings)(**settings.model_dump()) == settings


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n in PRESERVING for k in sorted(TypeKind) if k not in kinds.load("masks", n).KINDS]
)
def test_on_other_kinds_the_mask_is_null(name: str, kind: TypeKind) -> None:
    assert isinstance(sql_of(module_of(name), kind, OPTIONS.get(name, {})), exp.Null)
    assert value_of(module_of(name), "x", kind, OPTIONS.get(name, {})) is None


@pytest.mark.parametrize("sql_type", VALUES)
@pytest.mark.parametrize("name", NAMES)
def test_no_value_raises_and_null_stays_null(engine: Engine, name: str, sql_type: str) -> None:
    engine.load_sql([*VALUES[sql_type], "NULL"], sql_type)
    got = engine.masked(exp.cast(sql_of(module_of(name), kind_of(sql_type), OPTIONS.get(name, {})), "VARCHAR"))
    assert len(got) == len(VALUES[sql_type]) + 1
    assert got[-1] is None


@pytest.mark.parametrize("sql_type", VALUES)
@pytest.mark.parametrize("name", PRESERVING)
def test_a_mask_has_the_kind_of_its_column(engine: Engine, name: str, sql_type: str) -> None:
    kind = kind_of(sql_type)
    tree = sql_of(module_of(name), kind, OPTIONS.get(name, {}))
    if isinstance(tree, exp.Null):
        return
    engine.load_sql(VALUES[sql_type], sql_type)
    numbers = {TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.FLOAT}
    masked = kind_of(engine.type_of(_with_key(tree)))
    assert masked == kind or {masked, kind} <= numbers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", sorted(TypeKind))
def test_the_mask_reads_only_its_column_and_calls_only_the_engines_own_functions(name: str, kind: TypeKind) -> None:
    tree = sql_of(module_of(name), kind, OPTIONS.get(name, {}))
    assert {c.sql("duckdb") for c in tree.find_all(exp.Column)} <= {'"__g"."x"'}
    for call in tree.find_all(exp.Anonymous):
        assert call.parent is not None
        assert call.parent.sql("duckdb").startswith('"system"."main".')


def _with_key(tree: exp.Expression) -> exp.Expression:
    return tree.transform(lambda n: exp.HexString(this="00") if isinstance(n, exp.Placeholder) else n)
