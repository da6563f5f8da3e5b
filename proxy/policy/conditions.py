"""Row conditions: joined, simplified, and closed where the caller lacks an attribute.

Rule kept here: there is no negation, so that a part that becomes `Never` can only make rows fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from proxy.values import AllOf, Always, AnyOf, Condition, Never, RowFilter

ALWAYS = Always()
NEVER = Never()


def all_of(parts: Iterable[Condition]) -> Condition:
    """True where every part is; nested and repeated parts are folded."""
    kept: list[Condition] = []
    for part in parts:
        if isinstance(part, Never):
            return NEVER
        inner = part.parts if isinstance(part, AllOf) else (part,)
        kept.extend(p for p in inner if not isinstance(p, Always) and p not in kept)
    if not kept:
        return ALWAYS
    return kept[0] if len(kept) == 1 else AllOf(tuple(kept))


def any_of(parts: Iterable[Condition]) -> Condition:
    """True where at least one part is; nested and repeated parts are folded. Of no parts at all: never."""
    kept: list[Condition] = []
    for part in parts:
        if isinstance(part, Always):
            return ALWAYS
        inner = part.parts if isinstance(part, AnyOf) else (part,)
        kept.extend(p for p in inner if not isinstance(p, Never) and p not in kept)
    if not kept:
        return NEVER
    return kept[0] if len(kept) == 1 else AnyOf(tuple(kept))


def implies(condition: Condition, others: Sequence[Condition]) -> bool:
    """Whether each row that the condition admits is plainly admitted by one of the others. False: not known."""
    if isinstance(condition, Never) or condition in others:
        return True
    if isinstance(condition, AnyOf):
        return all(implies(part, others) for part in condition.parts)
    alternatives = [part for other in others for part in (other.parts if isinstance(other, AnyOf) else (other,))]
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return any(part in alternatives for part in parts)


def filters(condition: Condition) -> Iterator[RowFilter]:
    """The row filters of a condition, in order; one may come more than once."""
    if isinstance(condition, RowFilter):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from filters(part)


def close(condition: Condition, lacking: frozenset[RowFilterKey]) -> Condition:
    """The condition with each filter whose key is in `lacking` admitting no row."""
    if isinstance(condition, RowFilter):
        return NEVER if key(condition) in lacking else condition
    if isinstance(condition, AllOf):
        return all_of(close(part, lacking) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any_of(close(part, lacking) for part in condition.parts)
    return condition


RowFilterKey = tuple[str, str]


def key(row_filter: RowFilter) -> RowFilterKey:
    """What names a filter in one policy: its table and id."""
    return str(row_filter.table), row_filter.id
