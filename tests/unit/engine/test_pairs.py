"""Both halves of a pair in one row: what is due of each, and what each outcome leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.audit import FindingKind
from syncd.domain.change import Action, Change, ChangeOutcome, Plan, Resource, paired
from syncd.domain.cycle import ChangeResult, Counts
from syncd.domain.delivery import Accepted, Gone, Refused
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import Limits, Policy, PolicyMode
from syncd.domain.tracking import Delivery, Missing, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.audit import Look, judged_pair
from syncd.engine.guard import guard
from syncd.engine.observe import Observation, is_adoption, is_adoption_of_sku, observe
from syncd.engine.plan import change_for, needs_look_up, recreates
from syncd.engine.settle import claim, settle
from syncd.engine.situation import Situation
from tests.unit.engine.samples import ABSENCE, DAY, ECCN, ITEM, NOW, ORIGIN, PART, REFUSAL

NAME: Final = Attribute.NAME
SKU, OF_ITEM = Resource.SKU, Resource.INVENTORY_ITEM
ITEMS: Final = Policy()
PAIRS: Final = Policy(skus=True)
NOT_ADOPTING: Final = replace(PAIRS, adopt=False)
WITH_DELETES: Final = Policy(skus=True, delete_skus=True)
WISH: Attributes = {PART: "A", ORIGIN: "DK", Attribute.ALLOW_OVERSELL: True, NAME: "Shoe"}
KNOWN: Attributes = {PART: "A", ORIGIN: "DK", Attribute.ALLOW_OVERSELL: True}
KNOWN_SKU: Attributes = {PART: "A", ORIGIN: "DK", NAME: "Shoe"}
IN_SYNC = Tracked(ITEM, 11, WISH, KNOWN, ownership=Ownership.OWNED, revision=3, known_sku=KNOWN_SKU)
NEW = replace(IN_SYNC, known=None, known_sku=None, ownership=Ownership.UNKNOWN)
THEIR_SKU = RemoteSku(ITEM, {**KNOWN_SKU, NAME: "Theirs"})
GONE = replace(IN_SYNC, missing=Missing(NOW - 2 * DAY, read=3))


def due(row: Tracked, policy: Policy = PAIRS) -> list[tuple[Action, Resource, set[Attribute]]]:
    change = change_for(row, policy, NOW, read=4)
    halves = () if change is None else change.halves
    return [(half.action, half.resource, set(half.attributes)) for half in halves]


@pytest.mark.parametrize(
    ("row", "state", "expected"),
    [
        (IN_SYNC, SkuState.IN_SYNC, []),
        (
            NEW,
            SkuState.PENDING,
            [
                (Action.CREATE, SKU, {PART, ORIGIN, NAME}),
                (Action.CREATE, OF_ITEM, {PART, ORIGIN, Attribute.ALLOW_OVERSELL}),
            ],
        ),
        (
            replace(IN_SYNC, desired={**WISH, NAME: "Boot"}),
            SkuState.PENDING,
            [(Action.UPDATE, SKU, {NAME})],
        ),
        (
            replace(IN_SYNC, desired={**WISH, ORIGIN: "CA"}),
            SkuState.PENDING,
            [(Action.UPDATE, SKU, {ORIGIN}), (Action.UPDATE, OF_ITEM, {ORIGIN})],
        ),
        (
            replace(IN_SYNC, desired={**WISH, Attribute.ALLOW_OVERSELL: False}),
            SkuState.PENDING,
            [(Action.UPDATE, OF_ITEM, {Attribute.ALLOW_OVERSELL})],
        ),
        (
            replace(IN_SYNC, known=None),
            SkuState.PENDING,
            [(Action.CREATE, OF_ITEM, {PART, ORIGIN, Attribute.ALLOW_OVERSELL})],
        ),
        (GONE, SkuState.MISSING, [(Action.DELETE, OF_ITEM, set(KNOWN))]),
    ],
)
def test_what_is_due_of_each_half(
    row: Tracked, state: SkuState, expected: list[tuple[Action, Resource, set[Attribute]]]
) -> None:
    assert row.state is state
    assert due(row) == expected


def test_a_sku_is_deleted_after_its_item_and_only_where_it_may_be() -> None:
    assert [half[:2] for half in due(GONE, WITH_DELETES)] == [
        (Action.DELETE, OF_ITEM),
        (Action.DELETE, SKU),
    ]
    alone = replace(GONE, known=None, ownership=Ownership.UNKNOWN)
    assert [half[:2] for half in due(alone, WITH_DELETES)] == [(Action.DELETE, SKU)]
    assert due(alone) == []


def test_a_policy_without_skus_leaves_them_alone() -> None:
    assert due(NEW, Policy())[0][1] is OF_ITEM
    assert len(due(NEW, Policy())) == 1


def test_a_policy_that_only_creates_updates_neither_half() -> None:
    row = replace(IN_SYNC, desired={**WISH, NAME: "Boot"}, known=None)
    assert [half[:2] for half in due(row, replace(PAIRS, mode=PolicyMode.CREATE_ONLY))] == [
        (Action.CREATE, OF_ITEM)
    ]


def test_a_pair_is_looked_up_until_both_halves_are_known() -> None:
    assert needs_look_up(replace(IN_SYNC, known_sku=None), NOW)
    assert needs_look_up(replace(IN_SYNC, known=None), NOW)
    assert not needs_look_up(IN_SYNC, NOW)


def first(row: Tracked, policy: Policy = PAIRS) -> Change:
    change = change_for(row, policy, NOW, read=4)
    assert change is not None
    return change


def settled(row: Tracked, outcome: Accepted | Gone | Refused, policy: Policy) -> Tracked | None:
    change = first(row, policy)
    return settle(claim(row, change), change, outcome, policy, NOW)


def test_an_outcome_is_that_of_its_half_alone() -> None:
    made = settled(NEW, Accepted(KNOWN_SKU), PAIRS)

    assert made is not None
    assert (made.known_sku, made.known, made.ownership) == (KNOWN_SKU, None, Ownership.UNKNOWN)
    assert [half[:2] for half in due(made)] == [(Action.CREATE, OF_ITEM)]
    both = settled(made, Accepted(KNOWN), PAIRS)
    assert both is not None
    assert both.state is SkuState.IN_SYNC


def test_a_refused_sku_quarantines_the_pair_and_is_named() -> None:
    refused = settled(NEW, Refused(REFUSAL), PAIRS)

    assert refused is not None
    assert refused.state is SkuState.QUARANTINED
    assert refused.quarantine is not None
    assert refused.quarantine.message == f"the SKU: {REFUSAL.message}"
    assert due(refused) == []


@pytest.mark.parametrize("outcome", [Accepted(None), Gone(ABSENCE)], ids=["deleted", "gone"])
def test_a_row_is_forgotten_when_the_last_half_that_may_go_is_gone(
    outcome: Accepted | Gone,
) -> None:
    assert settled(GONE, outcome, PAIRS) is None
    left = settled(GONE, outcome, WITH_DELETES)
    assert left is not None
    assert [half[:2] for half in due(left, WITH_DELETES)] == [(Action.DELETE, SKU)]
    assert settled(left, outcome, WITH_DELETES) is None


def test_a_pair_that_leaves_the_catalog_before_its_item_is_made_is_remembered() -> None:
    left = gone(replace(NEW, known_sku=KNOWN_SKU), NOW, 5)
    assert left is not None
    assert left.known_sku == KNOWN_SKU


def item(values: Attributes) -> RemoteItem:
    return RemoteItem(ITEM, values)


def test_equal_halves_are_adopted_without_a_write() -> None:
    found = observe(NEW, Observation(item(KNOWN), sku=RemoteSku(ITEM, KNOWN_SKU)), PAIRS, NOW)

    assert found is not None
    assert found.state is SkuState.IN_SYNC
    assert is_adoption_of_sku(NEW, found)


def test_a_sku_without_an_item_is_adopted_and_gets_one_that_is_no_second() -> None:
    found = observe(NEW, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), PAIRS, NOW)

    assert found is not None
    assert found.ownership is Ownership.UNKNOWN
    assert [half[:2] for half in due(found)] == [(Action.CREATE, OF_ITEM)]


def test_an_existing_sku_is_foreign_where_nothing_is_adopted() -> None:
    policy = replace(PAIRS, adopt=False)
    found = observe(NEW, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), policy, NOW)

    assert found is not None
    assert found.state is SkuState.FOREIGN
    assert found.known_sku is None


def test_what_landed_before_a_crash_is_taken_for_ours_and_not_made_again() -> None:
    in_flight = claim(NEW, first(NEW))
    found = observe(in_flight, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), PAIRS, NOW)

    assert found is not None
    assert found.sent_sku == {PART, ORIGIN, NAME}
    assert not is_adoption_of_sku(in_flight, found)
    assert [half[:2] for half in due(found)] == [(Action.CREATE, OF_ITEM)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (WITH_DELETES, [(Action.DELETE, SKU)]),
        (replace(WITH_DELETES, adopt=False), [(Action.DELETE, SKU)]),
        (PAIRS, None),
    ],
)
def test_a_sku_that_we_began_to_make_is_ours_though_its_row_has_gone_since(
    policy: Policy, expected: list[tuple[Action, Resource]] | None
) -> None:
    in_flight = replace(claim(NEW, first(NEW)), missing=GONE.missing)
    found = observe(in_flight, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), policy, NOW)

    assert (None if found is None else [half[:2] for half in due(found, policy)]) == expected


@pytest.mark.parametrize("missing", [None, GONE.missing])
def test_a_sku_that_we_began_to_make_again_is_ours_beside_an_item_that_is(
    missing: Missing | None,
) -> None:
    """The item that is known does not make the write in doubt one of the item."""
    lost = replace(IN_SYNC, known_sku=None, lost_sku=True)
    in_flight = replace(claim(lost, first(lost)), missing=missing)
    seen = Observation(item(KNOWN), sku=RemoteSku(ITEM, KNOWN_SKU))
    found = observe(in_flight, seen, NOT_ADOPTING, NOW)

    assert found is not None
    assert (found.state, found.open_half) == ((GONE if missing else IN_SYNC).state, None)
    assert (found.known, found.known_sku) == (KNOWN, KNOWN_SKU)
    assert not is_adoption_of_sku(in_flight, found)


def test_a_write_in_doubt_makes_nothing_of_the_other_half_ours() -> None:
    of_item = change_for(NEW, ITEMS, NOW, read=4)
    assert of_item is not None
    in_flight = claim(NEW, of_item)
    found = observe(in_flight, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), NOT_ADOPTING, NOW)
    assert found is not None
    assert (found.state, found.known_sku) == (SkuState.FOREIGN, None)

    of_sku = claim(NEW, first(NEW))
    found = observe(of_sku, Observation(item(KNOWN)), NOT_ADOPTING, NOW)
    assert found is not None
    assert (found.state, found.known) == (SkuState.FOREIGN, None)


@pytest.mark.parametrize(
    ("row", "kept"),
    [(replace(IN_SYNC, known_sku=None), OF_ITEM), (replace(NEW, known_sku=KNOWN_SKU), SKU)],
)
def test_the_half_that_is_ours_stays_ours_where_the_other_one_is_not(
    row: Tracked, kept: Resource
) -> None:
    policy, seen = replace(NOT_ADOPTING, delete_skus=True), Observation(item(KNOWN), sku=THEIR_SKU)
    found = observe(row, seen, policy, NOW)

    assert found is not None
    assert (found.state, due(found, policy)) == (SkuState.FOREIGN, [])
    left = gone(found, NOW - 2 * DAY, 3)
    assert left is not None
    assert left.state is SkuState.MISSING
    assert [half[:2] for half in due(left, policy)] == [(Action.DELETE, kept)]
    unheard = replace(left, delivery=Delivery.IN_DOUBT, open_half=kept)
    assert observe(unheard, seen, policy, NOW) == left
    asked_again = absorb(found, 12, {**WISH, NAME: "Boot"})
    assert needs_look_up(asked_again, NOW)
    assert asked_again.half(kept).known == found.half(kept).known is not None


def test_what_is_taken_over_beside_a_write_in_doubt_of_the_other_half_is_an_adoption() -> None:
    of_sku, there = claim(NEW, first(NEW)), Observation(item(KNOWN))
    assert is_adoption(of_sku, observe(of_sku, there, PAIRS, NOW))
    of_item = replace(of_sku, open_half=OF_ITEM)
    assert not is_adoption(of_item, observe(of_item, there, PAIRS, NOW))
    shown = Observation(None, sku=THEIR_SKU)
    assert is_adoption_of_sku(of_item, observe(of_item, shown, PAIRS, NOW))
    assert not is_adoption_of_sku(of_sku, observe(of_sku, shown, PAIRS, NOW))


def test_a_newer_wish_clears_nothing_of_the_half_that_is_not_in_doubt() -> None:
    row = replace(IN_SYNC, desired={**WISH, ECCN: "EAR99", NAME: "Boot"})
    cleared = {**WISH, ECCN: None}
    of_sku, of_item = first(row).halves
    assert absorb(claim(row, of_sku), 12, cleared).sent == frozenset()
    assert absorb(claim(row, of_sku), 12, cleared).sent_sku == {ECCN, NAME}
    assert absorb(claim(row, of_item), 12, cleared).sent == {ECCN}
    assert absorb(claim(row, of_item), 12, cleared).sent_sku == frozenset()


def test_a_sku_of_others_stays_theirs_where_the_row_has_gone() -> None:
    gone = replace(NEW, missing=GONE.missing)
    seen = Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU))
    assert observe(gone, seen, WITH_DELETES, NOW) is None


def test_a_newer_wish_clears_what_a_doubtful_write_may_have_sent() -> None:
    doubtful = replace(NEW, delivery=Delivery.IN_DOUBT)
    row = absorb(doubtful, 12, {**WISH, NAME: "Boot"})
    assert row.sent_sku == {PART, ORIGIN, NAME}


def updates(*ids: str) -> Plan:
    rows = [replace(IN_SYNC, id=ItemId(one), desired={**WISH, ORIGIN: "CA"}) for one in ids]
    return Plan(tuple(first(row) for row in rows))


def test_a_guard_counts_a_pair_once_and_stops_it_whole() -> None:
    plan, situation = updates("a", "b"), Situation(owned=100)
    allowed = Limits(max_update=2, max_same_change=2)

    assert guard(plan, situation, allowed).passed == plan
    verdict = guard(plan, situation, replace(allowed, max_update=1))
    assert verdict.passed.changes == ()
    assert verdict.stops[0].actual == 2
    assert verdict.stops[0].examples == ("a", "b")
    alike = guard(plan, situation, replace(allowed, max_same_change=1))
    assert alike.stops[0].actual == 2


def test_a_change_hidden_behind_another_is_judged_all_the_same() -> None:
    row = replace(IN_SYNC, desired={**WISH, NAME: "Boot"}, known=None)
    plan = Plan((first(row),))

    verdict = guard(plan, Situation(owned=100), Limits(max_create=0))

    assert verdict.passed.changes == ()
    assert plan.count(Action.CREATE) == plan.count(Action.UPDATE) == 1


def test_halves_come_apart_and_together_again() -> None:
    plan = updates("a", "b")
    halves = [half for change in plan.changes for half in change.halves]

    assert [half.resource for half in halves] == [SKU, OF_ITEM] * 2
    assert paired(halves) == plan.changes
    done = [ChangeResult(half, ChangeOutcome.DONE) for half in halves]
    assert Counts.of(done).update == 2


OTHER: Attributes = {**KNOWN_SKU, ORIGIN: "SE"}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("row", "of_item", "of_sku", "kinds"),
    [
        (IN_SYNC, KNOWN, KNOWN_SKU, (None, None)),
        (IN_SYNC, KNOWN, OTHER, (FindingKind.DRIFTED, FindingKind.UNEQUAL)),
        (IN_SYNC, KNOWN, None, (FindingKind.VANISHED, FindingKind.INCOMPLETE)),
        (IN_SYNC, None, KNOWN_SKU, (FindingKind.VANISHED, FindingKind.VANISHED)),
        (None, None, KNOWN_SKU, (FindingKind.INCOMPLETE, FindingKind.INCOMPLETE)),
        (None, KNOWN, KNOWN_SKU, (FindingKind.FOREIGN, FindingKind.FOREIGN)),
        (replace(IN_SYNC, delivery=Delivery.IN_FLIGHT), KNOWN, OTHER, (None, None)),
    ],
)
def test_an_audit_judges_both_halves(
    row: Tracked | None,
    of_item: Attributes | None,
    of_sku: Attributes | None,
    kinds: tuple[FindingKind | None, FindingKind | None],
    *,
    kept: bool,
) -> None:
    sku = None if of_sku is None else RemoteSku(ITEM, of_sku, physical=True)
    look = Look(ITEM, row, None if of_item is None else item(of_item), NOW, sku, has_asked=True)

    finding = judged_pair(look, kept=kept)

    assert (finding and finding.kind) is kinds[0 if kept else 1]


def test_unequal_halves_are_told_three_ways_and_managed_ones_not_at_all() -> None:
    sku = RemoteSku(ITEM, {**OTHER, ECCN: "EAR99"})
    seen = Look(ITEM, IN_SYNC, item(KNOWN), NOW, sku, has_asked=True)

    finding = judged_pair(seen, kept=False)

    assert finding is not None
    sides = finding.unequal[ORIGIN]
    assert (sides.catalog, sides.sku, sides.item) == ("DK", "SE", "DK")
    assert set(finding.unequal) == {ORIGIN, ECCN}
    theirs = replace(seen, tracked=None, sku=replace(sku, managed=True))
    assert getattr(judged_pair(theirs, kept=False), "unequal", None) == {}
    digital = RemoteSku(ITEM, KNOWN_SKU, physical=False)
    assert judged_pair(Look(ITEM, None, None, NOW, digital, has_asked=True), kept=False) is None


@pytest.mark.parametrize(
    ("there", "kind", "reason", "alone"),
    [
        ("item", FindingKind.VANISHED, "its SKU is gone", "an item is there without a SKU"),
        ("edited item", FindingKind.DRIFTED, "its SKU is gone", "an item is there without a SKU"),
        ("sku", FindingKind.VANISHED, "", "a SKU is there without an item"),
        ("nothing", FindingKind.VANISHED, "its SKU and its item are gone", ""),
    ],
)
def test_an_audit_tells_which_half_of_a_pair_of_ours_is_gone(
    there: str, kind: FindingKind, reason: str, alone: str
) -> None:
    items = {"item": item(KNOWN), "edited item": item({**KNOWN, ORIGIN: "SE"})}
    skus = {"sku": RemoteSku(ITEM, KNOWN_SKU)}
    look = Look(ITEM, IN_SYNC, items.get(there), NOW, skus.get(there), has_asked=True)

    finding = judged_pair(look, kept=True)

    assert finding is not None
    assert (finding.kind, finding.reason, finding.alone) == (kind, reason, alone)


def test_a_foreign_item_without_a_sku_is_told_as_foreign_alone() -> None:
    finding = judged_pair(Look(ITEM, None, item(KNOWN), NOW, None, has_asked=True), kept=True)

    assert finding is not None
    assert (finding.kind, finding.alone) == (FindingKind.FOREIGN, "")


@pytest.mark.parametrize("kept", [True, False])
def test_an_audit_tells_that_the_sku_of_an_item_of_ours_became_managed(*, kept: bool) -> None:
    theirs = RemoteSku(ITEM, KNOWN_SKU, managed=True)
    seen = Look(ITEM, IN_SYNC, item(KNOWN), NOW, theirs, has_asked=True)
    foreign = replace(seen, tracked=replace(IN_SYNC, ownership=Ownership.FOREIGN, known=None))

    finding, of_another = judged_pair(seen, kept=kept), judged_pair(foreign, kept=kept)

    assert finding is not None
    assert finding.kind is FindingKind.MANAGED
    assert finding.is_to_mend
    assert of_another is not None
    assert of_another.kind is FindingKind.FOREIGN


SHOWN: Final = Observation(RemoteItem(ITEM, KNOWN), sku=RemoteSku(ITEM, KNOWN_SKU))
NO_ADOPTION: Final = replace(WITH_DELETES, adopt=False)


def test_a_sku_that_was_never_ours_is_not_taken_from_a_row_that_is_gone() -> None:
    lost = replace(GONE, known_sku=None, delivery=Delivery.IN_DOUBT)

    row = observe(lost, SHOWN, WITH_DELETES, NOW)

    assert row is not None
    assert row.known_sku is None
    assert [half[:2] for half in due(row, WITH_DELETES)] == [(Action.DELETE, OF_ITEM)]


@pytest.mark.parametrize(
    ("delivery", "is_ours"),
    [
        (Delivery.IN_FLIGHT, True),
        (Delivery.IN_DOUBT, True),
        (Delivery.DOUBTED, False),
        (Delivery.SETTLED, False),
    ],
)
def test_a_sku_that_a_doubtful_write_has_made_goes_though_its_row_is_gone(
    delivery: Delivery, is_ours: bool
) -> None:
    made = replace(gone_before_its_item(), delivery=delivery)

    row = observe(made, Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU)), WITH_DELETES, NOW)

    assert (row is not None) is is_ours
    if row is not None:
        assert [half[:2] for half in due(row, WITH_DELETES)] == [(Action.DELETE, SKU)]


def gone_before_its_item() -> Tracked:
    """A new pair that has left the catalog."""
    return replace(NEW, missing=GONE.missing)


@pytest.mark.parametrize("delivery", [Delivery.SETTLED, Delivery.IN_DOUBT])
def test_without_adoption_a_sku_beside_an_item_of_ours_makes_the_pair_foreign(
    delivery: Delivery,
) -> None:
    row = observe(replace(IN_SYNC, known_sku=None, delivery=delivery), SHOWN, NO_ADOPTION, NOW)

    assert row is not None
    assert row.state is SkuState.FOREIGN
    assert row.foreign_reason == "its SKU existed already, and policy.adopt is off"
    assert due(row, NO_ADOPTION) == []


def test_without_adoption_an_item_beside_a_sku_of_ours_is_not_taken() -> None:
    ours = replace(NEW, known_sku=KNOWN_SKU)

    row = observe(ours, SHOWN, NO_ADOPTION, NOW)

    assert row is not None
    assert row.state is SkuState.FOREIGN


@pytest.mark.parametrize("policy", [PAIRS, Policy(delete_skus=True)])
def test_a_row_whose_item_is_found_gone_is_forgotten_where_its_sku_stays(policy: Policy) -> None:
    doubtful = replace(GONE, delivery=Delivery.IN_DOUBT)
    left = Observation(None, sku=RemoteSku(ITEM, KNOWN_SKU))

    assert observe(doubtful, left, policy, NOW) is None
    assert observe(doubtful, left, WITH_DELETES, NOW) is not None


def test_a_limit_does_not_shrink_between_the_halves_of_a_delete() -> None:
    gone_items = [
        replace(GONE, id=ItemId(f"S-{number}"), known=None, ownership=Ownership.UNKNOWN)
        for number in range(10)
    ]
    plan = Plan(tuple(first(row, WITH_DELETES) for row in gone_items))
    deleted = frozenset(row.id for row in gone_items)
    situation = Situation(owned=90, written={Action.DELETE: deleted})

    assert guard(plan, situation, Limits()).stops == ()


def test_a_sku_that_leaves_its_group_gets_what_the_group_gave() -> None:
    wish = {**WISH, Attribute.SKU_GROUP_ID: None}
    known = {PART: "A", NAME: "Shoe", Attribute.SKU_GROUP_ID: "G"}
    leaving = replace(IN_SYNC, desired=wish, known_sku=known)
    staying = replace(leaving, desired={**WISH, Attribute.SKU_GROUP_ID: "G"})

    assert due(leaving) == [(Action.UPDATE, SKU, {ORIGIN, Attribute.SKU_GROUP_ID})]
    assert due(staying) == []


@pytest.mark.parametrize("policy", [PAIRS, NOT_ADOPTING])
@pytest.mark.parametrize("name", ["Shoe", "Theirs"])
def test_a_sku_that_was_not_kept_for_a_while_is_ours_and_looked_at_anew(
    policy: Policy, name: str
) -> None:
    alone = absorb(IN_SYNC, 12, KNOWN)
    again = absorb(alone, 13, WISH)

    assert (alone.state, due(alone, ITEMS)) == (SkuState.IN_SYNC, [])
    assert again.state is SkuState.PENDING
    assert needs_look_up(again, NOW)
    there = Observation(RemoteItem(ITEM, KNOWN), sku=RemoteSku(ITEM, {**KNOWN_SKU, NAME: name}))
    found = observe(again, there, policy, NOW)
    assert found is not None
    assert not found.is_foreign
    assert due(found, policy) == ([] if name == "Shoe" else [(Action.UPDATE, SKU, {NAME})])


def test_a_sku_that_was_not_kept_at_the_end_is_not_deleted_with_its_row() -> None:
    left = gone(absorb(IN_SYNC, 12, KNOWN), NOW - 2 * DAY, 3)

    assert left is not None
    assert due(left, WITH_DELETES) == [(Action.DELETE, OF_ITEM, set(KNOWN))]


def test_a_sku_that_was_lost_while_it_was_not_kept_is_brought_back() -> None:
    again = absorb(absorb(IN_SYNC, 12, KNOWN), 13, WISH)

    found = observe(again, Observation(RemoteItem(ITEM, KNOWN)), PAIRS, NOW)

    assert bringing_back(found)


def bringing_back(row: Tracked | None) -> bool:
    assert row is not None
    return recreates(row, first(row))


def test_a_sku_of_ours_that_is_gone_is_brought_back() -> None:
    item = RemoteItem(ITEM, KNOWN)
    changed = replace(IN_SYNC, desired={**WISH, NAME: "Boot"})
    looked_up = observe(replace(IN_SYNC, delivery=Delivery.DOUBTED), Observation(item), PAIRS, NOW)
    refused = settled(changed, Gone(ABSENCE), PAIRS)
    both_gone = observe(IN_SYNC, Observation(None), PAIRS, NOW)

    for row in (looked_up, refused, both_gone):
        assert row is not None
        assert bringing_back(replace(row, next_attempt=None))
        again = settled(replace(row, next_attempt=None), Accepted(KNOWN_SKU), PAIRS)
        assert again is not None
        assert not again.lost_sku


def test_a_sku_that_was_never_lost_is_no_sku_brought_back() -> None:
    item, sku = RemoteItem(ITEM, KNOWN), RemoteSku(ITEM, KNOWN_SKU)
    never_there = observe(replace(IN_SYNC, known_sku=None), Observation(item), PAIRS, NOW)
    lost = observe(IN_SYNC, Observation(item), PAIRS, NOW)
    deleted = settled(replace(GONE, known=None), Accepted(None), WITH_DELETES)

    assert not bringing_back(never_there)
    assert lost is not None
    found_again = observe(lost, Observation(item, sku=sku), PAIRS, NOW)
    assert found_again == IN_SYNC
    managed = observe(lost, Observation(item, managed=True), PAIRS, NOW)
    assert managed is not None
    assert not managed.lost_sku
    assert deleted is None
