"""When a door's certificate ends, and for which names it is good.

Rule kept here: the certificate is looked at as a client would see it, by a handshake in memory; nothing is sent
anywhere, and the key never leaves.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """What clients are shown."""

    ends: datetime
    names: tuple[str, ...]


def shown(cert: Path, key: Path) -> Certificate:
    """The certificate that clients of a door are shown. Raises `OSError` (`ssl.SSLError` is one) where they would be
    shown none, or one that holds no more."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key, password=lambda: "")
    client = ssl.create_default_context(cafile=str(cert))
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it is trusted for itself, whoever signed it
    client.check_hostname = False
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    while not _done(asking.do_handshake):
        _done(answering.do_handshake)
    told = asking.getpeercert() or {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    names = told.get("subjectAltName", ())
    return Certificate(ends, tuple(str(name[1]) for name in names))


def _done(step: Callable[[], None]) -> bool:
    """Whether one side has all that it waits for."""
    try:
        step()
    except ssl.SSLWantReadError:
        return False
    return True
