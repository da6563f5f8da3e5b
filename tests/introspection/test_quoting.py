"""Names as SQL writes them."""

from __future__ import annotations

import pytest

from proxy.introspection.quoting import quoted, reserved
from tests.postgres import Database


@pytest.mark.parametrize("name", ["orders", "Orders", "select", "a b", 'a"b', "date", "über", "user", "a1_$"])
def test_a_name_is_quoted_as_the_server_does(physical: Database, name: str) -> None:
    literal = name.replace("'", "''")
    assert quoted(name) == physical.query(f"SELECT quote_ident('{literal}')")[0][0]


def test_every_keyword_is_quoted_as_the_server_does(physical: Database) -> None:
    there = physical.query("SELECT word, quote_ident(word) <> word FROM pg_get_keywords()")
    assert {word for word, in_quotes in there if in_quotes == "t"} == reserved()
