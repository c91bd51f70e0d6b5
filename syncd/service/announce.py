"""Decides what to tell whom it concerns, from what was just seen and what was told before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from syncd.domain.cycle import CycleResult, Guard, GuardStop, QuarantinedSku
from syncd.domain.message import Message
from syncd.service import messages
from syncd.service.glimpse import Glimpse, Subject

PATIENCE: Final = timedelta(minutes=1)
"""How long the daemon, which tries again by itself, leaves a failure to heal before it tells."""
NEEDS_SOMEBODY: Final = frozenset({Subject.KEY, Subject.CONFIGURATION, Subject.BUG})
"""What no later try mends, and so is told at once."""
MANY: Final = 10
"""So many more held rows than were told of are worth a message, if they are twice as many too."""
GROWN: Final = 2
"""What a guard stops is told again when it is so many times as much."""


@dataclass(frozen=True, slots=True)
class Told:
    """What people know, which is remembered in the state.

    `wrong` has what stands and since when, `stops` how much each guard stopped when that was told,
    by its name and what it stopped. Of SKUs in quarantine, those up to a moment were told; of held
    rows, so many.
    """

    wrong: Mapping[Subject, datetime] = field(default_factory=lambda: MappingProxyType({}))
    stops: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    quarantined_upto: datetime | None = None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in words, and since when, and is not told yet: it may heal."""

    since: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What people know, and what they may have to be told soon."""

    told: Told = field(default_factory=Told)
    waiting: Mapping[Subject, Wrong] = field(default_factory=lambda: MappingProxyType({}))

    def due_at(self, patience: timedelta) -> datetime | None:
        """When something is to be told that has not healed by then; None where nothing waits."""
        return min((_due(*one, patience) for one in self.waiting.items()), default=None)


def announce(
    before: Ledger, seen: Glimpse, now: datetime, patience: timedelta
) -> tuple[Ledger, tuple[Message, ...]]:
    """Decide what is to be told at this moment, and what is known once it was."""
    deciding = _Deciding(before, now, patience)
    told = (*deciding.of_subjects(seen), *deciding.of_the_cycle(seen))
    return Ledger(deciding.told, deciding.waiting), told


class _Deciding:
    """One decision; `told` and `waiting` become what they are after it."""

    def __init__(self, before: Ledger, now: datetime, patience: timedelta) -> None:
        self.told = before.told
        self.waiting = dict(before.waiting)
        self._now = now
        self._patience = patience

    def of_subjects(self, seen: Glimpse) -> Iterator[Message]:
        """What has gone wrong and stayed so, and what is well again."""
        if seen.gone is not None:
            yield messages.taken_over(seen.gone)
        wrong = dict(self.told.wrong)
        for subject, words in seen.subjects.items():
            if words is not None:
                self._note(subject, words)
                continue
            self.waiting.pop(subject, None)
            if subject in wrong:
                yield messages.well_again(subject, self._now - wrong.pop(subject))
        for subject, one in [*self.waiting.items()]:
            if self._now >= _due(subject, one, self._patience):
                wrong[subject] = one.since
                del self.waiting[subject]
                yield messages.gone_wrong(subject, one.words)
        if wrong != self.told.wrong:
            self.told = replace(self.told, wrong=wrong)

    def of_the_cycle(self, seen: Glimpse) -> Iterator[Message]:
        """What guards stopped, and which SKUs and rows need somebody, in one message each."""
        if seen.result is None:
            return
        yield from self._of_stops(seen.result, seen.is_whole)
        if seen.is_whole or not self._patience:  # many hooks would be as many messages
            yield from self._of_quarantine(seen.result)
            yield from self._of_held_rows(seen.result)

    def _note(self, subject: Subject, words: str) -> None:
        if subject not in self.told.wrong:
            since = self.waiting[subject].since if subject in self.waiting else self._now
            self.waiting[subject] = Wrong(since, words)

    def _of_stops(self, result: CycleResult, is_whole: bool) -> Iterator[Message]:  # noqa: FBT001 - as seen
        known, sizes = self.told.stops, _sizes(result.guards)
        news = {name for name, size in sizes.items() if _is_news(size, known.get(name))}
        kept = dict(known)
        if news:
            kept |= {name: sizes[name] for name in news}
            yield messages.stopped([one for one in result.guards if _name(one) in news], result.id)
        gone = known.keys() - sizes.keys()
        if gone and is_whole and _has_planned(result):
            kept = {name: size for name, size in kept.items() if name not in gone}
            yield messages.stops_no_more(sorted({name.partition(" ")[0] for name in gone}))
        if kept != known:
            self.told = replace(self.told, stops=kept)

    def _of_quarantine(self, result: CycleResult) -> Iterator[Message]:
        news = [one for one in result.quarantined if self._is_new(one, result)]
        if news:
            moments = [one.since for one in news]
            latest = max([*moments, self.told.quarantined_upto or moments[0]])
            self.told = replace(self.told, quarantined_upto=latest)
            yield messages.quarantined(news, len(result.quarantined))

    def _is_new(self, sku: QuarantinedSku, result: CycleResult) -> bool:
        """Whether it is not told yet; a clock that was put back makes none of this cycle old."""
        upto = self.told.quarantined_upto
        return upto is None or sku.since > upto or sku.since >= result.started

    def _of_held_rows(self, result: CycleResult) -> Iterator[Message]:
        count, before = len(result.held), self.told.held
        if count >= before + max(MANY, (GROWN - 1) * before):
            self.told = replace(self.told, held=count)
            yield messages.held(result.held, before)
        elif count < before:
            self.told = replace(self.told, held=count)


def _due(subject: Subject, wrong: Wrong, patience: timedelta) -> datetime:
    return wrong.since if subject in NEEDS_SOMEBODY else wrong.since + patience


def _has_planned(result: CycleResult) -> bool:
    """Whether other guards were asked at all: another account ends a cycle before that."""
    return result.error is None and all(stop.guard is not Guard.ACCOUNT for stop in result.guards)


def _name(stop: GuardStop) -> str:
    """Such as `max_delete delete`: one guard may stop several kinds."""
    return " ".join((stop.guard.value, *(action.value for action in stop.stopped)))


def _sizes(stops: tuple[GuardStop, ...]) -> Mapping[str, float]:
    """How much each guard has stopped, as it measures it; two stops of one are more than one."""
    sizes: defaultdict[str, float] = defaultdict(float)
    for stop in stops:
        sizes[_name(stop)] += stop.actual
    return sizes


def _is_news(size: float, known: float | None) -> bool:
    return known is None or (size > known and size >= GROWN * known)
