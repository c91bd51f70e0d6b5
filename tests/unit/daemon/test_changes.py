"""What a reload says it has changed."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.config import Settings
from syncd.daemon.changes import changes

BASE: dict[str, Any] = {
    "catalog": {
        "type": "file",
        "path": "/shop/catalog.csv",
        "mapping": {"id": "sku", "part_number": "mpn"},
    },
    "digital_river": {"api_key": "sk_test_before"},
}


def _settings(**sections: dict[str, Any]) -> Settings:
    merged = {name: {**BASE.get(name, {}), **keys} for name, keys in sections.items()}
    return Settings.model_validate({**BASE, **merged})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"guards": {"max_delete": 0.2}}, ["guards.max_delete: 0.1 → 0.2"]),
        ({"guards": {"max_create": 5}}, ["guards.max_create: unset → 5"]),
        ({"schedule": {"poll": "1m"}}, ["schedule.poll: 300 s → 60 s"]),
        (
            {"schedule": {"windows": ["22:00-05:00"]}},
            ["schedule.windows: [] → [22:00-05:00]"],
        ),
        ({"digital_river": {"api_key": "sk_test_after"}}, ["digital_river.api_key: changed"]),
        ({"notify": {"urls": ["json://u:secret@h"]}}, ["notify.urls: changed"]),
        (
            {"catalog": {"filter": {"kind": ["a", "b"]}}},
            ["catalog.filter.kind: unset → [a, b]"],
        ),
    ],
)
def test_each_key_that_differs_is_named_with_both_values(
    changed: dict[str, dict[str, Any]], told: list[str]
) -> None:
    assert changes(_settings(), _settings(**changed)) == told


def test_another_column_is_told_by_its_attribute() -> None:
    mapping = {"id": "sku", "part_number": "part"}
    told = changes(_settings(), _settings(catalog={"mapping": mapping}))

    assert told == ["catalog.mapping.part_number.field: mpn → part"]
