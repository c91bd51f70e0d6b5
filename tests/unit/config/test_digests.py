"""Digests change with what they stand for, and with nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

import syncd
from syncd.config import (
    ColumnMapping,
    FileCatalog,
    GuardSettings,
    LogSettings,
    PolicySettings,
    RuleSettings,
    Settings,
    account_digest,
    account_label,
    digest_of_meaning,
    load,
    parts_of_meaning,
)
from syncd.domain import canonical

FILE = """
[catalog]
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
[digital_river]
api_key = "sk_test_4f1c"
"""


def with_catalog(settings: Settings, **keys: object) -> Settings:
    return settings.model_copy(update={"catalog": settings.catalog.model_copy(update=keys)})


def with_mapping(settings: Settings, **keys: object) -> Settings:
    return with_catalog(settings, mapping=settings.catalog.mapping.model_copy(update=keys))


def with_remote(settings: Settings, **keys: object) -> Settings:
    return settings.model_copy(
        update={"digital_river": settings.digital_river.model_copy(update=keys)}
    )


@pytest.mark.parametrize(
    "key",
    [
        "mapping",
        "default",
        "values",
        "filter",
        "filter_values",
        "delimiter",
        "final_newline",
        "policy",
        "rules",
    ],
)
def test_whatever_gives_the_bytes_their_meaning_changes_the_digest(
    settings: Settings, key: str
) -> None:
    filtered = with_catalog(settings, filter={"physical": ("1", "2")})
    changed = {
        "mapping": with_mapping(settings, eccn=ColumnMapping(field="eccn")),
        "default": with_mapping(settings, part_number=ColumnMapping(field="mpn", default="x")),
        "values": with_mapping(settings, part_number=ColumnMapping(field="mpn", values={"a": "b"})),
        "filter": filtered,
        "filter_values": with_catalog(settings, filter={"physical": ("1", "3")}),
        "delimiter": with_catalog(settings, delimiter=";"),
        "final_newline": with_catalog(settings, final_newline="optional"),
        "policy": settings.model_copy(update={"policy": PolicySettings(mode="upsert")}),
        "rules": settings.model_copy(update={"rules": RuleSettings(barred_eccns=("EAR99",))}),
    }[key]
    assert digest_of_meaning(changed) not in {digest_of_meaning(settings), _other(key, filtered)}


def _other(key: str, filtered: Settings) -> str:
    return digest_of_meaning(filtered) if key == "filter_values" else ""


def _changed_parts(one: Settings, other: Settings) -> list[str]:
    before, after = parts_of_meaning(one), parts_of_meaning(other)
    assert before.keys() == after.keys()
    return [part for part in before if before[part] != after[part]]


COUNTED = [
    ("mapping", "catalog", "mapping", {"eccn": {"field": "eccn"}}),
    ("filter", "catalog", "filter", {"physical": ["1"]}),
    ("dialect", "catalog", "format", "tsv"),
    ("dialect", "catalog", "delimiter", ";"),
    ("dialect", "catalog", "quote", "'"),
    ("dialect", "catalog", "final_newline", "optional"),
    ("dialect", "catalog", "trailer", "# {count}"),
    ("source", "catalog", "path", "/elsewhere.csv"),
    ("policy", "policy", "mode", "upsert"),
    ("policy", "policy", "adopt", False),
    ("policy", "policy", "repair", False),
    ("policy", "policy", "delete_skus", True),
    ("policy", "policy", "retry_quarantined", "1h"),
    ("guards", "guards", "delete_after", "1h"),
    ("guards", "guards", "delete_reads", 1),
    ("guards", "guards", "keep_stocked", False),
    ("guards", "guards", "min_items_for_share", 5),
    ("guards", "guards", "budget_window", "1h"),
    ("model", "digital_river", "model", "orchestrated"),
    ("rules", "rules", "approved_eccns", ["3A991.p"]),
    ("rules", "rules", "barred_eccns", ["EAR99"]),
]
NOT_COUNTED = [
    ("catalog", "memory_limit", "1GB"),
    ("catalog", "threads", 2),
    ("digital_river", "base_url", "https://other.example"),
    ("digital_river", "api_key", "sk_test_4f1d"),
    ("digital_river", "api_key_file", "key"),
    ("digital_river", "api_version", "2099-01-01"),
    ("digital_river", "requests_per_second", 5),
    ("digital_river", "timeout", "1s"),
    ("digital_river", "max_in_flight", 3),
    ("state", "url", "sqlite:////elsewhere.db"),
    ("state", "account", "another"),
    ("state", "keep_journal", "1d"),
    ("schedule", "poll", "1h"),
    ("schedule", "full", "1h"),
    ("schedule", "audit", "1h"),
    ("schedule", "rolling", "1h"),
    ("schedule", "levels", "1h"),
    ("schedule", "windows", ["mon-fri 20:00-06:00"]),
    ("schedule", "jitter", "1s"),
    ("guards", "max_delete", 0.4),
    ("guards", "max_update", 1.0),
    ("guards", "max_create", 5),
    ("guards", "max_shrink", 0.9),
    ("guards", "max_same_change", 1.0),
    ("guards", "canary", 1.0),
    ("service", "listen", "127.0.0.1:1"),
    ("service", "hosts", ["localhost"]),
    ("service", "token", "a-long-random-word"),
    ("service", "token_file", "token"),
    ("service", "webhook_secrets", ["one"]),
    ("service", "webhook_secrets_file", "webhook-secrets"),
    ("service", "probe", "1h"),
    ("notify", "urls", ["json://example.com"]),
    ("notify", "urls_file", "notify-urls"),
    ("log", "format", "json"),
    ("log", "level", "debug"),
]
"""The account is watched by a guard of its own; a limit may be raised for one run."""
ONE_VALUE_SO_FAR = {
    ("catalog", "type"),
    ("catalog", "join"),
    ("catalog", "encoding"),
    ("digital_river", "manage"),
}


@pytest.mark.parametrize(
    ("part", "section", "key", "value"),
    [*COUNTED, *((None, *uncounted) for uncounted in NOT_COUNTED)],
)
def test_each_key_changes_the_one_part_it_belongs_to(
    settings: Settings, part: str | None, section: str, key: str, value: object
) -> None:
    given = settings.model_dump(exclude_none=True)
    given[section][key] = {**given[section][key], **value} if isinstance(value, dict) else value

    changed = Settings.model_validate(given)

    assert changed != settings
    assert _changed_parts(settings, changed) == ([part] if part else [])


def test_of_every_key_it_is_decided_whether_it_counts() -> None:
    decided = {(section, key) for _, section, key, _ in COUNTED}
    decided |= {(section, key) for section, key, _ in NOT_COUNTED}
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    sections["catalog"] = FileCatalog

    assert decided | ONE_VALUE_SO_FAR == {
        (name, key)
        for name, section in sections.items()
        if section is not None
        for key in section.model_fields
    }


def test_when_deletes_are_due_is_no_reason_to_read_again(settings: Settings) -> None:
    patient = settings.model_copy(update={"guards": GuardSettings(delete_reads=9)})
    assert digest_of_meaning(patient) == digest_of_meaning(settings)


def test_a_new_version_is_a_part_of_its_own_and_no_reason_to_read_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, digest = parts_of_meaning(settings), digest_of_meaning(settings)
    monkeypatch.setattr(syncd, "__version__", "99.0")

    assert {part for part, of in parts_of_meaning(settings).items() if of != parts[part]} == {
        "version"
    }
    assert digest_of_meaning(settings) == digest


def test_a_new_canonical_form_changes_the_digest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rules = digest_of_meaning(settings), parts_of_meaning(settings)["rules"]
    monkeypatch.setattr(canonical, "CANONICAL_FORM_VERSION", object.__hash__(before))
    assert digest_of_meaning(settings) != before
    assert parts_of_meaning(settings)["rules"] != rules


def test_what_does_not_touch_the_meaning_leaves_the_digest(settings: Settings) -> None:
    others = settings.model_copy(
        update={"log": LogSettings(level="debug"), "guards": GuardSettings(max_delete=5)}
    )
    faster = with_catalog(others, threads=2, memory_limit="1GB", path="/elsewhere.csv")
    assert digest_of_meaning(faster) == digest_of_meaning(settings)


def test_the_order_of_tables_and_lists_leaves_the_digest(settings: Settings) -> None:
    one = with_catalog(settings, filter={"a": ("1", "2"), "b": ("3",)})
    two = with_catalog(settings, filter={"b": ("3",), "a": ("1", "2")})
    assert digest_of_meaning(one) == digest_of_meaning(two)


def test_digests_are_the_same_in_another_process(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    code = (
        "import sys, pathlib; from syncd.config import *;"
        "settings = load(pathlib.Path(sys.argv[1]), {});"
        "print(digest_of_meaning(settings), account_digest(settings.digital_river))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    other = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, check=True, env=environment
    )
    settings = load(file, {})
    assert other.stdout.decode().split() == [
        digest_of_meaning(settings),
        account_digest(settings.digital_river),
    ]


def test_key_and_base_url_make_the_account(settings: Settings) -> None:
    accounts = {
        account_digest(settings.digital_river),
        account_digest(with_remote(settings, api_key=SecretStr("sk_test_4f1d")).digital_river),
        account_digest(with_remote(settings, base_url="https://other.example").digital_river),
    }
    assert len(accounts) == 3
    assert (
        account_digest(with_remote(settings, timeout=timedelta(seconds=1)).digital_river)
        in accounts
    )


def test_an_account_has_a_label_for_people(settings: Settings) -> None:
    live = with_remote(settings, api_key=SecretStr("sk_9"), base_url="http://127.0.0.1:8080")
    assert account_label(settings) == "test · api.digitalriver.com"
    assert account_label(live) == "live · 127.0.0.1:8080"
