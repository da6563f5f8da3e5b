"""Casbin, asked directly: the one home of the library, and the authority on who may do what.

Rule kept here: an enforcer is built for one question from rules that do not change, used by one thread, and thrown
away; none is ever shared or reloaded, because a plain enforcer gives wrong allows while it reloads. What is compiled
elsewhere for speed (`rules.py`, `access.py`) is held equal to this file by a property test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import casbin  # type: ignore[import-untyped]
from casbin.model import Model  # type: ignore[import-untyped]
from casbin.persist.adapter import load_policy_line  # type: ignore[import-untyped]
from casbin.rbac.default_role_manager import RoleManager  # type: ignore[import-untyped]

from proxy.policy.model import BUILT_IN

ASKER = "usher:asker"
"""The subject of every question; it inherits from the caller's own subjects and can be written in no file."""

DEEPEST = 64
"""Levels that the private enforcer follows: far above what `grants.py` and `tags.py` admit, so that none is cut."""


class Untrustworthy(Exception):
    """Casbin is in a state in which its answer means nothing."""


def line_reader() -> Callable[[str], list[str] | None]:
    """A function that gives the fields of a policy line exactly as Casbin's own file adapter reads them, the type (`p`,
    `g`) first; None for a line that Casbin passes over in silence. For one thread."""
    model = _model(BUILT_IN)

    def fields(line: str) -> list[str] | None:
        model.clear_policy()
        try:
            load_policy_line(line.strip(), model)
        except IndexError:
            return None
        found = [[kind, *read] for kind in ("p", "g") for read in model[kind][kind].policy]
        return found[0] if found else None

    return fields


def definitions(text: str) -> dict[str, dict[str, str]]:
    """Sections and definitions of a model as Casbin reads them. Raises `ValueError` where Casbin cannot."""
    try:
        model = _model(text)
    except (RuntimeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(str(error)) from error
    return {section: {key: a.value for key, a in keys.items()} for section, keys in model.items()}


def allows(
    rules: Iterable[tuple[str, str, str, str]],
    roles: Iterable[tuple[str, str]],
    resources: Iterable[tuple[str, str]],
    subjects: Collection[str],
    resource: str,
    action: str,
) -> bool:
    """Whether Casbin allows an action on an object to somebody who is all of `subjects` at once.

    `rules` are (subject, object, action, effect), `roles` are (subject, role), `resources` are (object, parent)."""
    if not subjects or not all(subjects) or not resource or not action:
        return False
    enforcer = build(rules, [*roles, *((ASKER, s) for s in subjects)], resources)
    return ask(enforcer, ASKER, resource, action)


def build(
    rules: Iterable[tuple[str, str, str, str]],
    roles: Iterable[tuple[str, str]],
    resources: Iterable[tuple[str, str]],
) -> casbin.Enforcer:
    """A private enforcer over the built-in model. It must not be shared, nor changed after this."""
    model = _model(BUILT_IN)
    model["p"]["p"].policy.extend(list(rule) for rule in rules)
    model["g"]["g"].policy.extend(list(role) for role in roles)
    model["g"]["g2"].policy.extend(list(edge) for edge in resources)
    enforcer = casbin.Enforcer(model)
    for name in ("g", "g2"):
        enforcer.set_named_role_manager(name, RoleManager(DEEPEST))
    enforcer.build_role_links()
    return enforcer


def ask(enforcer: casbin.Enforcer, subject: str, resource: str, action: str) -> bool:
    """Casbin's answer, unless Casbin is switched off (it then allows everything) or has no rule (it then may allow
    empty strings). Raises `Untrustworthy` for the first; answers False for the second."""
    if enforcer.enabled is not True:
        raise Untrustworthy("Casbin is switched off, and would allow everything.")
    if not enforcer.get_policy():
        return False
    return enforcer.enforce(subject, resource, action) is True


def _model(text: str) -> Model:
    model = Model()
    model.load_model_from_text(text)
    return model
