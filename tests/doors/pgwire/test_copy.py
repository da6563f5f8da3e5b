"""COPY TO STDOUT is the server's, message by message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.doors.pgwire.copy import CopyEncoder, CopyOptions, copy_options
from proxy.errors import InvalidSql
from tests.doors.pgwire.server import Raw
from tests.doors.pgwire.values import TEXTS
from tests.postgres import Database

SIGNS = TEXTS | st.text(st.sampled_from("\\\"'\n\r\t\b\f\v,;|x N."), max_size=6)
NAMES = ["i", "Name, \t", "t"]


@pytest.fixture(scope="module")
def raw(postgres_shared: Database) -> Iterator[Raw]:
    postgres_shared.sql('CREATE TABLE c (n int, i int, "Name, \t" text, t timestamp)')
    with Raw(postgres_shared) as session:
        yield session


def messages(stream: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(stream):
        end = at + 1 + int.from_bytes(stream[at + 1 : at + 5], "big")
        found.append(stream[at:end])
        at = end
    return found


def copied(batches: Sequence[pa.RecordBatch], schema: pa.Schema, options: CopyOptions) -> list[bytes]:
    encoder = CopyEncoder(schema, options)
    rows = b"".join(bytes(p) for b in batches for p in encoder.encode(b))
    return messages(encoder.begin() + rows + encoder.end()) if options.header else messages(rows + encoder.end())


def filled(raw: Raw, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    raw.run("TRUNCATE c")
    for n, (i, name, t) in enumerate(rows):
        given_ = [
            (23, 0, None if i is None else str(i).encode()),
            (25, 0, None if name is None else name.encode()),
            (20, 0, None if t is None else str(t).encode()),
        ]
        raw.rows(f"INSERT INTO c SELECT {n}, $1, $2, timestamp 'epoch' + $3 * interval '1 us'", given_)
    kinds = [pa.int32(), pa.string(), pa.int64()]
    columns = [pa.array([r[k] for r in rows], kind) for k, kind in enumerate(kinds)]
    columns[2] = columns[2].view(pa.timestamp("us"))
    return pa.RecordBatch.from_arrays(columns, names=NAMES)


def sql(words: Mapping[str, str | Sequence[str] | None]) -> str:
    def value(word: str) -> str:
        given_ = words[word]
        if given_ is None:
            return ""
        if word == "force_quote":
            return "*" if given_ == "*" else "(" + ", ".join('"' + n + '"' for n in given_) + ")"
        return "'" + str(given_).replace("'", "''") + "'"

    inner = ", ".join(f"{w} {value(w)}" for w in words)
    return f'COPY (SELECT i, "Name, \t", t FROM c ORDER BY n) TO STDOUT WITH ({inner})'


OPTIONS: list[Mapping[str, Any]] = [
    {"format": "text"},
    {"format": "text", "delimiter": ",", "null": ""},
    {"format": "text", "delimiter": "|", "header": "true"},
    {"format": "text", "delimiter": "-", "null": "NULL"},
    {"format": "text", "delimiter": " ", "header": None},
    {"format": "csv"},
    {"format": "csv", "header": "on", "encoding": "UTF8"},
    {"format": "csv", "delimiter": ";", "null": "N", "quote": "'"},
    {"format": "csv", "delimiter": "\t", "escape": "\\", "force_quote": "*"},
    {"format": "csv", "force_quote": ["t", "Name, \t"]},
    {"format": "csv", "delimiter": ":", "null": "0"},
    {"format": "binary"},
]


@pytest.mark.parametrize("words", OPTIONS, ids=str)
def test_messages_are_the_servers(raw: Raw, words: Mapping[str, Any]) -> None:
    row = st.tuples(
        st.none() | st.integers(-(2**31), 2**31 - 1) | st.just(0),
        st.none() | SIGNS,
        st.none() | st.integers(0, 9 * 10**15),
    )

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(row, max_size=8), st.integers(1, 8))
    def check(rows: list[tuple[Any, ...]], step: int) -> None:
        batch = filled(raw, rows)
        batches = [batch.slice(i, step) for i in range(0, len(rows), step)]
        assert copied(batches, batch.schema, copy_options(words)) == raw.run(sql(words), b"d")

    check()


@pytest.mark.parametrize("value", ["\\.", "", "a", "\\N", None])
@pytest.mark.parametrize("form", ["text", "csv"])
def test_the_end_marker_alone_on_a_line_is_quoted(raw: Raw, form: str, value: str | None) -> None:
    filled(raw, [(1, value, None)])
    batch = pa.record_batch([pa.array([value], pa.string())], names=["v"])
    theirs = raw.run(f'COPY (SELECT "Name, \t" AS v FROM c) TO STDOUT WITH (FORMAT {form})', b"d")
    assert copied([batch], batch.schema, copy_options({"format": form})) == theirs


@pytest.mark.parametrize("form", ["text", "csv", "binary"])
def test_many_rows_come_one_in_a_message(raw: Raw, form: str) -> None:
    batch = pa.record_batch([pa.array(range(5000), pa.int64())], names=["v"])
    theirs = raw.run(f"COPY (SELECT i::int8 FROM generate_series(0, 4999) i) TO STDOUT WITH (FORMAT {form})", b"d")
    assert copied([batch], batch.schema, copy_options({"format": form})) == theirs


@pytest.mark.parametrize(
    "words",
    [
        {"format": "parquet"},
        {"freeze": "true"},
        {"format": "text", "quote": '"'},
        {"format": "binary", "delimiter": ","},
        {"delimiter": "a"},
        {"delimiter": "ab"},
        {"delimiter": "é"},
        {"delimiter": "\n"},
        {"null": "a\nb"},
        {"null": "a\tb"},
        {"format": "csv", "quote": ","},
        {"format": "csv", "null": '"'},
        {"format": "csv", "quote": "ab"},
        {"header": "maybe"},
        {"encoding": "latin1"},
    ],
    ids=str,
)
def test_options_that_the_server_refuses_are_refused(words: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidSql):
        copy_options(words)


def test_a_quoted_column_must_be_there() -> None:
    with pytest.raises(InvalidSql) as caught:
        CopyEncoder(pa.schema([("a", pa.int32())]), copy_options({"format": "csv", "force_quote": ["b"]}))
    assert caught.value.sqlstate == "42703"
