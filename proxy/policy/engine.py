"""The policy engine: the gateway's `Policy` port over one immutable snapshot at a time.

Rule kept here: a snapshot never changes. A reload, and the end of a time-bound grant, each make a new one and swap the
reference; a bad policy is refused and the old one stays. A view that was handed out remains what it was.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from cachetools import LRUCache

from proxy.errors import ConfigError
from proxy.policy import authority, checks, decide, explain
from proxy.policy.access import compile_view
from proxy.policy.bundle import Bundle
from proxy.policy.governed import CompileFilter, CompileMask, Compilers, Governed, govern
from proxy.policy.objects import ACT, USERS
from proxy.policy.rules import Rules, app_root, closure, index, roots
from proxy.values import AccessView, Caller, Catalog, Decision, Query

VIEWS = 1024
CALLERS = 65536
CATALOGS = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One policy at one time. The caches only remember what is computed from the rest."""

    bundle: Bundle
    rules: Rules
    governed: LRUCache[Hashable, Governed] = field(default_factory=lambda: LRUCache(CATALOGS))
    views: LRUCache[Hashable, AccessView] = field(default_factory=lambda: LRUCache(VIEWS))
    callers: dict[Hashable, AccessView] = field(default_factory=dict)


class Engine:
    """Decides from a policy bundle. `attributes` are the names that claims supply beside sub, email, issuer and app;
    `list_attributes` those of them that hold several values; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        bundle: Bundle,
        compile_filter: CompileFilter,
        compile_mask: CompileMask,
        attributes: frozenset[str],
        list_attributes: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        names = attributes | decide.OWN_ATTRIBUTES
        self._compilers = Compilers(compile_filter, compile_mask, names, list_attributes - decide.OWN_ATTRIBUTES)
        self._clock = clock
        self._lock = threading.Lock()
        self._catalogs: dict[str, Catalog] = {}
        self._snapshot = Snapshot(bundle, index(bundle, clock()))

    @property
    def fingerprint(self) -> str:
        """The hash of the policy in force."""
        return self._snapshot.bundle.fingerprint

    @property
    def commit(self) -> str | None:
        """The git commit of the policy in force."""
        return self._snapshot.bundle.commit

    def check(self, catalogs: Sequence[Catalog]) -> None:
        """Hold the policy in force against the warehouses. Raises `ConfigError` with every mistake; the catalogs are
        remembered, and a later `reload` is held against them too."""
        with self._lock:
            self._catalogs.update({catalog.warehouse: catalog for catalog in catalogs})
        self._refuse_mistakes(self._snapshot.bundle, catalogs)

    def reload(self, bundle: Bundle) -> None:
        """Put another policy in force, at once and whole. Raises `ConfigError` with every mistake; the old stays."""
        with self._lock:
            catalogs = tuple(self._catalogs.values())
        if catalogs:
            self._refuse_mistakes(bundle, catalogs)
        fresh = Snapshot(bundle, index(bundle, self._clock()))
        with self._lock:
            self._snapshot = fresh

    def _refuse_mistakes(self, bundle: Bundle, catalogs: Sequence[Catalog]) -> None:
        problems = checks.check(bundle, catalogs, self._compilers)
        if problems:
            raise ConfigError(problems)

    # -------------------------------------------------------------------------------------------------- Policy port
    def view(self, caller: Caller, catalog: Catalog) -> AccessView:
        """The caller's access view, compiled once for all with the same closure and app."""
        snapshot = self._current()
        # All of a caller that roots() and app_root() look at: were there more, it would have to stand here too.
        who = (caller.subject, caller.groups, caller.app, catalog.warehouse, catalog.version)
        view = snapshot.callers.get(who)
        if view is None:
            view = self._view(snapshot, caller, catalog)
            if len(snapshot.callers) >= CALLERS:
                snapshot.callers.clear()  # it only spares the look-up by closure
            snapshot.callers[who] = view
        return view

    def _view(self, snapshot: Snapshot, caller: Caller, catalog: Catalog) -> AccessView:
        rules = snapshot.rules
        user = closure(rules, roots(caller))
        root = app_root(rules, caller)
        app = (root, closure(rules, [root])) if root else None
        key = (user, app, catalog.warehouse, catalog.version)
        with self._lock:
            known = snapshot.views.get(key)
        if known is not None:
            return known
        view = compile_view(snapshot.bundle, rules, self._governed(snapshot, catalog), user, app)
        with self._lock:
            snapshot.views[key] = view
        return view

    def shape(self, view: AccessView, caller: Caller) -> Hashable:
        """Which of the view's attributes the caller lacks, and how long lists are."""
        return decide.shape(view, caller)

    def decide(self, view: AccessView, caller: Caller, query: Query) -> Decision:
        """The policy views of the query's tables. Raises `InvalidSql` for what is not there for this caller."""
        return decide.decide(view, caller, query)

    def may(self, caller: Caller, resource: str, action: str) -> bool:
        """Whether Casbin allows an action on an object that is no table (`usher.audit`) to the caller and, where it has
        a policy, to the app too."""
        rules = self._current().rules
        root = app_root(rules, caller)
        sides = [roots(caller), *([(root,)] if root else [])]
        lines = [(r.subject, r.object, r.action, r.effect) for r in rules.active if r.object == resource]
        links = [(link.subject, link.role) for link in rules.links]
        return all(authority.allows(lines, links, [], side, resource, action) for side in sides)

    def may_act(self, app: Caller) -> bool:
        """Whether Casbin allows the app that a caller's token names to act for the users whose tokens it holds."""
        rules = self._current().rules
        lines = [(r.subject, r.object, r.action, r.effect) for r in rules.active if r.object == USERS]
        links = [(link.subject, link.role) for link in rules.links]
        return bool(app.app) and authority.allows(lines, links, [], (f"app:{app.app}",), USERS, ACT)

    # ------------------------------------------------------------------------------------------------- explanations
    def can(self, who: Sequence[str], catalog: Catalog) -> AccessView:
        """What somebody sees who is all of `who` at once. Raises `NoSuchObject`."""
        snapshot = self._current()
        return explain.can(snapshot.bundle, snapshot.rules, self._governed(snapshot, catalog), who)

    def who_can(self, target: str, catalog: Catalog) -> tuple[explain.Access, ...]:
        """Every subject of the policy that sees a table or column. Raises `NoSuchObject`."""
        snapshot = self._current()
        return explain.who_can(snapshot.bundle, snapshot.rules, self._governed(snapshot, catalog), target)

    def closed(self, catalog: Catalog) -> tuple[str, ...]:
        """Views of a catalog that nobody is shown, since the policy does not name them."""
        return tuple(sorted(map(str, self._governed(self._current(), catalog).closed)))

    # ------------------------------------------------------------------------------------------------------ snapshot
    def _current(self) -> Snapshot:
        """The snapshot in force; one in which a grant has ended is replaced first."""
        snapshot = self._snapshot
        now = self._clock()
        if now < snapshot.rules.ends_at:
            return snapshot
        fresh = Snapshot(snapshot.bundle, index(snapshot.bundle, now), snapshot.governed)
        with self._lock:
            if self._snapshot is snapshot:  # else somebody reloaded meanwhile: their policy stands
                self._snapshot = fresh
        return fresh

    def _governed(self, snapshot: Snapshot, catalog: Catalog) -> Governed:
        key = (catalog.warehouse, catalog.version)
        with self._lock:
            known = snapshot.governed.get(key)
        if known is not None:
            return known
        problems: list[str] = []
        governed = govern(snapshot.bundle, catalog, self._compilers, problems)
        if governed.withheld:
            tables = ", ".join(sorted(map(str, governed.withheld)))
            log.warning("Withheld until the policy fits the changed schema (run `usher policy check`): %s", tables)
        with self._lock:
            snapshot.governed[key] = governed
            self._catalogs[catalog.warehouse] = catalog
        return governed
