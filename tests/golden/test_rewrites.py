"""User SQL and the SQL that runs, as plain pairs, compared to the letter.

Each case of `rewrites/*.sql` says who asks (`-- as:`, a principal of tests/oracle/world.py), what (`-- asks`), what
runs (`-- runs`) and what it binds. After a change that is meant, write them anew and read the difference:

    USHER_WRITE_GOLDEN=1 pytest tests/golden/test_rewrites.py && git diff tests/golden/rewrites
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.values import Slot
from tests.golden.cases import Case, statements
from tests.oracle.test_generated import Oracle

FOLDER = Path(__file__).parent / "rewrites"
CASES = statements(FOLDER)
WRITE = os.environ.get("USHER_WRITE_GOLDEN") == "1"


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(tmp_path_factory.mktemp("rewrites"))
    yield made
    made.close()


def asked(case: Case) -> tuple[str, str]:
    """Who asks, and what."""
    head, _, rest = case.sql.partition("\n-- asks\n")
    return head.removeprefix("-- as: "), rest.partition("\n-- runs")[0]


def written(oracle: Oracle, case: Case) -> str:
    """The whole case as it should stand in its file."""
    name, sql = asked(case)
    plan = oracle.harness.plan(oracle.callers[name], sql).plan
    bound = "".join(f"\n-- ${i}: {spelt(slot)}" for i, slot in enumerate(plan.slots, start=1))
    return f"-- as: {name}\n-- asks\n{sql}\n-- runs\n{plan.sql}{bound}"


def spelt(slot: Slot) -> str:
    """A slot in words."""
    return f"{slot.kind.value} {slot.name}" + ("" if slot.item is None else f"[{slot.item}]")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_rewrite_is_the_golden_one(oracle: Oracle, case: Case) -> None:
    now = written(oracle, case)
    if WRITE:
        path = FOLDER / f"{case.id.partition(':')[0]}.sql"
        path.write_text(path.read_text(encoding="utf-8").replace(case.sql.rstrip("\n"), now), encoding="utf-8")
    assert now == case.sql.rstrip("\n") or WRITE


def test_there_is_a_case_for_every_principal() -> None:
    assert {asked(case)[0] for case in CASES} == {"analyst", "support", "analyst-and-hr", "auditor"}
