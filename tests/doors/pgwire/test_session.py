"""The protocol's state machine, as transcripts: bytes in, events out, at every chunking."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.doors.pgwire import messages
from proxy.doors.pgwire.messages import Event, Violation
from proxy.doors.pgwire.session import LEGAL, MOST_LOGIN, MOST_STARTUP, Phase, Session
from tests.doors.pgwire.conftest import (
    FLUSH,
    SSL_REQUEST,
    SYNC,
    TERMINATE,
    bind,
    close,
    describe,
    execute,
    framed,
    parse,
    query,
    startup,
    text,
)

MOST = 65_536
GSS_REQUEST = struct.pack("!II", 8, 80_877_104)
CANCEL = struct.pack("!III", 16, 80_877_102, 7) + b"key4"


def events(session: Session) -> list[Event]:
    found = []
    while (event := session.next()) is not None:
        found.append(event)
    return found


def ready() -> Session:
    session = Session(MOST)
    session.feed(startup(user="ana"))
    assert isinstance(session.next(), messages.Startup)
    session.logged_in()
    return session


GROUP = [
    (query("SELECT 1"), messages.Query("SELECT 1")),
    (parse("SELECT $1", "s", 23), messages.Parse("s", "SELECT $1", (23,))),
    (bind(b"1", None, portal="p", statement="s", results=(1,)), messages.Bind("p", "s", (), (b"1", None), (1,))),
    (describe("S", "s"), messages.Describe(False, "s")),
    (describe("P", "p"), messages.Describe(True, "p")),
    (execute("p", 5), messages.Execute("p", 5)),
    (close("P", "p"), messages.Close(True, "p")),
    (FLUSH, messages.Flush()),
    (framed("F", b"anything"), messages.FunctionCall()),
    (framed("d", b"data"), messages.CopyPart()),
    (SYNC, messages.Sync()),
    (TERMINATE, messages.Terminate()),
]


@pytest.mark.parametrize("size", range(1, 40))
def test_every_chunking_gives_the_same_events(size: int) -> None:
    session, data = ready(), b"".join(sent for sent, _ in GROUP)
    found = []
    for at in range(0, len(data), size):
        session.feed(data[at : at + size])
        found += events(session)
    assert found == [event for _, event in GROUP]
    assert session.phase is Phase.ENDED


def test_a_failure_skips_to_sync() -> None:
    session = ready()
    session.feed(parse("SELECT") + bind() + execute() + SYNC + query("SELECT 1"))
    assert isinstance(session.next(), messages.Parse)
    session.failed()
    assert session.phase is Phase.SKIPPING
    assert events(session) == [messages.Sync(), messages.Query("SELECT 1")]
    assert session.phase is Phase.READY


def test_what_is_skipped_is_not_even_read() -> None:
    session = ready()
    session.feed(parse("SELECT") + framed("B", b"nonsense") + SYNC)
    session.next()
    session.failed()
    assert events(session) == [messages.Sync()]


def test_a_failed_query_skips_nothing() -> None:
    session = ready()
    session.feed(query("SELECT") + query("SELECT 1"))
    session.next()
    session.failed()
    assert session.phase is Phase.READY
    assert events(session) == [messages.Query("SELECT 1")]


@pytest.mark.parametrize("more", [b"\x16", startup(user="ana")])
def test_bytes_behind_a_request_for_encryption_are_refused(more: bytes) -> None:
    session = Session(MOST)
    session.feed(SSL_REQUEST + more)
    with pytest.raises(Violation, match="before the handshake"):
        session.next()


def test_bytes_during_the_handshake_are_refused() -> None:
    session = Session(MOST)
    session.feed(SSL_REQUEST)
    assert session.next() == messages.SslRequest()
    with pytest.raises(Violation, match="before the handshake"):
        session.feed(startup(user="ana"))


def test_declined_encryption_may_be_asked_for_once_of_each_kind() -> None:
    session = Session(MOST)
    for sent, event in ((GSS_REQUEST, messages.GssRequest()), (SSL_REQUEST, messages.SslRequest())):
        session.feed(sent)
        assert session.next() == event
        session.declined()
    session.feed(SSL_REQUEST)
    with pytest.raises(Violation, match="twice"):
        session.next()


def test_a_cancel_request_is_the_last_word() -> None:
    session = Session(MOST)
    session.feed(CANCEL + startup(user="ana"))
    assert session.next() == messages.CancelRequest(7, b"key4")
    assert session.next() is None
    assert session.phase is Phase.ENDED


@pytest.mark.parametrize("length", [0, 7, MOST_STARTUP + 1, 2**31, 2**32 - 1])
def test_a_start_up_packet_claims_no_more_than_it_may(length: int) -> None:
    session = Session(MOST)
    session.feed(struct.pack("!I", length))
    with pytest.raises(Violation, match="claims"):
        session.next()


@pytest.mark.parametrize(("kind", "most"), [("p", MOST_LOGIN)])
def test_a_password_claims_no_more_than_it_may(kind: str, most: int) -> None:
    session = Session(MOST)
    session.feed(startup(user="ana"))
    session.next()
    session.feed(kind.encode() + struct.pack("!I", most + 1))
    with pytest.raises(Violation, match="claims"):
        session.next()


@pytest.mark.parametrize(("kind", "most"), [("Q", MOST), ("P", MOST), ("B", MOST), ("E", 1024), ("S", 1024)])
def test_a_message_is_judged_by_its_claim_before_it_is_kept(kind: str, most: int) -> None:
    session = ready()
    session.feed(kind.encode() + struct.pack("!I", most + 1))
    with pytest.raises(Violation, match="claims"):
        session.next()


@pytest.mark.parametrize("kind", [k for k in map(chr, range(256)) if ord(k) not in LEGAL[Phase.READY]])
def test_messages_out_of_place_end_the_connection(kind: str) -> None:
    session = ready()
    session.feed(kind.encode("latin-1") + b"\0\0\0\4")
    with pytest.raises(Violation, match="not expected"):
        session.next()


def test_queries_before_the_log_in_end_the_connection() -> None:
    session = Session(MOST)
    session.feed(startup(user="ana"))
    session.next()
    session.feed(query("SELECT 1"))
    with pytest.raises(Violation, match="not expected"):
        session.next()


def test_phases_only_go_forward() -> None:
    session = ready()
    for move in (session.encrypted, session.declined, session.logged_in):
        with pytest.raises(Violation, match="cannot go on"):
            move()


def test_a_name_with_two_ends_is_refused() -> None:
    session = ready()
    session.feed(framed("Q", text("SELECT 1"), b"more"))
    with pytest.raises(Violation, match="more than it should"):
        session.next()


MUTATION = st.tuples(st.integers(0, 200), st.integers(0, 255))


@given(st.lists(st.sampled_from([sent for sent, _ in GROUP]), max_size=6), st.lists(MUTATION, max_size=6), st.data())
def test_mutated_messages_end_in_events_or_a_violation(
    sent: list[bytes], changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    raw = bytearray(b"".join(sent))
    for place, value in changes:
        if raw:
            raw[place % len(raw)] = value
    session = ready()
    while raw:
        size = data.draw(st.integers(1, len(raw)))
        try:
            session.feed(bytes(raw[:size]))
            for event in events(session):
                assert type(event).__module__ == messages.__name__
        except Violation:
            return
        del raw[:size]
        assert session.waiting <= MOST + 5


@given(st.binary(max_size=200))
def test_any_bytes_at_the_start_end_in_an_event_or_a_violation(raw: bytes) -> None:
    session = Session(MOST)
    try:
        session.feed(raw)
        events(session)
    except Violation:
        pass
    assert session.phase in (Phase.OPENING, Phase.HANDSHAKE, Phase.LOGIN, Phase.ENDED)
