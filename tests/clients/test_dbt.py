"""dbt: its check of the connection, an ephemeral model, tests, and what a gateway that reads cannot build."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.pages import snippet
from tests.clients.programs import HOW, program, run
from tests.clients.shop import Shop, clean

pytestmark = pytest.mark.skipif(
    program("dbt") is None, reason=f"there is no dbt: pip install 'dbt-core<1.12' 'dbt-postgres<1.11'; {HOW}"
)
PROJECT = {
    "dbt_project.yml": """
name: shop
version: '1.0'
profile: shop
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
""",
    "models/buyers.sql": """
{{ config(materialized='ephemeral') }}
SELECT id, name, email FROM {{ source('sales', 'customers') }}
""",
    "models/built.sql": """
{{ config(materialized='table') }}
SELECT * FROM {{ ref('buyers') }}
""",
    "models/schema.yml": """
version: 2
sources:
  - name: sales
    schema: sales
    tables:
      - name: customers
        columns: [{name: id, data_tests: [unique, not_null]}]
models:
  - name: buyers
    columns: [{name: id, data_tests: [unique]}, {name: name, data_tests: [not_null]}]
""",
}


@pytest.fixture
def project(shop: Shop, tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "profiles.yml").write_text(snippet("dbt.md", "yaml", shop))
    return tmp_path


def dbt(project: Path, token: str, *words: str) -> subprocess.CompletedProcess[str]:
    given = {"USHER_TOKEN": token, "DBT_PROFILES_DIR": str(project), "HOME": str(project), "NO_COLOR": "1"}
    quiet = ["--no-use-colors", "--no-version-check", "--no-send-anonymous-usage-stats"]
    done = run(["dbt", *quiet, *words], given, cwd=project)
    clean(done.stdout)
    return done


def test_what_works_and_what_cannot_be_built(shop: Shop, project: Path) -> None:
    checked = dbt(project, shop.token(), "debug")
    assert checked.returncode == 0, checked.stdout
    assert "Connection test: [OK connection ok]" in checked.stdout
    shown = dbt(project, shop.token(), "show", "--select", "buyers")
    assert shown.returncode == 0, shown.stdout
    assert "***@example.org" in shown.stdout
    built = dbt(project, shop.token(), "build")
    assert built.returncode == 1, built.stdout
    assert "PASS=4 WARN=0 ERROR=1" in built.stdout
    assert "Only queries can be run" in built.stdout


def test_an_expired_token(shop: Shop, project: Path) -> None:
    token = shop.expired()
    done = dbt(project, token, "debug")
    assert done.returncode != 0
    assert token not in done.stdout
    assert "expired" in done.stdout
