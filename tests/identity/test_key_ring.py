"""Keys over time: rotation, one fetch for all who wait, the rate limit, and how an outage ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from proxy.errors import Unauthenticated
from proxy.identity.fetch import source
from proxy.identity.key_ring import KeyRing
from proxy.values import ReasonCode
from tests.identity.forge import Clock, Signer, settings
from tests.identity.key_server import KeyServer

OLD = Signer(kid="old")
NEW = Signer(kid="new", name="two")
TTL, INTERVAL, GRACE = 300, 10, 600

Ring = Callable[..., KeyRing]


@pytest.fixture
async def ring(key_server: KeyServer, elapsed: Clock) -> AsyncIterator[Ring]:
    made: list[KeyRing] = []

    def build(**changes: Any) -> KeyRing:
        times = {"jwks_ttl_s": TTL, "refresh_interval_s": INTERVAL, "outage_grace_s": GRACE, "fetch_timeout_s": 2}
        one = settings(**{"jwks": key_server.serve_keys(OLD), **times, **changes}).issuers[0]
        made.append(KeyRing(one, source(one), elapsed))
        return made[-1]

    yield build
    for one in made:
        await one.close()


async def reason(keys: KeyRing, kid: str) -> ReasonCode | None:
    try:
        await keys.find(kid, "RS256")
    except Unauthenticated as error:
        return error.reasons[0].code
    return None


async def test_keys_are_fetched_when_first_needed_and_then_cached(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring()
    assert key_server.requests == []
    for _ in range(5):
        assert await reason(keys, "old") is None
        elapsed.now += TTL / 5
    assert len(key_server.requests) == 1
    assert await reason(keys, "old") is None
    assert len(key_server.requests) == 2


async def test_many_callers_at_once_are_one_fetch(ring: Ring, key_server: KeyServer) -> None:
    keys = ring()
    key_server.delay_s = 0.2
    answers = await asyncio.gather(*(reason(keys, "old") for _ in range(100)))
    assert set(answers) == {None}
    assert len(key_server.requests) == 1


async def test_rotation_is_seen_at_the_first_token_with_the_new_key(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    key_server.serve_keys(OLD, NEW)
    elapsed.now += INTERVAL
    assert await reason(keys, "new") is None
    assert await reason(keys, "old") is None
    assert len(key_server.requests) == 2


async def test_rotation_under_load_is_one_fetch_and_refuses_nobody(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    key_server.serve_keys(OLD, NEW)
    key_server.delay_s = 0.2
    elapsed.now += INTERVAL
    answers = await asyncio.gather(*(reason(keys, kid) for kid in ["new", "old"] * 50))
    assert set(answers) == {None}
    assert len(key_server.requests) == 2


async def test_key_that_was_withdrawn_ends_with_the_time_to_live(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    key_server.serve_keys(NEW)
    elapsed.now += TTL
    assert await reason(keys, "old") is ReasonCode.KEY_UNKNOWN
    assert await reason(keys, "new") is None


async def test_set_that_was_emptied_withdraws_every_key(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    key_server.serve_keys()
    elapsed.now += TTL
    assert await reason(keys, "old") is ReasonCode.KEY_UNKNOWN


async def test_unknown_keys_cannot_hammer_the_issuer(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring()
    for second in range(60):
        answers = await asyncio.gather(*(reason(keys, f"made-up-{second}-{i}") for i in range(20)))
        assert set(answers) == {ReasonCode.KEY_UNKNOWN}
        elapsed.now += 1
    assert len(key_server.requests) == 60 / INTERVAL


async def test_no_key_id_reaches_the_issuer(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring()
    for kid in ("../../etc/passwd", "http://evil.example/", "keys?x=1", "\r\nHost: evil"):
        elapsed.now += INTERVAL
        assert await reason(keys, kid) is ReasonCode.KEY_UNKNOWN
    assert set(key_server.requests) == {"/keys"}


async def test_outage_is_bridged_for_the_stated_time_and_no_longer(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    began = elapsed.now
    key_server.status = 503
    for age in (TTL, TTL + GRACE / 2, TTL + GRACE - 0.001):
        elapsed.now = began + age
        assert await reason(keys, "old") is None
        assert keys.failure is not None
    elapsed.now = began + TTL + GRACE
    assert await reason(keys, "old") is ReasonCode.KEYS_UNAVAILABLE
    key_server.status = 200
    elapsed.now += INTERVAL
    assert await reason(keys, "old") is None
    assert keys.failure is None


async def test_no_grace_is_no_grace(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring(outage_grace_s=0)
    assert await reason(keys, "old") is None
    key_server.status = 503
    elapsed.now += TTL - 0.001
    assert await reason(keys, "old") is None
    elapsed.now += 0.001
    assert await reason(keys, "old") is ReasonCode.KEYS_UNAVAILABLE


async def test_failed_fetches_are_rate_limited_too(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring()
    key_server.status = 500
    for _ in range(30):
        assert await reason(keys, "old") is ReasonCode.KEYS_UNAVAILABLE
        elapsed.now += 1
    assert len(key_server.requests) == 30 / INTERVAL


@pytest.mark.parametrize("document", [b"", b"<html>", b'{"keys": 1}', b'{"keys": [], "keys": []}'])
async def test_nonsense_instead_of_keys_is_an_outage(
    ring: Ring, key_server: KeyServer, elapsed: Clock, document: bytes
) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    key_server.routes["/keys"] = document
    elapsed.now += TTL
    assert await reason(keys, "old") is None
    assert keys.failure is not None


async def test_during_a_slow_outage_one_caller_waits_and_the_others_do_not(
    ring: Ring, key_server: KeyServer, elapsed: Clock
) -> None:
    keys = ring(fetch_timeout_s=2)
    assert await reason(keys, "old") is None
    key_server.delay_s = 8
    elapsed.now += TTL
    async with asyncio.TaskGroup() as group:
        first = group.create_task(reason(keys, "old"))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(1):
            assert await reason(keys, "old") is None
        assert not first.done()
    assert first.result() is None


async def test_caller_that_hangs_up_while_fetching_costs_nobody_else_anything(
    ring: Ring, key_server: KeyServer
) -> None:
    keys = ring()
    key_server.delay_s = 0.2
    async with asyncio.TaskGroup() as group:
        first = group.create_task(reason(keys, "old"))
        await asyncio.sleep(0.05)
        second = group.create_task(reason(keys, "old"))
        await asyncio.sleep(0.05)
        first.cancel()
    assert second.result() is None
    assert 1 <= len(key_server.requests) <= 2


async def test_hanging_up_does_not_lift_the_rate_limit(ring: Ring, key_server: KeyServer, elapsed: Clock) -> None:
    keys = ring()
    assert await reason(keys, "old") is None
    elapsed.now += INTERVAL
    key_server.delay_s = 0.1
    for i in range(5):
        async with asyncio.TaskGroup() as group:
            one = group.create_task(reason(keys, f"made-up-{i}"))
            await asyncio.sleep(0.03)
            one.cancel()
    assert len(key_server.requests) <= 2


async def test_first_fetch_that_hangs_ends_in_a_refusal(ring: Ring, key_server: KeyServer) -> None:
    keys = ring(fetch_timeout_s=0.5)
    key_server.delay_s = 8
    async with asyncio.timeout(6):
        answers = await asyncio.gather(*(reason(keys, "old") for _ in range(20)))
    assert set(answers) == {ReasonCode.KEYS_UNAVAILABLE}
    assert len(key_server.requests) <= 1
