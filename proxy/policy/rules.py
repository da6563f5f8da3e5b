"""The rules that hold at one moment, indexed for compiling access views.

Rule kept here: lines whose `valid_until` has passed are not in the index, and the index says when it must be made
anew; whether an app has a policy is read from all lines, ended ones too, so that an end never widens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from proxy.policy.bundle import Bundle
from proxy.policy.grants import FOREVER, Link, Rule
from proxy.policy.objects import USERS
from proxy.values import Caller

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """An index over the unexpired rules. `reach` gives each known subject with all its roles; `ends_at` is when the
    next rule ends (seconds since the epoch); `apps` are the apps that have a policy."""

    active: tuple[Rule, ...]
    links: tuple[Link, ...]
    reach: Mapping[str, frozenset[str]]
    by_subject: Mapping[str, tuple[Rule, ...]]
    apps: frozenset[str]
    ends_at: float


@dataclass(frozen=True, slots=True)
class Held:
    """What one closure holds for one action: by object, who allows it; and the objects that are denied."""

    allowed: Mapping[str, frozenset[str]]
    denied: frozenset[str]

    def by(self, objects: Iterable[str]) -> frozenset[str]:
        """The subjects that allow through any of the objects; nobody where one of them is denied."""
        found: frozenset[str] = NOBODY
        for name in objects:
            if name in self.denied:
                return NOBODY
            found |= self.allowed.get(name, NOBODY)
        return found


def index(bundle: Bundle, now: float) -> Rules:
    """The rules that hold at `now` (seconds since the epoch)."""
    grants = bundle.grants
    active = tuple(rule for rule in grants.rules if rule.until > now)
    by_subject: dict[str, list[Rule]] = {}
    for rule in active:
        by_subject.setdefault(rule.subject, []).append(rule)
    # To act for users is no policy about data: it must not hide all of it.
    subjects = {r.subject for r in grants.rules if r.object != USERS} | {link.subject for link in grants.links}
    return Rules(
        active,
        grants.links,
        _reach(_known(bundle), grants.links),
        {subject: tuple(rules) for subject, rules in by_subject.items()},
        frozenset(s for s in subjects if s.startswith("app:")),
        min((rule.until for rule in active), default=FOREVER),
    )


def closure(rules: Rules, roots: Iterable[str]) -> frozenset[str]:
    """The roots and all roles they reach, without those that the policy names nowhere: they make no difference, and
    leaving them out lets callers share a view."""
    return NOBODY.union(*(rules.reach.get(root, NOBODY) for root in roots))


def roots(caller: Caller) -> tuple[str, ...]:
    """What a caller is by the token alone. An empty subject or group name is nobody."""
    named = [f"user:{caller.subject}"] if caller.subject else []
    return (*named, *(f"group:{group}" for group in caller.groups if group))


def app_root(rules: Rules, caller: Caller) -> str | None:
    """The app's subject where the app has a policy, which then narrows."""
    name = f"app:{caller.app}"
    return name if caller.app and name in rules.apps else None


def held(rules: Rules, subjects: Collection[str], action: str) -> Held:
    """All that these subjects hold together for an action."""
    allowed: dict[str, set[str]] = {}
    denied: set[str] = set()
    for subject in subjects:
        for rule in rules.by_subject.get(subject, ()):
            if rule.action != action:
                continue
            if rule.effect == "allow":
                allowed.setdefault(rule.object, set()).add(subject)
            else:
                denied.add(rule.object)
    return Held({name: frozenset(by) for name, by in allowed.items()}, frozenset(denied))


def _known(bundle: Bundle) -> frozenset[str]:
    """Every subject that the policy names anywhere."""
    known = {rule.subject for rule in bundle.grants.rules} | bundle.exempt
    for link in bundle.grants.links:
        known |= {link.subject, link.role}
    for table in bundle.tables.values():
        for row_filter in table.filters:
            known |= {*(row_filter.subjects or ()), *row_filter.exempt}
    return frozenset(known | {subject for _, subject in bundle.masks.entries if subject})


def _reach(known: Iterable[str], links: Iterable[Link]) -> Mapping[str, frozenset[str]]:
    out: dict[str, list[str]] = {}
    for link in links:
        out.setdefault(link.subject, []).append(link.role)
    reach: dict[str, frozenset[str]] = {}
    for start in known:
        seen, todo = {start}, [start]
        while todo:
            new = [role for role in out.get(todo.pop(), ()) if role not in seen]
            seen.update(new)
            todo.extend(new)
        reach[start] = frozenset(seen)
    return reach
