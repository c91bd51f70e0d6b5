"""Digests that tell what has come to mean something else, and when the account is another one."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlsplit

import orjson

from syncd.config.settings import Settings
from syncd.domain.rules import RuleBook

_SIZE: Final = 16
_MAPPING: Final = "mapping"
_FILTER: Final = "filter"
_VERSION: Final = "version"
_READING_KEYS: Final = frozenset({"memory_limit", "threads", "path", "type"})
"""Keys of `[catalog]` that say where and how fast to read, and nothing on what the bytes mean."""


def parts_of_meaning(settings: Settings) -> dict[str, str]:
    """Digest, part by part, everything that decides what a catalog's bytes lead to.

    The parts are mapping, filter, the file's dialect, policy, rules (the rule book and the
    canonical form) and the version of syncd; the digests are the same in every process.
    """
    from syncd import __version__
    from syncd.domain.canonical import CANONICAL_FORM_VERSION

    catalog = settings.catalog.model_dump(mode="json", exclude=set(_READING_KEYS))
    rules = _as_lists(settings.rules.to_rule_book())
    parts = {
        _MAPPING: catalog.pop(_MAPPING),
        _FILTER: catalog.pop(_FILTER),
        "dialect": catalog,
        "policy": settings.policy.model_dump(mode="json"),
        "rules": {**rules, "canonical_form": CANONICAL_FORM_VERSION},
        _VERSION: __version__,
    }
    return {name: _digest_of_json(part) for name, part in parts.items()}


def digest_of_meaning(settings: Settings) -> str:
    """Digest what gives the catalog's bytes their meaning: every part but the version.

    A new version that reads the same bytes as before need not read them again.
    """
    parts = parts_of_meaning(settings)
    del parts[_VERSION]
    return _digest_of_json(parts)


def account_digest(settings: Settings) -> str:
    """Digest base URL and key, to notice that the account may be another; the key stays unknown."""
    remote = settings.digital_river
    return _digest(f"{remote.base_url}\0{remote.api_key.get_secret_value()}".encode())


def account_label(settings: Settings) -> str:
    """Name the account for people, such as `test · api.digitalriver.com`."""
    remote = settings.digital_river
    return f"{'test' if remote.is_test else 'live'} · {urlsplit(remote.base_url).netloc}"


def _digest_of_json(value: object) -> str:
    return _digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_SIZE).hexdigest()


def _as_lists(book: RuleBook) -> dict[str, list[str]]:
    return {
        "countries": sorted(book.countries),
        "approved_eccns": sorted(book.approved_eccns),
        "barred_eccns": sorted(book.barred_eccns),
        "licence_eccns": sorted(book.licence_eccns),
    }
