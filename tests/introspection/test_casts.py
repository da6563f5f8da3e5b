"""PostgreSQL's types in statements."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, Ungovernable
from proxy.introspection.casts import array_items, element_of, engine_type
from tests.introspection.answering import ORDERS, OTHER, rows, value


def test_names_become_numbers_and_numbers_names() -> None:
    assert rows(
        "SELECT 'orders'::regclass::oid, 'main.orders'::regclass, 'pg_catalog.pg_class'::regclass::oid, "
        f"{OTHER}::regclass, '{ORDERS}'::regclass, 1043::regtype, 'int4'::regtype::oid, '_text'::regtype, "
        "'array_in'::regproc::oid, 'main'::regnamespace::text, 10::regrole::text, 0::regclass, 4711::regclass"
    ) == [
        (
            ORDERS,
            "orders",
            1259,
            '"Sales Data".orders',
            "orders",
            "character varying",
            23,
            "text[]",
            750,
            "main",
            "usher",
            "-",
            "4711",
        )
    ]


def test_numbers_compare_with_names() -> None:
    assert value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0") == 4
    assert value("SELECT typname FROM pg_type WHERE typinput = 'array_in'::regproc AND oid = 1009") == "_text"
    assert rows("SELECT relname FROM pg_class WHERE oid::regclass::text = 'orders'") == [("orders",)]


def test_arrays_are_read_as_the_server_reads_them() -> None:
    assert value("SELECT '{a,\"b c\",NULL}'::text[] FROM pg_am LIMIT 1") == ["a", "b c", None]
    assert value("SELECT count(*) FROM pg_class WHERE relkind = ANY('{v}') AND relname = 'v'") == 1
    assert value("SELECT conkey::int2[] FROM pg_constraint UNION ALL SELECT '{1,2}'::int2[] FROM pg_am LIMIT 1") == [
        1,
        2,
    ]
    assert value("SELECT proargtypes::text FROM pg_proc WHERE proname = 'array_in'") == "2275 26 23"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("{}", []),
        ("{a}", ["a"]),
        ("{a, b}", ["a", "b"]),
        ('{"a,b","c\\"d",null,"null"}', ["a,b", 'c"d', None, "null"]),
    ],
)
def test_array_items(text: str, items: list[str | None]) -> None:
    assert array_items(text) == items


@pytest.mark.parametrize("text", ["a", "{a", "{{a}}"])
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(InvalidSql):
        array_items(text)


def test_types_that_are_not_listed_are_refused() -> None:
    assert engine_type("_oid") == "BIGINT[]"
    assert (element_of("int2vector"), element_of("_name"), element_of("name")) == ("int2", "name", None)
    for spelling in ("vault", "pg_class", "xml", "point", "public.vault[]"):
        with pytest.raises(Ungovernable):
            value(f"SELECT NULL::{spelling} FROM pg_class")
