"""Stories in which the catalog lives at Digital River: its SKUs, and what happens to them."""

from __future__ import annotations

from typing import Final

from tests.acceptance.kills.arranged import Arranged, configure
from tests.acceptance.kills.stage import Stage
from tests.shop import Row, item_of, row

FILE: Final = ('type = "file"', 'path = "catalog.csv"', "threads = 1")
SOURCE: Final = ("/skus", "/events")


def reading_skus(stage: Stage, pace: str) -> Arranged:
    """Every SKU is read: one is another since, and one is new."""
    _in_sync(stage, pace)
    _change(stage)
    return _arranged("--once")


def following_events(stage: Stage, pace: str) -> Arranged:
    """Only what events tell of is read: one SKU is another since, and one is new."""
    _in_sync(stage, pace)
    _change(stage)
    return _arranged("--once", "--incremental")


def _in_sync(stage: Stage, pace: str) -> None:
    configure(stage, pace)
    lines = stage.shop.configuration.read_text().splitlines()
    mapped = [line for line in lines if line not in FILE and not line.startswith("allow_oversell")]
    named = "\n".join(mapped).replace("[catalog]", '[catalog]\ntype = "digital_river"')
    for column, name in COLUMNS.items():
        named = named.replace(f'"{column}"', f'"{name}"')
    stage.shop.configuration.write_text(named)
    stage.seed_skus([_sku(row(0)), _sku(row(1))])
    stage.well("--once")


def _change(stage: Stage) -> None:
    """Have it done by the API after each time the world is put back: only so there are events."""
    changed = _without_id(_sku(row(1, origin="SE")))
    stage.edits += [("/skus/SKU-0001", changed), ("/skus", _sku(row(2)))]


def _arranged(*line: str) -> Arranged:
    rows = (row(0), row(1, origin="SE"), row(2))
    skus = {one["sku"]: _without_id(_sku(one)) | {"physical": True} for one in rows}
    return Arranged(rows, line, skus=skus, source=SOURCE)


COLUMNS: Final = {
    "sku": "id",
    "maker": "manufacturerId",
    "mpn": "partNumber",
    "origin": "countryOfOrigin",
    "hs": "hsCode",
}


def _sku(wanted: Row) -> dict[str, object]:
    shared = {name: value for name, value in item_of(wanted).items() if name != "allowOversell"}
    return {"id": wanted["sku"], "name": "Shoe", "taxCode": "5300.1", **shared}


def _without_id(sku: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in sku.items() if name != "id"}
