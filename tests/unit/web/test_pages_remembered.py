"""What was seen of a SKU outside of the state, and for how long a page shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.policy import Limits, Policy
from syncd.domain.snapshot import CatalogRow
from syncd.service.looks import Looks
from syncd.service.terms import Ports, Terms
from syncd.web.desk import Account, Desk
from syncd.web.pages.remembered import KEPT, Seen
from tests.fakes.remote import FakeRemote
from tests.fakes.state import FakeState
from tests.unit.service.conftest import RULES, GivenCatalog, StandingClock
from tests.unit.web.boards import NOW

A = ItemId("a")


@dataclass
class Counter:
    """The account of a desk whose time a test moves."""

    remote: FakeRemote = field(default_factory=FakeRemote)
    catalog: GivenCatalog = field(default_factory=GivenCatalog)
    now: datetime = NOW

    @property
    def ports(self) -> Ports:
        return Ports(self.catalog, self.remote, FakeState(), StandingClock())

    @property
    def terms(self) -> Terms:
        return Terms(Policy(), Limits(), RULES, "account")

    @contextmanager
    def opened(self) -> Iterator[Account]:
        yield self

    def desk(self) -> Desk:
        unused: Any = None
        return Desk(
            pulse=unused,
            traffic=unused,
            settings=unused,
            state=unused,
            account=self.opened,
            keep=unused,
            point_at=unused,
            now=lambda: self.now,
            version="1",
        )


@pytest.fixture
def counter() -> Counter:
    counter = Counter()
    counter.remote.put("a", {Attribute.ECCN: "EAR99"})
    counter.catalog.rows = [CatalogRow(A, 1, {})]
    return counter


def test_nothing_is_seen_before_somebody_looks(counter: Counter) -> None:
    assert Seen(counter.desk()).of(A) == Looks()


def test_both_looks_are_remembered_with_their_time(counter: Counter) -> None:
    seen = Seen(counter.desk())
    seen.look_at_remote(A)
    counter.now += timedelta(seconds=7)
    seen.look_into_catalog(A)

    looks = seen.of(A)
    assert looks.remote.item is not None
    assert looks.remote.item.attributes[Attribute.ECCN] == "EAR99"
    assert looks.catalog.row is counter.catalog.rows[0]
    assert (looks.remote.at, looks.catalog.at) == (NOW, counter.now)


def test_the_connections_are_given_back_even_after_a_failure(counter: Counter) -> None:
    counter.remote.poison.add(A)
    seen = Seen(counter.desk())
    seen.look_at_remote(A)

    assert counter.remote.closed
    assert seen.of(A).remote.absence


def test_what_was_seen_is_forgotten_after_a_while(counter: Counter) -> None:
    seen = Seen(counter.desk())
    seen.look_at_remote(A)
    counter.now += KEPT
    assert seen.of(A).remote.at == NOW

    counter.now += timedelta(seconds=1)
    assert seen.of(A) == Looks()


def test_the_last_hundred_are_remembered(counter: Counter) -> None:
    seen = Seen(counter.desk())
    ids = [ItemId(f"sku-{number}") for number in range(101)]
    for item in ids:
        seen.look_at_remote(item)

    assert seen.of(ids[0]) == Looks()
    assert all(seen.of(item).remote.at for item in ids[1:])


def test_the_catalog_is_read_by_one_at_a_time(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()
    read = GivenCatalog.read

    def slow(catalog: GivenCatalog, since: str | None) -> Any:  # noqa: ANN401 - the catalog's own
        reading.set()
        go_on.wait(60)
        return read(catalog, since)

    monkeypatch.setattr(GivenCatalog, "read", slow)
    seen = Seen(counter.desk())
    first = threading.Thread(target=seen.look_into_catalog, args=(A,))
    first.start()
    reading.wait(60)
    seen.look_into_catalog(ItemId("b"))
    go_on.set()
    first.join()

    assert "another look is going on" in (seen.of(ItemId("b")).catalog.absence or "")
    assert seen.of(A).catalog.row is not None
    seen.look_into_catalog(ItemId("b"))
    assert seen.of(ItemId("b")).catalog.absence == "given.csv has no row with this id"
