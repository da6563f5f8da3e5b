"""Where keys may be fetched from.

Rule kept here: https only, except on the loopback interface; no credentials in an address; and a key set on the
loopback interface is never reached by way of an issuer elsewhere.
"""

from __future__ import annotations

import ipaddress

import httpx

_DISCOVERY = "/.well-known/openid-configuration"


def check_url(url: str) -> None:
    """Raises `ValueError`, saying why, unless keys may be fetched from `url`."""
    parsed = _parsed(url)
    if parsed.scheme not in ("https", "http") or not parsed.host:
        raise ValueError("must be an https:// address")
    if parsed.userinfo or parsed.fragment:
        raise ValueError("must hold neither credentials nor a fragment")
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise ValueError("must be an https:// address; http:// is for the loopback interface only")


def check_discovered(url: str, found_at: str) -> None:
    """As `check_url`, for an address that a document found at `found_at` names."""
    check_url(url)
    if _is_loopback(_parsed(url).host) and not _is_loopback(_parsed(found_at).host):
        raise ValueError("must not lead to the loopback interface")


def discovery_url(issuer: str) -> str:
    """Where OpenID Connect Discovery 1.0, section 4, puts an issuer's metadata."""
    return issuer.removesuffix("/") + _DISCOVERY


def _parsed(url: str) -> httpx.URL:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("must be an https:// address in plain ASCII")
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise ValueError("must be an https:// address") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
