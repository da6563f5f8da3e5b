"""How often the scan is right on columns whose contents are known, by default rules and with no file pii.yaml:

    python -m tests.scan.accuracy [--rows 300] [--seed 4242] [--mode patterns|full] [--development] [--write]

Each column of `tests.scan.tabular`, and of the half of `tests.scan.fields` that is held out, is scanned as one result
column. A cell counts as found where the scan would redact an entity in it. `--write` measures both modes and puts the
tables into docs/reference/pii-accuracy.md. `--development` prints the other half of `tests.scan.fields`: whoever mends
the verdicts looks at that.

Rule kept here: what counts is what leaves the scan, after its verdicts, and no figure is written by hand.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from proxy.scan import column
from proxy.scan.arrays import pack, unpack
from proxy.scan.column import Job, scan_column
from proxy.scan.entities import ENTITIES
from proxy.scan.rules import Rule, ScanRules
from proxy.scan.settings import PHONE_REGIONS, Action, Mode
from tests.scan.fields import DEVELOPMENT, HELD_OUT, Columns
from tests.scan.tabular import HARMLESS, PERSONAL, PROSE

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "pii-accuracy.md"
FIGURES = Path(__file__).parent / "public.json"
"""What `tests.scan.public` measured."""
ROWS, SEED = 300, 4242
KNOWN = Columns(PERSONAL, PROSE, HARMLESS)
TEST = Columns(*(known + held for known, held in zip(KNOWN, HELD_OUT, strict=True)))
TARGET = 0.02
REGIONS = (PHONE_REGIONS, ("US", "GB", "FR"), ("US",), ("GB",))
_MARK = re.compile(r"<([A-Z_]+)>")


@dataclass(slots=True)
class Tally:
    """Cells of one entity: found rightly, missed, and found where they are not (in harmless cells or under the name of
    another entity)."""

    right: int = 0
    missed: int = 0
    wrong: int = 0

    def precision(self) -> float | None:
        """The share of what was found that was right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    def recall(self) -> float | None:
        """The share of what is there that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


@dataclass(slots=True)
class Measured:
    """One mode's figures: tallies by entity, the share of cells found by personal column, and by harmless column the
    share of its cells in which anything was found."""

    mode: Mode
    tallies: dict[str, Tally] = field(default_factory=dict)
    personal: list[tuple[str, str, float]] = field(default_factory=list)
    harmless: list[tuple[str, float, str]] = field(default_factory=list)

    def count(self, truth: frozenset[str], found: frozenset[str]) -> None:
        """One cell."""
        for name in truth | found:
            tally = self.tallies.setdefault(name, Tally())
            tally.right += name in truth and name in found
            tally.missed += name in truth and name not in found
            tally.wrong += name not in truth and name in found

    def flagged(self) -> list[tuple[str, float, str]]:
        """The harmless columns in which anything at all was found."""
        return [one for one in self.harmless if one[1] > 0]


def measure(
    mode: Mode, rows: int, seed: int, columns: Columns = TEST, regions: Sequence[str] = PHONE_REGIONS
) -> Measured:
    """Scan every column. The process's own analyzer is used, and dropped again."""
    column.start(mode, regions)
    try:
        return _measured(mode, rows, seed, columns)
    finally:
        column._analyzer = None


def rules(mode: Mode) -> tuple[Rule, ...]:
    """The default rules, each of which redacts, so that what was found can be seen."""
    return tuple(
        Rule(rule.entity, rule.tag, Action.REDACT, rule.threshold, rule.allow)
        for rule in ScanRules().resolve(mode, Action.REDACT)
    )


def _measured(mode: Mode, rows: int, seed: int, columns: Columns) -> Measured:
    asked = rules(mode)
    looked_for = frozenset(rule.entity for rule in asked)
    made = Measured(mode)
    for of in columns.personal:
        if of.entity in looked_for:
            draw = random.Random(f"{seed} {of.name}")
            cells = [of.make(draw) for _ in range(rows)]
            hits = list(found(cells, of.name, asked))
            for cell in hits:
                made.count(frozenset({of.entity}), _beside(cell, of.entity))
            made.personal.append((of.name, of.entity, sum(of.entity in cell for cell in hits) / rows))
    for prose in columns.prose:
        draw = random.Random(f"{seed} {prose.name}")
        told = [prose.make(draw) for _ in range(rows)]
        for (_, truth), cell in zip(told, found([text for text, _ in told], prose.name, asked), strict=True):
            made.count(truth & looked_for, cell)
    for harmless in columns.harmless:
        draw = random.Random(f"{seed} {harmless.name}")
        hits = list(found([harmless.make(draw) for _ in range(rows)], harmless.name, asked))
        for cell in hits:
            made.count(frozenset(), cell)
        entities = Counter(name for cell in hits for name in cell)
        made.harmless.append((harmless.name, sum(map(bool, hits)) / rows, ", ".join(sorted(entities))))
    return made


def _beside(found: frozenset[str], entity: str) -> frozenset[str]:
    """A sender's name beside the address is no mistake: both are in the cell."""
    return found - {"PERSON"} if entity == "EMAIL_ADDRESS" else found


def found(cells: Sequence[Any], name: str, asked: tuple[Rule, ...]) -> Iterator[frozenset[str]]:
    """The entities that were redacted in each cell. A number becomes NULL; its column then has one entity."""
    array: pa.Array[Any] = pa.array(cells)
    scanned = scan_column(Job(pack(array), name, asked, {}))
    left = cells if scanned.data is None else unpack(scanned.data).to_pylist()
    for before, after in zip(cells, left, strict=True):
        if isinstance(before, str):
            yield frozenset(_MARK.findall(after)) & ENTITIES.keys() if after != before else frozenset()
        else:
            yield frozenset(scanned.counts) if after is None else frozenset()


# ---------------------------------------------------------------------------------------------------------- the page
def page(measured: Sequence[Measured], by_region: Mapping[str, Measured], rows: int, seed: int) -> str:
    """docs/reference/pii-accuracy.md."""
    parts = [
        "# How often the scan is right",
        "",
        f"*Made by `python -m tests.scan.accuracy --write` (seed {seed}, {rows} rows a column): change it there.*",
        "",
        f"{len(TEST.personal)} columns of personal data in many spellings, {len(TEST.prose)} of sentences and "
        f"documents, and {len(TEST.harmless)} harmless ones, with other names, templates and numbers than those by "
        "which the thresholds were chosen. They are synthetic: expect other figures on your own data, and measure "
        "there with `usher classify`. Rules are the defaults, without a file pii.yaml; each column is scanned as one "
        "result, and a column counts as flagged where anything was found in a single cell of it.",
        "",
        f"They are of two kinds. The {len(KNOWN.harmless)} harmless columns of `tests/scan/tabular.py` are *known*: "
        "the verdicts were mended once by what was found in them. Those of `tests/scan/fields.py` were then made for "
        "that, and split by their names before anything was measured on them: by one half "
        f"({len(DEVELOPMENT.harmless)} harmless columns, `--development`) the verdicts were mended again, the other "
        f"half ({len(HELD_OUT.harmless)}) is *held out*: its figures were taken after that, and nothing was changed "
        "for them. What was changed, what it did, and what was left as it is so that no personal data is lost, stands "
        "in [ADR 0005](../adr/0005-scan-verdicts.md).",
        "",
    ]
    for one in measured:
        parts += _section(one)
    parts += _regions(by_region)
    return "\n".join([*parts, *_public(json.loads(FIGURES.read_text(encoding="utf-8")))])


def _public(figures: Mapping[str, Any]) -> list[str]:
    """What was measured on sentences that are not kept here."""
    filled, labelled = figures["filled"], figures["labelled"]
    return [
        "## Published sentences that are not kept here",
        "",
        "A sentence counts once for each entity. Names of companies and towns that the model takes for people count as "
        "wrong.",
        "",
        "**A labelled set as presidio-research makes it**: its generator, as the package `presidio-evaluator` 0.3.2 "
        "(MIT) carries it, with its own templates, numbers of Faker 40.63.0 and people of FakeNameGenerator "
        f"(CC BY-SA 3.0, so that none is kept here): {labelled['sentences']} sentences (seed 42). How to make it and "
        "measure it again stands in `tests/scan/public.py`. Each telephone number and card that is missed here is one "
        "that Presidio's recognizers do not find: numbers that are valid in none of "
        "`scan.phone_regions` nor with their plus sign, and cards of 12 digits and of 15 that begin with 2.",
        "",
        *_sentences(labelled["modes"]),
        "",
        "The file that presidio-research publishes, `data/synth_dataset_v2.json` (1,022,276 characters), was made by "
        "an earlier version of that generator and is in no package. It could be looked at in parts, which have the "
        "form that `tests/scan/public.py` reads, but not be had as a file, so no figure here is of it. Whoever has it "
        "measures it by `python -m tests.scan.public synth_dataset_v2.json`.",
        "",
        f"**Its templates, filled otherwise**: {filled['sentences']} sentences of {filled['templates']} of its "
        "templates with the people, numbers and companies of `tests/scan/tabular.py` "
        f"(seed {filled['seed']}; {filled['left_out']} templates with other places are left out). "
        "`python -m tests.scan.public templates.txt` measures them again.",
        "",
        *_sentences(filled["modes"]),
        "",
    ]


def _sentences(modes: Mapping[str, Mapping[str, Sequence[int]]]) -> list[str]:
    tallies = [(mode, name, Tally(*counts)) for mode, of_mode in modes.items() for name, counts in of_mode.items()]
    return [
        "| mode | entity | sentences that hold it | precision | recall |",
        "|---|---|---|---|---|",
        *(
            f"| {mode} | {name} | {tally.right + tally.missed} | {_percent(tally.precision())} | "
            f"{_percent(tally.recall())} |"
            for mode, name, tally in tallies
        ),
    ]


def _regions(by_region: Mapping[str, Measured]) -> list[str]:
    """What each telephone region costs."""
    known = {column.name for column in KNOWN.harmless}
    return [
        "## Telephone regions",
        "",
        "Most harmless columns that are flagged in mode patterns hold numbers of eight to ten digits that are valid "
        "telephone numbers in some region. `scan.phone_regions` should hold the regions whose numbers you have, and no "
        "others; numbers with a plus sign are found whatever it holds. Flagged in mode patterns with:",
        "",
        "| `scan.phone_regions` | known | held out |",
        "|---|---|---|",
        *(
            f"| {regions} | {sum(name in known for name, _, _ in one.flagged())} of {len(known)} | "
            f"{sum(name not in known for name, _, _ in one.flagged())} of {len(one.harmless) - len(known)} |"
            for regions, one in by_region.items()
        ),
        "",
    ]


def _section(one: Measured) -> list[str]:
    known = {column.name for column in KNOWN.harmless}
    groups = {
        "known": [column for column in one.harmless if column[0] in known],
        "held out": [column for column in one.harmless if column[0] not in known],
    }
    return [
        f"## Mode {one.mode.value}",
        "",
        f"Harmless columns in which anything was found (the target is {TARGET:.0%}):",
        "",
        "| columns | flagged | cells | which |",
        "|---|---|---|---|",
        *(_harmless(group, columns) for group, columns in groups.items() if columns),
        "",
        "| entity | cells that hold it | precision | recall |",
        "|---|---|---|---|",
        *(
            f"| {name} | {tally.right + tally.missed} | {_percent(tally.precision())} | {_percent(tally.recall())} |"
            for name, tally in sorted(one.tallies.items())
        ),
        "",
        "| personal column | entity | cells found |",
        "|---|---|---|",
        *(f"| `{name}` | {entity} | {part:.1%} |" for name, entity, part in one.personal),
        "",
    ]


def _harmless(group: str, columns: Sequence[tuple[str, float, str]]) -> str:
    flagged = [column for column in columns if column[1] > 0]
    cells = sum(part for _, part, _ in columns) / len(columns)
    which = "; ".join(f"`{name}` ({part:.1%} of its cells, {entities})" for name, part, entities in flagged)
    share = f"{len(flagged)} of {len(columns)} ({len(flagged) / len(columns):.1%})"
    return f"| {group} | {share} | {cells:.2%} | {which} |"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def main() -> int:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--mode", choices=["patterns", "full"])
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    modes = [Mode(given.mode)] if given.mode and not given.write else [Mode.PATTERNS, Mode.FULL]
    if given.development:
        for mode in modes:
            print("\n".join(_section(measure(mode, given.rows, given.seed, DEVELOPMENT))))
        return 0
    measured = [measure(mode, given.rows, given.seed) for mode in modes]
    by_region = {
        ", ".join(regions): measure(Mode.PATTERNS, given.rows, given.seed, regions=regions) for regions in REGIONS
    }
    text = page(measured, by_region, given.rows, given.seed)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
