"""Reading a log while it is written: pages of records, and following its end.

Rule kept here: only whole lines are read, and only by allow-listed filters. Records are shown as they stand; whether
they stand as they were written is for `proxy.audit.verify` to say.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from proxy.audit.record import parse
from proxy.audit.segments import Segment, segments
from proxy.errors import AuditError, InvalidSql
from proxy.values import Json, ReasonCode, Record

LARGEST_PAGE = 10_000
_SEQUENCE = re.compile(rb'"sequence":(\d{1,19}),"time":"[^"]*"\}\Z')


def read(folder: Path, after: int, limit: int, filters: Mapping[str, str], writer: str = "usher") -> list[Record]:
    """At most `limit` (and never more than 10,000) records with a sequence above `after`, oldest first. Raises
    `InvalidSql` for an unknown filter, `AuditError` where the log cannot be read."""
    wanted = matcher(filters)
    page: list[Record] = []
    for _, _, record in _records(folder, writer, after, None, 0):
        if len(page) >= min(limit, LARGEST_PAGE):
            break
        if wanted(record):
            page.append(record)
    return page


async def follow(
    folder: Path, filters: Mapping[str, str], after: int = 0, writer: str = "usher", poll_s: float = 0.5
) -> AsyncIterator[Record]:
    """Records with a sequence above `after` as they come, for ever; looks for new ones every `poll_s` seconds. Raises
    as `read` does."""
    wanted = matcher(filters)
    file: Path | None = None
    offset = 0
    while True:
        fresh = await asyncio.to_thread(_page, folder, writer, after, file, offset)
        for part, end, record in fresh:
            file, offset, after = part, end, record.sequence
            if wanted(record):
                yield record
        if not fresh:
            await asyncio.sleep(poll_s)


def last(folder: Path, count: int, writer: str = "usher") -> int:
    """The sequence after which the last `count` records of a chain come. Raises `AuditError`."""
    parts = _segments(folder, writer)
    sequence = 0
    for _, line in _lines(parts[-1].path, 0) if parts else ():
        sequence = _parsed(line, parts[-1].path).sequence
    return max(0, sequence - count)


# -------------------------------------------------------------------------------------------------------- filters
def matcher(filters: Mapping[str, str]) -> Callable[[Record], bool]:
    """Whether a record fits all filters. `since` (inclusive) and `until` (exclusive) compare the beginning of ISO 8601
    times in UTC; the others compare whole values. Raises `InvalidSql` for a filter that does not exist."""
    unknown = sorted(set(filters) - set(FILTERS))
    if unknown:
        raise InvalidSql(
            f"There is no such filter of the audit log; there are: {', '.join(FILTERS)}.", ReasonCode.PARAMETERS
        )

    def fits(record: Record) -> bool:
        return all(FILTERS[name](record, value) for name, value in filters.items())

    return fits


def _at(*paths: str) -> Callable[[Record, str], bool]:
    def fits(record: Record, value: str) -> bool:
        return any(found == value for path in paths for found in _found(dict(record.body), path.split(".")))

    return fits


def _found(body: Json, path: list[str]) -> Iterator[str]:
    if isinstance(body, list):
        for item in body:
            yield from _found(item, path)
    elif path and isinstance(body, dict):
        if path[0] in body:
            yield from _found(body[path[0]], path[1:])
    elif not path and isinstance(body, str):
        yield body


FILTERS: Mapping[str, Callable[[Record, str], bool]] = {
    "kind": lambda record, value: record.kind == value,
    "since": lambda record, value: record.time >= value,
    "until": lambda record, value: record.time < value,
    "decision_id": _at("decision_id"),
    "subject": _at("actor.subject", "subject"),
    "issuer": _at("actor.issuer", "issuer"),
    "app": _at("actor.app"),
    "door": _at("client.door", "door"),
    "session": _at("client.session"),
    "trace": _at("client.trace"),
    "warehouse": _at("warehouse"),
    "table": _at("objects.table"),
    "column": _at("columns.name"),
    "decision": _at("decision"),
    "outcome": _at("outcome"),
    "reason": _at("reasons.code", "error.reasons.code", "withheld.code", "reasons"),
}


# -------------------------------------------------------------------------------------------------------- reading
def _segments(folder: Path, writer: str) -> list[Segment]:
    try:
        return segments(folder, writer)
    except OSError as error:
        raise AuditError(f"The audit log cannot be read: {error.strerror}.", ReasonCode.AUDIT_DOWN) from error


def _records(
    folder: Path, writer: str, after: int, file: Path | None, offset: int, most: int | None = None
) -> Iterator[tuple[Path, int, Record]]:
    """Records above `after`, each with its file and the offset behind it. `file` and `offset` say where to go on."""
    parts = _segments(folder, writer)
    taken = 0
    for i, part in enumerate(parts):
        if i + 1 < len(parts) and parts[i + 1].sequence <= after + 1:
            continue
        for end, line in _lines(part.path, offset if part.path == file else 0):
            sequence = _SEQUENCE.search(line)
            if sequence is not None and int(sequence[1]) <= after:
                continue
            yield part.path, end, _parsed(line, part.path)
            taken += 1
            if most is not None and taken >= most:
                return


def _page(folder: Path, writer: str, after: int, file: Path | None, offset: int) -> list[tuple[Path, int, Record]]:
    return list(_records(folder, writer, after, file, offset, LARGEST_PAGE))


def _lines(path: Path, offset: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines from an offset on, each with the offset behind it; a line without its end is not there yet."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield offset, line[:-1]
    except OSError as error:
        raise AuditError(f"The audit log cannot be read: {error.strerror}.", ReasonCode.AUDIT_DOWN) from error


def _parsed(line: bytes, path: Path) -> Record:
    try:
        return parse(line)
    except ValueError as error:
        raise AuditError(
            f"The audit log holds something in {path.name} that is no record; run: usher audit verify",
            ReasonCode.AUDIT_DOWN,
        ) from error
