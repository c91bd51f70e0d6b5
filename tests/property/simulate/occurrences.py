"""What must happen in many lives, or else the promises would be kept by nothing ever happening."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from syncd.domain.change import Action, ChangeOutcome, Resource
from syncd.domain.cycle import Guard, Mode
from syncd.domain.delivery import Kind
from syncd.domain.tracking import SkuState
from tests.property.simulate.steps import ALWAYS, MEANWHILE, SOMETIMES
from tests.property.simulate.weather import Mishap

CONFIGURATIONS: Final = 8
_OF_A_WHILE: Final = ("401", "403", "429", "500", "503", "nobody answers")
_ANSWERS: Final[Mapping[Action, tuple[int, ...]]] = {
    Action.CREATE: (201, 409),
    Action.UPDATE: (404, 409),
    Action.DELETE: (204,),
}
_HALVES: Final = (Resource.INVENTORY_ITEM, Resource.SKU)
_PLACES: Final = (
    "before it takes the lease",
    "before a transaction",
    "before a commit",
    "after a commit",
    "before a request",
    "after a request has left",
    "with the answer to a request",
    "before a sleep",
    "after a sleep",
    "at some moment",
)
_LOGS: Final = (
    "audit.doubted",
    "audit.finished",
    "audit.stopped",
    "clock.was_wrong",
    "cycle.approved",
    "daemon.relieved",
    "daemon.trouble",
    "delivery.helped",
    "delivery.helper_gone",
    "delivery.helps",
    "history.pruned",
    "lease.taken_over",
    "notify.failed",
    "notify.posted",
    "quarantine.released",
    "remote.back",
    "remote.failing",
    "remote.forbidden",
    "remote.granted",
    "remote.key_refused",
    "remote.paused",
    "revert.recorded",
    "revert.released",
)
RARE: Final = frozenset(
    {
        "guard max_create",
        "journal forbidden",
        "journal forgotten",
        "journal key_refused",
        "log delivery.helper_gone",
        "log remote.back",
        "log remote.granted",
        "update sku: 404",
        *(f"read: {one}" for one in Mishap),
        *(f"write: {one}" for one in ("401", "403", "408", "500, not carried out")),
    }
)
"""What a few lives may do without."""


def _steps() -> Iterator[str]:
    yield from (f"step {step.__name__}" for step in (*ALWAYS, *SOMETIMES))
    yield from (f"meanwhile {step.__name__}" for step in MEANWHILE)
    yield from (f"configuration {number}" for number in range(CONFIGURATIONS))
    yield from ("pairs from now on", "items alone from now on", "a hook names some SKUs")
    yield from ("pairs", "items alone", "a joined catalog", "a catalog of one source", "frozen")
    yield "a helper tells what came of its request"
    yield "goes on an hour after another took over, and is shut out"
    yield from (f"a run ends by {name}" for name in ("LeaseHeldError", "LeaseLostError"))
    yield from (f"killed {place}" for place in _PLACES)


def _fates() -> Iterator[str]:
    for kind in ("read", "write"):
        yield from (f"{kind}: {fate}" for fate in (*Mishap, *_OF_A_WHILE))


def _outcomes() -> Iterator[str]:
    for half in _HALVES:
        for action, answers in _ANSWERS.items():
            yield from (f"{action.value} {half.value}: {answer}" for answer in answers)
    yield from (f"guard {guard.value}" for guard in Guard)
    yield from (f"mode {mode.value}" for mode in Mode)
    yield from (f"change {outcome.value}" for outcome in ChangeOutcome)
    yield from (f"state {state.value}" for state in SkuState)
    yield from (f"journal {kind.value}" for kind in Kind if kind is not Kind.EXISTS)
    yield from ("journal left open", "journal forgotten")
    yield from (f"log {name}" for name in _LOGS)


EXPECTED: Final = frozenset({*_steps(), *_fates(), *_outcomes()})


def unseen(noted: Counter[str], *, lives: int) -> list[str]:
    """What did not happen and should have, in so many lives."""
    expected = EXPECTED if lives >= MANY else EXPECTED - RARE
    return sorted(one for one in expected if not noted[one])


MANY: Final = 1000
"""Lives in which even what is rare must have happened."""
