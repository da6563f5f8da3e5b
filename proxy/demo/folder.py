"""The demo's folder: warehouse, issuer, mask key, settings and a copy of the policies.

Rule kept here: what a person may have edited (settings, policies) is never overwritten, and a folder that is not the
demo's is never written to.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from proxy.demo import warehouse
from proxy.demo.people import BOT, Person
from proxy.errors import ConfigError
from proxy.identity.issuer import LocalIssuer

MARKER = "usher-demo.json"
WIRE_PORT = 6432
"""Where the PostgreSQL door of a new folder listens."""
SETTINGS = """\
# The demo's settings; `usher doctor --config {folder}/usher.yaml` checks them.
identity:
  issuers:
    - issuer: {issuer}
      audience: {audience}
      algorithms: [ES256]
      jwks: file:issuer/jwks.json
      claims: {{groups: groups, attributes: {{region: region}}}}
warehouses:
  {warehouse}: {{kind: duckdb, path: {warehouse}.duckdb}}
policies: policies/
masks: {{key: file:mask.key}}
scan: {{mode: {mode}, workers: 1}}
audit:
  sinks: [{{kind: file, path: audit/}}]
limits: {{max_rows: 1000000, statement_timeout_s: 60}}
redis: null
doors:
  http: {{listen: "127.0.0.1:{port}"}}
  pgwire: {{listen: "127.0.0.1:{wire}"}}
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """A prepared demo folder; `built` says that the warehouse was made just now."""

    path: Path
    built: bool

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.path / "usher.yaml"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.path / f"{warehouse.NAME}.duckdb"


def policies() -> Path:
    """The default policies: shipped in the package, or the repository's own in an editable install."""
    shipped = Path(str(files("proxy"))) / "demo_policies"
    own = Path(str(files("proxy"))).parent / "policies"
    found = next((p for p in (shipped, own) if (p / "grants.csv").is_file()), None)
    if found is None:
        raise ConfigError(["the default policies are not in this installation; install the package again"])
    return found


def prepare(path: Path, port: int, mode: str, wire: int = WIRE_PORT) -> Folder:
    """Make what is missing in the demo's folder, or make the folder. `port` is the HTTP door's, `wire` the PostgreSQL
    door's, `mode` the scan's. Raises `ConfigError`."""
    try:
        _claim(path)
        folder = Folder(path, built=_warehouse(path))
        if not (path / "policies").exists():
            shutil.copytree(policies(), path / "policies")
        if not (path / "mask.key").exists():
            _private(path / "mask.key", secrets.token_hex(32))
        local = issuer(path)
        if not folder.settings.exists():
            folder.settings.write_text(
                SETTINGS.format(
                    folder=path,
                    issuer=local.issuer,
                    audience=local.audience,
                    warehouse=warehouse.NAME,
                    mode=mode,
                    port=port,
                    wire=wire,
                ),
                encoding="utf-8",
            )
    except OSError as error:
        raise ConfigError([f"{error.filename or path}: cannot be written: {error.strerror}"]) from error
    return folder


def issuer(path: Path) -> LocalIssuer:
    """The issuer whose key lies in a demo folder."""
    return LocalIssuer(path / "issuer")


def token(path: Path, person: Person, app: str | None = BOT, lifetime_s: int = 3600) -> str:
    """A token as the demo's issuer gives it to a person who uses an app."""
    return issuer(path).mint(
        subject=person.name,
        groups=person.groups,
        attributes=person.attributes,
        app=app,
        email=person.email,
        act=(app,) if app else (),
        lifetime_s=lifetime_s,
    )


def _claim(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    if not (path / MARKER).exists() and any(path.iterdir()):
        raise ConfigError([f"{path}: holds something that is not the demo's; name an empty folder by --folder"])


def _warehouse(path: Path) -> bool:
    """Build the warehouse where it is missing or of another version; answers whether it was built."""
    marker = path / MARKER
    known = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else {}
    target = path / f"{warehouse.NAME}.duckdb"
    if known.get("warehouse") == warehouse.stamp() and target.exists():
        return False
    marker.write_text("{}", encoding="utf-8")
    warehouse.create(target)
    marker.write_text(json.dumps({"warehouse": warehouse.stamp()}), encoding="utf-8")
    return True


def _private(path: Path, content: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content + "\n")
