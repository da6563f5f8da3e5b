"""node-pg: named statements, arrays, several statements at once, cancelling, by a small program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.pages import snippet
from tests.clients.programs import HOW, modules, program, run
from tests.clients.shop import CUSTOMERS, ENDLESS, SEEN, Shop, clean

pytestmark = pytest.mark.skipif(
    modules() is None or program("node") is None, reason=f"there is no node-pg: npm install pg, and NODE_PATH; {HOW}"
)
ROWS = [dict(zip(("id", "name", "email"), row, strict=True)) for row in SEEN]


def told(shop: Shop, script: Path, token: str | None = None) -> str:
    given = {"NODE_PATH": str(modules()), "USHER_TOKEN": shop.token(), "CUSTOMERS": CUSTOMERS, "ENDLESS": ENDLESS}
    done = run(["node", str(script)], {**shop.environment(token=token), **given, "HIDDEN": "canary_vault"})
    assert done.returncode == 0, done.stderr
    clean(done.stdout)
    return done.stdout


def parts(text: str) -> dict[str, Any]:
    return dict(json.loads(line) for line in text.splitlines())


def test_the_snippet_of_its_page(shop: Shop, tmp_path: Path) -> None:
    script = tmp_path / "ask.js"
    text = snippet("node.md", "javascript", shop)
    script.write_text(f"{text}\nmodule.exports.then((rows) => console.log(JSON.stringify(rows)));\n")
    assert json.loads(told(shop, script)) == ROWS


def test_a_tour(shop: Shop) -> None:
    found = parts(told(shop, Path(__file__).parent / "tour.js"))
    assert "refused" not in found, found["refused"]
    for number in range(3):
        [[key, amount, paid, joined]] = found[f"named-{number}"]
        assert (key, amount, paid, joined[:4]) == (1, "10.50", True, "2024")
    assert found["customers"] == ROWS
    assert (found["array"], found["numbers"], found["both"]) == (2, 5000, [[{"a": 1}], [{"b": 2}]])
    assert found["columns"] == ["id", "name", "email", "country", "joined"]
    assert {"schemaname": "sales", "tablename": "customers"} in found["tables"]
    assert (found["hidden"], found["written"]) == ("42P01", "0A000")
    assert (found["cancelled"], found["after"]) == ("57014", 3)
    assert "email" in " ".join(found["notices"])


def test_wrong_and_expired_tokens(shop: Shop) -> None:
    for token in ("nonsense", shop.expired()):
        code, message = parts(told(shop, Path(__file__).parent / "tour.js", token))["refused"]
        assert code == "28P01"
        assert token not in message
    assert "expired" in message
