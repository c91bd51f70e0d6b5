"""The shop of a soak: real files for catalog and state, and something new in every cycle."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Final

from syncd.catalog import FileSource
from syncd.config import FileCatalog
from syncd.data import load_rule_book
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Resource
from syncd.domain.policy import Limits, Policy
from syncd.errors import RemoteUnavailableError
from syncd.ports import State
from syncd.service.terms import Ports, Terms
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote

ROWS: Final = 200
COUNTRIES: Final = ("DK", "SE", "DE", "IT", "PT", "CA", "JP", "VN")


class Shop:
    """Every cycle finds another catalog, and now and then no catalog or no remote.

    `drifts` has other hands edit what is there, and gives whose item that was.
    """

    def __init__(self, folder: Path, state: State, clock: LeapingClock, keep: timedelta) -> None:
        self._file = folder / "catalog.csv"
        self._random = random.Random("soak")
        self._rows = {f"sku-{number:04}": "DK" for number in range(ROWS)}
        self._born = ROWS
        self._remote = FakeRemote()
        self._clock = clock
        self.ports = Ports(_source(self._file), self._remote, state, clock)
        self.terms = Terms(
            Policy(delete_after=timedelta(minutes=30), delete_reads=2),
            Limits(max_delete=1.0, max_update=1.0, max_same_change=1.0, max_shrink=1.0, canary=1.0),
            load_rule_book(),
            "account-1",
            in_flight=8,
            keep_journal=keep,
        )
        self._write()

    def go_on(self, step: timedelta) -> None:
        """Let some time pass in which something happens, and forget what tests alone look at."""
        self._clock.moment += step
        self._clock.sleeps.clear()
        self.be_fair()
        happens = self._random.random()
        if happens < 0.1:
            out = RemoteUnavailableError("Digital River", "it answered 503", "Run again later")
            self._remote.fail_read(Resource.INVENTORY_ITEM, out)
        if happens > 0.97:
            self._file.unlink(missing_ok=True)
        else:
            self._trade()
            self._write()

    def a_second_passes(self) -> None:
        """Cycles are named by the time at which they begin."""
        self._clock.moment += timedelta(seconds=1)

    def be_fair(self) -> None:
        """Let the catalog be there and everything answer, and forget what was asked."""
        self._remote.calls.clear()
        self._remote.read_errors.clear()
        self._write()

    def drifts(self) -> ItemId:
        """Have another hand edit an item."""
        return self._edited(self._random.choice(sorted(self._remote.contents)))

    def drifts_from_its_row(self) -> ItemId:
        """Have another hand edit an item whose row can be used, so that it is to be mended."""
        return self._edited(ItemId(self._random.choice(sorted(self._usable()))))

    def _edited(self, item: ItemId) -> ItemId:
        self._remote.contents[item][Attribute.COUNTRY_OF_ORIGIN] = "KR"
        return item

    def _trade(self) -> None:
        """Change some rows, break one, sell one out for good and take a new one in."""
        for item in self._random.sample(sorted(self._rows), 8):
            self._rows[item] = self._random.choice(COUNTRIES)
        self._rows[self._random.choice(sorted(self._rows))] = "Italy"
        del self._rows[self._random.choice(sorted(self._rows))]
        self._rows[f"sku-{self._born:04}"] = "DK"
        self._born += 1

    def _write(self) -> None:
        lines = [f"{item},acme,P-{item},{country}\n" for item, country in self._rows.items()]
        self._file.write_text("".join(["sku,maker,mpn,origin\n", *lines]))

    def is_settled(self) -> bool:
        """Whether there is an item for every row that can be used."""
        return self._usable() <= set(map(str, self._remote.contents))

    def _usable(self) -> set[str]:
        return {item for item, country in self._rows.items() if country != "Italy"}


def _source(file: Path) -> FileSource:
    mapping = {
        "id": "sku",
        "manufacturer_id": "maker",
        "part_number": "mpn",
        "country_of_origin": "origin",
    }
    catalog = FileCatalog.model_validate({"type": "file", "path": str(file), "mapping": mapping})
    return FileSource(catalog, "soak")
