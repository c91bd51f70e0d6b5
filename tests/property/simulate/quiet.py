"""The quiet after a storm: every fault is over, and every promise of product.md must hold."""

from __future__ import annotations

import asyncio
from typing import Final

from syncd.domain.approval import can_be_approved
from syncd.domain.attributes import (
    SERVER_FILLED,
    Attribute,
    Attributes,
    ItemId,
    Value,
    item_half,
    sku_half,
)
from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import CycleResult
from syncd.domain.delivery import Kind, Verb
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.service.account import ACCOUNT
from syncd.service.spare import ITEM_THERE
from tests.property.simulate.account import ITEM, SKU, Half
from tests.property.simulate.network import Sent
from tests.property.simulate.promises import name_of
from tests.property.simulate.rehearsal import as_rehearsed
from tests.property.simulate.world import World

A_DAY_AND_MORE: Final = 25 * 3600.0
ANCHOR: Final = "sku-00"
"""A row that is there at the end, for an emptied catalog is a stop of its own."""
ROUNDS: Final = 16
RETRIES: Final = 2
AT_REST: Final = frozenset(
    {SkuState.IN_SYNC, SkuState.HELD, SkuState.QUARANTINED, SkuState.FOREIGN}
)


async def calm_down(world: World) -> None:
    """End every fault, and let people do what only they can."""
    world.trace.chapter("everything calms down")
    world.weather.clear_up()
    world.people.is_calm = True
    world.shelf.mend()
    world.shelf.put(ANCHOR, physical=True, repeated=False)
    world.shelf.publish()
    world.merchant.account = world.state.remembered(ACCOUNT) or world.merchant.account
    world.merchant.decide(mode=PolicyMode.MIRROR)
    await world.release_all()
    await asyncio.sleep(A_DAY_AND_MORE)


async def come_to_rest(world: World) -> CycleResult:
    """Run as often as it takes, a day between the runs; people approve what guards stop.

    The export comes every other day: an untouched file is no further read.
    """
    result = await _in_fair_weather(world)
    for number in range(ROUNDS):
        if is_at_rest(result) and (number > RETRIES or not result.quarantined):
            return result
        if number:
            _clear_the_way(world, result)
        if result.quarantined and number < RETRIES:
            await world.retry_quarantined()
        if can_be_approved(result.guards):
            await world.approve(result.id)
        else:
            await asyncio.sleep(A_DAY_AND_MORE)
            if number % 2:
                world.shelf.source.rewrite()
        result = await _in_fair_weather(world)
    return world.promises.blame(f"it does not come to rest: {result.states} {result.guards}")


def _clear_the_way(world: World, result: CycleResult) -> None:
    """Do what the report asks of people for deletes that wait: nothing of ours is in the way."""
    world.account.unstock_all()
    if not any(ITEM_THERE.message in note for note in result.notes):
        return
    waiting = [row for rows in world.state.in_states(frozenset({SkuState.MISSING})) for row in rows]
    halves = [(row.id, ITEM) for row in waiting if row.last_error == ITEM_THERE]
    for half in [one for one in halves if world.account.half(one) is not None]:
        if not world.promises.is_strange(half):
            world.promises.blame(f"our own item keeps the SKU of {half[0]}")
        world.trace.note("an item of others keeps a SKU")
        world.take_away(half)


async def _in_fair_weather(world: World) -> CycleResult:
    result = await as_rehearsed(world)
    return result or world.promises.blame("a cycle failed in fair weather")


def is_at_rest(result: CycleResult) -> bool:
    """Whether nothing is left to do that time or a person would bring."""
    moving = {state for state, count in result.states.items() if count} - AT_REST
    refused = {one.outcome for one in result.changes} <= {ChangeOutcome.QUARANTINED}
    return refused and not (moving or result.guards or result.error)


async def check(world: World, result: CycleResult) -> None:
    """Compare everything with everything."""
    for item, wish in world.shelf.wishes().items():
        _check_row(world, item, wish)
    _check_leftovers(world)
    _check_told(world, result)
    for sent in world.promises.writes:
        _check_journal(world, sent)
    await _check_silence(world)


def _check_row(world: World, item: ItemId, wish: Attributes | None) -> None:
    row = world.state.tracked([item]).get(item)
    if row is None:
        world.promises.blame(f"{item} stands in the catalog and is not tracked")
    expected = _expected(world, row, wish)
    if row.state not in expected:
        world.promises.blame(f"{item} is {row.state}, not {expected}: {row}")
    if row.state is not SkuState.IN_SYNC:
        return
    for half in halves_of(world, item):
        if half not in world.account.meddled and is_unlike(world, half, wish or {}):
            found = world.account.half(half)
            world.promises.blame(f"{half} should be {wish} and is {found}: {row}")


def halves_of(world: World, item: ItemId) -> tuple[Half, ...]:
    """What is kept of an id: its item, and its SKU where those are kept."""
    of_sku = ((item, SKU),) if world.merchant.policy.skus else ()
    return (*of_sku, (item, ITEM))


def is_unlike(world: World, half: Half, wish: Attributes) -> bool:
    """Whether it is not there, or not as the wish has it."""
    found = world.account.half(half)
    take = sku_half if half[1] is SKU else item_half
    return found is None or bool(differing(take(wish), found))


def _expected(world: World, row: Tracked, wish: Attributes | None) -> set[SkuState]:
    if world.account.is_managed(row.id):
        late = (row.id, ITEM) in world.account.meddled
        unnoticed = {SkuState.IN_SYNC, SkuState.QUARANTINED} if late else set()
        return {SkuState.FOREIGN} | (unnoticed if wish else {SkuState.HELD})
    foreign = {SkuState.FOREIGN} if _has_others(world, row.id) else set()
    if wish is None:
        return {SkuState.HELD} | foreign
    if wish.get(Attribute.MANUFACTURER_ID) == "unknown":
        return {SkuState.QUARANTINED} | foreign
    return {SkuState.IN_SYNC} | foreign


def _has_others(world: World, item: ItemId) -> bool:
    """Whether a half is there that is not ours, and that nobody has allowed to be adopted."""
    if world.merchant.policy.adopt:
        return False
    halves = halves_of(world, item)
    return any(map(world.promises.is_strange, halves)) or item in world.left_skus


def differing(wish: Attributes, found: Attributes) -> dict[Attribute, tuple[Value, Value]]:
    return {
        attribute: (value, found[attribute])
        for attribute, value in wish.items()
        if found[attribute] != value and not (value is None and attribute in SERVER_FILLED)
    }


def _check_leftovers(world: World) -> None:
    policy, there = world.merchant.policy, world.account
    kept = (ITEM, SKU) if policy.skus and policy.delete_skus else (ITEM,)
    for half in [(item, resource) for resource in kept for item in there.ids(resource)]:
        is_wanted = half[0] in world.shelf.source.rows
        is_others = world.promises.is_strange(half) or (
            half[1] is SKU and (there.is_managed(half[0]) or half[0] in world.left_skus)
        )
        if not is_wanted and not is_others:
            world.promises.blame(f"{half} outlived its row")


def _check_told(world: World, result: CycleResult) -> None:
    if dict(result.states) != dict(world.state.census().states):
        world.promises.blame(f"the report counts {result.states}")
    held = {one.id for one in result.held}
    unusable = {item for item, wish in world.shelf.wishes().items() if wish is None}
    foreign = _ids_in(world, SkuState.FOREIGN)
    if held != unusable - foreign:
        world.promises.blame(f"held are {unusable}, and {held} are told")
    quarantined = {one.id for one in result.quarantined}
    if quarantined != _ids_in(world, SkuState.QUARANTINED):
        world.promises.blame(f"{quarantined} are told as quarantined")
    code = ExitCode.NEEDS_ATTENTION if held or quarantined else ExitCode.OK
    if exit_code(result) is not code:
        world.promises.blame(f"the exit code is {exit_code(result)}, not {code}")


def _ids_in(world: World, state: SkuState) -> set[ItemId]:
    return {row.id for rows in world.state.in_states(frozenset({state})) for row in rows}


def _check_journal(world: World, sent: Sent) -> None:
    told = {name_of(one): one for one in world.state.journal_of(sent.id)}
    entry = told.get(name_of(sent.intent))
    if entry is None:
        kept = world.merchant.keep_journal
        is_old = sent.departed <= world.now - kept.total_seconds()  # whatever clocks said of it
        if sent.intent.begun > world.wall.furthest() - kept and not is_old:
            world.promises.blame(f"the journal says nothing any more of {sent}")
        world.trace.note("journal forgotten")
        return
    world.trace.note(f"journal {entry.kind.value if entry.kind else 'left open'}")
    left_open = sent.process.was_cut_off or sent.process.stop.is_set()
    if entry.kind is None and left_open:
        return
    if entry.kind not in _honest(sent):
        world.promises.blame(f"the journal says {entry.kind} of {sent}, not {_honest(sent)}")


def _honest(sent: Sent) -> set[Kind]:
    """What an honest journal says of a request; a refusal of the key met by many is told once."""
    heard = sent.heard
    if heard is None or not sent.is_certain:
        return {Kind.UNKNOWN}
    if heard.status == 409 and not sent.fate.whole:
        return {Kind.EXISTS if sent.request.verb is Verb.CREATE else Kind.REFUSED}
    if heard.status == 409 and b"invalid_parameter" not in heard.body:
        return {Kind.EXISTS, Kind.REFUSED}
    kind = _KINDS.get(heard.status, Kind.ACCEPTED)
    return {kind, Kind.UNDONE} if kind in {Kind.KEY_REFUSED, Kind.FORBIDDEN} else {kind}


_KINDS: Final = {
    400: Kind.REFUSED,
    401: Kind.KEY_REFUSED,
    403: Kind.FORBIDDEN,
    404: Kind.GONE,
    409: Kind.REFUSED,
    429: Kind.UNDONE,
}


async def _check_silence(world: World) -> None:
    """A cycle over an untouched file with nothing due asks nothing."""
    result = await as_rehearsed(world)
    if result is None or result.requests:
        world.promises.blame(f"a quiet cycle made requests: {result}")
