"""Digests that tell when rows must be read anew, and when the account is another one."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlsplit

import orjson

from syncd.config.settings import Settings
from syncd.domain.rules import RuleBook

_SIZE: Final = 16
_READING_KEYS: Final = frozenset({"memory_limit", "threads", "path", "type"})
"""Keys of `[catalog]` that say where and how fast to read, and nothing on what the bytes mean."""


def digest_of_meaning(settings: Settings) -> str:
    """Digest everything that gives the catalog's bytes their meaning; the same in every process.

    That is the file's dialect, mapping, filter, policy, the rule book and the canonical form.
    """
    from syncd.domain.canonical import CANONICAL_FORM_VERSION

    meaning = {
        "catalog": settings.catalog.model_dump(mode="json", exclude=set(_READING_KEYS)),
        "policy": settings.policy.model_dump(mode="json"),
        "rules": _as_lists(settings.rules.to_rule_book()),
        "canonical_form": CANONICAL_FORM_VERSION,
    }
    return _digest(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS))


def account_digest(settings: Settings) -> str:
    """Digest base URL and key, to notice that the account may be another; the key stays unknown."""
    remote = settings.digital_river
    return _digest(f"{remote.base_url}\0{remote.api_key.get_secret_value()}".encode())


def account_label(settings: Settings) -> str:
    """Name the account for people, such as `test · api.digitalriver.com`."""
    remote = settings.digital_river
    return f"{'test' if remote.is_test else 'live'} · {urlsplit(remote.base_url).netloc}"


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_SIZE).hexdigest()


def _as_lists(book: RuleBook) -> dict[str, list[str]]:
    return {
        "countries": sorted(book.countries),
        "approved_eccns": sorted(book.approved_eccns),
        "barred_eccns": sorted(book.barred_eccns),
        "licence_eccns": sorted(book.licence_eccns),
    }
