"""The only place that knows every part: settings in, a gateway out, started and ended in order.

Rule kept here: nothing is served before everything was checked (policies against the real catalogs, the audit log
writable), and whatever was started is ended again, in reverse, also when a later part fails to start.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import pyarrow as pa

import proxy.policy.bundle
from proxy import kinds
from proxy.audit.log import Log
from proxy.errors import AuditError, ConfigError, GatewayError, WarehouseUnavailable
from proxy.gateway import Gateway
from proxy.identity.verifier import Verifier
from proxy.introspection.virtual import VirtualCatalog
from proxy.introspection.worker import prepare_worker as prepare_introspection
from proxy.introspection.worker import work as introspect
from proxy.limits.local import LocalLimits
from proxy.policy.bundle import Bundle
from proxy.policy.engine import Engine
from proxy.ports import Scan, Warehouse
from proxy.query.reader import Reader, prepare_worker, read_in_worker
from proxy.rewrite.conditions import compile_filter
from proxy.rewrite.masking import compile_mask
from proxy.rewrite.rewriter import Rewriter
from proxy.scan import rules as scan_rules
from proxy.scan.presidio import installed
from proxy.scan.rules import ScanRules
from proxy.scan.scanner import Scanner
from proxy.scan.scanner import workers as scan_workers
from proxy.scan.settings import Action, Mode
from proxy.scan.settings import Settings as ScanSettings
from proxy.settings import Kind, Settings
from proxy.values import Catalog, Json, Plan
from proxy.workers import WorkerDied, Workers, WorkerTimeout

KEYED_MASKS = frozenset({"hash", "pseudonym"})
BLOCK = 64
"""The block size of SHA-256 in bytes (RFC 2104)."""


MAKE_KEY = "make one with `openssl rand -hex 32` and name it as env:NAME or file:PATH"
T = TypeVar("T")


class Part(Protocol):
    """What was started and must be ended."""

    async def close(self) -> None:
        """End it."""


class Scanning:
    """The gateway's scanner, over the rules in force: a reload puts others in their place, whole."""

    def __init__(self, settings: ScanSettings, rules: ScanRules, workers: Workers | None) -> None:
        self._settings = settings
        self._workers = workers
        self._scanner = Scanner(settings, rules, workers)

    def use(self, rules: ScanRules) -> None:
        """Scan results that begin from now on by other rules."""
        self._scanner = Scanner(self._settings, rules, self._workers)

    def start(self, plan: Plan, schema: pa.Schema) -> Scan:
        """Begin a result's scan."""
        return self._scanner.start(plan, schema)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that `build` made beside the gateway."""

    policy: Engine
    audit: Log
    warehouses: Mapping[str, Any]
    workers: Sequence[Workers]
    identity: Verifier
    scanner: Scanning
    introspection: VirtualCatalog

    def closing(self) -> Sequence[Part]:
        """In the order of opening: what is ended last comes first."""
        return (self.audit, self.identity, *self.warehouses.values(), self.introspection, *self.workers)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload of the policies came to: the fingerprint in force now, and why a new one was refused."""

    policy: str
    problems: tuple[str, ...]

    @property
    def swapped(self) -> bool:
        """Whether the new policies are in force."""
        return not self.problems


class App:
    """One gateway with all its parts; made by `build`."""

    def __init__(self, settings: Settings, parts: Parts, gateway: Gateway) -> None:
        self.settings = settings
        self.gateway = gateway
        self.policy = parts.policy
        self.warehouses: Mapping[str, Warehouse] = parts.warehouses
        self.audit = parts.audit
        self._parts = parts
        self._opened = AsyncExitStack()

    async def start(self) -> None:
        """Start every part, check the policies against the warehouses as they are, and record the start. Raises
        `ConfigError` or `GatewayError`; then nothing is left running."""
        async with AsyncExitStack() as opened:
            for part in self._parts.closing():
                opened.push_async_callback(part.close)
            await self._parts.audit.start()
            await self._load()
            await self._warm()
            self._opened = opened.pop_all()

    async def _warm(self) -> None:
        """Start the worker processes, side by side. Raises `ConfigError` where they cannot be started."""
        try:
            await asyncio.gather(*(workers.start() for workers in self._parts.workers))
        except (WorkerDied, WorkerTimeout) as error:
            raise ConfigError([f"the worker processes do not start: {error}; is there memory for them?"]) from error

    async def _load(self) -> None:
        """Hold the first policies against the warehouses, and record it. Raises `ConfigError`."""
        body: dict[str, Json] = {"policy": self.policy.fingerprint, "settings": settings_fingerprint(self.settings)}
        try:
            self.policy.check(await self.catalogs())
        except ConfigError as error:
            await self.audit.event("policy-load", {**body, "loaded": False, "problems": list(error.problems)})
            raise
        await self.audit.event("policy-load", {**body, "loaded": True})

    async def check(self) -> list[Catalog]:
        """Hold the policies against the warehouses as they are, and end; for an app that is not started. Answers the
        catalogs. Raises `ConfigError` with every problem."""
        async with AsyncExitStack() as opened:
            for part in self._parts.closing():
                opened.push_async_callback(part.close)
            catalogs = await self.catalogs()
            self.policy.check(catalogs)
            return catalogs

    async def close(self) -> None:
        """End everything, the audit log last."""
        await self._opened.aclose()

    async def catalogs(self) -> list[Catalog]:
        """The schema of every warehouse as it is now."""
        return [await warehouse.catalog() for warehouse in self.warehouses.values()]

    async def reload(self) -> Reloaded:
        """Read the policy folder again and swap it in, or keep the old one and say why; recorded either way, and a swap
        that cannot be recorded does not happen."""
        try:
            bundle = load_policies(self.settings)
            rules = load_scan_rules(self.settings)
            engine(self.settings, bundle).check(await self.catalogs())
            await self.audit.event("policy-load", {"policy": bundle.fingerprint, "loaded": True})
            self.policy.reload(bundle)
            self._parts.scanner.use(rules)
        except ConfigError as error:
            return await self._kept(error.problems)
        except GatewayError as error:
            return await self._kept((str(error),))
        return Reloaded(self.policy.fingerprint, ())

    async def _kept(self, problems: tuple[str, ...]) -> Reloaded:
        """The old policies stay in force; where even that cannot be recorded it is said with the other problems."""
        body: dict[str, Json] = {"policy": self.policy.fingerprint, "loaded": False, "problems": list(problems)}
        try:
            await self.audit.event("policy-load", body)
        except AuditError as error:
            problems = tuple(dict.fromkeys((*problems, str(error))))
        return Reloaded(self.policy.fingerprint, problems)


def build(settings: Settings) -> App:
    """Everything put together; nothing runs yet. Raises `ConfigError` with every problem of policies and warehouses."""
    problems: list[str] = []
    bundle = _tried(problems, lambda: load_policies(settings))
    rules = _tried(problems, lambda: load_scan_rules(settings))
    identity = _tried(problems, lambda: Verifier(settings.identity))
    _tried(problems, lambda: installed.check(settings.scan) if settings.scan.mode is not Mode.OFF else None)
    warehouses = {name: _tried(problems, partial(_connect, name, kind)) for name, kind in settings.warehouses.items()}
    if problems or bundle is None or rules is None or identity is None:
        raise ConfigError(problems)
    return _assembled(settings, bundle, rules, identity, {n: w for n, w in warehouses.items() if w is not None})


def load_policies(settings: Settings) -> Bundle:
    """The policy folder, whole and consistent in itself. Raises `ConfigError` with every problem."""
    bundle = proxy.policy.bundle.load(settings.policies)
    keyed = sorted({e.kind for e in bundle.masks.entries.values()} & KEYED_MASKS)
    if keyed and settings.masks.key is None:
        raise ConfigError([f"masks.key: is missing, and the policies use {', '.join(keyed)}; {MAKE_KEY}"])
    return bundle


def load_scan_rules(settings: Settings) -> ScanRules:
    """What the scan does with which entity; the defaults where the folder has no pii.yaml. Raises `ConfigError`."""
    path = settings.policies / "pii.yaml"
    rules = scan_rules.load(path) if path.exists() else ScanRules()
    if settings.masks.key is None and rules.uses(Action.HASH, settings.scan.on_finding):
        raise ConfigError([f"masks.key: is missing, and the scan replaces what it finds by hashes; {MAKE_KEY}"])
    return rules


def engine(settings: Settings, bundle: Bundle) -> Engine:
    """The policy engine, with the rewriter's compilers for filters and masks."""
    return Engine(bundle, compile_filter, compile_mask, settings.identity.attribute_names())


def mask_secrets(key: bytes) -> dict[str, bytes]:
    """The two key blocks of HMAC-SHA-256 (RFC 2104, section 2), which mask SQL binds."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return {
        "mask_key_inner": bytes(b ^ 0x36 for b in block),
        "mask_key_outer": bytes(b ^ 0x5C for b in block),
    }


def settings_fingerprint(settings: Settings) -> str:
    """A hash of the settings for the audit log; secrets do not enter it."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()


def _assembled(
    settings: Settings, bundle: Bundle, rules: ScanRules, identity: Verifier, warehouses: Mapping[str, Any]
) -> App:
    key = settings.masks.key.get_secret_value().encode() if settings.masks.key else b""
    scanning = scan_workers(settings.scan, key)
    scanner = Scanning(settings.scan, rules, scanning)
    policy = engine(settings, bundle)
    audit = Log(settings.audit)
    parser = settings.parser
    engines = sorted({w.kind for w in settings.warehouses.values()})
    parsing = Workers(read_in_worker, parser.workers, parser.timeout_s, initializer=prepare_worker, initargs=engines)
    workers = (parsing,) if scanning is None else (parsing, scanning)
    asked = settings.introspection
    introspecting = Workers(introspect, asked.workers, asked.timeout_s + 1, initializer=prepare_introspection)
    introspection = VirtualCatalog(introspecting, asked)
    gateway = Gateway(
        identity=identity,
        reader=Reader(parsing),
        policy=policy,
        rewriter=Rewriter({name: warehouse.dialect for name, warehouse in warehouses.items()}),
        limits=LocalLimits(settings.limits),
        audit=audit,
        warehouses=warehouses,
        scanner=scanner,
        introspection=introspection,
        secrets=mask_secrets(key) if key else {},
    )
    return App(settings, Parts(policy, audit, warehouses, workers, identity, scanner, introspection), gateway)


def _connect(name: str, kind: Kind) -> Any:
    try:
        return kinds.load("warehouses", kind.kind).connect(name, kind.settings)
    except WarehouseUnavailable as error:
        raise ConfigError([f"warehouses.{name}: {error.detail}"]) from error


def _tried(problems: list[str], make: Callable[[], T]) -> T | None:
    """What `make` makes, or None with its problems noted, so that all parts' problems are told together."""
    try:
        return make()
    except ConfigError as error:
        problems += error.problems
        return None
