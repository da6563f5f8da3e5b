"""Brings an issuer's key document: from a file, an address, or by OpenID Connect discovery.

Rule kept here: every byte that arrives is bounded in size and time, redirects are not followed, nothing of a token ever
becomes part of an address or path, and every way to fail is one `FetchFailed`.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
from pathlib import Path
from typing import Protocol

import httpx

from proxy.errors import ConfigError
from proxy.identity.locations import check_discovered, discovery_url
from proxy.identity.settings import IssuerSettings
from proxy.identity.strict_json import parse_object

MAX_DOCUMENT_BYTES = 256 * 1024


class FetchFailed(Exception):
    """The document could not be had; the last one may be used for a while. The text quotes nothing that arrived."""


class Source(Protocol):
    """Where one issuer's key document comes from."""

    async def fetch(self) -> bytes:
        """The document as it is now. Raises `FetchFailed`."""

    async def close(self) -> None:
        """Let go of connections."""


def source(settings: IssuerSettings) -> Source:
    """The source that an issuer's settings name. Raises `ConfigError` where `ca_file` cannot be used."""
    if settings.jwks is not None and settings.jwks.startswith("file:"):
        return FileSource(Path(settings.jwks.removeprefix("file:")), settings.fetch_timeout_s)
    return HttpSource(settings)


class FileSource:
    """A key set in a file, read anew each time so that rotation is replacing the file."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s

    async def fetch(self) -> bytes:
        """The file's bytes. Raises `FetchFailed`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.to_thread(_read, self._path)
        except TimeoutError:
            raise FetchFailed(f"reading {self._path} took longer than {self._timeout_s:g} s") from None
        except OSError as error:
            raise FetchFailed(f"{self._path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise FetchFailed(f"{self._path} {error}") from None

    async def close(self) -> None:
        """There is nothing to let go of."""


class HttpSource:
    """A key set behind an address, or behind the one that the issuer's metadata names."""

    def __init__(self, settings: IssuerSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            verify=_trust(settings.ca_file),
            follow_redirects=False,
            trust_env=False,
            timeout=settings.fetch_timeout_s,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def fetch(self) -> bytes:
        """The key document. Raises `FetchFailed`."""
        limit = self._settings.fetch_timeout_s
        try:
            async with asyncio.timeout(limit):
                return await self._get(self._settings.jwks or await self._discover(), "the key set")
        except TimeoutError:
            raise FetchFailed(f"the keys did not arrive within {limit:g} s") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _discover(self) -> str:
        """`jwks_uri` of the issuer's metadata, which must name exactly this issuer (OIDC Discovery 1.0, 4.3)."""
        where = discovery_url(self._settings.issuer)
        document = await self._get(where, "the issuer's metadata")
        try:
            metadata = parse_object(document)
        except ValueError as error:
            raise FetchFailed(f"the issuer's metadata {error}") from None
        if metadata.get("issuer") != self._settings.issuer:
            raise FetchFailed("the issuer's metadata names another issuer than the settings; they must agree exactly")
        uri = metadata.get("jwks_uri")
        if not isinstance(uri, str):
            raise FetchFailed("the issuer's metadata has no jwks_uri")
        try:
            check_discovered(uri, where)
        except ValueError as error:
            raise FetchFailed(f"the jwks_uri of the issuer's metadata {error}") from None
        return uri

    async def _get(self, url: str, what: str) -> bytes:
        try:
            async with self._client.stream("GET", url) as response:
                if response.status_code != 200:
                    hint = "; redirects are not followed" if response.is_redirect else ""
                    raise FetchFailed(f"the server of {what} answered {response.status_code}{hint}")
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise FetchFailed(f"the server of {what} sent it compressed, unasked")
                return await _bounded(response, what)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise FetchFailed(f"the server of {what} cannot be reached ({type(error).__name__})") from error


async def _bounded(response: httpx.Response, what: str) -> bytes:
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > MAX_DOCUMENT_BYTES:
            raise FetchFailed(f"{what} is larger than {MAX_DOCUMENT_BYTES} bytes")
    return bytes(received)


def _read(path: Path) -> bytes:
    # Opening without waiting, so that a named pipe cannot hold the thread.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is not a regular file")
        document = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ValueError("is too large")
    return document


def _trust(ca_file: Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:
        why = error.strerror or "it holds no certificates in PEM form"
        raise ConfigError([f"identity: ca_file {ca_file} cannot be used: {why}"]) from error
