"""The compiled access view is what Casbin and the combining rules say: random policies against a plain second reading
(`naive.py`), which asks Casbin itself for every column."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.policy import bundle
from proxy.policy.engine import Engine
from proxy.values import AccessView, Table, TableId
from tests.policy import house
from tests.policy.house import CATALOG, caller, columns, engine, holds
from tests.policy.naive import NULL, Cell, Naive, stricter

T = TableId("w", "s", "t")
U = TableId("w", "s", "u")
SMALL = house.shop({T: ("a", "b", "c"), U: ("a", "d")})
SMALL = type(SMALL)("w", "fake", "1", SMALL.tables, ("s",))

ROLES = [f"role:{n}" for n in "pqrs"]
SUBJECTS = ["user:ana", "group:g", "group:h", "app:bot", *ROLES]
TAGS = ["pii", "pii.x", "pii.x.y", "pii.z", "sec"]
OBJECTS = ["w", "w.s", "w.s.t", "w.s.u", "w.s.t.a", "w.s.t.b", "w.s.t.c", "w.s.u.d", *(f"tag:{t}" for t in TAGS)]
KINDS = ["none", "redact", "null", "hash", "last_four"]
FILTERS = ["f0", "f1", "f2", "f3"]

rule = st.tuples(
    st.sampled_from(SUBJECTS),
    st.sampled_from(OBJECTS),
    st.sampled_from(["read", "unmask"]),
    st.sampled_from(["allow"] * 5 + ["deny"]),
)
whole = st.sampled_from(["w", "w.s", "w.s.t", "w.s.t", "w.s.u"])
part = st.sampled_from(["w.s.t.a", "w.s.t.b", "tag:pii", "tag:sec"])
grant = st.one_of(whole, whole, part)
tagging = st.lists(st.sampled_from(TAGS), max_size=2, unique=True)
subjects = st.lists(st.sampled_from([*SUBJECTS, *ROLES]), min_size=1, max_size=2, unique=True)
row_filter = st.tuples(st.sampled_from([T, T, U]), st.one_of(subjects, subjects, st.none()), st.booleans())
masks = st.dictionaries(
    st.tuples(st.sampled_from(TAGS), st.one_of(st.none(), st.sampled_from(SUBJECTS))),
    st.sampled_from(KINDS),
    max_size=6,
)
person = st.tuples(
    st.sampled_from(["ana", "ana", "eve"]),
    st.sets(st.sampled_from(["g", "h", "other"]), max_size=2),
    st.sampled_from([None, "bot", "other"]),
)
Person = tuple[str, set[str], str | None]


@st.composite
def policies(draw: st.DrawFn) -> dict[str, str]:
    """A random policy as the text of its files, without the mistakes that a load refuses: most subjects read something,
    roles are linked, some columns are tagged twice, some rules deny."""
    lines = [f"p, {s}, {draw(grant)}, read, allow" for s in SUBJECTS if s in ROLES or draw(st.booleans())]
    lines += [f"p, {', '.join(r)}" for r in draw(st.lists(rule, max_size=8))]
    lines += [f"g, {s}, {role}" for s in SUBJECTS[:4] for role in draw(st.sets(st.sampled_from(ROLES), max_size=2))]
    for number, role in enumerate(ROLES[:-1]):  # roles only point forward: no circle
        lines += [f"g, {role}, {draw(st.sampled_from(ROLES[number + 1 :]))}"] if draw(st.booleans()) else []
    tables: dict[TableId, list[str]] = {T: [], U: []}
    for number, (of, named, exempt) in enumerate(draw(st.lists(row_filter, max_size=len(FILTERS)))):
        alive = [s for s in named or [] if _covers(lines, s, of)]
        if named is None:
            skip = f", except: [{draw(st.sampled_from(ROLES))}]" if exempt else ""
            tables[of].append(f'{{id: {FILTERS[number]}, for: everyone{skip}, where: "a = x"}}')
        elif alive:
            tables[of].append(f'{{id: {FILTERS[number]}, for: [{", ".join(alive)}], where: "a = x"}}')
    entries: dict[tuple[str, str | None], str] = {(t, None): "redact" for t in ("pii", "sec")}
    entries |= draw(masks)
    data = ["tables:"]
    for of, names in ((T, "abc"), (U, "ad")):
        data.append(f"  {of}:\n    columns:")
        data += [f"      {c}: [{', '.join(draw(tagging))}]" for c in names]
        data.append(f"    rows: [{', '.join(tables[of])}]")
    mask_text = "masks:\n" + "".join(f"  {t}{'@' + s if s else ''}: {{mask: '{k}'}}\n" for (t, s), k in entries.items())
    known = "entities: {" + ", ".join(f"E{n}: {{tag: {t}}}" for n, t in enumerate(TAGS)) + "}"
    return {"grants": "\n".join(lines), "data": "\n".join(data), "masks": mask_text, "pii": known}


def _covers(lines: list[str], subject: str, of: TableId) -> bool:
    """Whether a grant on the table itself, or on what it lies in, makes a filter for the subject alive."""
    own = {"w", "w.s", str(of)}
    words = [line.split(", ") for line in lines if line.startswith("p")]
    return any(w[1] == subject and w[2] in own and w[3:] == ["read", "allow"] for w in words)


def load(files: dict[str, str]) -> tuple[bundle.Bundle, Engine]:
    with tempfile.TemporaryDirectory() as place:
        text = dict(files)
        loaded = bundle.load(house.folder(Path(place) / "policies", text.pop("grants"), **text))
    made = Engine(loaded, house.compile_filter, house.compile_mask, frozenset(), clock=lambda: 0.0)
    made.check([SMALL])
    return loaded, made


@settings(max_examples=250)
@given(policies(), person)
def test_the_compiled_view_is_what_casbin_and_the_rules_say(files: dict[str, str], who: Person) -> None:
    """Every column, every row and every cell, for every combination of filters that hold."""
    loaded, made = load(files)
    sides, view = both(loaded, made, who)
    for table in SMALL.tables.values():
        readable = tuple(c.name for c in table.columns if all(side.readable(table, c.name) for side in sides))
        assert columns(view, table.id) == readable
        if not readable:
            continue
        shown = view.tables[table.id]
        assert shown.hidden == len(table.columns) - len(readable)
        assert all(
            side.may_unmask(table, c.column.name, t) for side in sides for c in shown.columns for t in c.clear_tags
        )
        for true in WORLDS:
            there = holds(shown.rows, true)
            assert there == all(side.row(table, true) for side in sides)
            if there:
                for name in readable:
                    assert compiled(view, table, name, true) == naive(sides, table, name, true)


WORLDS = [frozenset(c) for n in range(len(FILTERS) + 1) for c in itertools.combinations(FILTERS, n)]


def both(loaded: bundle.Bundle, made: Engine, who: Person) -> tuple[list[Naive], AccessView]:
    """The plain reading of the user, and of the app where it has a policy; and the compiled view."""
    subject, groups, app = who
    sides = [Naive(loaded, SMALL, [f"user:{subject}", *(f"group:{g}" for g in groups)])]
    named = {r.subject for r in loaded.grants.rules} | {link.subject for link in loaded.grants.links}
    if app and f"app:{app}" in named:
        sides.append(Naive(loaded, SMALL, [f"app:{app}"]))
    return sides, made.view(caller(subject, *groups, app=app), SMALL)


def compiled(view: AccessView, table: Table, name: str, true: frozenset[str]) -> str:
    for cell in house.column(view, name, table.id).cells:
        if holds(cell.when, true):
            return cell.mask.kind if cell.mask else "clear"
    return NULL


def naive(sides: list[Naive], table: Table, name: str, true: frozenset[str]) -> str:
    shown: list[Cell] = [side.cell(table, name, true) for side in sides]
    return shown[0].shows if len(shown) == 1 else stricter(shown[0], shown[1]).shows


# ---------------------------------------------------------------------------------------------------------- sharing
def test_callers_with_the_same_roles_share_one_view(tmp_path: Path) -> None:
    policy = engine(tmp_path, "p, role:r, shop, read, allow\ng, group:g, role:r\n")
    assert policy.view(caller("ana", "g", "x"), CATALOG) is policy.view(caller("ben", "y", "g"), CATALOG)


def test_callers_who_differ_in_a_named_subject_do_not_share(tmp_path: Path) -> None:
    pii = "exempt: [user:ana]"
    policy = engine(tmp_path, "p, role:r, shop, read, allow\ng, group:g, role:r\n", pii=pii)
    ana, ben = (policy.view(caller(name, "g"), CATALOG) for name in ("ana", "ben"))
    assert "user:ana" in ana.subjects
    assert ana.key != ben.key


def test_the_key_names_policy_catalog_closure_and_app(tmp_path: Path) -> None:
    grants = "p, role:r, shop, read, allow\ng, group:g, role:r\np, app:bot, shop, read, allow\n"
    policy = engine(tmp_path / "a", grants)
    other = engine(tmp_path / "b", grants + "p, role:s, shop, read, allow\n")
    views = [
        policy.view(caller("ana", "g"), CATALOG),
        policy.view(caller("ana"), CATALOG),
        policy.view(caller("ana", "g", app="bot"), CATALOG),
        policy.view(caller("ana", "g"), house.shop(version="2")),
        other.view(caller("ana", "g"), CATALOG),
    ]
    assert len({view.key for view in views}) == len(views)
    assert {view.policy for view in views[:4]} == {policy.fingerprint}


def test_attributes_are_those_of_every_filter_in_the_view(tmp_path: Path) -> None:
    data = """
tables:
  shop.sales.customers:
    columns: {email: [pii.email]}
    rows:
      - {id: a, for: [role:r], where: "region = :region"}
      - {id: b, for: [role:s], where: "id = :sub"}
"""
    grants = "p, role:r, shop, read, allow\np, role:s, shop, read, allow\ng, group:r, role:r\ng, group:s, role:s\n"
    policy = engine(tmp_path, grants, data=data, masks=house.MASKS)
    assert policy.view(caller("ana", "r"), CATALOG).attributes == {"region"}
    assert policy.view(caller("ana", "r", "s"), CATALOG).attributes == {"region", "sub"}
    assert policy.view(caller("ana"), CATALOG).attributes == frozenset()


def test_a_view_holds_no_value_of_a_caller(tmp_path: Path) -> None:
    data = 'tables: {shop.sales.customers: {rows: [{id: a, for: [role:r], where: "region = :region"}]}}'
    policy = engine(tmp_path, "p, role:r, shop, read, allow\ng, group:g, role:r\n", data=data)
    view = policy.view(caller("ana", "g", attributes={"region": "SECRET-VALUE"}), CATALOG)
    assert "SECRET-VALUE" not in repr(view)
