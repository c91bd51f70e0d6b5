"""Settings that cannot be are refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.sandbox import SandboxSettings, SandboxSettingsError


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"host": "0.0.0.0"}, "0.0.0.0"),  # noqa: S104 - must be refused
        ({"host": "example.com"}, "example.com"),
        ({"host": ""}, "''"),
        ({"port": 70000}, "70000"),
        ({"port": -1}, "-1"),
        ({"latency_seconds": -0.1}, "negative"),
        ({"jitter_seconds": -0.1}, "negative"),
        ({"rate_limit": -1}, "negative"),
        ({"forbidden": frozenset({"orders"})}, "orders"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SandboxSettingsError) as caught:
        SandboxSettings(**settings)

    assert told in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_alone_can_be_listened_on(host: str) -> None:
    assert SandboxSettings(host=host).host == host
