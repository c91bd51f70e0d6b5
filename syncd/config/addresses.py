"""Addresses of the web: what one looks like, and where credentials may travel or be asked for."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator

_WANTED: Final = 'must be an address such as "https://shop.example.com/api/products"'


def is_private_way(url: str) -> bool:
    """Whether nobody can listen on the way there: it is encrypted, or does not leave the machine.

    What is no address at all is somebody else's complaint.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return parts.scheme != "http" or is_loopback(parts.hostname or "")


def host_and_port(listen: str) -> tuple[str, int]:
    """Part an address to listen at, such as `[::1]:9464`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host of this name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _password_in(url: str) -> str:
    """The password that stands in a URL, as it is written there; empty where none does."""
    try:
        return urlsplit(url).password or ""
    except ValueError:  # a secret that is no URL, though it looks like the start of one
        return ""


def passwords_in(*urls: str) -> frozenset[str]:
    """The passwords in URLs, as they are written there and as a server is sent them."""
    passwords = [_password_in(url) for url in urls]
    return frozenset({*passwords, *map(unquote, passwords)} - {""})


def _read_address(url: str) -> str:
    parts = _split(url)
    if parts.username is not None or parts.fragment:
        raise ValueError(f"{_WANTED}, without user, password or anything after a #")
    return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError(_WANTED) from None
    is_web = parts.scheme in {"http", "https"} and parts.hostname
    if not is_web or not url.isprintable() or " " in url:
        raise ValueError(_WANTED)
    return parts


Address: TypeAlias = Annotated[str, AfterValidator(_read_address)]
"""An http or https URL without user, password and fragment."""
