"""Two users, one pool: the pattern that the pages warn of shows one user another's rows, the ones they give do not.

The gateway cannot tell that a connection was handed to somebody else; so the first test says what goes wrong, and is
the reason for the pages.
"""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from tests.clients.pages import snippet
from tests.clients.shop import CUSTOMERS, SEEN, SEEN_BY_BEN, Shop

sa = pytest.importorskip("sqlalchemy", reason="there is no SQLAlchemy: pip install sqlalchemy")
EXPECTED = {"ana": SEEN, "ben": SEEN_BY_BEN}


def engine_and_ask(shop: Shop, monkeypatch: pytest.MonkeyPatch, unsafe: bool) -> dict[str, Any]:
    """The names of the page's snippet; with SQLAlchemy's usual pool instead of none, if `unsafe`."""
    text = snippet("sqlalchemy.md", "python", shop)
    if unsafe:
        assert "    poolclass=sa.pool.NullPool,\n" in text
        text = text.replace("    poolclass=sa.pool.NullPool,\n", "    poolclass=sa.pool.QueuePool, pool_size=1,\n")
    monkeypatch.setenv("USHER_TOKEN", shop.token("ana"))
    names: dict[str, Any] = {}
    exec(text, names)
    return names


def asked_as(names: dict[str, Any], token: str) -> list[tuple[Any, ...]]:
    def ask() -> list[tuple[Any, ...]]:
        names["token"].set(token)
        return [tuple(row) for row in names["ask"](CUSTOMERS)]

    return contextvars.copy_context().run(ask)


def test_a_usual_pool_with_a_hook_gives_a_user_anothers_rows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    names = engine_and_ask(shop, monkeypatch, unsafe=True)
    assert asked_as(names, shop.token("ana")) == SEEN
    assert asked_as(names, shop.token("ben")) == SEEN  # wrong: Ben is given Ana's connection
    names["engine"].dispose()


def test_no_pool_with_a_hook_gives_each_user_their_own(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    names = engine_and_ask(shop, monkeypatch, unsafe=False)
    people = ["ana", "ben"] * 8
    tokens = {who: shop.token(who) for who in EXPECTED}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda who: asked_as(names, tokens[who]), people))
    assert answers == [EXPECTED[who] for who in people]


def test_a_pool_of_one_user_stays_that_users_through_every_reset(shop: Shop) -> None:
    attempts = (
        "RESET ALL",
        "DISCARD ALL",
        "SET SESSION AUTHORIZATION 'ben'",
        "SET ROLE ben",
        "RESET ROLE",
        f"SET usher.token = '{shop.token('ben')}'",
        "RESET usher.token",
    )
    with psycopg.connect(shop.conninfo("ana"), autocommit=True) as connection:
        for attempt in attempts:
            with suppress(psycopg.Error):
                connection.execute(attempt)
            assert connection.execute(CUSTOMERS).fetchall() == SEEN, attempt


def test_an_apps_pool_serves_users_by_their_tokens(shop: Shop) -> None:
    """An app that logs in as itself acts for a user on one connection after the other, with the key it alone knows."""
    key = "a-long-random-key-of-the-app"
    app = shop.harness.issuer.mint(subject="chatbot", app="chatbot")
    with psycopg.connect(f"{shop.conninfo(token=app)} options='-c usher.key={key}'", autocommit=True) as connection:
        for who in ("ana", "ben", "ana"):
            user = shop.token(who, app="chatbot")
            connection.execute(f"SET usher.token = '{key}:{user}'")
            assert connection.execute(CUSTOMERS).fetchall() == EXPECTED[who]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET usher.token = '{shop.token('ben', app='chatbot')}'")
            connection.execute("DISCARD ALL")
            assert connection.execute(CUSTOMERS).fetchall() == EXPECTED[who]
