"""grants.csv: who may do what on what, and who has which role.

Rule kept here: every line is read by Casbin's own reader and by a strict one, and both must agree. What Casbin would
take in silence (a word that is neither allow nor deny, a field too many, a line it passes over) is a mistake here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from proxy.policy.model import PolicyModel
from proxy.policy.objects import (
    ACT,
    ACTIONS,
    OWN,
    OWN_OBJECTS,
    SUBJECT_PREFIXES,
    TAG,
    USERS,
    is_subject,
    parse,
    spell,
    tag_problem,
)
from proxy.policy.source import Place

LONGEST_CHAIN = 9
"""Edges of a chain of roles at most: Casbin's own tools follow no more, and a deny beyond would be lost."""

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Rule:
    """A `p` line. `until` is when it ends, in seconds since the epoch."""

    subject: str
    object: str
    action: str
    effect: str
    until: float
    place: Place


@dataclass(frozen=True, slots=True)
class Link:
    """A `g` line: `subject` has `role`, and all that the role has."""

    subject: str
    role: str
    place: Place


@dataclass(frozen=True, slots=True)
class Grants:
    """All lines of a folder's CSV files."""

    rules: tuple[Rule, ...]
    links: tuple[Link, ...]


Fields = Callable[[str], list[str] | None]
"""Casbin's own reading of a line (`authority.line_reader`)."""


def load(files: Iterable[tuple[str, str]], model: PolicyModel, casbin: Fields, problems: list[str]) -> Grants:
    """The grants of (file name, text) pairs, with every mistake noted."""
    rules: list[Rule] = []
    links: list[Link] = []
    for file, text in files:
        for number, line in enumerate(text.split("\n"), start=1):
            place = Place(file, number)
            read = _fields(line.strip(), place, casbin, problems)
            if read is None:
                continue
            if read[0] == "p":
                rule = _rule(read[1:], place, model, problems)
                rules += [rule] if rule else []
            else:
                link = _link(read[1:], place, problems)
                links += [link] if link else []
    _check_roles(links, problems)
    return Grants(tuple(rules), tuple(links))


def _fields(line: str, place: Place, casbin: Fields, problems: list[str]) -> list[str] | None:
    """The fields of a line, its type first; None for blank lines, comments and mistakes."""
    if not line or line.startswith("#"):
        return None
    read = [part.strip() for part in line.split(",")]
    problem = None
    if read[0] not in ("p", "g"):
        problem = f"a line must begin with `p,` or `g,`, not {read[0]!r}"
    elif '"' in line:
        problem = "quotes and quoted commas are not read by Casbin; write names without them, or use a tag"
    elif "#" in line:
        problem = "a comment must have a line of its own: Casbin takes `# ..` at the end of a line as part of it"
    elif not all(part.isprintable() for part in read):
        problem = "holds a character that cannot be seen; type the line anew"
    elif not all(read):
        problem = _empty_field(read)
    elif casbin(line) != read:
        problem = "Casbin reads this line in another way than it looks; brackets must be closed within a field"
    if problem:
        problems.append(f"{place}: {problem}")
        return None
    return read


def _empty_field(read: Sequence[str]) -> str | None:
    """An empty field is a mistake, but for `valid_until` (the last of a `p` line), where it means no end."""
    if read[0] == "p" and len(read) == 6 and all(read[:5]):
        return None
    return "an empty field grants nothing and may match everything; fill it in"


def _rule(read: list[str], place: Place, model: PolicyModel, problems: list[str]) -> Rule | None:
    if len(read) not in model.widths:
        wide = " or ".join(str(w) for w in sorted(model.widths))
        problems.append(
            f"{place}: a p line has {wide} fields after the p (subject, object, action, effect), not {len(read)}"
        )
        return None
    subject, name, action, effect = read[:4]
    mistakes = [*_subject_mistakes(subject), *_object_mistakes(name, action), *_word_mistakes(action, effect)]
    until = _until(read[4], mistakes) if len(read) == 5 else FOREVER
    problems.extend(f"{place}: {mistake}" for mistake in mistakes)
    if mistakes:
        return None
    return Rule(subject, name, action, effect, until, place)


def _link(read: list[str], place: Place, problems: list[str]) -> Link | None:
    if len(read) != 2:
        problems.append(f"{place}: a g line has 2 fields after the g (subject, role), not {len(read)}")
        return None
    subject, role = read
    mistakes = _subject_mistakes(subject)
    if not role.startswith("role:") or len(role) == len("role:"):
        mistakes.append(f"what a subject is given must be a role, role:NAME, not {role!r}")
    problems.extend(f"{place}: {mistake}" for mistake in mistakes)
    return None if mistakes else Link(subject, role, place)


def _subject_mistakes(subject: str) -> list[str]:
    if is_subject(subject):
        return []
    return [f"{subject!r} is no subject: write {', '.join(p + 'NAME' for p in SUBJECT_PREFIXES)}"]


def _object_mistakes(name: str, action: str) -> list[str]:
    """What is wrong with an object by its form; whether it exists is asked of the catalogs later."""
    if action == ACT and name != USERS:
        return [f"{ACT} is an action on {USERS} only"]
    if name.startswith(TAG):
        problem = tag_problem(name.removeprefix(TAG))
        return [problem] if problem else []
    parts = parse(name)
    if parts is None or spell(*parts) != name or ":" in parts[0]:
        return [f"{name!r} is no object: write warehouse.schema.table.column or a beginning of it, or tag:NAME"]
    if parts[0] != OWN:
        return []
    if name not in OWN_OBJECTS:
        return [f"there is no object {name!r} of the gateway; there are: {', '.join(sorted(OWN_OBJECTS))}"]
    return [] if action == OWN_OBJECTS[name] else [f"{name} knows the action {OWN_OBJECTS[name]} only"]


def _word_mistakes(action: str, effect: str) -> list[str]:
    mistakes = []
    if action not in ACTIONS:
        mistakes.append(f"there is no action {action!r}; there are: {', '.join(ACTIONS)}")
    if effect not in ("allow", "deny"):
        mistakes.append(f"the effect must be `allow` or `deny`, spelt just so, not {effect!r}")
    return mistakes


def _until(text: str, mistakes: list[str]) -> float:
    """The end of a grant. A date holds to the end of that day (UTC); a time must state its offset."""
    if not text:
        return FOREVER
    try:
        if len(text) == 10:
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), UTC)
        else:
            end = datetime.fromisoformat(text)
        if end.tzinfo is None:
            raise ValueError
        return end.timestamp()
    except (ValueError, OverflowError):
        mistakes.append(
            f"valid_until must be a date (2027-03-31, to the end of that day UTC) or a time with its offset "
            f"(2027-03-31T18:00:00Z), not {text!r}"
        )
        return FOREVER


# ------------------------------------------------------------------------------------------------------------- roles
def _check_roles(links: Sequence[Link], problems: list[str]) -> None:
    """Cycles, and chains that Casbin's own tools would cut in silence."""
    edges: dict[str, list[Link]] = {}
    for link in links:
        edges.setdefault(link.subject, []).append(link)
    depth: dict[str, int] = {}
    for start in list(edges):
        cycle = _depths(start, edges, depth)
        if cycle:
            problems.append(f"{cycle[0].place}: roles run in a circle: {' -> '.join(_path(cycle))}; take one line out")
            return
    for subject, deep in sorted(depth.items()):
        if deep > LONGEST_CHAIN and not any(link.role == subject for link in links):
            place = edges[subject][0].place
            problems.append(
                f"{place}: {subject} stands on a chain of {deep} roles; at most {LONGEST_CHAIN} are followed, and a "
                "deny beyond them would be lost"
            )


def _depths(start: str, edges: Mapping[str, Sequence[Link]], depth: dict[str, int]) -> list[Link] | None:
    """Fills in the longest chain above each subject reached from `start`; the links of a circle where there is one.
    Iterative, so that no file can exhaust the stack."""
    stack: list[tuple[str, int]] = [(start, 0)]
    trail: list[Link] = []
    on_trail = {start}
    while stack:
        subject, at = stack.pop()
        out = edges.get(subject, ())
        if at < len(out):
            stack.append((subject, at + 1))
            link = out[at]
            if link.role in on_trail:
                first = next((i for i, t in enumerate(trail) if t.subject == link.role), len(trail))
                return [*trail[first:], link]
            if link.role not in depth:
                stack.append((link.role, 0))
                trail.append(link)
                on_trail.add(link.role)
            continue
        depth[subject] = max((1 + depth[link.role] for link in out), default=0)
        on_trail.discard(subject)
        if trail:
            trail.pop()
    return None


def _path(cycle: Sequence[Link]) -> list[str]:
    return [cycle[0].subject, *(link.role for link in cycle)]
