"""The demo's folder: whole, private where it must be, and never written over."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from proxy import settings
from proxy.demo import folder
from proxy.errors import ConfigError
from tests import demo_folder

ROOT = Path(__file__).parent.parent.parent


def test_what_is_made_loads_as_settings(tmp_path: Path) -> None:
    place = demo_folder.copied(tmp_path / "demo")
    loaded = settings.load(place / "usher.yaml", {})
    assert list(loaded.warehouses) == ["shop"]
    assert loaded.masks.key is not None
    assert loaded.policies == place / "policies"


def test_keys_are_for_their_owner_alone() -> None:
    place = demo_folder.built()
    for name in ("mask.key", "issuer/signing-key-es256.pem"):
        assert stat.S_IMODE((place / name).stat().st_mode) & 0o077 == 0, name


def test_the_policies_are_the_repositorys_own() -> None:
    made = demo_folder.built() / "policies"
    for path in (ROOT / "policies").rglob("*.*"):
        assert (made / path.relative_to(ROOT / "policies")).read_bytes() == path.read_bytes()


def test_a_second_preparation_changes_nothing_of_a_persons(tmp_path: Path) -> None:
    place = demo_folder.copied(tmp_path / "demo")
    (place / "usher.yaml").write_text("# mine\n")
    (place / "policies" / "grants.csv").write_text("# mine\n")
    key = (place / "mask.key").read_text()
    made = folder.prepare(place, 1, "full")
    assert not made.built
    assert (place / "usher.yaml").read_text() == "# mine\n"
    assert (place / "policies" / "grants.csv").read_text() == "# mine\n"
    assert (place / "mask.key").read_text() == key


def test_a_warehouse_of_another_version_is_built_again(tmp_path: Path) -> None:
    place = demo_folder.copied(tmp_path / "demo")
    (place / folder.MARKER).write_text('{"warehouse": "older"}')
    assert folder.prepare(place, 1, "full").built
    assert not folder.prepare(place, 1, "full").built


def test_a_build_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    place = demo_folder.copied(tmp_path / "demo")
    (place / folder.MARKER).write_text("{}")
    (place / "shop.duckdb").write_text("half")
    assert folder.prepare(place, 1, "full").built


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(ConfigError, match="holds something that is not the demo's"):
        folder.prepare(tmp_path, 1, "full")


def test_a_place_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        folder.prepare(tmp_path / "file" / "demo", 1, "full")
