"""What one cycle did to a SKU, whether it still stands, and the wish that leads back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import AttributeChange, Attributes
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Deed, JournalEntry, WriteId
from syncd.domain.tracking import Missing, Ownership, Reverted, SkuState, Tracked
from syncd.engine.deeds import Deeds, deeds_of
from syncd.engine.plan import change_for
from syncd.engine.revert import Kept, Occasion, Standing, undone
from tests.unit.engine.samples import (
    BROKEN_ROW,
    ECCN,
    FOREIGN,
    IN_SYNC,
    ITEM,
    MAKER,
    MISSING,
    NEW,
    NOT_HEARD,
    NOW,
    ORIGIN,
    OTHER,
    PART,
    POLICY,
    THIRD,
    UPDATE_DUE,
    WISH,
)

CYCLE, EARLIER_CYCLE = CycleId("cycle-7"), CycleId("cycle-3")
OCCASION = Occasion(CYCLE, NOW, read=9)
HELD_BY_ANOTHER = replace(
    IN_SYNC, desired=OTHER, known=OTHER, reverted=Reverted(EARLIER_CYCLE, WISH)
)
BROUGHT_BACK = replace(MISSING, desired=WISH, known=WISH, reverted=Reverted(EARLIER_CYCLE, None))
TAKEN_AWAY = replace(
    IN_SYNC,
    desired=None,
    known=None,
    ownership=Ownership.UNKNOWN,
    reverted=Reverted(EARLIER_CYCLE, WISH),
)

WITH_MAKER = replace(
    IN_SYNC,
    desired={**WISH, MAKER: "M"},
    known={**WISH, MAKER: "M"},
    sent=frozenset({PART, ORIGIN, MAKER}),
)

EMPTIED = {**WISH, MAKER: None}


def entry(
    deed: Deed,
    before: Attributes | None,
    after: Attributes,
    kind: Kind | None = Kind.ACCEPTED,
) -> JournalEntry:
    return JournalEntry(
        write=WriteId(1),
        cycle=CYCLE,
        id=ITEM,
        deed=deed,
        resource=Resource.INVENTORY_ITEM,
        revision=3,
        before=before,
        after=after,
        begun=NOW,
        ended=NOW,
        kind=kind,
    )


def created(kind: Kind | None = Kind.ACCEPTED) -> JournalEntry:
    return entry(Deed.CREATE, None, WISH, kind)


def updated(kind: Kind | None = Kind.ACCEPTED, before: Attributes = OTHER) -> JournalEntry:
    return entry(Deed.UPDATE, before, {ORIGIN: "DK"}, kind)


def deleted(kind: Kind | None = Kind.ACCEPTED) -> JournalEntry:
    return entry(Deed.DELETE, WISH, {}, kind)


def did(*entries: JournalEntry) -> Deeds:
    deeds = deeds_of(entries, skus=True)
    assert deeds is not None
    return deeds


def item(values: Attributes | None) -> RemoteItem | None:
    return None if values is None else RemoteItem(ITEM, values)


def attempt(
    deeds: Deeds, row: Tracked | None, values: Attributes | None, *, written_since: bool = False
) -> Tracked | Kept:
    return undone(deeds, Standing(row, item(values), written_since), OCCASION)


class TestWhatACycleDid:
    @pytest.mark.parametrize(
        ("entries", "before", "after", "certain"),
        [
            ([created()], None, WISH, True),
            ([updated()], OTHER, WISH, True),
            ([deleted()], WISH, None, True),
            ([created(Kind.UNKNOWN)], None, WISH, False),
            ([updated(None)], OTHER, WISH, False),
            ([updated(Kind.UNKNOWN), updated()], OTHER, WISH, True),
            ([updated(Kind.UNDONE), updated()], OTHER, WISH, True),
            ([updated(Kind.GONE), created()], None, WISH, True),
            ([created(Kind.EXISTS), updated()], OTHER, WISH, True),
            ([deleted(Kind.UNKNOWN), deleted(Kind.GONE)], WISH, None, False),
            ([created(), entry(Deed.UPDATE, WISH, {ECCN: "EAR99"})], None,
             {**WISH, ECCN: "EAR99"}, True),
        ],
    )  # fmt: skip
    def test_is_its_writes_taken_together(
        self,
        entries: list[JournalEntry],
        before: Attributes | None,
        after: Attributes | None,
        certain: bool,
    ) -> None:
        deeds = did(*entries)

        assert deeds.item is not None
        assert (deeds.item.before, deeds.item.after, deeds.certain) == (before, after, certain)

    @pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.UNDONE, Kind.EXISTS, Kind.GONE,
                                      Kind.KEY_REFUSED, Kind.FORBIDDEN])  # fmt: skip
    def test_is_nothing_where_no_write_can_have_landed(self, kind: Kind) -> None:
        assert deeds_of([created(kind), updated(kind), deleted(kind)], skus=True) is None

    def test_is_nothing_where_it_only_adopted(self) -> None:
        assert deeds_of([entry(Deed.ADOPT, WISH, {})], skus=True) is None

    @pytest.mark.parametrize(
        ("deeds", "change"),
        [
            (did(created()), Change(ITEM, Action.DELETE, 3, {
                PART: AttributeChange("A", None), ORIGIN: AttributeChange("DK", None)})),
            (did(deleted()), Change(ITEM, Action.CREATE, 3, {
                PART: AttributeChange(None, "A"), ORIGIN: AttributeChange(None, "DK")})),
            (did(updated()), Change(ITEM, Action.UPDATE, 3, {
                ORIGIN: AttributeChange("DK", "CA")})),
        ],
    )  # fmt: skip
    def test_has_a_change_that_would_lead_back(self, deeds: Deeds, change: Change) -> None:
        assert deeds.undoing() == change


class TestTheWayBack:
    @pytest.mark.parametrize(
        ("deeds", "row", "now_there", "action", "wanted"),
        [
            (did(updated()), IN_SYNC, WISH, Action.UPDATE, OTHER),
            (did(updated(Kind.UNKNOWN)), IN_SYNC, WISH, Action.UPDATE, OTHER),
            (did(updated()), replace(IN_SYNC, held=BROKEN_ROW), WISH, Action.UPDATE, OTHER),
            (did(created()), IN_SYNC, WISH, Action.DELETE, None),
            (did(created()), MISSING, WISH, Action.DELETE, None),
            (did(deleted()), None, None, Action.CREATE, WISH),
            (did(deleted(Kind.UNKNOWN)), None, None, Action.CREATE, WISH),
            (did(deleted()), TAKEN_AWAY, None, Action.CREATE, WISH),
            (did(created()), BROUGHT_BACK, WISH, Action.DELETE, None),
            (did(updated(before=THIRD)), IN_SYNC, WISH, Action.UPDATE, THIRD),
            (did(entry(Deed.UPDATE, WISH, {MAKER: "M"}, Kind.UNKNOWN)), WITH_MAKER,
             {**WISH, MAKER: "M"}, Action.UPDATE, {**WISH, MAKER: None}),
        ],
    )  # fmt: skip
    def test_is_a_wish_of_its_own_that_is_due_at_once(
        self,
        deeds: Deeds,
        row: Tracked | None,
        now_there: Attributes | None,
        action: Action,
        wanted: Attributes | None,
    ) -> None:
        found = attempt(deeds, row, now_there)

        assert isinstance(found, Tracked)
        assert found.desired == wanted
        assert found.state is SkuState.PENDING
        change = change_for(found, POLICY, NOW, 0)
        assert change is not None
        assert change.action is action
        assert found.revision > (row.revision if row else deeds.revision)

    def test_remembers_what_the_catalog_wants_instead(self) -> None:
        assert the_row(attempt(did(updated()), IN_SYNC, WISH)).reverted == Reverted(CYCLE, WISH)
        assert the_row(attempt(did(deleted()), None, None)).reverted == Reverted(CYCLE, None)
        again = attempt(did(entry(Deed.UPDATE, WISH, OTHER)), HELD_BY_ANOTHER, OTHER)
        assert the_row(again).reverted == Reverted(CYCLE, WISH)

    def test_of_a_delete_leaves_the_sku_missing_from_the_catalog(self) -> None:
        found = the_row(attempt(did(deleted()), None, None))

        assert found.missing == Missing(NOW, 9)
        assert found.state is SkuState.PENDING

    def test_writes_what_was_touched_and_nothing_else(self) -> None:
        row = replace(IN_SYNC, desired={**WISH, ECCN: "EAR99"}, known={**WISH, ECCN: "EAR99"})

        found = the_row(attempt(did(updated()), row, {**WISH, ECCN: "EAR99"}))

        assert found.desired == {**OTHER, ECCN: "EAR99"}

    @pytest.mark.parametrize(
        ("mapped", "theirs"),
        [(WISH, {ECCN: "5A991"}), (WISH, {MAKER: "N"}), (EMPTIED, {MAKER: "N"})],
    )
    def test_is_open_though_others_have_changed_what_the_catalog_does_not_decide(
        self, mapped: Attributes, theirs: Attributes
    ) -> None:
        row = replace(IN_SYNC, desired=mapped, known={**mapped, ECCN: "EAR99", MAKER: "M"})

        assert the_row(attempt(did(updated()), row, {**WISH, ECCN: "EAR99", **theirs})).desired == {
            **mapped,
            ORIGIN: "CA",
        }

    @pytest.mark.parametrize("filled", [None, "the server's own"])
    def test_of_what_was_cleared_is_open_whatever_the_server_filled_in(
        self, filled: str | None
    ) -> None:
        there = {**WISH, MAKER: filled}
        row = replace(IN_SYNC, desired={**WISH, MAKER: None}, known=there)
        deeds = did(entry(Deed.UPDATE, {**OTHER, MAKER: "acme"}, {ORIGIN: "DK", MAKER: None}))

        assert the_row(attempt(deeds, row, there)).desired == {**OTHER, MAKER: "acme"}
        assert attempt(deeds, row, {**there, MAKER: "another's"}) is Kept.CHANGED_SINCE

    def test_of_what_the_remote_answered_otherwise_is_open_too(self) -> None:
        row = replace(NOT_HEARD, desired=THIRD)
        deeds = did(entry(Deed.UPDATE, WISH, {ORIGIN: "IT"}))

        assert the_row(attempt(deeds, row, OTHER)).desired == WISH

    def test_that_was_begun_already_for_this_cycle_goes_on_as_it_is(self) -> None:
        begun = replace(IN_SYNC, desired=OTHER, reverted=Reverted(CYCLE, WISH))

        assert attempt(did(updated()), begun, WISH, written_since=True) is begun


def the_row(found: Tracked | Kept) -> Tracked:
    assert isinstance(found, Tracked)
    return found


@pytest.mark.parametrize(
    ("deeds", "row", "now_there", "reason"),
    [
        (did(updated()), IN_SYNC, OTHER, Kept.CHANGED_SINCE),
        (did(updated()), WITH_MAKER, {**WISH, MAKER: "N"}, Kept.CHANGED_SINCE),
        (did(updated()), replace(WITH_MAKER, desired=EMPTIED), EMPTIED, Kept.CHANGED_SINCE),
        (did(created()), IN_SYNC, {**WISH, ECCN: "5A991"}, Kept.CHANGED_SINCE),
        (did(updated()), IN_SYNC, None, Kept.CHANGED_SINCE),
        (did(created()), IN_SYNC, None, Kept.CHANGED_SINCE),
        (did(deleted()), None, WISH, Kept.CHANGED_SINCE),
        (did(deleted()), MISSING, WISH, Kept.CHANGED_SINCE),
        (did(deleted()), IN_SYNC, WISH, Kept.CHANGED_SINCE),
        (did(updated()), replace(IN_SYNC, desired=THIRD), WISH, Kept.WISHED_SINCE),
        (did(created()), replace(IN_SYNC, desired=THIRD), WISH, Kept.WISHED_SINCE),
        (did(deleted()), replace(NEW, desired=THIRD), None, Kept.WISHED_SINCE),
        (did(deleted()), replace(NEW, held=BROKEN_ROW), None, Kept.WISHED_SINCE),
        (did(updated()), None, WISH, Kept.GONE),
        (did(updated()), MISSING, WISH, Kept.GONE),
        (did(updated()), replace(FOREIGN, known=WISH), WISH, Kept.NOT_OURS),
        (did(deleted()), FOREIGN, None, Kept.NOT_OURS),
        (did(updated()), replace(IN_SYNC, ownership=Ownership.UNKNOWN), WISH, Kept.NOT_OURS),
        (did(created(Kind.UNKNOWN)), replace(NEW, desired=WISH), None, Kept.AS_BEFORE),
        (did(updated(Kind.UNKNOWN)), UPDATE_DUE, OTHER, Kept.AS_BEFORE),
        (did(deleted(Kind.UNKNOWN)), MISSING, WISH, Kept.AS_BEFORE),
        (did(created(), deleted()), None, None, Kept.AS_BEFORE),
        (did(created(), deleted()), replace(NEW, desired=WISH), None, Kept.AS_BEFORE),
        (did(created(), deleted(Kind.UNKNOWN)), IN_SYNC, WISH, Kept.CHANGED_SINCE),
    ],
)
def test_what_has_moved_on_is_left_as_it_is(
    deeds: Deeds, row: Tracked | None, now_there: Attributes | None, reason: Kept
) -> None:
    assert attempt(deeds, row, now_there) is reason


@pytest.mark.parametrize("deeds", [did(created()), did(updated()), did(deleted())])
def test_what_was_written_since_is_left_as_it_is(deeds: Deeds) -> None:
    assert deeds.item is not None
    row = None if deeds.item.after is None else IN_SYNC

    assert attempt(deeds, row, deeds.item.after, written_since=True) is Kept.WRITTEN_SINCE


def test_where_skus_are_not_managed_what_was_written_to_one_counts_for_nothing() -> None:
    of_sku = replace(entry(Deed.UPDATE, OTHER, WISH), resource=Resource.SKU)
    of_item = entry(Deed.UPDATE, OTHER, WISH)

    assert deeds_of([of_sku], skus=False) is None
    assert deeds_of([of_sku, of_item], skus=False) == deeds_of([of_item], skus=False)
