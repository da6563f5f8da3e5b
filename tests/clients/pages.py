"""The snippets of docs/howto/connect/, as their readers would run them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.clients.shop import Shop

FOLDER = Path(__file__).parent.parent.parent / "docs" / "howto" / "connect"


def snippet(page: str, language: str, shop: Shop, number: int = 0) -> str:
    """A page's code block of a language, with this gateway's address in place of the page's."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)[number]
    for written, real in (
        ("usher.example.com", shop.host),
        ("6432", str(shop.port)),
        ("/etc/ssl/usher.pem", str(shop.certificate)),
    ):
        assert page.startswith("README") or written in text, f"{page} does not say {written}"
        found = found.replace(written, real)
    return found
