"""What flows is frozen, has no behaviour, and knows no foreign library but Arrow."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import pickle
import re
import sys
from pathlib import Path

import pytest

from proxy import values
from proxy.values import Column, Reason, ReasonCode, Span, Table, TableId, TypeKind

CLASSES = [c for _, c in inspect.getmembers(values, inspect.isclass) if c.__module__ == "proxy.values"]
DATA = [c for c in CLASSES if dataclasses.is_dataclass(c)]
ENUMS = [c for c in CLASSES if issubclass(c, enum.Enum)]
ALLOWED_METHODS = {(TableId, "__str__")}


def test_every_class_is_a_frozen_value_or_a_closed_list() -> None:
    assert set(DATA) | set(ENUMS) == set(CLASSES)
    assert len(DATA) > 20


@pytest.mark.parametrize("cls", DATA)
def test_dataclass_is_frozen_and_slotted(cls: type) -> None:
    assert cls.__dataclass_params__.frozen
    assert "__slots__" in vars(cls)


def test_no_class_works() -> None:
    tree = ast.parse(Path(values.__file__).read_text())
    methods = {
        (getattr(values, c.name), f.name)
        for c in ast.walk(tree)
        if isinstance(c, ast.ClassDef)
        for f in c.body
        if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert methods == ALLOWED_METHODS


def test_only_arrow_is_imported_from_outside() -> None:
    tree = ast.parse(Path(values.__file__).read_text())
    roots = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    roots |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert roots - set(sys.stdlib_module_names) == {"pyarrow"}


@pytest.mark.parametrize("cls", ENUMS)
def test_enum_values_are_unique_words(cls: type[enum.Enum]) -> None:
    assert issubclass(cls, enum.StrEnum)
    assert len(cls.__members__) == len({m.value for m in cls}), "an alias hides a value"
    for member in cls:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", member.value)


@pytest.mark.parametrize("code", list(ReasonCode))
def test_reason_code_is_spelt_as_its_name(code: ReasonCode) -> None:
    assert code.value == code.name.lower().replace("_", "-")


def test_value_cannot_be_changed() -> None:
    span = Span(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        span.start = 5  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        span.extra = 5  # type: ignore[attr-defined]


def test_values_travel_between_processes() -> None:
    table = Table(TableId("shop", "main", "orders"), (Column("id", "BIGINT", TypeKind.INTEGER),))
    assert pickle.loads(pickle.dumps(table)) == table
    reason = Reason(ReasonCode.NO_GRANT, "shop.main.orders")
    assert pickle.loads(pickle.dumps(reason)) == reason


def test_table_id_is_shown_and_ordered_by_its_full_name() -> None:
    ids = [TableId("b", "s", "t"), TableId("a", "z", "t"), TableId("a", "s", "u")]
    assert [str(i) for i in sorted(ids)] == ["a.s.u", "a.z.t", "b.s.t"]
