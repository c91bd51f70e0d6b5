"""A whole cycle with nothing faked: a file, SQLite, the client, and the sandbox over a socket."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from syncd.config import load
from syncd.domain.cycle import CycleResult, Mode
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.sandbox import Fault, FaultKind, SandboxSettings, SandboxStore, running_sandbox
from syncd.service.cycle import new_cycle_id, rehearse, run_cycle
from syncd.service.terms import CycleRequest
from syncd.wiring import wired, wired_read_only
from tests.integration.service.shop import outcomes
from tests.vendor_document import check_logged, load_vendor_document

CONFIGURATION: Final = """\
[catalog]
type = "file"
path = "catalog.csv"
[catalog.mapping]
id = "sku"
manufacturer_id = "maker"
part_number = "mpn"
country_of_origin = "origin"
eccn = {{ field = "eccn", default = "EAR99" }}
hs_code = "hs"
[digital_river]
base_url = "{url}"
api_key = "sk_test_integration"
requests_per_second = 900
timeout = "5s"
[state]
url = "sqlite:///state.db"
[guards]
delete_after = "0s"
delete_reads = 1
"""
COLUMNS: Final = ("sku", "maker", "mpn", "origin", "eccn", "hs")
Row = dict[str, str]


def row(number: int, **changed: str) -> Row:
    sound = {"sku": f"SKU-{number:03}", "maker": "acme", "mpn": f"P-{number}", "origin": "DK"}
    return {**sound, "eccn": "EAR99", "hs": "6404.20", **changed}


@dataclass(frozen=True)
class Counter:
    """A shop's folder and the account it keeps."""

    folder: Path
    account: SandboxStore

    def stock(self, rows: Sequence[Row]) -> None:
        fresh = self.folder / "fresh.csv"
        with fresh.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        fresh.replace(self.folder / "catalog.csv")

    async def run(self) -> CycleResult:
        with wired(load(self.folder / "config.toml")) as shop:
            try:
                return await run_cycle(shop.ports, shop.terms, _asked(Mode.ONCE))
            finally:
                await shop.remote.aclose()

    async def dry_run(self) -> CycleResult:
        with wired_read_only(load(self.folder / "config.toml")) as shop:
            try:
                return await rehearse(shop.ports, shop.terms, _asked(Mode.DRY_RUN))
            finally:
                await shop.remote.aclose()

    def writes(self) -> list[str]:
        return [one.method for one in self.account.requests() if one.method != "GET"]


def _asked(mode: Mode) -> CycleRequest:
    name = new_cycle_id(datetime.now(UTC))
    return CycleRequest(name, mode, "the test", wait=timedelta(seconds=20))


def item_of(wanted: Row) -> dict[str, str | bool]:
    return {
        "manufacturerId": wanted["maker"],
        "partNumber": wanted["mpn"],
        "countryOfOrigin": wanted["origin"],
        "eccn": wanted["eccn"],
        "hsCode": wanted["hs"],
        "allowOversell": False,
    }


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """Every exchange is checked against the vendor's document at the end, where that is at hand."""
    with running_sandbox(SandboxSettings(rate_limit=0, keep_answers=True)) as sandbox:
        (tmp_path / "config.toml").write_text(CONFIGURATION.format(url=sandbox.url))
        yield Counter(tmp_path, sandbox.store)
        document = load_vendor_document()
        if document is not None:
            check_logged(document, sandbox.store.requests())


async def test_items_come_to_equal_the_catalog_and_the_second_run_asks_nothing(
    counter: Counter,
) -> None:
    rows = [row(number) for number in range(130)]
    counter.stock([*rows, row(500, origin="UK"), row(501, maker="unknown")])
    counter.account.seed_items([{"id": "SKU-000", **item_of(rows[0])}])
    counter.account.seed_items([{"id": "SKU-001", **item_of(row(1, origin="SE"))}])
    counter.account.seed_skus([{"id": "SKU-002", "managedFulfillment": "DRGlobalFulfillment"}])

    first = await counter.run()

    assert exit_code(first) is ExitCode.NEEDS_ATTENTION
    assert counter.account.items() == {
        one["sku"]: item_of(one) for one in rows if one["sku"] != "SKU-002"
    }
    assert first.adopted == 2
    assert [held.id for held in first.held] == ["SKU-500"]
    (refused,) = first.quarantined
    assert (refused.id, refused.failure.parameter) == ("SKU-501", "manufacturerId")
    assert first.states[SkuState.FOREIGN] == 1
    assert first.requests == len(counter.account.requests())

    before = len(counter.account.requests())
    second = await counter.run()

    assert len(counter.account.requests()) == before
    assert (second.changes, second.requests) == ((), 0)
    assert exit_code(second) is ExitCode.NEEDS_ATTENTION


async def test_a_rewritten_file_costs_what_has_changed_in_it(counter: Counter) -> None:
    rows = [row(number) for number in range(30)]
    counter.stock(rows)
    assert exit_code(await counter.run()) is ExitCode.OK
    made = len(counter.writes())
    changed = [row(0, hs=""), row(1, origin=" dk ", hs="640420"), row(2, origin="SE")]
    counter.stock([*changed, *rows[4:]])
    counter.account.seed_levels([{"inventoryItemId": "SKU-004", "availableQuantity": 1}])

    foretold = await counter.dry_run()
    assert len(counter.writes()) == made
    result = await counter.run()

    assert [one.change for one in foretold.changes] == [one.change for one in result.changes]
    assert outcomes(result) == {
        "SKU-000": ("update", "done"),
        "SKU-002": ("update", "done"),
        "SKU-003": ("delete", "done"),
    }
    items = counter.account.items()
    assert items["SKU-000"].get("hsCode") is None
    assert items["SKU-002"]["countryOfOrigin"] == "SE"
    assert "SKU-003" not in items
    assert len(counter.writes()) == made + 3


async def test_lost_answers_and_short_outages_are_ridden_out(counter: Counter) -> None:
    counter.stock([row(number) for number in range(40)])
    counter.account.set_faults(
        [
            Fault(kind=FaultKind.LOST, method="POST", count=3),
            Fault(kind=FaultKind.STATUS, method="POST", status=503, count=5),
            Fault(kind=FaultKind.STATUS, method="GET", status=502, html=True, count=1),
        ]
    )

    result = await counter.run()

    assert exit_code(result) is ExitCode.OK, result
    assert len(counter.account.items()) == 40
    creates = [one for one in counter.account.requests() if one.method == "POST"]
    assert sum(one.carried_out for one in creates) == 40


async def test_a_refused_key_ends_the_cycle_at_once(counter: Counter) -> None:
    counter.stock([row(number) for number in range(300)])
    counter.account.set_faults([Fault(kind=FaultKind.STATUS, status=401)])

    result = await counter.run()

    assert exit_code(result) is ExitCode.FAILED
    assert counter.writes() == []
    assert result.states == {SkuState.PENDING: 300}
