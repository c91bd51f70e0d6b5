"""Digests that tell what has come to mean something else, and when the account is another one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import orjson

from syncd.config.catalog import Catalog, Join
from syncd.config.remote import DigitalRiverSettings
from syncd.config.sections import GuardSettings
from syncd.config.settings import Settings
from syncd.config.words import words_of
from syncd.domain.attributes import SKU_ONLY
from syncd.domain.rules import RuleBook

_SIZE: Final = 16
_MAPPING: Final = "mapping"
_FILTER: Final = "filter"
_VERSION: Final = "version"
_LIMIT_KEYS: Final = frozenset(
    {"max_delete", "max_update", "max_create", "max_shrink", "max_same_change", "canary"}
)
"""Keys of `[guards]` that change no plan, only how much of one a person must look at.

Each may be raised for one run, as the reports advise; were they a part of the meaning, that run
and the next one would both be stopped by the canary, for nothing.
"""
_BEYOND_THE_BYTES: Final = frozenset({_VERSION, "guards", "source", "model"})
"""Parts under which the same bytes still say the same: they need not be read again for these."""


def parts_of_meaning(settings: Settings) -> dict[str, str]:
    """Digest, part by part, everything that decides what a catalog's bytes lead to.

    The parts are mapping, filter, the source's dialect, its place (source), the same of what is
    joined to it, policy, guards (when a delete is due and how limits are counted, without the
    limits themselves), the fulfilment model, rules (the rule book and the canonical form) and the
    version of syncd. The digests are the same in every process.
    """
    from syncd import __version__
    from syncd.domain.canonical import CANONICAL_FORM_VERSION

    catalog = settings.catalog
    rules = _as_lists(settings.rules.to_rule_book())
    parts = {
        _MAPPING: [_mapping_of(catalog), words_of(catalog.mapping)],
        _FILTER: dict(catalog.filter),
        "dialect": [catalog.dialect(), *map(_joining, catalog.join)],
        "source": [catalog.place(), *(join.place() for join in catalog.join)],
        "policy": settings.policy.as_json(),
        "guards": settings.guards.as_json(GuardSettings.model_fields.keys() - _LIMIT_KEYS),
        "model": settings.digital_river.model,
        "rules": {**rules, "canonical_form": CANONICAL_FORM_VERSION},
        _VERSION: __version__,
    }
    return {name: _digest_of_json(part) for name, part in parts.items()}


def digest_of_meaning(settings: Settings) -> str:
    """Digest what gives the catalog's bytes their meaning, wherever they come from.

    A new version that reads the same bytes as before need not read them again, nor must they be
    because deletes come due at another time.
    """
    parts = parts_of_meaning(settings).items()
    return _digest_of_json({name: of for name, of in parts if name not in _BEYOND_THE_BYTES})


def account_digest(account: DigitalRiverSettings) -> str:
    """Digest base URL and key, to notice that the account may be another; the key stays unknown."""
    return _digest(f"{account.base_url}\0{account.api_key.get_secret_value()}".encode())


def account_label(settings: Settings) -> str:
    """Name the account for people, such as `test · api.digitalriver.com`."""
    remote = settings.digital_river
    return f"{'test' if remote.is_test else 'live'} · {urlsplit(remote.base_url).netloc}"


def _mapping_of(catalog: Catalog) -> Mapping[str, object]:
    """The mapping; what it says nothing of for SKUs is left out, as before there was any."""
    mapped = catalog.mapping.as_json()
    vain = {name.key for name in SKU_ONLY if mapped[name.key] is None}
    return {key: value for key, value in mapped.items() if key not in vain}


def _joining(join: Join) -> Mapping[str, object]:
    return {"name": join.name, "key": join.key, **join.dialect()}


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
