"""The form of one audit record: its canonical bytes, its hash, and the chain.

Rule kept here: one record has exactly one spelling, printable ASCII on one line, so that nothing in it can forge a
second record or steer a terminal, and so that its hash can be checked by hand (docs/reference/audit.md).
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import uuid_utils

from proxy.values import Json, Record

FORMAT = "usher.audit.record.v1"
DOMAIN = FORMAT.encode() + b"\n"
FIRST = "0" * 64
"""What stands for the previous hash in the first record of a chain."""

_TOP = ("body", "event_id", "hash", "kind", "previous", "sequence", "time")


def canonical(value: Json) -> bytes:
    """The one spelling of a value: JSON with keys sorted by code point, no spaces, and every character outside U+0020
    to U+007E written as \\uXXXX (a surrogate pair above U+FFFF). Raises `TypeError` or `ValueError` for what JSON
    cannot hold (NaN, infinities, bytes, keys that are no text)."""
    _check_keys(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def _check_keys(value: Any) -> None:
    """Keys must be text: json would spell numbers and None as text, so that two keys could become one."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("the keys of a record are text")
            if isinstance(item, dict | list | tuple):
                _check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict | list | tuple):
                _check_keys(item)


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sorts by time of making."""
    return str(uuid_utils.uuid7())


def utc(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Chain:
    """Where one chain stands: the sequence and hash of its last record. Sealing a record moves it on."""

    def __init__(self, sequence: int = 0, previous: str = FIRST) -> None:
        self.sequence = sequence
        self.previous = previous

    def seal(self, event_id: str, time: str, kind: str, body: bytes) -> bytes:
        """The record's line, without its newline. `body` is canonical already."""
        self.sequence += 1
        head = b'{"body":%b,"event_id":%b' % (body, canonical(event_id))
        tail = b'"kind":%b,"previous":"%b","sequence":%d,"time":%b}' % (
            canonical(kind),
            self.previous.encode("ascii"),
            self.sequence,
            canonical(time),
        )
        self.previous = hashlib.sha256(DOMAIN + head + b"," + tail).hexdigest()
        return b'%b,"hash":"%b",%b' % (head, self.previous.encode("ascii"), tail)


def parse(line: bytes) -> Record:
    """The record of a line (without its newline), its hash not checked. Raises `ValueError` where it is none."""
    try:
        raw = json.loads(line)
    except RecursionError as error:
        raise ValueError("not an audit record") from error
    if not isinstance(raw, dict) or tuple(raw) != _TOP:
        raise ValueError("not an audit record")
    fields = (raw["event_id"], raw["time"], raw["kind"], raw["previous"], raw["hash"])
    if not all(isinstance(f, str) for f in fields) or type(raw["sequence"]) is not int or type(raw["body"]) is not dict:
        raise ValueError("not an audit record")
    return Record(
        event_id=raw["event_id"],
        sequence=raw["sequence"],
        time=raw["time"],
        kind=raw["kind"],
        body=raw["body"],
        previous=raw["previous"],
        hash=raw["hash"],
    )


def spelling(record: Record) -> bytes:
    """The line of a record, without its newline: what the log holds, and safe to print on any terminal."""
    fields: dict[str, Json] = {
        "body": dict(record.body),
        "event_id": record.event_id,
        "hash": record.hash,
        "kind": record.kind,
        "previous": record.previous,
        "sequence": record.sequence,
        "time": record.time,
    }
    return canonical(fields)


def follows(line: bytes, chain: Chain) -> Record:
    """The record of a line that continues `chain`, which moves on to it. Raises `ValueError` where it does not."""
    record = parse(line)
    again = Chain(chain.sequence, chain.previous)
    if again.seal(record.event_id, record.time, record.kind, canonical(dict(record.body))) != line:
        raise ValueError("the record does not continue the chain")
    chain.sequence, chain.previous = again.sequence, again.previous
    return record
