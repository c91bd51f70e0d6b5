"""`syncd levels` as a command: what it lists, filtered or not, in every format."""

from __future__ import annotations

import asyncio
import csv
import io

import pytest

from syncd.config import load
from syncd.domain.cycle import Mode
from syncd.domain.cycle_id import CycleId
from syncd.service.stock import note_levels
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.shop import writes

LEVELS = [
    {
        "inventoryItemId": "SKU-0001",
        "locationId": "east",
        "availableQuantity": 0,
        "availableTime": "2027-01-01T00:00:00Z",
        "updatedTime": "2026-01-01T00:00:00Z",
        "shipToCountries": ["DE"],
    },
    {"inventoryItemId": "SKU-0001", "locationId": "west", "availableQuantity": 7},
    {"inventoryItemId": "SKU-0002", "locationId": "west", "availableQuantity": 70},
]


@pytest.fixture
def stocked(shop: ShopHere, sandbox: SandboxProcess) -> ShopHere:
    """A shop in sync, two of whose items have stock somewhere."""
    assert shop.run("--once").code == 0
    sandbox.seed_levels(LEVELS)
    sandbox.clear_requests()
    return shop


def shown(shop: ShopHere, *arguments: str) -> list[tuple[str, str]]:
    run = shop.run("levels", *arguments, "--format", "json")
    assert run.code == 0, run.stderr
    return [(one["id"], one["locationId"]) for one in run.json()["levels"]]


def test_without_ids_all_items_that_are_ours_are_asked_for(
    stocked: ShopHere, sandbox: SandboxProcess
) -> None:
    run = stocked.run("levels", "--format", "json")

    listing = run.json()
    assert listing["levels"][0] == {
        "id": "SKU-0001",
        "locationId": "east",
        "available": False,
        "availableQuantity": 0,
        "availableTime": "2027-01-01T00:00:00Z",
        "allowOversell": False,
        "updatedTime": "2026-01-01T00:00:00Z",
    }
    assert len(listing["levels"]) == 3
    assert len(listing["without"]) == 10
    assert "1 level without stock, 1 of them not oversellable." in listing["sentence"]
    assert writes(sandbox) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("SKU-0002",), [("SKU-0002", "west")]),
        (("--available",), [("SKU-0001", "west"), ("SKU-0002", "west")]),
        (("--ship-to", "us"), [("SKU-0001", "west"), ("SKU-0002", "west")]),
        (("--low", "7"), [("SKU-0001", "east"), ("SKU-0001", "west")]),
        (("--updated-since", "24h"), [("SKU-0001", "west"), ("SKU-0002", "west")]),
        (("--updated-since", "2025-12-31", "--low", "0"), [("SKU-0001", "east")]),
    ],
)
def test_only_what_is_asked_for_is_listed(
    stocked: ShopHere, arguments: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert shown(stocked, *arguments) == expected


@pytest.mark.parametrize("format_name", ["text", "html", "markdown", "csv"])
def test_every_format_shows_the_levels(stocked: ShopHere, format_name: str) -> None:
    run = stocked.run("levels", "--format", format_name)

    assert run.code == 0, run.stderr
    assert all(word in run.stdout for word in ("SKU-0001", "east", "west", "70"))
    if format_name == "csv":
        assert len(list(csv.reader(io.StringIO(run.stdout)))) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ship-to", "Germany"), "no ISO 3166-1 alpha-2 code"),
        (("--updated-since", "soon"), "neither a duration nor a time"),
        (("a/b",), "Id 'a/b'"),
        (("--history", "--ship-to", "DE"), "of all locations together"),
        (("--history", "--updated-since", "1h"), "of all locations together"),
    ],
)
def test_what_cannot_be_is_refused(shop: ShopHere, arguments: tuple[str, ...], words: str) -> None:
    run = shop.run("levels", *arguments)

    assert (run.code, words in run.stderr) == (2, True), run.stderr


def noted(shop: ShopHere, sandbox: SandboxProcess, *quantities: int) -> None:
    """Let the service take a snapshot of each of these quantities of one item."""
    assert shop.run("--once").code == 0
    for quantity in quantities:
        level = {"inventoryItemId": "SKU-0001", "locationId": "w", "availableQuantity": quantity}
        sandbox.seed_levels([level])
        asyncio.run(note_once(shop))


async def note_once(shop: ShopHere) -> None:
    request = CycleRequest(CycleId("levels"), Mode.REPAIR, "the test")
    with wired(load(shop.folder / "config.toml", {})) as account:
        await note_levels(account.ports, account.listing, request)
        await account.ports.remote.aclose()


def test_without_a_snapshot_it_says_what_takes_them(shop: ShopHere) -> None:
    run = shop.run("levels", "--history")
    assert run.code == 0
    assert "where schedule.levels is set" in run.stdout


def test_the_history_is_told_from_the_state_alone(shop: ShopHere, sandbox: SandboxProcess) -> None:
    noted(shop, sandbox, 7, 0)
    sandbox.clear_requests()

    listing = shop.run("levels", "--history", "--format", "json").json()

    (row,) = listing["items"]
    since = row.pop("since")
    assert since.endswith("Z")
    assert row == {
        "id": "SKU-0001",
        "availableQuantity": 0,
        "course": "▁",
        "daysToZero": None,
        "availableTime": None,
        "allowOversell": False,
        "concern": "out of stock and not oversellable",
    }
    assert "1 out of stock and not oversellable." in listing["sentence"]
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ((), ["SKU-0001"]),
        (("SKU-0002",), []),
        (("SKU-0001", "--available"), ["SKU-0001"]),
        (("--low", "6"), []),
        (("--low", "7"), ["SKU-0001"]),
    ],
)
def test_the_history_is_filtered_as_levels_are(
    shop: ShopHere, sandbox: SandboxProcess, arguments: tuple[str, ...], ids: list[str]
) -> None:
    noted(shop, sandbox, 7)

    run = shop.run("levels", "--history", *arguments, "--format", "csv")
    assert [one["id"] for one in csv.DictReader(io.StringIO(run.stdout))] == ids
