"""What must hold of every single request, whatever happens: looked at as it leaves and lands."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, TypeAlias

import orjson

from syncd.digital_river.refusals import REST
from syncd.domain.attributes import SERVER_FILLED, Attributes, ItemId
from syncd.domain.canonical import observed
from syncd.domain.change import Action
from syncd.domain.delivery import Kind
from syncd.domain.journal import Deed, JournalEntry, WriteId
from syncd.domain.policy import PolicyMode
from syncd.engine.plan import ALLOWED
from syncd.ports import Clock, State
from tests.property.simulate.account import ATTRIBUTES, ITEM, SKU, Half
from tests.property.simulate.network import Sent
from tests.property.simulate.shelf import Read, Shelf
from tests.property.simulate.weather import TIMEOUT

RATE: Final = 25.0
"""Requests in any second that the key allows."""
ASKED_AHEAD: Final = 264
"""Deletes that may wait between the question whether there is stock and their turn."""
LONGEST_PAUSES: Final = 300.0
"""Seconds for which 429s may keep them waiting besides."""
EntryName: TypeAlias = tuple[WriteId, datetime]
"""What tells entries of the journal apart, whose numbers begin anew where it was pruned empty."""
_USUAL_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 3600.0


class Broken(AssertionError):  # noqa: N818 - it is a promise that is broken
    """syncd did what it must never do."""


class Promises:
    """Looks at every request; `broken` keeps the first promise that was not kept."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self.broken: str | None = None
        self.strange: dict[Half, frozenset[EntryName]] = {}
        self.doubtful: dict[Half, Sent] = {}
        self.unheard: dict[Half, Sent] = {}
        self.writes: list[Sent] = []
        self.state: State | None = None
        self._shelf = shelf
        self._clock = clock
        self._last_second: deque[float] = deque()
        self.paused_until = 0.0
        self._recorded: set[tuple[str, str]] = set()
        self._stopped: set[tuple[str, str]] = set()
        self._pending_reads = 0

    # -- as requests move

    def departs(self, sent: Sent) -> None:
        self._keeps_the_pace(sent)
        self._heeds_refusals(sent)
        if not sent.is_write:
            return
        self.note_reading()
        self._may_be_written(sent)
        sent.entry = self._intent(sent)
        self._is_heard(sent)
        self.writes.append(sent)
        self.doubtful[sent.half] = sent
        sent.process.absent.discard(sent.half)

    def lands(self, sent: Sent) -> None:
        """Look at what a write has just changed."""
        if sent.before is None and sent.after is not None:
            self.strange.pop(sent.half, None)
        if sent.after is None:
            self.strange.pop(sent.half, None)
            self.unheard.pop(sent.half, None)
        if self._is_idle(sent):
            self._break(sent, "changed nothing")

    def is_answered(self, sent: Sent) -> None:
        self._note_pause(sent)
        if sent.heard is not None and sent.heard.status == 401:
            sent.process.refused_at = self._clock.now()
        if sent.is_write:
            self._note_certainty(sent)
        elif sent.heard is not None and sent.heard.status == 200 and sent.fate.whole:
            self._note_answer(sent, orjson.loads(sent.heard.body)["data"])
        elif sent.heard is not None and sent.heard.status == 403 and "sku" in sent.request.path:
            sent.process.skus_hidden = True

    # -- what others do

    def others_made(self, half: Half) -> None:
        """Somebody else has made it: what the journal tells up to now is not about it."""
        self.strange[half] = frozenset(map(name_of, self._state.journal_of(half[0])))

    def lose_state(self, state: State, there: Iterable[Half]) -> None:
        """Go by another state, that has never heard of anything; nothing is under way."""
        self.state = state
        self.strange = dict.fromkeys(there, frozenset())
        for past in (self.unheard, self.writes, self._recorded, self._stopped):
            past.clear()

    def is_strange(self, half: Half) -> bool:
        """Whether somebody else made this item or SKU, and it was never taken over since.

        What stands there after a create in doubt is taken for the one that syncd made.
        """
        if half not in self.strange:
            return False
        item, resource = half
        return not any(
            _takes_over(entry)
            for entry in self._state.journal_of(item)
            if name_of(entry) not in self.strange[half] and entry.resource is resource
        )

    def note_take_overs(self) -> None:
        """Notice what was taken over, before the journal forgets it."""
        self.strange = {
            half: since for half, since in self.strange.items() if self.is_strange(half)
        }

    def is_in_doubt(self, item: ItemId, now: float) -> bool:
        """Whether a write of this id may yet turn out to have been carried out."""
        row = self._state.tracked([item]).get(item)
        moving = any(sent.id == item and sent.is_under_way(now) for sent in self.writes)
        doubtful = any(id_ == item for id_, _ in self.doubtful)
        return moving or doubtful or (row is not None and row.delivery != "settled")

    def note_reading(self) -> None:
        """Notice which read the state goes by."""
        reading = self._state.reading()
        if reading is None:
            return
        read = reading.position.identity, reading.position.meaning
        self._recorded.add(read)
        if reading.stopped:
            self._stopped.add(read)
        else:
            self._stopped.discard(read)

    # -- pace

    def _keeps_the_pace(self, sent: Sent) -> None:
        if sent.departed < self.paused_until:
            self._break(sent, f"left during a pause that lasts until {self.paused_until:.3f}")
        moments = self._last_second
        moments.append(sent.departed)
        while moments[0] <= sent.departed - 1.0:
            moments.popleft()
        if len(moments) > RATE:
            self._break(sent, f"was number {len(moments)} within a second")

    def _heeds_refusals(self, sent: Sent) -> None:
        """Whether a key that was refused is left alone for a while."""
        refused_at = sent.process.refused_at
        if refused_at is not None and refused_at <= self._clock.now() < refused_at + REST:
            self._break(sent, f"left although the key was refused at {refused_at}")

    def _note_pause(self, sent: Sent) -> None:
        if sent.heard is None or sent.heard.status != 429 or sent.process.dead:
            return
        wait = sent.heard.retry_after
        seconds = _USUAL_PAUSE if wait is None else min(float(wait), _LONGEST_PAUSE)
        now = asyncio.get_running_loop().time()
        self.paused_until = max(self.paused_until, now + seconds - 1e-6)

    # -- writes

    def _may_be_written(self, sent: Sent) -> None:
        self._is_in_charge(sent)
        self._is_alone(sent)
        self._is_allowed(sent)
        self._was_asked_for(sent)
        if _action(sent) is Action.DELETE:
            self._may_be_deleted(sent)

    def _is_in_charge(self, sent: Sent) -> None:
        if sent.process.rehearses:
            self._break(sent, "was sent by a dry run")
        if sent.process.takes_over:
            self._break(sent, "was sent by a rebuilding of the state")
        if sent.process.is_shut_out:
            self._break(sent, "left after another process took over")

    def _is_alone(self, sent: Sent) -> None:
        others = (one for one in self.writes if one.id == sent.id and one is not sent)
        if any(one.is_under_way(sent.departed) for one in others):
            self._break(sent, "left while another write of this item was under way")
        for doubt in self.doubtful.values():
            if doubt.id == sent.id:
                self._break(sent, f"was not looked up after {doubt}")

    def _is_allowed(self, sent: Sent) -> None:
        policy = sent.process.terms.policy
        mode = policy.mode
        if sent.request.resource is SKU and not policy.skus:
            self._break(sent, "is about a SKU, and items alone are kept")
        if _action(sent) not in ALLOWED[mode] or mode is PolicyMode.REPORT_ONLY:
            self._break(sent, f"is not allowed by {mode}")
        if _action(sent) is not Action.CREATE and self.is_strange(sent.half):
            self._break(sent, "is about what others have made")
        row = self._state.tracked([sent.id]).get(sent.id)
        if row is not None and row.held is not None and not row.is_reverted:
            self._break(sent, "is about a row that is held")

    def _was_asked_for(self, sent: Sent) -> None:
        process, creates = sent.process, _action(sent) is Action.CREATE
        if creates and sent.half not in process.absent:
            self._break(sent, "was not looked up before")
        unseen = _action(sent) is not Action.UPDATE and sent.id not in process.unmanaged
        if unseen and not (creates and process.skus_hidden):
            self._break(sent, "left before its SKU was asked for")

    def _may_be_deleted(self, sent: Sent) -> None:
        policy = sent.process.terms.policy
        if sent.request.resource is SKU:
            self._leaves_no_item_alone(sent)
        if policy.keep_stocked:
            asked = sent.process.unstocked.get(sent.id)
            turns = 1 + ASKED_AHEAD / sent.process.terms.in_flight
            if asked is None or sent.departed - asked > turns * TIMEOUT + LONGEST_PAUSES:
                self._break(sent, "left before its stock was asked for")
        row = self._state.tracked([sent.id]).get(sent.id)
        if row is not None and row.is_reverted:
            return  # a person asked for it
        lacking = self._reads_without(sent.id)
        if len({read.identity for read in lacking}) < max(1, policy.delete_reads):
            self._break(sent, f"was missing in only {len(lacking)} complete reads")
        if not self._is_over(lacking, policy.delete_after):
            self._break(sent, f"was missing only since {lacking[0].at}")

    def _leaves_no_item_alone(self, sent: Sent) -> None:
        if not sent.process.terms.policy.delete_skus:
            self._break(sent, "takes away a SKU, which the policy keeps")
        if sent.account.item(sent.id) is not None and (sent.id, ITEM) not in sent.account.meddled:
            self._break(sent, "left before its item was gone")

    def _is_over(self, lacking: Sequence[Read], wait: timedelta) -> bool:
        """Whether so much time has passed, by the clock on the wall, or by one that nobody sets."""
        elapsed = timedelta(seconds=asyncio.get_running_loop().time() - lacking[0].elapsed)
        return max(self._clock.now() - min(read.at for read in lacking), elapsed) >= wait

    def _reads_without(self, item: ItemId) -> list[Read]:
        """The complete reads since this id was last seen, those left out that a guard stopped."""
        lacking: list[Read] = []
        for read in reversed(self._shelf.source.noted):
            name = read.identity, read.meaning
            if item in read.ids:
                if name in self._recorded:
                    break
            elif (read.complete and name not in self._stopped) or item in read.deleted:
                lacking.append(read)
        return lacking[::-1]

    def _intent(self, sent: Sent) -> JournalEntry:
        entries = self._state.journal_of(sent.id)
        if not entries or entries[-1].ended is not None:
            self._break(sent, "left without an intent")
        entry = entries[-1]
        if entry.resource is not sent.request.resource:
            self._break(sent, f"is about another half than was intended: {entry}")
        if entry.deed.value != _action(sent).value or entry.after != payload_of(sent):
            self._break(sent, f"is not what was intended: {entry}")
        return entry

    def _is_heard(self, sent: Sent) -> None:
        """Whether this wish was not answered with other values already."""
        before = self.unheard.get(sent.half)
        if before is None or before.intent.revision != sent.intent.revision:
            return
        entries = self._state.journal_of(sent.id)
        name = name_of(before.intent)
        if Kind.ACCEPTED not in {one.kind for one in entries if name_of(one) == name}:
            return  # whoever heard it died of it
        repeated = payload_of(sent).items() & payload_of(before).items()
        if repeated and sent.half not in sent.account.meddled:
            self._break(sent, f"was answered with other values by {before}")

    def _is_idle(self, sent: Sent) -> bool:
        """Whether this write, as syncd could have known, was for nothing."""
        if _action(sent) is not Action.UPDATE or sent.before is None or sent.before != sent.after:
            return False
        accepted = sent.status is not None and sent.status < 300
        payload = payload_of(sent)
        clears = all(name in SERVER_FILLED and value is None for name, value in payload.items())
        excused = clears or sent.fate.twisted or sent.half in sent.account.meddled
        return accepted and not excused

    # -- what processes learn

    def _note_certainty(self, sent: Sent) -> None:
        heard = sent.heard
        if heard is None or not sent.is_certain:
            return
        if self.doubtful.get(sent.half) is sent:
            del self.doubtful[sent.half]
        if heard.status < 300 and sent.landed is not None:
            sent.account.heard_of(sent.half, sent.landed)
            self._note_values(sent)

    def _note_values(self, sent: Sent) -> None:
        self.unheard.pop(sent.half, None)
        if sent.fate.twisted and sent.after is not None:
            wanted = payload_of(sent)
            if any(sent.after[name] != value for name, value in wanted.items()):
                self.unheard[sent.half] = sent

    def _note_answer(self, sent: Sent, found: list[dict[str, Any]]) -> None:
        process = sent.process
        if "levels" in sent.request.path:
            stocked = {one["inventoryItemId"] for one in found if one["availableQuantity"] > 0}
            process.unstocked |= {id_: sent.departed for id_ in sent.ids if id_ not in stocked}
        elif "sku" in sent.request.path:
            managed = {one["id"] for one in found if one.get("managedFulfillment")}
            process.unmanaged |= {id_ for id_ in sent.ids if id_ not in managed}
        if sent.request.resource in ATTRIBUTES:
            self._note_presence(sent, {one["id"] for one in found})

    def _note_presence(self, sent: Sent, there: set[str]) -> None:
        process, resource = sent.process, sent.request.resource
        process.absent |= {(id_, resource) for id_ in sent.ids if id_ not in there}
        process.absent -= {(id_, resource) for id_ in sent.ids if id_ in there}
        if not process.rehearses:
            self._end_doubts(sent)

    def _end_doubts(self, looked: Sent) -> None:
        for item in looked.ids:
            half = item, looked.request.resource
            doubt = self.doubtful.get(half)
            if doubt is not None and not doubt.can_land(looked.departed):
                del self.doubtful[half]

    @property
    def _state(self) -> State:
        assert self.state is not None, "the state is laid in before anything moves"
        return self.state

    def _break(self, sent: Sent, what: str) -> NoReturn:
        self.blame(f"{sent.process.name}: {sent} {what}")

    def blame(self, what: str) -> NoReturn:
        """Keep the first broken promise, and go no further."""
        if self.broken is None:
            self.broken = what
        raise Broken(self.broken)


def name_of(entry: JournalEntry) -> EntryName:
    return entry.write, entry.begun


def payload_of(sent: Sent) -> Attributes:
    """The values that a write carries, in canonical form."""
    if sent.request.body is None:
        return {}
    values = orjson.loads(sent.request.body)
    names = ATTRIBUTES[sent.request.resource]
    return {name: observed(name, values[name.value]) for name in names if name.value in values}


def _takes_over(entry: JournalEntry) -> bool:
    in_doubt = entry.deed is Deed.CREATE and entry.kind in {None, Kind.UNKNOWN}
    return entry.deed is Deed.ADOPT or in_doubt


def _action(sent: Sent) -> Action:
    if sent.request.method == "DELETE":
        return Action.DELETE
    return Action.UPDATE if sent.request.path.count("/") > 1 else Action.CREATE
