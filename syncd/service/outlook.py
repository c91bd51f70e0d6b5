"""What happens next to a SKU, and when: in words, from its row of the change-tracking table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from syncd.domain.approval import can_be_approved
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import CycleResult
from syncd.domain.delivery import Failure
from syncd.domain.journal import Deed, JournalEntry
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, Held, Ownership, Reverted, SkuState, Tracked
from syncd.engine.plan import ALLOWED, change_for, goes_with_its_row


@dataclass(frozen=True, slots=True)
class Remedy:
    """A command that helps; `lead` says for what. Whoever shows it spells the ids for a shell."""

    lead: str
    command: tuple[str, ...]
    ids: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """One or two sentences; `at` is the moment before which nothing happens, None where any may."""

    words: str
    at: datetime | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an outlook is told from.

    `reads` counts the complete reads so far; `last` is the last cycle, None where there was none.
    Under `orchestrated` nothing is ever written.
    """

    row: Tracked
    policy: Policy
    reads: int
    now: datetime
    last: CycleResult | None = None
    orchestrated: bool = False

    @property
    def later(self) -> datetime | None:
        """When the next attempt is due, where that is not now."""
        moment = self.row.next_attempt
        return moment if moment is not None and moment > self.now else None


def outlook(prospect: Prospect) -> Outlook:
    """Tell what the next cycles do with this SKU if its row and its item stay as they are."""
    return _never_written(prospect) or _stopped(prospect) or _BY_STATE[prospect.row.state](prospect)


def _never_written(prospect: Prospect) -> Outlook | None:
    row = prospect.row
    is_settled = row.delivery is Delivery.SETTLED
    if not prospect.orchestrated or not is_settled or row.state not in _WOULD_BE_WRITTEN:
        return None
    return Outlook('Nothing: digital_river.model is "orchestrated", so Digital River keeps it.')


def _stopped(prospect: Prospect) -> Outlook | None:
    """Say which guard keeps the change back that is due, and how to let it through."""
    action, last = _action_due(prospect), prospect.last
    stops = [stop for stop in last.guards if action in stop.stopped] if last is not None else []
    if last is None or not stops:
        return None
    by = " and ".join(stop.guard.value for stop in stops)
    words = f"Nothing yet: the last cycle's {action} was stopped by {by}: {stops[0].message}."
    if not can_be_approved(stops):
        return Outlook(words)
    return Outlook(words, remedy=Remedy("Let it through with:", ("syncd", "approve", last.id)))


def _action_due(prospect: Prospect) -> Action | None:
    row, policy = prospect.row, prospect.policy
    change = change_for(row, policy, prospect.now, prospect.reads)
    return None if change is None else change.action


def state_words(row: Tracked) -> str:
    """Say in one sentence what state a SKU is in, and why."""
    state = row.state
    if row.reverted is not None and row.is_reverted:
        return _reverted_words(row, row.reverted)
    if state is SkuState.HELD and row.held is not None:
        return _unusable(row.held)
    if state is SkuState.QUARANTINED and row.quarantine is not None:
        return f"Digital River refused it: {failure_words(row.quarantine)}."
    if state is SkuState.FOREIGN:
        return f"{_FOREIGN_WORDS[row.own_half]}: {row.foreign_reason or 'no reason'}."
    return _WORDS[state]


def _reverted_words(row: Tracked, reverted: Reverted) -> str:
    done = "is held so" if row.state is SkuState.HELD else "is not yet as it was before"
    unusable = "" if row.held is None else f" {_unusable(row.held)}"
    return f"It was reverted from {reverted.cycle} and {done}.{unusable}"


def _unusable(held: Held) -> str:
    place = "" if held.row is None else f" {held.row:,}"
    file = f" of {held.file}" if held.file else ""
    what = f"{held.attribute} {held.value!r}: " if held.attribute else ""
    return f"Its catalog row{place}{file} is unusable: {what}{held.rule}."


def failure_words(failure: Failure) -> str:
    """Say what came and why, with the request id that support asks for."""
    status = "" if failure.status is None else f"{failure.status} "
    about = f" on {failure.parameter}" if failure.parameter else ""
    request = f" (request {failure.request_id})" if failure.request_id else ""
    return f"{status}{failure.code}{about}: {failure.message.rstrip('.')}{request}"


def entry_words(entry: JournalEntry) -> str:
    """Say what became of an entry of the journal."""
    if entry.failure is not None:
        return failure_words(entry.failure)
    if entry.kind is None:
        return "not recorded"
    return "adopted" if entry.deed is Deed.ADOPT else entry.kind.value.replace("_", " ")


_WOULD_BE_WRITTEN: Final = frozenset({SkuState.PENDING, SkuState.MISSING, SkuState.QUARANTINED})
_FOREIGN_WORDS: Final = {
    None: "It exists at Digital River and is not ours",
    Resource.INVENTORY_ITEM: "Its item is ours and its SKU is not",
    Resource.SKU: "Its SKU is ours and its item is not",
}
HALVES: Final = {Resource.INVENTORY_ITEM: "item", Resource.SKU: "SKU"}
_WORDS: Final = {
    SkuState.IN_SYNC: "Its item equals its catalog row, as it was last recorded.",
    SkuState.PENDING: "Its item differs from its catalog row, or was not looked up since.",
    SkuState.IN_FLIGHT: "A write was begun and its outcome is not recorded.",
    SkuState.MISSING: "It is gone from the catalog and not yet deleted.",
}


def _in_sync(_: Prospect) -> Outlook:
    return Outlook("Nothing, until its catalog row changes.")


def _pending(prospect: Prospect) -> Outlook:
    row, policy = prospect.row, prospect.policy
    if row.delivery is not Delivery.SETTLED:
        return _look_up_first(prospect) if row.may_have_written else _look_up_anew(prospect)
    if policy.mode is PolicyMode.REPORT_ONLY:
        return Outlook("It is reported and not written, for policy.mode is report-only.")
    action = _action(row)
    if action not in ALLOWED[policy.mode]:
        return Outlook(f"Nothing: policy.mode is {policy.mode}, which allows no {action}.")
    if prospect.later is not None:
        return Outlook(
            f"Attempt {row.attempts + 1}, by the first cycle from then on.", row.next_attempt
        )
    return Outlook(f"The next cycle {_deed(row)}, unless a guard stops it.")


def _action(row: Tracked) -> Action:
    if row.is_to_go:
        return Action.DELETE
    return Action.CREATE if row.known is None else Action.UPDATE


def _deed(row: Tracked) -> str:
    if row.is_to_go:
        return "deletes it"
    if row.known is not None:
        return "updates it"
    if row.ownership is Ownership.OWNED:
        return "creates it again, for it is gone at Digital River"
    return "looks it up at Digital River, and creates it where it is not there"


def _look_up_first(prospect: Prospect) -> Outlook:
    words = "A cycle asks Digital River whether the last write was carried out, then goes on."
    return Outlook(words, prospect.later)


def _look_up_anew(prospect: Prospect) -> Outlook:
    words = "A cycle looks it up at Digital River, for others may have changed it, then goes on."
    return Outlook(words, prospect.later)


def _held(prospect: Prospect) -> Outlook:
    if prospect.row.is_reverted:
        return Outlook(
            "It stays so until its catalog row wants something else.",
            remedy=Remedy("Or until:", ("syncd", "release"), (prospect.row.id,)),
        )
    return Outlook("The remote item stays as it is until the catalog row is mended.")


def _quarantined(prospect: Prospect) -> Outlook:
    row = prospect.row
    by_hand = Remedy("At once with:", ("syncd", "quarantine", "retry"), (row.id,))
    if row.was_answered_otherwise:
        return Outlook("It is tried again when its catalog row changes.", remedy=by_hand)
    words = "It is tried again from then on, or when its catalog row changes."
    return Outlook(words, row.next_attempt, by_hand)


def _missing(prospect: Prospect) -> Outlook:
    missing, policy = prospect.row.missing, prospect.policy
    if missing is None or Action.DELETE not in ALLOWED[policy.mode]:
        return Outlook(f"Nothing: policy.mode is {policy.mode}, which never deletes.")
    if policy.mode is PolicyMode.REPORT_ONLY:
        return Outlook("Its delete is reported and not made, for policy.mode is report-only.")
    error = prospect.row.last_error
    if prospect.later is not None and error is not None:
        waits_for = error.message.rstrip(".")
        return Outlook(f"Its delete waits: {waits_for}. It is tried again then.", prospect.later)
    more = max(0, policy.delete_reads - (prospect.reads - missing.read + 1))
    lack = "read lacks" if more == 1 else "reads lack"
    waits = f" once {more} more complete {lack} it" if more else ""
    spared = ", provided that it has no stock left" if policy.keep_stocked else ""
    due = max(missing.since + policy.delete_after, prospect.row.next_attempt or missing.since)
    words = (
        f"It is deleted by the first cycle from then on{waits}{spared}; if it comes back, it stays."
    )
    return Outlook(words, due if due > prospect.now else None)


def _foreign(prospect: Prospect) -> Outlook:
    row, policy = prospect.row, prospect.policy
    words = "It is never written; a cycle looks whether that still holds."
    if row.own_half is not None and not prospect.orchestrated and goes_with_its_row(row, policy):
        words = (
            "It is not written; a cycle looks whether that still holds. Should its row leave the "
            f"catalog, its {HALVES[row.own_half]} is deleted like any other, for that is ours."
        )
    return Outlook(words, prospect.later)


_BY_STATE: Final[dict[SkuState, Callable[[Prospect], Outlook]]] = {
    SkuState.IN_SYNC: _in_sync,
    SkuState.PENDING: _pending,
    SkuState.IN_FLIGHT: _look_up_first,
    SkuState.HELD: _held,
    SkuState.QUARANTINED: _quarantined,
    SkuState.MISSING: _missing,
    SkuState.FOREIGN: _foreign,
}
