"""An audit says exactly what other hands have done, whatever goes on meanwhile, and sends GETs."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.audit import Extent, FindingKind
from syncd.domain.change import Resource
from syncd.domain.cycle import Guard, Mode
from syncd.domain.delivery import Failure
from syncd.domain.item import RemoteItem
from syncd.domain.listing import CountedSpan
from syncd.domain.tracking import Delivery
from syncd.errors import KeyRefusedError, RemoteUnavailableError
from syncd.ports import TakeItems
from syncd.service import audit as audit_of
from syncd.service.past_audits import last_audit
from syncd.service.repair import repair
from syncd.service.terms import StoppedError
from syncd.state import open_state
from syncd.state.sightings import SpooledSightings
from tests.fakes.remote import FakeRemote
from tests.integration.service.audits import (
    Interrupted,
    audited,
    found,
    take_a_turn,
)
from tests.integration.service.shop import Shop, numbered, values

COUNTRY = Attribute.COUNTRY_OF_ORIGIN
A_FEW_BYTES = 200
"""Less than a finding takes; ids of statements that wait to be searched for take half of it."""
DRIFTED, VANISHED = FindingKind.DRIFTED, FindingKind.VANISHED
THEIRS = values(
    manufacturer_id="theirs",
    part_number="X",
    country_of_origin="DK",
    eccn="EAR99",
    hs_code="6404.20",
    allow_oversell=False,
)
ALL_IDS = tuple(numbered(10))


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop whose ten items are in sync, some minutes later."""
    shop.stock(*ALL_IDS)
    await shop.settled()
    shop.later(minutes=5)
    return shop


async def test_a_quiet_shop_costs_one_list_and_shows_nothing(kept: Shop) -> None:
    audit = await audited(kept)

    assert (audit.findings, audit.listed, audit.looked_up, audit.unsettled) == ((), 10, 0, 0)
    assert [call.name for call in kept.remote.calls] == ["every_item", "every_sku"]
    assert audit.requests == 2


async def test_each_thing_that_other_hands_did_is_found(kept: Shop) -> None:
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"
    del kept.remote.contents[ItemId("sku-0002")]
    kept.remote.put("stranger", values(part_number="X"))
    kept.remote.put("theirs", values(part_number="Y"))
    kept.remote.managed_ids.add(ItemId("theirs"))
    kept.drop("sku-0003")
    await kept.run()

    audit = await audited(kept)

    assert found(audit) == {
        "sku-0001": DRIFTED,
        "sku-0002": VANISHED,
        "sku-0003": FindingKind.ORPHANED,
        "stranger": FindingKind.FOREIGN,
        "theirs": FindingKind.MANAGED,
    }
    assert audit.to_mend() == {"sku-0001", "sku-0002"}
    assert kept.asked_for("items") == [("sku-0002",)]
    assert kept.wrote() == []


async def test_a_drift_tells_both_values_and_when_syncd_wrote_and_looked(kept: Shop) -> None:
    written = kept.journal("sku-0001")[-1].begun
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"

    (finding,) = (await audited(kept)).findings

    assert finding.attributes == {COUNTRY: AttributeChange("DK", "CA")}
    assert (finding.written, finding.seen) == (written, kept.clock.moment)
    assert (finding.desired or {})[COUNTRY] == "DK"


async def test_an_item_that_a_first_run_would_take_over_is_told(shop: Shop) -> None:
    shop.stock("a")
    await shop.dry_run()
    shop.remote.fail_read(Resource.INVENTORY_ITEM, RemoteUnavailableError("It", "is out", "Wait"))
    await shop.run(wait=timedelta())
    shop.remote.put("a", values(part_number="P-a"))

    audit = await audited(shop)

    assert found(audit) == {"a": FindingKind.UNADOPTED}


async def test_what_syncd_has_deleted_and_is_there_again_is_an_orphan(kept: Shop) -> None:
    kept.policy(delete_after=timedelta(), delete_reads=1)
    values_then = dict(kept.item("sku-0003"))
    kept.drop("sku-0003")
    await kept.run()
    assert not kept.knows("sku-0003")
    kept.remote.put("sku-0003", values_then)

    (finding,) = (await audited(kept)).findings

    assert finding.kind is FindingKind.ORPHANED
    assert not finding.is_to_mend
    assert "syncd has written it before" in finding.reason


async def test_the_audit_writes_what_it_observed_and_never_what_is_known(kept: Shop) -> None:
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"
    del kept.remote.contents[ItemId("sku-0002")]
    before = kept.tables()["sku"]

    await audited(kept)

    assert kept.tables()["sku"] == before
    seen = kept.state.observed([ItemId("sku-0001"), ItemId("sku-0002"), ItemId("sku-0003")])
    assert {id_: (one.kind, one.attributes is None) for id_, one in seen.items()} == {
        "sku-0001": (DRIFTED, False),
        "sku-0002": (VANISHED, True),
    }

    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "DK"
    kept.later(minutes=1)
    await audited(kept)
    assert set(kept.state.observed([ItemId("sku-0001"), ItemId("sku-0002")])) == {"sku-0002"}


async def test_the_last_audit_is_remembered(kept: Shop) -> None:
    assert last_audit(kept.state) is None
    del kept.remote.contents[ItemId("sku-0002")]

    audit = await audited(kept)

    past = last_audit(kept.state)
    assert past is not None
    assert (past.id, past.began, past.counts) == (audit.id, audit.began, {VANISHED: 1})
    assert past.to_mend == 1
    assert last_audit(kept.state, Extent.SAMPLE) is None


# ---------------------------------------------------------------------------- meanwhile


async def test_what_a_cycle_writes_while_the_list_is_read_is_no_drift(kept: Shop) -> None:
    """The first page shows the old value, and the row knows the new one when they are compared."""
    ran = asyncio.Event()

    async def run_once() -> None:
        if not ran.is_set():
            ran.set()
            kept.stock(*ALL_IDS, country_of_origin="FR")
            kept.limits(max_update=1.0, max_same_change=1.0)
            await kept.run()

    kept.remote.meanwhile = run_once
    audit = await audited(kept)

    assert audit.findings == ()
    assert audit.looked_up == 2


async def test_what_a_cycle_creates_while_the_list_is_read_has_not_vanished(kept: Shop) -> None:
    ran = asyncio.Event()

    async def run_once() -> None:
        if not ran.is_set():
            ran.set()
            kept.stock("new")
            await kept.run()

    kept.remote.meanwhile = run_once
    audit = await audited(kept)

    assert audit.findings == ()
    assert ("new",) in kept.asked_for("items")


async def test_a_drift_is_found_although_a_cycle_runs_meanwhile(kept: Shop) -> None:
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"
    ran = asyncio.Event()

    async def run_once() -> None:
        if not ran.is_set():
            ran.set()
            await kept.run()

    kept.remote.meanwhile = run_once

    assert found(await audited(kept)) == {"sku-0001": DRIFTED}


async def test_a_row_that_moves_with_every_look_is_left_to_the_next_audit(kept: Shop) -> None:
    def move() -> None:
        row = kept.sku("sku-0001")
        with kept.state.transaction() as transaction:
            transaction.put([replace(row, revision=row.revision + 1)])

    del kept.remote.contents[ItemId("sku-0001")]
    kept.remote = Interrupted(contents=kept.remote.contents, happens=move)

    audit = await audited(kept)

    assert (audit.findings, audit.unsettled) == ((), 1)
    assert kept.asked_for("items") == [("sku-0001",)] * 2


async def test_what_is_known_is_read_beside_the_list_once_that_is_under_way(
    kept: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, pages, shown = threading.Event(), count(1), list[int]()
    read = SpooledSightings.read_known

    def reading(seen: SpooledSightings) -> None:
        shown.append(seen.count)
        begun.set()
        read(seen)

    async def between_pages() -> None:
        if next(pages) == 2:
            assert await asyncio.to_thread(begun.wait, 30)

    monkeypatch.setattr(SpooledSightings, "read_known", reading)
    monkeypatch.setattr(audit_of, "UNDER_WAY", 4)
    kept.remote.meanwhile = between_pages

    await audited(kept)

    assert shown == [4]


async def test_what_is_in_doubt_is_left_to_its_look_up(kept: Shop) -> None:
    with kept.state.transaction() as transaction:
        transaction.put([replace(kept.sku("sku-0001"), delivery=Delivery.IN_DOUBT)])
    del kept.remote.contents[ItemId("sku-0001")]

    audit = await audited(kept)

    assert (audit.findings, audit.unsettled) == ((), 1)


async def test_an_audit_is_remembered_though_another_process_has_had_its_turn(kept: Shop) -> None:
    """The shop's cycle has held the lease, then another's has, between the look and the note."""
    del kept.remote.contents[ItemId("sku-0001")]
    kept.remote = Interrupted(contents=kept.remote.contents, happens=partial(take_a_turn, kept))

    audit = await audited(kept)

    past = last_audit(kept.state)
    assert past is not None
    assert (past.id, past.to_mend) == (audit.id, 1)
    assert set(kept.state.observed([ItemId("sku-0001")])) == {"sku-0001"}


async def test_an_audit_during_a_command_tells_what_it_found(kept: Shop) -> None:
    del kept.remote.contents[ItemId("sku-0001")]

    with closing(open_state(kept.url, kept.clock)) as other, other.lease("a", timedelta()):
        audit = await audited(kept, lease_wait=timedelta())

    assert found(audit) == {"sku-0001": VANISHED}
    assert last_audit(kept.state) is None


# ------------------------------------------------------------------------------- failures


async def test_a_list_that_cannot_be_read_is_no_audit(kept: Shop) -> None:
    outage = RemoteUnavailableError("Digital River", "it is out", "Run again later")
    kept.remote.fail_read(Resource.INVENTORY_ITEM, outage)

    with pytest.raises(RemoteUnavailableError, match="it is out"):
        await audited(kept)
    assert last_audit(kept.state) is None


async def test_one_id_that_cannot_be_asked_for_holds_up_no_other(kept: Shop) -> None:
    for item in ("sku-0001", "sku-0002"):
        del kept.remote.contents[ItemId(item)]
    kept.remote.poison.add(ItemId("sku-0001"))

    audit = await audited(kept)

    assert (found(audit), audit.unsettled) == ({"sku-0002": VANISHED}, 1)


async def test_a_key_of_another_account_stops_before_anything_is_listed(kept: Shop) -> None:
    kept.terms = kept.account("account-2")
    kept.remote.contents.clear()

    audit = await audited(kept)

    assert [stop.guard for stop in audit.guards] == [Guard.ACCOUNT]
    assert kept.asked_for("every_item") == []
    assert last_audit(kept.state) is None


async def test_skus_that_may_not_be_read_are_told(kept: Shop) -> None:
    kept.remote.forbidden.add(Resource.SKU)
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"

    audit = await audited(kept)

    assert (found(audit), audit.skus_hidden) == ({"sku-0001": DRIFTED}, True)


async def test_items_that_may_not_be_read_are_an_error(kept: Shop) -> None:
    kept.remote.key_refused = Failure(401, "unauthorized", "no such key")
    with pytest.raises(KeyRefusedError):
        await audited(kept)


async def test_a_stop_ends_the_audit_and_leaves_no_trace(kept: Shop) -> None:
    stop = asyncio.Event()
    del kept.remote.contents[ItemId("sku-0001")]

    async def ask_to_stop() -> None:
        stop.set()
        await asyncio.sleep(0)

    kept.remote.meanwhile = ask_to_stop
    with pytest.raises(StoppedError):
        await audited(kept, stop=stop)
    assert last_audit(kept.state) is None


# --------------------------------------------------------------------------------- samples


async def test_a_sample_looks_up_so_many_and_lists_nothing(kept: Shop) -> None:
    audit = await audited(kept, sample=4)

    assert (audit.extent, audit.looked_up, audit.findings) == (Extent.SAMPLE, 4, ())
    assert kept.asked_for("every_item") == []
    assert [len(ids) for ids in kept.asked_for("items")] == [4]


async def test_a_sample_of_all_finds_what_drifted_and_vanished(kept: Shop) -> None:
    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"
    del kept.remote.contents[ItemId("sku-0002")]

    audit = await audited(kept, sample=100)
    assert found(audit) == {"sku-0001": DRIFTED, "sku-0002": VANISHED}

    kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "DK"
    await audited(kept, sample=100)
    assert set(kept.state.observed([ItemId("sku-0001"), ItemId("sku-0002")])) == {"sku-0002"}


@pytest.mark.parametrize(
    ("was_ours", "to_mend"),
    [
        pytest.param(True, {"sku-0001"}, id="ours: a repair lets it go"),
        pytest.param(False, set(), id="never ours: nobody asks for what a held row wishes"),
    ],
)
async def test_what_digital_river_fulfils_and_whose_row_is_held_is_to_mend_where_it_was_ours(
    shop: Shop, *, was_ours: bool, to_mend: set[str]
) -> None:
    if was_ours:
        shop.stock("sku-0001")
        await shop.settled()
    shop.remote.put("sku-0001", THEIRS)
    shop.remote.managed_ids.add(ItemId("sku-0001"))
    shop.stock("sku-0001", "sku-0002", hs_code="12")
    await shop.run()

    audit = await audited(shop)

    assert found(audit)["sku-0001"] is FindingKind.MANAGED
    assert audit.to_mend() == to_mend
    await repair(shop.ports, shop.terms, shop.asked(Mode.REPAIR), audit)
    assert (await audited(shop)).to_mend() == frozenset()


class TestManyThatAreNoneOfOurs:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("syncd.service.bystanders.MOST", 3)

    async def test_all_are_counted_and_the_first_are_named(self, kept: Shop) -> None:
        for number in range(7):
            kept.remote.put(f"theirs-{number}", values(part_number="X"))
        kept.remote.managed_ids = {ItemId("theirs-2"), ItemId("theirs-5")}
        kept.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"

        audit = await audited(kept)

        assert found(audit) == {
            "sku-0001": DRIFTED,
            "theirs-0": FindingKind.FOREIGN,
            "theirs-1": FindingKind.FOREIGN,
            "theirs-2": FindingKind.MANAGED,
        }
        assert audit.beyond == {FindingKind.FOREIGN: 3, FindingKind.MANAGED: 1}
        assert audit.counts()[FindingKind.FOREIGN] == 5
        past = last_audit(kept.state)
        assert past is not None
        assert past.counts[FindingKind.FOREIGN] == 5
        assert kept.asked_for("managed") == []  # the list of SKUs has told it

    async def test_a_longer_list_takes_no_more_memory(
        self, kept: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def peak(count: int) -> int:
            monkeypatch.setattr(FakeRemote, "every_item", lambda _, take: _listed(count, take))
            tracemalloc.start()
            try:
                audit = await audited(kept)
                assert audit.counts()[FindingKind.FOREIGN] == count
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        await peak(100)
        a_thousand, six_thousand = await peak(1_000), await peak(6_000)

        assert six_thousand < a_thousand + 5_000 * A_FEW_BYTES

    async def test_what_syncd_once_wrote_is_always_named(self, kept: Shop) -> None:
        kept.policy(delete_after=timedelta(), delete_reads=1)
        kept.drop("sku-0009")
        then = dict(kept.item("sku-0009"))
        await kept.run()
        kept.remote.put("sku-0009", then)
        for number in range(7):
            kept.remote.put(f"a-{number}", values(part_number="X"))

        audit = await audited(kept)

        assert found(audit)["sku-0009"] is FindingKind.ORPHANED
        assert audit.counts() == {FindingKind.ORPHANED: 1, FindingKind.FOREIGN: 7}

    async def test_pairs_that_differ_are_always_named(self, kept: Shop) -> None:
        for number in range(7):
            kept.remote.put(f"a-{number}", values(part_number="X"))
            kept.remote.put_sku(f"a-{number}", values(part_number="X"))
        kept.remote.put_sku("a-5", values(part_number="Y"))
        kept.remote.put_sku("a-6", values(part_number="Y"))

        audit = await audited(kept)

        unlike = [one.id for one in audit.findings if one.unequal]
        assert unlike == ["a-5", "a-6"]
        assert audit.counts()[FindingKind.FOREIGN] == 7

    async def test_skus_without_items_are_counted_too(self, kept: Shop) -> None:
        for number in range(7):
            kept.remote.put_sku(f"half-{number}", values(part_number="X"))

        audit = await audited(kept)

        halves = [one for one in audit.findings if one.id.startswith("half")]
        assert len(halves) == 3
        assert audit.beyond == {FindingKind.INCOMPLETE: 4}


async def _listed(count: int, take: TakeItems) -> Sequence[CountedSpan]:
    for start in range(0, count, 100):
        ids = [ItemId(f"theirs-{number}") for number in range(start, start + 100)]
        take([RemoteItem(id, THEIRS) for id in ids])
    return (CountedSpan(None, None, count),)
