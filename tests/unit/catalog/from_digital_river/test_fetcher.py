"""What is a row, what is gone, and what is proven, whatever the account answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_digital_river import SkuFetcher
from syncd.config import DigitalRiverKeys
from syncd.domain.snapshot import Scope
from syncd.errors import (
    CatalogError,
    KeyRefusedError,
    RemoteUnavailableError,
    ResourceForbiddenError,
    SuspectCatalogError,
)
from tests.fakes.skus import FakeSkuListing, Sku

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANAGED = "DRGlobalFulfillment"


def sku(item: str, **others: object) -> Sku:
    return {
        "id": item,
        "partNumber": f"P-{item}",
        "countryOfOrigin": "DK",
        "eccn": "EAR99",
        "physical": True,
        **others,
    }


@dataclass
class Account:
    """A fetcher over an account that a test fills."""

    folder: Path
    listing: FakeSkuListing = field(default_factory=FakeSkuListing)
    keys: DigitalRiverKeys = field(default_factory=lambda: DigitalRiverKeys(type="digital_river"))
    most: int | None = None
    reads: int = 0

    @property
    def fetcher(self) -> SkuFetcher:
        return SkuFetcher(self.keys, self.listing, "account-1", lambda: NOW, self.most)

    def fetch(self, since: datetime | str | None = None) -> Fetched:
        self.reads += 1
        folder = self.folder / str(self.reads)
        folder.mkdir()
        text = since.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(since, datetime) else since
        return self.fetcher.fetch(folder, text)


def rows(fetched: Fetched) -> dict[str, Sku]:
    lines = [line for file in fetched.files for line in file.read_text().splitlines()]
    found = [json.loads(line) for line in lines]
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: row for row in found}


def removed(fetched: Fetched) -> list[str]:
    assert fetched.removed is not None
    return [json.loads(line) for line in fetched.removed.read_text().splitlines()]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


class TestRows:
    def test_have_every_column_even_where_the_sku_lacks_it(self, account: Account) -> None:
        account.listing.skus = [sku("A", image="x")]

        (row,) = rows(account.fetch()).values()

        assert (row["partNumber"], row["hsCode"]) == ("P-A", None)
        assert {"name", "taxCode", "skuGroupId", "manufacturerId"} <= row.keys()
        assert "image" not in row

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (sku("B", physical=False), "1 SKU left out, for they are not physical"),
            (
                sku("B", managedFulfillment=MANAGED),
                "1 SKU left out, for Digital River fulfils them itself (managedFulfillment)",
            ),
            (
                sku("B", physical=False, managedFulfillment=MANAGED),
                "1 SKU left out, for Digital River fulfils them itself (managedFulfillment)",
            ),
        ],
    )
    def test_are_none_where_the_merchant_keeps_no_item_and_that_is_said(
        self, account: Account, other: Sku, words: str
    ) -> None:
        account.listing.skus = [sku("A"), other]

        fetched = account.fetch()

        assert list(rows(fetched)) == ["A"]
        assert words in fetched.evidence
        assert not fetched.doubts

    def test_a_sku_that_does_not_say_whether_it_is_physical_is_kept(self, account: Account) -> None:
        account.listing.skus = [sku("A", physical=None), sku("B", managedFulfillment=None)]

        assert rows(account.fetch()).keys() == {"A", "B"}

    def test_of_a_group_are_synced_without_what_they_lack(self, account: Account) -> None:
        bare = {"id": "A", "partNumber": "P", "skuGroupId": "shoes", "physical": True}
        account.listing.skus = [bare, sku("B", skuGroupId="shoes")]

        fetched = account.fetch()

        assert rows(fetched)["A"]["countryOfOrigin"] is None
        assert any(sentence.startswith("1 SKU of a group") for sentence in fetched.evidence)


class TestWholeReads:
    def test_say_how_much_came_and_from_where_changes_are_to_be_asked_for(
        self, account: Account
    ) -> None:
        account.listing.skus = [sku("A"), sku("B")]

        fetched = account.fetch()

        assert fetched.scope is Scope.WHOLE
        assert fetched.evidence[0] == "2 SKUs came in one list, each read to its end"
        assert fetched.watermark == "2026-11-20T11:55:00Z"
        assert fetched.removed is None

    def test_take_in_what_was_changed_and_created_meanwhile(self, account: Account) -> None:
        account.listing.skus = [sku("A"), sku("B"), sku("C")]

        def change() -> None:
            managed = sku("C", managedFulfillment=MANAGED)
            account.listing.skus = [sku("A", countryOfOrigin="US"), sku("B"), managed, sku("D")]
            account.listing.changed = dict.fromkeys("ACD", NOW)

        account.listing.meanwhile = change
        fetched = account.fetch()

        found = rows(fetched)
        assert {item: row["countryOfOrigin"] for item, row in found.items()} == {
            "A": "US",
            "B": "DK",
            "D": "DK",
        }
        assert account.listing.asked == [None, NOW - timedelta(minutes=5)]

    @pytest.mark.parametrize("skus", [[], [sku("A", physical=False)]])
    def test_without_any_row_stop_every_delete(self, account: Account, skus: list[Sku]) -> None:
        account.listing.skus = skus

        with pytest.raises(SuspectCatalogError, match="no proof that every product is gone"):
            account.fetch()

    def test_of_a_glance_are_short_and_never_complete(self, account: Account) -> None:
        account.listing.skus = [sku("A"), sku("B"), sku("C")]
        account.most = 2

        fetched = account.fetch()

        assert rows(fetched).keys() == {"B", "C"}
        assert fetched.doubts
        assert account.listing.asked == []


class TestChanges:
    def test_bring_what_was_changed_and_what_was_deleted(self, account: Account) -> None:
        account.listing.skus = [sku("A"), sku("B"), sku("again")]
        account.listing.changed = {"B": NOW, "again": NOW}
        account.listing.gone = {"old": NOW - timedelta(days=2), "C": NOW, "again": NOW}

        fetched = account.fetch(NOW - timedelta(days=1))

        assert fetched.scope is Scope.CHANGES
        assert rows(fetched).keys() == {"B", "again"}
        assert removed(fetched) == ["C"]
        assert fetched.watermark == "2026-11-20T11:55:00Z"

    def test_that_nothing_has_changed_is_no_reason_to_stop(self, account: Account) -> None:
        account.listing.skus = [sku("A")]

        fetched = account.fetch(NOW - timedelta(hours=1))

        assert (rows(fetched), removed(fetched), fetched.doubts) == ({}, [], ())

    def test_a_sku_that_is_no_row_any_more_is_gone_as_in_a_whole_read(
        self, account: Account
    ) -> None:
        account.listing.skus = [sku("A", managedFulfillment=MANAGED), sku("B", physical=False)]
        account.listing.changed = dict.fromkeys("AB", NOW)

        assert removed(account.fetch(NOW - timedelta(hours=1))) == ["A", "B"]

    def test_one_that_is_back_by_the_time_of_the_list_is_not_gone(self, account: Account) -> None:
        account.listing.gone = {"A": NOW}

        def bring_back() -> None:
            account.listing.skus, account.listing.changed = [sku("A")], {"A": NOW}

        account.listing.meanwhile = bring_back
        fetched = account.fetch(NOW - timedelta(hours=1))

        assert (list(rows(fetched)), removed(fetched)) == (["A"], [])

    @pytest.mark.parametrize(
        ("since", "scope"),
        [
            (NOW - timedelta(days=28), Scope.CHANGES),
            (NOW - timedelta(days=30), Scope.WHOLE),
            ("4711", Scope.WHOLE),
        ],
        ids=["events reach back", "events do not", "no watermark of ours"],
    )
    def test_need_events_that_reach_back_that_far(
        self, account: Account, since: datetime | str, scope: Scope
    ) -> None:
        account.listing.skus = [sku("A")]

        assert account.fetch(since).scope is scope

    def test_without_a_right_to_events_say_that_deletes_wait_for_a_full_read(
        self, account: Account
    ) -> None:
        account.listing.skus, account.listing.changed = [sku("A")], {"A": NOW}
        account.listing.refusal = ResourceForbiddenError("The right", "denied", "Have it given")

        fetched = account.fetch(NOW - timedelta(hours=1))

        assert (list(rows(fetched)), removed(fetched)) == (["A"], [])
        assert any("the next full read finds them" in sentence for sentence in fetched.evidence)


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "own_key", "words"),
        [
            (RemoteUnavailableError("GET /skus", "failed", "Run again"), False, "Run again"),
            (KeyRefusedError("The key", "refused", "Check digital_river"), False, "digital_river"),
            (KeyRefusedError("The key", "refused", "Check digital_river"), True, "catalog.api_key"),
        ],
    )
    def test_are_the_catalogs_and_name_the_key_that_is_meant(
        self, account: Account, error: Exception, own_key: bool, words: str
    ) -> None:
        def fail() -> None:
            raise error

        if own_key:
            account.keys = DigitalRiverKeys(type="digital_river", api_key=SecretStr("sk_test_2"))
        account.listing.meanwhile = fail

        with pytest.raises(CatalogError, match=words) as caught:
            account.fetch()
        assert caught.value.__cause__ is error


def test_the_meaning_is_the_accounts(account: Account) -> None:
    other = SkuFetcher(account.keys, account.listing, "account-2", lambda: NOW)

    assert account.fetcher.meaning() == account.fetcher.meaning() != other.meaning()
