"""The sample warehouse: large enough, the same each time, and about nobody real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.demo import warehouse
from tests import demo_folder

SHOP = "shop.duckdb"


def ask(sql: str) -> list[tuple[object, ...]]:
    return warehouse.raw(demo_folder.built() / SHOP, sql)[1]


def test_it_holds_at_least_200_000_rows() -> None:
    tables = [
        "sales.customers",
        "sales.orders",
        "sales.payments",
        "people.employees",
        "support.tickets",
        "public.products",
    ]
    counts = {t: int(str(ask(f"SELECT COUNT(*) FROM {t}")[0][0])) for t in tables}
    assert sum(counts.values()) >= 200_000
    assert all(counts.values())


def test_two_builds_hold_the_same_rows(tmp_path: Path) -> None:
    warehouse.create(tmp_path / SHOP)
    digest = "SELECT bit_xor(hash(t)) FROM {} AS t"
    for table in ("sales.customers", "sales.orders", "sales.payments", "people.employees", "support.tickets"):
        again = warehouse.raw(tmp_path / SHOP, digest.format(table))[1]
        assert again == ask(digest.format(table)), table


def test_a_build_leaves_only_the_file(tmp_path: Path) -> None:
    (tmp_path / SHOP).write_text("no database")
    warehouse.create(tmp_path / SHOP)
    assert [p.name for p in tmp_path.iterdir()] == [SHOP]
    assert warehouse.raw(tmp_path / SHOP, "SELECT COUNT(*) FROM public.products")[1] == [(200,)]


@pytest.mark.parametrize("table", ["sales.customers", "people.employees"])
def test_addresses_are_at_domains_for_examples(table: str) -> None:
    assert ask(
        rf"SELECT COUNT(*) FROM {table} WHERE NOT regexp_full_match(email, '.+@(shop\.)?example\.(com|org|net)')"
    ) == [(0,)]


@pytest.mark.parametrize("table", ["sales.customers", "people.employees"])
def test_national_ids_are_from_a_range_never_issued(table: str) -> None:
    assert ask(rf"SELECT COUNT(*) FROM {table} WHERE NOT regexp_full_match(national_id, '9\d\d-[0-4]\d-\d{{4}}')") == [
        (0,)
    ]
    assert ask(f"SELECT COUNT(*) FROM {table} WHERE national_id LIKE '%-00-%' OR national_id LIKE '%-0000'") == [(0,)]


@pytest.mark.parametrize("table", ["sales.customers", "people.employees"])
def test_telephone_numbers_are_from_reserved_ranges(table: str) -> None:
    reserved = r"\+1 \d{3}-555-01\d\d|\+44 20 7946 0\d{3}|\+61 2 5550 \d{4}"
    assert ask(f"SELECT COUNT(*) FROM {table} WHERE NOT regexp_full_match(phone, '{reserved}')") == [(0,)]


def test_card_numbers_are_valid_by_luhn() -> None:
    numbers = [
        str(row[0]) for row in ask("SELECT DISTINCT card_number FROM sales.payments WHERE card_number IS NOT NULL")
    ]
    assert len(numbers) >= 10
    for number in numbers:
        digits = [int(d) for d in reversed(number)]
        doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)]
        assert sum(doubled) % 10 == 0, number


def test_free_text_hides_every_kind_of_personal_data() -> None:
    bodies = "\n".join(str(row[0]) for row in ask("SELECT body FROM support.tickets"))
    for pattern in (
        r"\S+@example\.(com|org|net)",
        r"\+1 \d{3}-555-01\d\d",
        r"\b\d{4} \d{4} \d{4} \d{4}\b",
        r"\b9\d\d-\d\d-\d{4}\b",
    ):
        assert len(re.findall(pattern, bodies)) > 100, pattern
    assert "this is Maria" in bodies


def test_rows_belong_together() -> None:
    assert ask("SELECT COUNT(*) FROM sales.orders AS o ANTI JOIN sales.customers AS c ON c.id = o.customer_id") == [
        (0,)
    ]
    assert ask("SELECT COUNT(*) FROM sales.payments AS p ANTI JOIN sales.orders AS o ON o.id = p.order_id") == [(0,)]
    joined = "sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id"
    assert ask(f"SELECT COUNT(*) FROM {joined} WHERE o.region <> c.region") == [(0,)]
    assert {row[0] for row in ask("SELECT DISTINCT region FROM sales.customers")} == {"EU", "US", "APAC"}


def test_dates_do_not_depend_on_today() -> None:
    assert ask("SELECT MAX(ordered_at) < TIMESTAMP '2026-02-01' FROM sales.orders") == [(True,)]
    assert ask("SELECT MIN(ordered_at) > TIMESTAMP '2024-01-01' FROM sales.orders") == [(True,)]


def test_the_stamp_changes_with_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    before = warehouse.stamp()
    assert before == warehouse.stamp()
    monkeypatch.setattr(warehouse, "script", lambda: "SELECT 1")
    assert warehouse.stamp() != before
