"""Each promise can be broken: a mistake in syncd is told by the promise that it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Final

import pytest

from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.ledger import Pace
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Change
from syncd.domain.delivery import Outcome
from syncd.domain.policy import Policy
from syncd.domain.tracking import Tracked
from syncd.engine import absorb
from syncd.engine.forget import without_lasting_sku
from syncd.ports import State
from tests.property.simulate.at_the_shelf import edit
from tests.property.simulate.life import PromiseBroken, live
from tests.property.simulate.outside import keep_pairs_or_items, others_write, reconfigure
from tests.property.simulate.runs import frozen, revert
from tests.property.simulate.steps import ALWAYS, Step
from tests.property.simulate.world import World

LIVES: Final = 60
_carry_out, _below = DigitalRiver.carry_out, Pace.below
_wished = absorb._wished  # noqa: SLF001 - wrapped by a mistake


async def _at_once_twice(self: DigitalRiver, change: Change) -> Outcome:
    first, _ = await asyncio.gather(_carry_out(self, change), _carry_out(self, change))
    return first


async def _nothing_asked(_self: object, _ids: Sequence[ItemId]) -> dict[ItemId, None]:
    return {}


def _believed(row: Tracked, *_: object) -> Tracked:
    return replace(row, known=row.desired)


def _forgotten(row: Tracked) -> Tracked | None:
    return None if row.missing else row


def _wished_without_a_sku(row: Tracked, fingerprint: int | None, wish: Attributes) -> Tracked:
    wished = _wished(row, fingerprint, wish)
    return wished if wished.wants_sku else wished.without_sku()


def _let_go(row: Tracked, policy: Policy) -> Tracked:
    left = without_lasting_sku(row, policy)
    return row if left is row else row.without_sku()


async def _adopt_nothing(world: World) -> None:
    world.merchant.decide(adopt=False)


async def _keep_every_sku(world: World) -> None:
    world.merchant.manage(delete_skus=False)


def _not_copied(self: State) -> AbstractContextManager[State]:
    return nullcontext(self)


MISTAKES: Final[dict[str, tuple[str, Any]]] = {
    r"left while another write of this item was under way": (
        "syncd.digital_river.client.DigitalRiver.carry_out",
        _at_once_twice,
    ),
    r"was number 26 within a second": (
        "syncd.digital_river.ledger.Pace.below",
        staticmethod(lambda rate: _below(2 * rate)),
    ),
    r"left during a pause": ("syncd.digital_river.pacer.LedgerPacer.pause", lambda *_: None),
    r"changed nothing": ("syncd.engine.settle._accepted", lambda row, *_: row),
    r"held are \{.*, and set\(\) are told": ("syncd.service.finish.held", lambda _: ()),
    r"are told as quarantined": ("syncd.service.finish.quarantined", lambda _: ()),
    r"was missing in only": ("syncd.engine.plan.delete_is_due", lambda *_: True),
    r"left before its stock was asked for": (
        "syncd.service.spare.Sparing._stocked",
        _nothing_asked,
    ),
    r"outlived its row": ("syncd.engine.absorb.unless_spent", _forgotten),
    r"a dry run has changed the state": (
        "tests.fakes.state.FakeState.overlay",
        _not_copied,
    ),
    r"updates of \d+ items": ("syncd.engine.guard.allowed_count", lambda *_: 1_000),
    r"was not looked up before": ("syncd.service.passes.needs_look_up", lambda *_: False),
    r"should be .* and is": ("syncd.engine.settle._compared", _believed),
}


@pytest.mark.parametrize("promise", MISTAKES)
def test_a_mistake_breaks_its_promise(monkeypatch: pytest.MonkeyPatch, promise: str) -> None:
    monkeypatch.setattr(*MISTAKES[promise])

    with pytest.raises(PromiseBroken, match=rf"(?s)BROKEN: .*{promise}"):
        _live_until_it_breaks("hazel")


@pytest.mark.parametrize(
    ("mistake", "often", "first", "promise"),
    [
        (
            ("tests.fakes.state.FakeLease.check", lambda _: None),
            (frozen, frozen, frozen, frozen),
            "fir",
            "left after another process took over",
        ),
        (
            ("syncd.engine.observe._is_our_item", lambda *_: True),
            (others_write, reconfigure),
            "elm",
            "was adopted, unasked",
        ),
        (
            ("syncd.engine.absorb._wished", _wished_without_a_sku),
            (keep_pairs_or_items, reconfigure),
            "yew6",
            "is foreign, not",
        ),
        (
            ("syncd.engine.settle.without_lasting_sku", _let_go),
            (revert, revert, revert, _adopt_nothing, _keep_every_sku, edit, edit),
            "yew10",
            "is foreign, not",
        ),
    ],
    ids=["a lease that is lost", "an adoption", "a SKU not kept", "a SKU that is left"],
)
def test_a_mistake_that_shows_seldom_breaks_its_promise_too(
    monkeypatch: pytest.MonkeyPatch,
    mistake: tuple[str, Any],
    often: tuple[Step, ...],
    first: str,
    promise: str,
) -> None:
    monkeypatch.setattr(*mistake)
    monkeypatch.setattr("tests.property.simulate.life.ALWAYS", (*ALWAYS, *often))

    with pytest.raises(PromiseBroken, match=rf"(?s)BROKEN: .*{promise}"):
        _live_until_it_breaks(first)


def _live_until_it_breaks(first: str) -> None:
    for number in range(LIVES):
        live(f"{first}-{number}")
