"""pgcli: what it asks for its completion, its commands, and a statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.pages import snippet
from tests.clients.programs import HOW, imports, program, run
from tests.clients.shop import CUSTOMERS, Shop, clean

pytestmark = pytest.mark.skipif(program("pgcli") is None, reason=f"there is no pgcli: pip install pgcli; {HOW}")
COMPLETION = """
import os
from pgcli.pgexecute import PGExecute

asking = PGExecute(os.environ["PGDATABASE"], "token", os.environ["PGPASSWORD"], os.environ["PGHOST"],
    os.environ["PGPORT"], sslmode="verify-full", sslrootcert=os.environ["PGSSLROOTCERT"])
for told in (asking.search_path(), asking.schemata(), asking.tables(), asking.views(), asking.table_columns(),
    asking.view_columns(), asking.databases(), asking.full_databases(), asking.foreignkeys(), asking.functions(),
    asking.datatypes()):
    print(list(told) if hasattr(told, "__iter__") and not isinstance(told, str) else told)
"""


def test_the_snippet_of_its_page(shop: Shop, tmp_path: Path) -> None:
    words = snippet("pgcli.md", "sh", shop).replace("\npgcli\n", f'\n"$PGCLI" -c "{CUSTOMERS}" -c "\\\\d"\n')
    environment = {"USHER_TOKEN": shop.token(), "PGCLI": str(program("pgcli")), "HOME": str(tmp_path)}
    done = run(["bash", "-c", words], environment)
    clean(done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr
    assert "***@example.org" in done.stdout
    assert "orders" in done.stdout


@pytest.mark.skipif(not imports("pgcli"), reason="pgcli's Python is not the one on the PATH")
def test_what_completion_is_told(shop: Shop, tmp_path: Path) -> None:
    done = run(["python", "-c", COMPLETION], {**shop.environment(), "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    clean(done.stdout)
    lines = done.stdout.splitlines()
    assert "('sales', 'customers')" in lines[2]
    assert "'joined'" in lines[4]


def test_wrong_and_expired_tokens(shop: Shop, tmp_path: Path) -> None:
    for token in ("nonsense", shop.expired()):
        given = {**shop.environment(token=token), "HOME": str(tmp_path)}
        done = run(["pgcli", "--no-password", "-c", "SELECT 1"], given)
        assert done.returncode != 0
        assert token not in done.stdout + done.stderr
    assert "expired" in done.stdout + done.stderr
