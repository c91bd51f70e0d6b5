"""A misspelt key is met with the one that was probably meant."""

from __future__ import annotations

import pytest

from syncd.config.settings import Settings
from syncd.config.shape import KeyPath, Shape

SHAPE = Shape()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("guards", "max_delte"), "guards.max_delete"),
        (("guards", "max-delete"), "guards.max_delete"),
        (("catalog", "mapping", "partnumber"), "catalog.mapping.part_number"),
        (("catalog", "mapping", "eccn", "defalt"), "catalog.mapping.eccn.default"),
        (("gaurds",), "guards"),
        (("gaurds", "max_delete"), "guards.max_delete"),
        (("policy", "delete_after"), "guards.delete_after"),
        (("max_delete",), "guards.max_delete"),
        (("guards", "wombat"), None),
    ],
)
def test_the_nearest_key_is_found(written: KeyPath, meant: str | None) -> None:
    assert SHAPE.nearest(written) == meant


def test_every_key_leads_to_its_field_and_says_what_it_is_for() -> None:
    silent = [
        key for key in SHAPE.all_keys() if not getattr(SHAPE.field_at(key), "description", None)
    ]
    assert (silent, len(list(SHAPE.all_keys())) > 50) == ([], True)


def test_the_sections_are_the_first_keys() -> None:
    assert [key[0] for key in SHAPE.all_keys() if len(key) == 1] == list(Settings.model_fields)


def test_keys_tokens_and_notification_addresses_alone_are_secret() -> None:
    assert [key for key in SHAPE.all_keys() if SHAPE.is_secret(key)] == [
        ("digital_river", "api_key"),
        ("service", "token"),
        ("service", "webhook_secrets"),
        ("notify", "urls"),
    ]
