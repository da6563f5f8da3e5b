"""Statements that public clients send about the catalog, captured on the wire of PostgreSQL 15: corpus/*.sql.

Each file begins with the client; statements end with `--@@`; `-- parameters:` lists what was bound, as JSON. `{orders}`
and the like stand for the number of that table in the database at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_NUMBER = re.compile(r"\{(orders|customers|v_orders|mv|t)\}")
_PARAMETERS = "-- parameters: "


@dataclass(frozen=True)
class Captured:
    """One statement; `name` is its file and its place there."""

    name: str
    client: str
    sql: str
    parameters: tuple[str, ...]

    def numbered(self, numbers: Mapping[str, int]) -> Captured:
        """With the tables' numbers put in."""

        def put(text: str) -> str:
            return _NUMBER.sub(lambda m: str(numbers[m[1]]), text)

        return Captured(self.name, self.client, put(self.sql), tuple(map(put, self.parameters)))

    def inlined(self) -> str:
        """With the parameters as literals of no type, as they mean the same."""
        return re.sub(r"\$(\d+)", lambda m: "'" + self.parameters[int(m[1]) - 1].replace("'", "''") + "'", self.sql)


def statements() -> Iterator[Captured]:
    """All of them."""
    for path in sorted(FOLDER.glob("*.sql")):
        client, _, rest = path.read_text(encoding="utf-8").partition("\n")
        for place, part in enumerate(rest.split("\n--@@")):
            text, given = part.strip(), ()
            if text.startswith(_PARAMETERS):
                line, _, text = text.partition("\n")
                given = tuple(json.loads(line.removeprefix(_PARAMETERS)))
            if text:
                yield Captured(f"{path.stem}-{place}", client.removeprefix("-- "), text.strip(), given)
