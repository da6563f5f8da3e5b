"""LangChain's SQLDatabase: what it would put into a prompt, and an agent's question."""

from __future__ import annotations

import pytest

from tests.clients.pages import snippet
from tests.clients.programs import HOW, imports, run
from tests.clients.shop import SEEN, Shop, clean

pytestmark = pytest.mark.skipif(
    not imports("langchain_community, psycopg2"),
    reason=f"there is no LangChain: pip install langchain-community; {HOW}",
)
MORE = """
print(sorted(database.get_usable_table_names()))
print(info)
print(answer)
for sql in ("SELECT * FROM sales.vault", "DELETE FROM orders"):
    print(database.run_no_throw(sql).splitlines()[0])
"""


def test_the_snippet_of_its_page(shop: Shop) -> None:
    script = snippet("langchain.md", "python", shop) + MORE
    done = run(["python", "-W", "ignore", "-c", script], {"USHER_TOKEN": shop.token()})
    assert done.returncode == 0, done.stderr
    clean(done.stdout)
    lines = done.stdout.splitlines()
    assert lines[0] == "['customers', 'numbers', 'orders']"
    assert "***@example.org" in done.stdout
    assert str(SEEN) in lines
    assert "UndefinedTable" in lines[-2]
    assert "FeatureNotSupported" in lines[-1]


def test_an_expired_token(shop: Shop) -> None:
    token = shop.expired()
    done = run(["python", "-W", "ignore", "-c", snippet("langchain.md", "python", shop)], {"USHER_TOKEN": token})
    assert done.returncode != 0
    assert token not in done.stderr
    assert "expired" in done.stderr
