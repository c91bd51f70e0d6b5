"""What comes of an account's SKUs: all of them, then what has changed and what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError, SuspectCatalogError
from syncd.ports import every_row
from syncd.sandbox import Fault, FaultKind

from .conftest import Account

SKU: dict[str, Any] = {
    "name": "Shoe",
    "countryOfOrigin": "DK",
    "eccn": "EAR99",
    "taxCode": "55101.000_A",
    "partNumber": "P",
    "hsCode": "6404.20",
}


def seeds(count: int) -> Iterator[dict[str, Any]]:
    """SKUs of some years: most in bursts, some of them in the same second."""
    start = datetime(2019, 3, 1, tzinfo=UTC)
    for number in range(count):
        created = start + timedelta(days=200 * (number % 7), seconds=(number // 7) // 40)
        yield {"id": f"s-{number}", "createdTime": created.isoformat(), **SKU}


def in_order(found: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda seed: str(seed["createdTime"]))


def test_thousands_come_each_once_from_many_windows(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(1200)))

    found = account.read()

    assert len(set(found.ids)) == len(found.ids) == 1200
    assert found.duplicates == 0
    assert found.certificate.complete
    assert "1,200 SKUs came in" in found.certificate.evidence[0]
    assert "windows of creation time" in found.certificate.evidence[0]
    assert account.sandbox.store.statistics()["requests"] < 200
    account.check_requests()


def test_each_row_has_the_skus_own_values(account: Account) -> None:
    account.sandbox.store.seed_skus(
        [
            {"id": "A", **SKU},
            {"id": "B", "name": "Bare", "partNumber": "P2", "skuGroupId": "shoes"},
            {"id": "C", **SKU, "taxCode": "4323.310_A"},
            {"id": "D", **SKU, "managedFulfillment": "DRGlobalFulfillment"},
        ]
    )

    found = account.read()

    assert found.ids == ["A", "B"]
    assert found.row("A").values[Attribute.HS_CODE] == "6404.20"
    assert found.row("A").values[Attribute.MANUFACTURER_ID] is None
    assert found.row("B").values[Attribute.COUNTRY_OF_ORIGIN] is None
    told = " ".join(found.certificate.evidence)
    assert "1 SKU left out, for they are not physical" in told
    assert "1 SKU left out, for Digital River fulfils them itself" in told


def test_an_account_without_skus_stops_every_delete(account: Account) -> None:
    with pytest.raises(SuspectCatalogError):
        account.read()


@dataclass
class Changes:
    """What a read of changes gave."""

    ids: list[str | None] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    scope: Scope = Scope.WHOLE
    watermark: str | None = None


@contextmanager
def changes(account: Account, since: str) -> Iterator[Changes]:
    with account.source.read(since) as snapshot, snapshot.compare(None) as comparison:
        ids = [row.id for batch in every_row(comparison) for row in batch]
        gone = [item for batch in comparison.missing() for item in batch]
        yield Changes(sorted(ids, key=str), sorted(gone), snapshot.scope, snapshot.watermark)


def ago(**times: float) -> str:
    return (datetime.now(UTC) - timedelta(**times)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_read_of_changes_brings_what_was_changed_created_and_deleted(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(300)))
    account.send("POST", "/skus/s-7", {"countryOfOrigin": "PT"})
    account.send("POST", "/skus", {"id": "new", **SKU})
    account.send("DELETE", "/skus/s-8")
    account.send("DELETE", "/skus/s-9")
    account.send("POST", "/skus", {"id": "s-9", **SKU})

    with changes(account, ago(minutes=1)) as found:
        assert (found.ids, found.gone) == (["new", "s-7", "s-9"], ["s-8"])
        assert found.scope is Scope.CHANGES
        assert found.watermark is not None
    account.check_requests()


def test_more_changes_than_a_page_come_each_once(account: Account) -> None:
    account.sandbox.store.seed_skus(
        {**seed, "updatedTime": ago(seconds=1)} for seed in in_order(seeds(450))
    )

    with changes(account, ago(minutes=1)) as found:
        assert len(set(found.ids)) == len(found.ids) == 450


def test_more_deletes_than_a_page_are_all_told(account: Account) -> None:
    for number in range(120):
        account.send("POST", "/skus", {"id": f"s-{number}", **SKU})
        account.send("DELETE", f"/skus/s-{number}")

    with changes(account, ago(minutes=5)) as found:
        assert len(found.gone) == 120


def test_what_was_deleted_and_is_there_again_is_not_told(account: Account) -> None:
    for item in ("gone", "back"):
        account.send("POST", "/skus", {"id": item, **SKU})
        account.send("DELETE", f"/skus/{item}")
    account.send("POST", "/skus", {"id": "back", **SKU})

    assert account.listing.deleted(datetime.now(UTC) - timedelta(minutes=5)) == {"gone"}
    assert account.listing.deleted(datetime.now(UTC) + timedelta(minutes=5)) == frozenset()


def test_a_gap_of_more_than_a_month_leads_to_a_whole_read(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(3)))

    with changes(account, ago(days=31)) as found:
        assert (found.scope, len(found.ids)) == (Scope.WHOLE, 3)


@pytest.mark.parametrize("nth", [1, 2, 6, 13])
def test_pages_that_fail_for_good_give_nothing(account: Account, nth: int) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(800)))
    account.sandbox.store.set_faults(
        Fault(kind=FaultKind.STATUS, path="/skus", status=400, nth=number)
        for number in range(nth, 50)
    )

    with pytest.raises(CatalogError, match="GET /skus"):
        account.read()


def test_pages_that_fail_once_in_a_while_cost_nothing_but_time(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(400)))
    account.sandbox.store.set_faults([Fault(kind=FaultKind.HALF, path="/skus", count=1)])

    assert len(account.read().ids) == 400


def test_a_glance_reads_no_more_than_it_shows(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(500)))

    found = account.listing.latest(150)

    assert len(found) == 150
    assert account.sandbox.store.statistics()["requests"] == 2


async def test_it_may_be_read_from_within_an_event_loop(account: Account) -> None:
    account.sandbox.store.seed_skus(in_order(seeds(2)))

    assert len(account.read().ids) == 2


def test_a_key_without_a_right_to_skus_is_told(account: Account) -> None:
    account.sandbox.store.set_faults([Fault(kind=FaultKind.STATUS, path="/skus", status=403)])

    with pytest.raises(CatalogError, match=r"the SKUs at Digital River.*right to skus"):
        account.read()


def test_a_key_that_is_refused_is_told(account: Account) -> None:
    account.sandbox.store.set_faults([Fault(kind=FaultKind.STATUS, path="/skus", status=401)])

    with pytest.raises(CatalogError, match=r"digital_river\.api_key"):
        account.read()
