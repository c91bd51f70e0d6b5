"""From nothing to a dry run in two commands, for whatever a merchant keeps the catalog in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest

from syncd.config.presets import PRESETS
from tests.acceptance.kills.stage import Stage
from tests.contract.catalog.platforms import Platform, platforms
from tests.shop import KEY, Shop

CREATES = {
    "export.csv": {"manufacturerId": "acme", "partNumber": "M-1", "countryOfOrigin": "DK"},
    "sqlite:///erp.db": {"partNumber": "M-1", "countryOfOrigin": "DK"},
    **{preset: {"partNumber": "S-1"} for preset in PRESETS},
    "bigcommerce": {"partNumber": "M-1"},
}
"""What is proposed of the one product, at least: of most shops, the SKU stands for the part number.
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Mapping[str, Platform]]:
    with platforms() as platform:
        yield platform


@pytest.mark.parametrize("source", CREATES)
def test_init_and_a_dry_run_are_all_it_takes(
    stage: Stage, served: Mapping[str, Platform], source: str
) -> None:
    (stage.shop.folder / "key").write_text(f"{KEY}\n")
    given = _stocked(stage.shop, served.get(source), source)

    made = stage.run("init", "--catalog", source, "--yes", "--api-key-file", "key", *given)
    _mean_the_sandbox(stage.shop)
    run = stage.run("--dry-run", "--format", "json")

    assert made.code == 0, made.stderr
    assert run.code == 0, run.stderr
    report = run.json()
    assert report["catalog"]["complete"]
    (create,) = report["changes"]
    assert (create["action"], create["id"], create["outcome"]) == ("create", "S-1", "planned")
    wanted = {name: change["to"] for name, change in create["attributes"].items()}
    assert wanted.items() >= CREATES[source].items()
    assert {request["method"] for request in stage.remote.requests()} == {"GET"}
    assert not stage.shop.state.exists()


def _stocked(shop: Shop, platform: Platform | None, source: str) -> list[str]:
    """Put one product there; give what `init` needs to be told beside the source."""
    if platform is not None:
        platform.stock([(1, "S-1", "M-1", "DK")])
        return _documented(shop, platform)
    if source.endswith(".csv"):
        export = "Item No;Manufacturer;MPN;Country of Origin\nS-1;acme;M-1;Denmark\n"
        (shop.folder / source).write_text(export, encoding="utf-8")
        return []
    with closing(sqlite3.connect(shop.folder / "erp.db")) as database, database:
        database.execute("CREATE TABLE items (item_no, mfr_part_number, coo, modified)")
        database.execute("INSERT INTO items VALUES ('S-1', 'M-1', 'Denmark', '2026-01-01')")
    return ["--table", "items"]


def _mean_the_sandbox(shop: Shop) -> None:
    """All that is done here and by nobody else."""
    section = "[digital_river]\n"
    written = shop.configuration.read_text(encoding="utf-8")
    assert section in written
    to_sandbox = written.replace(section, f'{section}base_url = "{shop.url}"\n')
    shop.configuration.write_text(to_sandbox, encoding="utf-8")


def _documented(shop: Shop, platform: Platform) -> list[str]:
    """Give what the documentation of the preset asks for, the secret in a file."""
    auth = dict(platform.keys["auth"])
    (shop.folder / "secret").write_text(auth.pop("secret"))
    keys = {"url": platform.keys["url"], "auth.secret_file": "secret"}
    keys |= {f"auth.{name}": value for name, value in auth.items()}
    return [word for name, value in keys.items() for word in ("--set", f"{name}={value}")]
