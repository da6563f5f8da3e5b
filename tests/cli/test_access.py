"""`usher can` and `usher who-can`, on the default policies."""

from __future__ import annotations

from pathlib import Path

from proxy.cli import output
from tests.cli.conftest import Usher


def test_can_shows_tables_rows_and_masks(usher: Usher, demo: Path) -> None:
    made = usher("can", "analyst", "--json").document
    tables = {t["name"]: t for t in made["tables"]}
    assert list(tables) == ["shop.public.products", "shop.sales.customers", "shop.sales.orders", "shop.sales.payments"]
    customers = {c["name"]: c["shows"] for c in tables["shop.sales.customers"]["columns"]}
    assert tables["shop.sales.customers"]["rows"] == "filtered by own-region, not-deleted"
    assert tables["shop.public.products"]["rows"] == "all"
    assert customers["email"] == "mask email_domain"
    assert customers["city"] == "value"
    assert "password_hash" not in customers
    assert "national_id" not in customers  # the bot may not


def test_can_takes_subjects_with_and_without_an_app(usher: Usher, demo: Path) -> None:
    shown = usher("can", "user:x", "group:hr", "--table", "people.employees")
    assert shown.code == output.OK
    assert "salary               DECIMAL(10,2)    value" in shown.out
    through = usher("can", "group:hr", "app:helpbot", "-t", "employees")
    assert "salary" not in through.out


def test_can_for_a_stranger_and_for_no_subject(usher: Usher, demo: Path) -> None:
    assert "can see nothing of shop" in usher("can", "user:stranger").out
    wrong = usher("can", "stranger")
    assert wrong.code == output.CONFIG
    assert "'stranger' is no subject" in wrong.err


def test_can_names_the_tables_there_are(usher: Usher, demo: Path) -> None:
    ran = usher("can", "group:staff", "--table", "sales.customers")
    assert ran.code == output.CONFIG
    assert "the tables they see: public.products" in ran.err
    assert usher("can", "hr", "--warehouse", "nope").code == output.CONFIG


def test_who_can_tells_subjects_masks_and_the_grant(usher: Usher, demo: Path) -> None:
    made = usher("who-can", "shop.people.employees.salary", "--json").document
    who = {w["subject"]: w for w in made["who"]}
    assert set(who) >= {"group:hr", "role:hr", "group:auditors", "role:auditor"}
    assert "role:analyst" not in who
    assert who["role:hr"]["shows"] == "value"
    assert who["role:auditor"]["shows"] == "mask redact"
    assert "p, role:hr, shop.people, read, allow" in who["role:hr"]["via"][0]


def test_who_can_for_a_table_as_text(usher: Usher, demo: Path) -> None:
    ran = usher("who-can", "shop.support.tickets")
    assert ran.code == output.OK
    assert "Who can see shop.support.tickets" in ran.out
    assert "role:support" in ran.out
    assert "filtered by own-tickets" in ran.out


def test_who_can_for_what_nobody_sees_and_what_is_not_there(usher: Usher, demo: Path) -> None:
    assert "Nobody can see" in usher("who-can", "shop.sales.customers.password_hash").out
    for what in ("shop.sales.nothing", "other.sales.customers", "customers", "shop.sales.customers.nothing"):
        ran = usher("who-can", what)
        assert ran.code == output.CONFIG, what
        assert "Traceback" not in ran.err
