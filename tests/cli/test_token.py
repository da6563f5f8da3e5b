"""`usher token`: what it prints is a token that the demo's gateway takes, and only the demo has one to give."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from proxy import settings
from proxy.cli import output
from proxy.identity.verifier import Verifier
from proxy.values import Caller
from tests.cli.conftest import Usher


def caller(place: Path, token: str) -> Caller:
    async def authenticated() -> Caller:
        verifier = Verifier(settings.load(place / "usher.yaml", {}).identity)
        try:
            return await verifier.authenticate(token)
        finally:
            await verifier.close()

    return asyncio.run(authenticated())


def test_the_token_names_person_groups_and_app(usher: Usher, demo: Path) -> None:
    ran = usher("token", "--as", "analyst")
    assert ran.code == output.OK
    who = caller(demo, ran.out.strip())
    assert (who.subject, who.app, who.attributes["region"]) == ("analyst", "helpbot", "EU")
    assert who.groups == {"staff", "eu-analysts"}
    assert [a.subject for a in who.act] == ["helpbot"]


def test_another_app_and_none(usher: Usher, demo: Path) -> None:
    assert caller(demo, usher("token", "--as", "hr", "--app", "other").out.strip()).app == "other"
    assert caller(demo, usher("token", "--as", "hr", "--app", "none").out.strip()).app is None


def test_json_and_lifetime(usher: Usher, demo: Path) -> None:
    made = usher("token", "--as", "support", "--lifetime", "60", "--json").document
    who = caller(demo, made["token"])
    assert made["expires_in"] == 60 == who.expires_at - who.issued_at


def test_nobody_of_that_name(usher: Usher, demo: Path) -> None:
    ran = usher("token", "--as", "boss")
    assert ran.code == output.CONFIG
    assert "there are: analyst, support, hr, auditor" in ran.err


def test_a_folder_that_is_not_the_demos_has_no_issuer(
    usher: Usher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usher.yaml").write_text("{}")
    monkeypatch.setenv("USHER_CONFIG", str(tmp_path / "usher.yaml"))
    ran = usher("token", "--as", "hr")
    assert ran.code == output.CONFIG
    assert "only the demo has" in ran.err
    assert not (tmp_path / "issuer").exists()
