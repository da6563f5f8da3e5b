"""A mask on the real engine: values in, what the mask's SQL makes of them out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from proxy.dialect import Dialect
from proxy.values import TypeKind
from proxy.warehouses.duckdb import DIALECT

KEY = b"a key of the tests, longer than one block of SHA-256: " + b"x" * 40
BLOCK = 64


def key_blocks(key: bytes) -> tuple[bytes, bytes]:
    """RFC 2104: the key (hashed when longer than a block), padded, XOR ipad and opad."""
    key = hashlib.sha256(key).digest() if len(key) > BLOCK else key
    key = key.ljust(BLOCK, b"\0")
    return bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key)


class Engine:
    """One connection, as the gateway pins it: UTC, no files."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET threads = 1")

    def close(self) -> None:
        self.connection.close()

    def load(self, values: Sequence[Any], arrow: pa.DataType, sql_type: str) -> None:
        """A table `t(i, x)` with these values, stored so that the engine keeps statistics of them."""
        rows = pa.table({"i": pa.array(range(len(values)), pa.int64()), "x": pa.array(values, arrow)})
        self.connection.register("rows_in", rows)
        self.connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT i, CAST(x AS {sql_type}) AS x FROM rows_in")
        self.connection.unregister("rows_in")

    def load_sql(self, literals: Sequence[str], sql_type: str) -> None:
        """The same from SQL expressions, for values that Python does not have."""
        rows = ", ".join(f"({i}, CAST({literal} AS {sql_type}))" for i, literal in enumerate(literals))
        self.connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES {rows}) AS v(i, x)")

    def masked(self, tree: exp.Expression) -> list[Any]:
        """The mask of every row of `t`, in order."""
        names = {"secret:mask_key_inner": "inner", "secret:mask_key_outer": "outer"}
        inner, outer = key_blocks(KEY)
        found = list(tree.find_all(exp.Placeholder))
        for node in found:
            node.replace(exp.Parameter(this=exp.Var(this=names[node.this])))
        bound = {"inner": inner, "outer": outer} if found else None
        sql = f'SELECT {tree.sql("duckdb", comments=False, identify=True)} FROM t AS "__g" ORDER BY i'
        return [row[0] for row in self.connection.execute(sql, bound).fetchall()]

    def type_of(self, tree: exp.Expression) -> str:
        sql = f'SELECT typeof({tree.sql("duckdb", identify=True)}) FROM t AS "__g" WHERE x IS NOT NULL LIMIT 1'
        return str(self.connection.execute(sql).fetchall()[0][0])


def sql_of(module: ModuleType, kind: TypeKind, options: dict[str, Any], dialect: Dialect = DIALECT) -> exp.Expression:
    """The SQL form of a mask on the column `x`."""
    column = exp.column(exp.to_identifier("x", quoted=True), table=exp.to_identifier("__g", quoted=True))
    tree: exp.Expression = module.sql(column, kind, module.Settings(**options), dialect)
    return tree


def value_of(module: ModuleType, value: Any, kind: TypeKind, options: dict[str, Any]) -> Any:
    return module.value(value, kind, module.Settings(**options), KEY)


def agree(engine: Engine, module: ModuleType, kind: TypeKind, values: Sequence[Any], **options: Any) -> list[Any]:
    """Assert that SQL form and value form agree on the rows that are loaded; answers the engine's."""
    got = engine.masked(sql_of(module, kind, options))
    wanted = [value_of(module, value, kind, options) for value in values]
    pairs = zip(values, got, wanted, strict=True)
    wrong = [(v, g, w) for v, g, w in pairs if not same(g, w)]
    assert not wrong, f"(value, engine, Python): {wrong[:5]}"
    return got


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)
