"""A real Superset over a shop: its metadata in SQLite, its server as a process of its own, asked over its REST API.

It has more requirements than all other clients together, so it lives in an environment of its own, which USHER_SUPERSET
names, and its tests are part of no run unless they are asked for (`pytest -m superset`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests import demo_folder
from tests.clients.pages import snippet
from tests.clients.shop import Shop

PROGRAM = shutil.which("superset", path=f"{os.environ.get('USHER_SUPERSET', '')}/bin")
HOW = "make an environment from deploy/superset.lock and name it by USHER_SUPERSET (see CONTRIBUTING.md)"
PASSWORD = "a-password-of-a-test"
WAIT_S = 300.0
CONFIG = """
import json
from pathlib import Path

SECRET_KEY = "0123456789abcdef0123456789abcdef0123456789abcdef"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db?check_same_thread=false"
CACHE_CONFIG = DATA_CACHE_CONFIG = {{
    "CACHE_TYPE": "FileSystemCache", "CACHE_DIR": "{folder}/cache", "CACHE_DEFAULT_TIMEOUT": 3600
}}


def token_of(username):
    return json.loads(Path("{folder}/tokens.json").read_text())[username]
"""
"""What stands before the page's own lines: where Superset keeps its things, and the users' tokens."""


class Superset:
    """A running Superset with an administrator; `tokens` are what its users bring to Usher."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._ids: dict[str, int] = {}

    def tokens(self, given: Mapping[str, str]) -> None:
        """Have these users bring these tokens, and nobody else any."""
        (self._folder / "tokens.json").write_text(json.dumps(given))

    def user(self, name: str) -> User:
        """Somebody logged in, as an analyst who may use SQL Lab; made where missing."""
        admin = User(self._url, "admin")
        if name not in self._ids:
            roles = {r["name"]: r["id"] for r in admin.get("security/roles/?q=(page_size:100)")["result"]}
            about = {"first_name": name, "last_name": name, "email": f"{name}@example.com", "active": True}
            chosen = [roles["Alpha"], roles["sql_lab"]]
            made = admin.post("security/users/", username=name, password=PASSWORD, roles=chosen, **about)
            self._ids[name] = made["id"]
        return User(self._url, name)

    def database(self, shop: Shop, name: str, impersonate: bool) -> int:
        """A connection to the gateway, as the page says, made by the administrator."""
        uri = snippet("superset.md", "text", shop).strip()
        made = User(self._url, "admin").post(
            "database/", database_name=name, sqlalchemy_uri=uri, impersonate_user=impersonate, expose_in_sqllab=True
        )
        return int(made["id"])


class User:
    """Somebody who is logged in to Superset; an answer that is no success fails the test with its text."""

    def __init__(self, url: str, name: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/", timeout=100, headers={"Referer": url})
        log_in = {"username": name, "password": PASSWORD, "provider": "db", "refresh": False}
        token = answered(self._client.post("security/login", json=log_in))["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._client.headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]

    def get(self, path: str) -> Any:
        """What Superset answers."""
        return answered(self._client.get(path))

    def post(self, path: str, **body: Any) -> Any:
        """What Superset answers to a JSON body."""
        return answered(self._client.post(path, json=body))

    def refusal(self, path: str, **body: Any) -> str:
        """The text of the error that a request ends in."""
        answer = self._client.post(path, json=body)
        assert answer.is_error, answer.text
        return answer.text

    def dataset(self, database: int, table: str) -> int:
        """A dataset over a table of the schema sales."""
        return int(self.post("dataset/", database=database, schema="sales", table_name=table)["id"])

    def chart(self, dataset: int, *columns: str, force: bool = False) -> tuple[list[tuple[Any, ...]], bool]:
        """The rows of a table chart, and whether they came from Superset's cache."""
        [result] = self.post("chart/data", **charted(dataset, columns, force))["result"]
        return [tuple(row[c] for c in columns) for row in result["data"]], bool(result["is_cached"])


def answered(answer: httpx.Response) -> Any:
    """The JSON of a success."""
    assert answer.is_success, f"{answer.request.url}: {answer.text[:2000]}"
    return answer.json()


def charted(dataset: int, columns: tuple[str, ...], force: bool) -> dict[str, Any]:
    """What a browser asks for a table chart."""
    query = {"columns": list(columns), "metrics": [], "orderby": [[columns[0], True]], "row_limit": 100}
    source = {"id": dataset, "type": "table"}
    return {"datasource": source, "force": force, "queries": [query], "result_format": "json", "result_type": "full"}


def installed(folder: Path) -> Path:
    """A folder with Superset's metadata, its roles and an administrator. Takes minutes on a busy machine."""
    (folder / "superset_config.py").write_text(CONFIG.format(folder=folder))
    admin = ["--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "admin@example.com"]
    for words in (["db", "upgrade"], ["fab", "create-admin", *admin, "--password", PASSWORD], ["init"]):
        done = subprocess.run(
            [str(PROGRAM), *words], env=environment(folder), capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return folder


@contextmanager
def running(metadata: Path, folder: Path, shop: Shop) -> Iterator[Superset]:
    """Superset's server over a copy of what was installed, set up as the page says."""
    shutil.copy(metadata / "superset.db", folder)
    config = CONFIG.format(folder=folder) + snippet("superset.md", "python", shop)
    (folder / "superset_config.py").write_text(config)
    port = demo_folder.free_port()
    words = [str(PROGRAM), "run", "-p", str(port), "--with-threads", "--no-reload", "--no-debugger"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, env=environment(folder), stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + WAIT_S
            while not answers(port):
                assert process.poll() is None, (folder / "log").read_text()[-2000:]
                assert time.monotonic() < deadline, "Superset does not serve"
                time.sleep(0.5)
            yield Superset(folder, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(30)


def environment(folder: Path) -> dict[str, str]:
    """Superset's variables."""
    own = {"SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "SUPERSET_HOME": str(folder)}
    return {**os.environ, **own, "FLASK_APP": "superset.app:create_app()", "PYTHONWARNINGS": "ignore"}


def answers(port: int) -> bool:
    """Whether a server is up."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=20).is_success
    except httpx.HTTPError:
        return False
