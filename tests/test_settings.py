"""usher.yaml: all mistakes at once, each with its path, and nothing of a secret in any text."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy import settings
from proxy.errors import ConfigError

GOOD = """\
identity:
  issuers:
    - issuer: https://login.example.com/
      audience: usher
      algorithms: [RS256, ES256]
      jwks: file:keys.json
      claims: {groups: groups, attributes: {region: region}}
warehouses:
  shop: {kind: duckdb, path: shop.duckdb}
policies: policies/
audit:
  sinks: [{kind: file, path: audit/}]
limits: {max_rows: 1000}
redis: null
doors:
  http: {listen: "127.0.0.1:8080"}
"""
KEY = "0123456789abcdef0123456789abcdef"


def write(folder: Path, text: str) -> Path:
    path = folder / "usher.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings.load(path, environment or {})
    return list(caught.value.problems)


# ------------------------------------------------------------------------------------------------------------ good
def test_a_good_file_is_one_frozen_tree(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, GOOD), {})
    assert list(loaded.warehouses) == ["shop"]
    assert loaded.warehouses["shop"].kind == "duckdb"
    assert loaded.limits.max_rows == 1000
    assert loaded.parser.workers == 2
    with pytest.raises(ValueError, match="frozen"):
        loaded.policies = Path("x")  # type: ignore[misc]


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    loaded = settings.load(write(tmp_path, GOOD), {})
    assert loaded.policies == tmp_path / "policies"
    assert loaded.warehouses["shop"].settings.path == tmp_path / "shop.duckdb"  # type: ignore[attr-defined]
    assert loaded.audit.sinks[0].path == tmp_path / "audit"  # type: ignore[attr-defined]


def test_policies_left_out_are_beside_the_file(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, GOOD.replace("policies: policies/\n", "")), {})
    assert loaded.policies == tmp_path / "policies"


# -------------------------------------------------------------------------------------------------------- mistakes
def test_all_mistakes_are_told_together_with_their_paths(tmp_path: Path) -> None:
    text = (
        GOOD.replace("[RS256, ES256]", "[RS256, HS256]")
        .replace("path: shop.duckdb", "pth: shop.duckdb")
        .replace("max_rows: 1000", "max_rows: many")
        .replace("127.0.0.1:8080", "nowhere")
        .replace("redis: null", "redis: {url: 'redis://cache'}\npolcies: x")
    )
    told = problems(write(tmp_path, text), {"USHER_SCAN__WORKERS": "0"})
    assert {line.split(": ")[0] for line in told} == {
        "identity.issuers[0].algorithms[1]",
        "warehouses.shop.path",
        "warehouses.shop.pth",
        "limits.max_rows",
        "doors.http.listen",
        "redis",
        "polcies",
        "scan.workers",
    }


def test_unknown_keys_are_refused_with_the_nearest(tmp_path: Path) -> None:
    text = GOOD.replace("limits: {max_rows", "limits: {max_row")
    assert problems(write(tmp_path, text)) == ["limits.max_row: there is no such setting; did you mean 'max_rows'?"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: duckdb", "kind: oracle", "warehouses.shop.kind: this version has no 'oracle' here; it has: duckdb"),
        ("kind: duckdb, ", "", "warehouses.shop.kind: must name one of: duckdb"),
        ("kind: duckdb", "kind: ../../etc", "warehouses.shop.kind: this version has no '../../etc' here"),
        ("  http:", "  mcp:", "doors.mcp: this version has no 'mcp' here; it has: http, pgwire"),
        ("redis: null", "redis: {url: x}", "redis: this version has no shared limits yet"),
        ("  shop: {", "  Shop-1: {", "warehouses.Shop-1: a warehouse's name must be lower-case"),
    ],
)
def test_kinds_that_are_not_there_are_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(line.startswith(told) for line in problems(write(tmp_path, GOOD.replace(old, new))))


@pytest.mark.parametrize("section", ["identity", "warehouses", "audit", "doors"])
def test_sections_that_must_be_there(tmp_path: Path, section: str) -> None:
    lines = GOOD.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{section}:"))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    assert problems(write(tmp_path, "".join(lines[:start] + lines[end:]))) == [f"{section}: is missing"]


def test_no_warehouse_and_no_door(tmp_path: Path) -> None:
    text = GOOD.replace("  shop: {kind: duckdb, path: shop.duckdb}\n", "").replace("warehouses:\n", "warehouses: {}\n")
    assert [p.split(":")[0] for p in problems(write(tmp_path, text))] == ["warehouses"]


def test_file_that_is_not_there_says_what_to_try(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.yaml") == [
        f"{tmp_path}/none.yaml: there is no such settings file; name one by --config, or try: usher demo"
    ]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n"])
def test_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert "must hold a mapping" in problems(write(tmp_path, text))[0]


def test_yaml_mistakes_have_a_line(tmp_path: Path) -> None:
    assert problems(write(tmp_path, GOOD + "scan: {mode: ]\n"))[0].startswith(f"{tmp_path}/usher.yaml:17:")


def test_duplicate_sections_are_refused(tmp_path: Path) -> None:
    assert "'limits' stands here twice" in problems(write(tmp_path, GOOD + "limits: {max_rows: 2}\n"))[0]


# ----------------------------------------------------------------------------------------------------- environment
def test_environment_overrides_values(tmp_path: Path) -> None:
    loaded = settings.load(
        write(tmp_path, GOOD),
        {
            "USHER_LIMITS__MAX_ROWS": "7",
            "USHER_DOORS__HTTP__LISTEN": "127.0.0.1:9999",
            "USHER_IDENTITY__ISSUERS__0__AUDIENCE": "other",
            "USHER_SCAN__MODE": "off",
            "USHER_POLICIES": "elsewhere",
            "USHER_IDENTITY__ISSUERS__0__ALGORITHMS": "[ES256]",
        },
    )
    assert loaded.limits.max_rows == 7
    assert loaded.doors["http"].listen == "127.0.0.1:9999"  # type: ignore[attr-defined]
    assert loaded.identity.issuers[0].audience == "other"
    assert loaded.identity.issuers[0].algorithms == ("ES256",)
    assert loaded.scan.mode.value == "off"
    assert loaded.policies == tmp_path / "elsewhere"


def test_environment_makes_sections_that_the_file_lacks(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, GOOD), {"USHER_PARSER__WORKERS": "3"})
    assert loaded.parser.workers == 3


def test_what_kubernetes_injects_is_no_setting(tmp_path: Path) -> None:
    injected = {"USHER_PORT": "tcp://10.0.0.1:80", "USHER_SERVICE_HOST": "10.0.0.1", "USHER_PORT_80_TCP": "x"}
    assert settings.load(write(tmp_path, GOOD), injected).limits.max_rows == 1000


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("USHER_NONSENSE__X", "USHER_NONSENSE__X: there is no such section"),
        ("USHER_IDENTITY__ISSUERS__9__AUDIENCE", "USHER_IDENTITY__ISSUERS__9__AUDIENCE: the settings file has no such"),
        ("USHER_LIMITS__", "USHER_LIMITS__: there is no such section"),
        ("USHER_LIMITS__MAX_ROW", "limits.max_row: there is no such setting"),
    ],
)
def test_overrides_that_mean_nothing_are_refused(tmp_path: Path, variable: str, told: str) -> None:
    assert any(line.startswith(told) for line in problems(write(tmp_path, GOOD), {variable: "1"}))


def test_the_variables_of_the_command_line_are_no_settings(tmp_path: Path) -> None:
    given = {"USHER_CONFIG": "x", "USHER_TOKEN": "y", "USHER_URL": "z"}
    assert settings.load(write(tmp_path, GOOD), given).limits.max_rows == 1000


# --------------------------------------------------------------------------------------------------------- secrets
def test_mask_key_from_the_environment(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, GOOD + "masks: {key: env:MASK_KEY}\n"), {"MASK_KEY": KEY})
    assert loaded.masks.key is not None
    assert loaded.masks.key.get_secret_value() == KEY
    assert KEY not in repr(loaded)


def test_mask_key_from_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "mask.key").write_text(KEY + "\n")
    loaded = settings.load(write(tmp_path, GOOD + "masks: {key: file:mask.key}\n"), {})
    assert loaded.masks.key is not None
    assert loaded.masks.key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (KEY, "must be a reference"),
        ("env:NOT_SET", "the environment variable 'NOT_SET' is not set"),
        ("env:EMPTY", "is not set (or empty)"),
        ("env:SHORT", "must have at least 32 bytes"),
        ("file:absent.key", "cannot be read"),
        ("file:empty.key", "is empty"),
        ("12", "must be a reference"),
    ],
)
def test_bad_references_are_told_without_the_secret(tmp_path: Path, reference: str, told: str) -> None:
    (tmp_path / "empty.key").write_text("\n")
    environment = {"EMPTY": "", "SHORT": "too-short-but-secret"}
    lines = problems(write(tmp_path, GOOD + f"masks: {{key: '{reference}'}}\n"), environment)
    assert len(lines) == 1
    assert lines[0].startswith("masks.key: ")
    assert told in lines[0]
    assert KEY not in lines[0]
    assert "too-short-but-secret" not in lines[0]


# ------------------------------------------------------------------------------------------------------- the default
def test_default_config_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("USHER_CONFIG", raising=False)
    assert settings.default_config() is None
    demo = tmp_path / ".usher" / "demo"
    demo.mkdir(parents=True)
    (demo / "usher.yaml").touch()
    assert settings.default_config() == Path(".usher/demo/usher.yaml")
    (tmp_path / "usher.yaml").touch()
    assert settings.default_config() == Path("usher.yaml")
    monkeypatch.setenv("USHER_CONFIG", "named.yaml")
    assert settings.default_config() == Path("named.yaml")
