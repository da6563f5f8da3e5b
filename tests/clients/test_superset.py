"""Superset: each of its users sees their own rows, in SQL Lab and in charts, and its cache keeps them apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.clients.shop import CUSTOMERS, SEEN, SEEN_BY_BEN, Shop, clean
from tests.clients.superset import HOW, PROGRAM, Superset, User, charted, installed, running

pytestmark = [
    pytest.mark.superset,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(PROGRAM is None, reason=f"there is no Superset: {HOW}"),
]
COLUMNS = ("id", "name", "email")


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("superset"))


@pytest.fixture(scope="module")
def superset(metadata: Path, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    with running(metadata, tmp_path_factory.mktemp("running"), shop) as server:
        everybody(server, shop)
        yield server


@pytest.fixture(scope="module")
def database(superset: Superset, shop: Shop) -> int:
    return superset.database(shop, "usher", impersonate=True)


@pytest.fixture(scope="module")
def dataset(superset: Superset, database: int) -> int:
    return superset.user("ana").dataset(database, "customers")


def everybody(superset: Superset, shop: Shop, **others: str) -> None:
    """Each user brings their own token; the administrator has one that is granted nothing."""
    admin = shop.harness.issuer.mint(subject="admin", lifetime_s=3600)
    superset.tokens({"admin": admin, "ana": shop.token("ana"), "ben": shop.token("ben"), **others})


def asked(sql: str, database: int) -> dict[str, object]:
    return {"database_id": database, "sql": sql, "schema": "sales", "client_id": uuid4().hex[:11], "runAsync": False}


def rows(user: User, database: int, sql: str) -> list[tuple[object, ...]]:
    answer = user.post("sqllab/execute/", **asked(sql, database))
    names = [column["column_name"] for column in answer["columns"]]
    return [tuple(row[name] for name in names) for row in answer["data"]]


def test_sql_lab_answers_each_user_with_their_own_rows(superset: Superset, database: int) -> None:
    assert rows(superset.user("ana"), database, CUSTOMERS) == SEEN
    assert rows(superset.user("ben"), database, CUSTOMERS) == SEEN_BY_BEN
    assert rows(superset.user("ana"), database, CUSTOMERS) == SEEN


def test_charts_are_cached_for_each_user_alone(superset: Superset, dataset: int) -> None:
    ana, ben = superset.user("ana"), superset.user("ben")
    assert ana.chart(dataset, *COLUMNS) == (SEEN, False)
    assert ana.chart(dataset, *COLUMNS) == (SEEN, True)
    assert ben.chart(dataset, *COLUMNS) == (SEEN_BY_BEN, False)
    assert ben.chart(dataset, *COLUMNS) == (SEEN_BY_BEN, True)
    assert ana.chart(dataset, *COLUMNS) == (SEEN, True)


def test_what_a_user_may_not_see_is_not_there(superset: Superset, database: int, dataset: int) -> None:
    ana = superset.user("ana")
    schemas = ana.get(f"database/{database}/schemas/")["result"]
    assert "sales" in schemas
    tables = ana.get(f"database/{database}/tables/?q=(schema_name:sales)")["result"]
    assert sorted(table["value"] for table in tables) == ["customers", "numbers", "orders"]
    described = ana.get(f"database/{database}/table_metadata/?name=customers&schema=sales")
    assert [c["name"] for c in described["columns"]] == ["id", "name", "email", "country", "joined"]
    kept = ana.get(f"dataset/{dataset}")["result"]
    assert {c["column_name"] for c in kept["columns"]} == {"id", "name", "email", "country", "joined"}
    clean(schemas, tables, described, kept)
    assert "canary_vault" in ana.refusal("dataset/", database=database, schema="sales", table_name="canary_vault")
    told = ana.refusal("sqllab/execute/", **asked("SELECT secret FROM sales.canary_vault", database))
    assert "does not exist" in told


def test_a_user_whose_token_does_not_hold_is_told_why(
    superset: Superset, shop: Shop, database: int, dataset: int
) -> None:
    ana = superset.user("ana")
    expired = shop.expired()
    for token, why in ((expired, "expired"), ("no-token", "not a signed JWT")):
        everybody(superset, shop, ana=token)
        try:
            answers = [
                ana.refusal("sqllab/execute/", **asked(CUSTOMERS, database)),
                ana.refusal("chart/data", **charted(dataset, COLUMNS, force=True)),
            ]
        finally:
            everybody(superset, shop)
        for told in answers:
            assert why in told
            assert token not in told
    assert rows(ana, database, CUSTOMERS) == SEEN
