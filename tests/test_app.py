"""The app on the demo's real parts: it ends what it starts, tells all problems at once, reloads all or nothing."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from proxy import settings
from proxy.app import App, build, load_policies, load_scan_rules, mask_secrets
from proxy.audit import tail, verify
from proxy.demo import folder
from proxy.demo.people import PEOPLE
from proxy.errors import ConfigError
from proxy.gateway import Request
from proxy.values import Context
from tests import demo_folder

CONTEXT = Context(door="test")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return demo_folder.copied(tmp_path / "demo")


def loaded(place: Path, **environment: str) -> settings.Settings:
    return settings.load(place / "usher.yaml", environment)


async def rows(app: App, place: Path, person: str, sql: str) -> list[tuple[object, ...]]:
    caller = await app.gateway.authenticate(folder.token(place, PEOPLE[person]), CONTEXT)
    answer = await app.gateway.run(caller, Request(sql), CONTEXT)
    return [tuple(row.values()) async for batch in answer.batches for row in batch.to_pylist()]


async def test_start_answer_and_close(place: Path) -> None:
    app = build(loaded(place))
    await app.start()
    try:
        assert await rows(app, place, "analyst", "SELECT DISTINCT region FROM sales.customers") == [("EU",)]
        assert all((await app.gateway.ready()).values())
    finally:
        await app.close()
    found = verify.verify(place / "audit")
    assert found.intact
    kinds = [r.kind for r in tail.read(place / "audit", 0, 100, {})]
    assert [k for k in kinds if k != "segment"] == ["start", "policy-load", "decision", "outcome", "stop"]


async def test_what_scrub_leaves_is_read_by_the_scan_and_other_masks_are_not(place: Path) -> None:
    path = place / "policies" / "masks.yaml"
    path.write_text(path.read_text().replace("{mask: scrub}", "{mask: scrub, entities: [card]}"))
    app = build(loaded(place))
    await app.start()
    try:
        sql = "SELECT t.body, c.email FROM support.tickets t JOIN sales.customers c ON c.id = t.customer_id LIMIT 40"
        caller = await app.gateway.authenticate(folder.token(place, PEOPLE["auditor"]), CONTEXT)
        answer = await app.gateway.run(caller, Request(sql), CONTEXT)
        bodies = [row["body"] for batch in [b async for b in answer.batches] for row in batch.to_pylist()]
    finally:
        await app.close()
    assert any("<EMAIL_ADDRESS>" in body for body in bodies)
    assert answer.tally.report is not None
    assert (answer.tally.report.cells_read, answer.tally.report.cells_skipped["masked"]) == (40, 40)


async def test_all_problems_of_a_start_are_told_together(place: Path) -> None:
    (place / "shop.duckdb").unlink()
    (place / "policies" / "pii.yaml").write_text("entities: {NONSENSE: {}}\n")
    with (place / "policies" / "grants.csv").open("a") as file:
        file.write("p, role:analyst, shop.sales, read, Allow\n")
    with pytest.raises(ConfigError) as caught:
        build(loaded(place))
    told = "\n".join(caught.value.problems)
    assert "shop.duckdb" in told
    assert "pii.yaml:1: entities.NONSENSE" in told
    assert "grants.csv:" in told
    assert len(caught.value.problems) == 3


async def test_missing_warehouse_file_names_it(place: Path) -> None:
    (place / "shop.duckdb").unlink()
    with pytest.raises(ConfigError, match=r"shop\.duckdb"):
        build(loaded(place))


async def test_policy_naming_an_unknown_column_stops_the_start_and_leaves_nothing(place: Path) -> None:
    path = place / "policies" / "data" / "sales.yaml"
    path.write_text(path.read_text().replace("email: [pii.email]", "emial: [pii.email]"))
    app = build(loaded(place))
    with pytest.raises(ConfigError, match=r"sales\.yaml:6.*emial"):
        await app.start()
    again = build(loaded(place))  # the audit log and the warehouse were let go
    with pytest.raises(ConfigError, match="emial"):
        await again.start()
    refused = tail.read(place / "audit", 0, 100, {"kind": "policy-load"})
    assert [r.body["loaded"] for r in refused] == [False, False]
    assert "emial" in str(refused[0].body["problems"])


async def test_filter_with_an_attribute_that_no_claim_supplies_stops_the_start(place: Path) -> None:
    text = (place / "usher.yaml").read_text()
    (place / "usher.yaml").write_text(text.replace("attributes: {region: region}", "attributes: {}"))
    app = build(loaded(place))
    with pytest.raises(ConfigError, match="region"):
        await app.start()


async def test_check_starts_nothing(place: Path) -> None:
    catalogs = await build(loaded(place)).check()
    assert [c.warehouse for c in catalogs] == ["shop"]
    assert not (place / "audit").exists()


async def test_reload_swaps_good_policies_and_keeps_the_old_over_bad_ones(place: Path) -> None:
    app = build(loaded(place))
    await app.start()
    grants = place / "policies" / "grants.csv"
    good = grants.read_text()
    try:
        first = app.policy.fingerprint
        grants.write_text(good + "p, role:analyst, shop.people, raed, allow\n")
        bad = await app.reload()
        assert not bad.swapped
        assert bad.policy == first == app.policy.fingerprint
        assert "grants.csv" in bad.problems[0]
        assert await rows(app, place, "analyst", "SELECT COUNT(*) FROM public.products") == [(200,)]

        grants.write_text(good.replace("p, role:employee, shop.public, read, allow", ""))
        swapped = await app.reload()
        assert swapped.swapped
        assert swapped.policy != first
        with pytest.raises(Exception, match="no table"):
            await rows(app, place, "analyst", "SELECT COUNT(*) FROM public.products")
    finally:
        await app.close()
    loads = tail.read(place / "audit", 0, 100, {"kind": "policy-load"})
    assert [r.body["loaded"] for r in loads] == [True, False, True]


async def test_reload_takes_the_scan_rules_too(place: Path) -> None:
    app = build(loaded(place))
    await app.start()
    sql = "SELECT delivery_note FROM sales.orders WHERE delivery_note LIKE 'Call%' ORDER BY id LIMIT 1"
    try:
        assert await rows(app, place, "analyst", sql) == [("Call <PHONE_NUMBER> before delivery.",)]
        path = place / "policies" / "pii.yaml"
        path.write_text(path.read_text().replace("{tag: pii.phone}", "{tag: pii.phone, action: flag}"))
        assert (await app.reload()).swapped
        assert str((await rows(app, place, "analyst", sql))[0][0]).startswith("Call +")
        own = "recognizers: [{name: Calls, supported_entity: CALL, deny_list: [Call]}]\n"
        path.write_text(path.read_text() + own)
        assert (await app.reload()).swapped
        assert str((await rows(app, place, "analyst", sql))[0][0]).startswith("<CALL> +")
        path.write_text("entities: [")
        assert not (await app.reload()).swapped
        assert str((await rows(app, place, "analyst", sql))[0][0]).startswith("<CALL> +")
    finally:
        await app.close()


async def test_no_record_no_reload(place: Path) -> None:
    app = build(loaded(place, USHER_SCAN__MODE="off"))
    await app.start()
    first = app.policy.fingerprint
    await app.audit.close()  # from now on nothing can be recorded
    grants = place / "policies" / "grants.csv"
    grants.write_text(grants.read_text().replace("p, role:employee, shop.public, read, allow", ""))
    try:
        kept = await app.reload()
    finally:
        await app.close()
    assert not kept.swapped
    assert kept.policy == first == app.policy.fingerprint
    assert "audit" in kept.problems[0]


def test_keyed_masks_without_a_key_are_told(place: Path) -> None:
    path = place / "policies" / "masks.yaml"
    path.write_text(path.read_text().replace("{mask: email_domain}", "{mask: hash}"))
    text = (place / "usher.yaml").read_text()
    (place / "usher.yaml").write_text(text.replace("masks: {key: file:mask.key}\n", ""))
    with pytest.raises(ConfigError, match=r"masks\.key: is missing, and the policies use hash"):
        load_policies(loaded(place))


def test_hashes_of_the_scan_without_a_key_are_told(place: Path) -> None:
    path = place / "policies" / "pii.yaml"
    path.write_text(path.read_text().replace("{tag: pii.phone}", "{tag: pii.phone, action: hash}"))
    load_scan_rules(loaded(place))
    text = (place / "usher.yaml").read_text()
    (place / "usher.yaml").write_text(text.replace("masks: {key: file:mask.key}\n", ""))
    with pytest.raises(ConfigError, match=r"masks\.key: is missing, and the scan replaces"):
        load_scan_rules(loaded(place))


async def test_hashed_columns_are_the_keyed_hash(place: Path) -> None:
    path = place / "policies" / "masks.yaml"
    path.write_text(path.read_text().replace("{mask: email_domain}", "{mask: hash}"))
    app = build(loaded(place))
    await app.start()
    try:
        found = await rows(app, place, "analyst", "SELECT email FROM sales.customers WHERE id = 1")
    finally:
        await app.close()
    key = (place / "mask.key").read_text().strip().encode()
    expected = hmac.new(key, b"arjun.tanaka1@example.org", hashlib.sha256).hexdigest()
    assert str(found[0][0]) in expected
    assert len(str(found[0][0])) >= 16


@pytest.mark.parametrize("key", [b"k" * 32, b"k" * 64, b"k" * 65, bytes(range(200))])
def test_mask_secrets_are_the_key_blocks_of_hmac(key: bytes) -> None:
    blocks = mask_secrets(key)
    inner = hashlib.sha256(blocks["mask_key_inner"] + b"text").digest()
    made = hashlib.sha256(blocks["mask_key_outer"] + inner).hexdigest()
    assert made == hmac.new(key, b"text", hashlib.sha256).hexdigest()


async def test_second_gateway_on_the_same_audit_folder_is_refused(place: Path) -> None:
    first = build(loaded(place))
    await first.start()
    try:
        second = build(loaded(place))
        with pytest.raises(ConfigError, match="audit"):
            await second.start()
    finally:
        await first.close()


async def test_audit_folder_that_cannot_be_had(place: Path) -> None:
    (place / "audit").write_text("a file stands where the folder should be")
    with pytest.raises(ConfigError, match="audit"):
        await build(loaded(place)).start()
