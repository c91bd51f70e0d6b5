"""From nothing to a dry run by each preset, in two commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from syncd.config.presets import PRESETS
from tests.contract.catalog.platforms import Platform, platforms
from tests.shop import KEY, Shop

PART_NUMBERS = {"bigcommerce": "M-1"}
"""Where the preset takes the maker's own number; elsewhere the SKU stands for it."""


@pytest.fixture(scope="module")
def served() -> Iterator[Mapping[str, Platform]]:
    with platforms() as platform:
        yield platform


def _given(platform: Platform, shop: Shop) -> list[str]:
    """Give what the documentation of the preset asks for, the secret in a file."""
    auth = dict(platform.keys["auth"])
    (shop.folder / "secret").write_text(auth.pop("secret"))
    keys = {"url": platform.keys["url"], "auth.secret_file": "secret"}
    keys |= {f"auth.{name}": value for name, value in auth.items()}
    return [word for name, value in keys.items() for word in ("--set", f"{name}={value}")]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_leads_to_a_dry_run(
    shop: Shop, served: Mapping[str, Platform], preset: str
) -> None:
    platform = served[preset]
    platform.stock([(1, "S-1", "M-1", "DK")])
    shop.configuration.unlink()
    (shop.folder / "key").write_text(f"{KEY}\n")

    line = ("init", "--catalog", preset, "--yes", "--api-key-file", "key")
    made = shop.run(*line, *_given(platform, shop))
    run = shop.run("--dry-run", "--format", "json", SYNCD_DIGITAL_RIVER__BASE_URL=shop.url)

    assert made.code == 0, made.stderr
    assert run.code == 0, run.stderr
    report = run.json()
    assert report["catalog"]["complete"]
    (create,) = report["changes"]
    assert (create["action"], create["id"]) == ("create", "S-1")
    assert create["attributes"]["partNumber"]["to"] == PART_NUMBERS.get(preset, "S-1")
