"""What catalog and Digital River have of one SKU at this moment, or why that cannot be seen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Tracked
from syncd.errors import CatalogError, RemoteError
from syncd.ports import every_row
from syncd.service.terms import Ports

OBSERVE_SECONDS: Final = 5
"""How long somebody who asks about one SKU waits for the remote."""


@dataclass(frozen=True, slots=True)
class CatalogLook:
    """The row, or in words why there is none; `at` is None where nobody has looked."""

    row: CatalogRow | None = None
    absence: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoteLook:
    """The item, or in words why there is none; `at` is None where nobody has looked.

    `sku` is its SKU, where SKUs are managed and one is there.
    """

    item: RemoteItem | None = None
    absence: str | None = None
    at: datetime | None = None
    sku: RemoteSku | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of one SKU outside of the state."""

    catalog: CatalogLook = field(default_factory=CatalogLook)
    remote: RemoteLook = field(default_factory=RemoteLook)


def look_into_catalog(ports: Ports, item: ItemId) -> CatalogLook:
    """Read the row from the catalog, which gives changed rows alone: so let it seem changed.

    That reads the whole catalog, over a copy of the whole state.
    """
    try:
        row = _read_row(ports, item)
    except CatalogError as error:
        return CatalogLook(None, str(error), ports.clock.now())
    absence = None if row else f"{ports.catalog.name} has no row with this id"
    return CatalogLook(row, absence, ports.clock.now())


def _read_row(ports: Ports, item: ItemId) -> CatalogRow | None:
    with ports.state.overlay() as overlay:
        tracked = overlay.tracked([item]).get(item) or Tracked(item)
        with overlay.transaction() as transaction:
            transaction.put([replace(tracked, fingerprint=None)])
        with (
            overlay.fingerprints() as known,
            ports.catalog.read(None) as snapshot,
            snapshot.compare(known) as comparison,
        ):
            rows = (row for batch in every_row(comparison) for row in batch)
            return next((row for row in rows if row.id == item), None)


async def look_at_remote(ports: Ports, item: ItemId, *, skus: bool = False) -> RemoteLook:
    """Ask Digital River for the item, and its SKU where those are managed; do not wait long."""
    sku: RemoteSku | None = None
    try:
        async with asyncio.timeout(OBSERVE_SECONDS):
            observed = (await ports.remote.items([item])).get(item)
            if skus:
                sku = (await ports.remote.skus([item])).get(item)
    except RemoteError as error:
        return RemoteLook(None, str(error), ports.clock.now())
    except TimeoutError:
        words = f"Digital River gave no usable answer within {OBSERVE_SECONDS} s"
        return RemoteLook(None, words, ports.clock.now())
    absence = None if observed else "Digital River has no item with this id"
    return RemoteLook(observed, absence, ports.clock.now(), sku)
