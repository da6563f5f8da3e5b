"""PostgreSQL, version 15 or later: one database of a server, read with a login that can do nothing else.

Rule kept here: a kind of warehouse offers `DIALECT`, `Settings` and `connect`. The login's rights are the outer bound
of what any statement can do; the start is refused while it could do more than read the governed schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.dialect import Dialect
from proxy.errors import ConfigError
from proxy.warehouses.postgres.catalog import groupable
from proxy.warehouses.postgres.conversions import CONVERSIONS, spelling
from proxy.warehouses.postgres.expressions import EXPRESSIONS
from proxy.warehouses.postgres.functions import FUNCTIONS, REFUSED
from proxy.warehouses.postgres.names import NAMES, cast_name
from proxy.warehouses.postgres.nodes import NODES
from proxy.warehouses.postgres.referee import referee
from proxy.warehouses.postgres.settings import Settings
from proxy.warehouses.postgres.syntax import constants, syntax

if TYPE_CHECKING:
    from proxy.warehouses.postgres.warehouse import Postgres

DIALECT = Dialect(
    name="postgres",
    nodes=NODES,
    functions=FUNCTIONS,
    syntax=syntax,
    referee=referee,
    expressions=EXPRESSIONS,
    refused=REFUSED,
    names=NAMES,
    conversions=CONVERSIONS,
    text="text",
    types=spelling,
    constants=constants,
    case_keeps_type=False,
    groups_by_key=groupable,
    cast_name=cast_name,
)


def connect(name: str, settings: Settings) -> Postgres:
    """Open the warehouse `name`. Raises `ConfigError` for a server that does not answer, a login that may too much."""
    try:
        from proxy.warehouses.postgres.warehouse import Postgres
    except ModuleNotFoundError as error:
        raise ConfigError([f"warehouses.{name}.kind: needs a driver; pip install 'sqlusher[postgres]'"]) from error

    return Postgres(name, settings, DIALECT)
