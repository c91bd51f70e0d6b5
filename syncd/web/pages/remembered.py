"""What was last seen of some SKUs outside of the state: a page that refreshes asks nobody again."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from syncd.service.looks import CatalogLook, Looks, RemoteLook, look_at_remote, look_into_catalog

if TYPE_CHECKING:
    from syncd.domain.attributes import ItemId
    from syncd.service.terms import Ports, Terms
    from syncd.web.desk import Desk

KEPT: Final = timedelta(minutes=10)
"""How long a look is worth showing, with its age beside it."""
_MOST: Final = 100
_BUSY: Final = "another look is going on; try again in a moment"


@dataclass(frozen=True, slots=True)
class _DeskClock:
    """The desk's time as a port, so that everything on a page is of one time."""

    now: Callable[[], datetime]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


@contextmanager
def inquiry(desk: Desk) -> Iterator[tuple[Ports, Terms]]:
    """Open what an inquiry about one SKU needs."""
    with desk.account() as account:
        yield replace(account.ports, clock=_DeskClock(desk.now)), account.terms


class Seen:
    """Looks at catalog and remote for the pages, and remembers the last hundred SKUs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looks: OrderedDict[ItemId, Looks] = OrderedDict()
        self._changing = threading.Lock()
        self._reading = threading.Lock()

    def of(self, item: ItemId) -> Looks:
        """What was seen of this SKU lately."""
        with self._changing:
            looks = self._looks.get(item, Looks())
        oldest = self._desk.now() - KEPT
        catalog, remote = looks.catalog, looks.remote
        return Looks(
            catalog if catalog.at is not None and catalog.at >= oldest else CatalogLook(),
            remote if remote.at is not None and remote.at >= oldest else RemoteLook(),
        )

    def look_at_remote(self, item: ItemId) -> None:
        """Ask Digital River for one item, in a loop of its own."""
        with inquiry(self._desk) as (ports, _):

            async def look() -> RemoteLook:
                try:
                    return await look_at_remote(ports, item)
                finally:
                    await ports.remote.aclose()

            remote = asyncio.run(look())
        self._remember(item, replace(self.of(item), remote=remote))

    def look_into_catalog(self, item: ItemId) -> None:
        """Read the catalog for one row; one such look at a time, for each reads all of it."""
        if not self._reading.acquire(blocking=False):
            busy = CatalogLook(None, _BUSY, self._desk.now())
            self._remember(item, replace(self.of(item), catalog=busy))
            return
        try:
            with inquiry(self._desk) as (ports, _):
                catalog = look_into_catalog(ports, item)
        finally:
            self._reading.release()
        self._remember(item, replace(self.of(item), catalog=catalog))

    def _remember(self, item: ItemId, looks: Looks) -> None:
        with self._changing:
            self._looks[item] = looks
            self._looks.move_to_end(item)
            if len(self._looks) > _MOST:
                self._looks.popitem(last=False)
