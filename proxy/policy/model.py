"""The Casbin model: the built-in one, and what a folder's own `model.conf` may say.

Rule kept here: the model's meaning is fixed, since the access view is compiled from it: role hierarchy, resource
hierarchy, allow and deny with deny first. A `model.conf` lets Casbin's own tools read the folder; one that means
something else (another effect, a matcher with `eval()` or `regexMatch()`, a definition left out) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

BUILT_IN = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.act == p.act && g(r.sub, p.sub) && g2(r.obj, p.obj)
"""
"""`g` is the hierarchy of roles (written in grants.csv), `g2` that of resources (built from catalog and tags)."""

_SECTIONS = {
    "request_definition": ("r",),
    "policy_definition": ("p",),
    "role_definition": ("g", "g2"),
    "policy_effect": ("e",),
    "matchers": ("m",),
}
_POLICY_FIELDS = ("sub,obj,act,eft", "sub,obj,act,eft,valid_until")
_EFFECT = "some(where(p.eft==allow))&&!some(where(p.eft==deny))"
_CONJUNCTS = frozenset({"r.act==p.act", "g(r.sub,p.sub)", "g2(r.obj,p.obj)"})


@dataclass(frozen=True, slots=True)
class PolicyModel:
    """How wide a `p` line is: 4 fields, or 5 with `valid_until`. With the built-in model both widths are taken."""

    widths: frozenset[int]


DEFAULT = PolicyModel(frozenset({4, 5}))


def check(
    text: str, file: str, definitions: Callable[[str], Mapping[str, Mapping[str, str]]], problems: list[str]
) -> PolicyModel:
    """What a `model.conf` defines; every difference from the fixed meaning is noted with its line and what to write.
    `definitions` is Casbin's own reading, which must agree with what was checked here."""
    before = len(problems)
    found = _entries(text, file, problems)
    for section, keys in _SECTIONS.items():
        for key in keys:
            if (section, key) not in found:
                problems.append(
                    f"{file}:1: [{section}] must define {key}; `usher policy schema --model` prints the model"
                )
    for (section, key), (line, value) in found.items():
        _check_value(section, key, value, f"{file}:{line}", problems)
    if len(problems) == before:
        _check_reading(text, file, found, definitions, problems)
    policy = _squeezed(found.get(("policy_definition", "p"), (1, ""))[1])
    return PolicyModel(frozenset({policy.count(",") + 1})) if policy in _POLICY_FIELDS else DEFAULT


def canonical(text: str) -> str:
    """A model without comments and spacing, for the fingerprint; the matcher's parts in a fixed order."""
    entries = _entries(text, "", [])
    lines = [f"{s}/{k}={'&&'.join(sorted(_squeezed(v).split('&&')))}" for (s, k), (_, v) in sorted(entries.items())]
    return "\n".join(lines)


def _entries(text: str, file: str, problems: list[str]) -> dict[tuple[str, str], tuple[int, str]]:
    """Every definition with its line. Lines are read one by one: a definition may not run over several."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    section = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line, place = raw.strip(), f"{file}:{number}"
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            if section not in _SECTIONS:
                problems.append(f"{place}: there is no section [{section}]; there are: {', '.join(_SECTIONS)}")
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or line.endswith("\\"):
            problems.append(f"{place}: must read `name = definition`, on one line")
        elif key not in _SECTIONS.get(section, ()):
            problems.append(f"{place}: [{section}] may not define {key}")
        elif (section, key) in found:
            problems.append(f"{place}: {key} is defined twice")
        else:
            found[section, key] = (number, value)
    return found


def _check_value(section: str, key: str, value: str, place: str, problems: list[str]) -> None:
    got = _squeezed(value)
    if section == "request_definition" and got != "sub,obj,act":
        problems.append(f"{place}: must be `r = sub, obj, act`")
    elif section == "policy_definition" and got not in _POLICY_FIELDS:
        problems.append(f"{place}: must be `p = sub, obj, act, eft` or `p = sub, obj, act, eft, valid_until`")
    elif section == "role_definition" and got != "_,_":
        problems.append(f"{place}: must be `{key} = _, _`")
    elif section == "policy_effect" and got != _EFFECT:
        problems.append(
            f"{place}: must be `e = some(where (p.eft == allow)) && !some(where (p.eft == deny))`: any other effect "
            "allows what nothing grants, or lets an allow beat a deny"
        )
    elif section == "matchers" and (frozenset(got.split("&&")) != _CONJUNCTS or got.count("&&") != len(_CONJUNCTS) - 1):
        problems.append(
            f"{place}: must be `m = r.act == p.act && g(r.sub, p.sub) && g2(r.obj, p.obj)`, in any order: eval(), "
            "regexMatch() and other functions would run over what a request says"
        )


def _check_reading(
    text: str,
    file: str,
    found: Mapping[tuple[str, str], tuple[int, str]],
    definitions: Callable[[str], Mapping[str, Mapping[str, str]]],
    problems: list[str],
) -> None:
    try:
        read = definitions(text)
    except ValueError:
        problems.append(f"{file}:1: Casbin cannot read this model; leave a blank line between sections")
        return
    got = {(section, key): _plain(value) for section, keys in read.items() for key, value in keys.items()}
    want = {(key[0], key): _plain(value) for (_, key), (_, value) in found.items()}
    if got != want:
        problems.append(f"{file}:1: Casbin reads this model in another way than it looks; write one definition a line")


def _squeezed(value: str) -> str:
    return re.sub(r"\s+", "", value)


def _plain(value: str) -> str:
    """Casbin spells `r.sub` as `r_sub` once it has read a model."""
    return _squeezed(value).replace(".", "_")
