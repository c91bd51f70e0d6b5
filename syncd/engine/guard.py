"""Refuse the implausible plan: which part of it may pass, and why the rest may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Final, TypeAlias

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.change import Action, Change, Plan, Resource
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Limit, Limits
from syncd.engine.limit import allowed_count, in_unit_of
from syncd.engine.situation import Situation, Wish

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The part of a plan that may be delivered, and the guards that stopped the rest."""

    passed: Plan
    stops: tuple[GuardStop, ...] = ()


def guard(
    plan: Plan, situation: Situation, limits: Limits, earlier: tuple[GuardStop, ...] = ()
) -> Verdict:
    """Judge a plan; a kind of change over its limit stops whole, the other kinds go on.

    A change that was approved is neither counted nor stopped by the guards its approval names, and
    the rest is judged alone. `earlier` are the stops that the read has already caused.
    """
    case = _Case(plan, situation, limits)
    stops = (*earlier, *(stop for judge in _JUDGES for stop in judge(case)))
    stopped = {change.id for stop in stops for change in case.concerned(stop.guard, *stop.stopped)}
    return Verdict(_marked(plan.without(stopped), situation), stops)


@dataclass(frozen=True, slots=True)
class _Case:
    plan: Plan
    situation: Situation
    limits: Limits

    def concerned(self, guard: Guard, *actions: Action) -> list[Change]:
        """What this guard has to judge of these kinds, half by half, the approved ones left out."""
        return [
            half
            for change in self.plan.changes
            for half in change.halves
            if half.action in actions and not self.situation.lifts(guard, change)
        ]

    @property
    def items(self) -> int:
        """How many owned items the window began with, for what was deleted in it is not owned.

        Without them a delete that must be tried again, or the second half of a pair, would find a
        smaller limit than at first.
        """
        in_window = self.situation.written.get(Action.DELETE, frozenset())
        deleted = (in_window | self.situation.deleted_now) - self.situation.half_deleted
        planned = {
            change.id for change in self.plan.changes if change.resource is Resource.INVENTORY_ITEM
        }
        return self.situation.owned + len(deleted - planned)

    def is_over(self, limit: Limit, count: int) -> bool:
        return count > allowed_count(limit, self.items, self.limits.min_items_for_share)


def _marked(plan: Plan, situation: Situation) -> Plan:
    approved = (change.id for change in plan.changes if situation.is_approved(change))
    return Plan(plan.changes, frozenset(approved))


def _over_delete(case: _Case) -> Iterator[GuardStop]:
    return _over(case, Guard.MAX_DELETE, Action.DELETE, case.limits.max_delete)


def _over_update(case: _Case) -> Iterator[GuardStop]:
    return _over(case, Guard.MAX_UPDATE, Action.UPDATE, case.limits.max_update)


def _over_create(case: _Case) -> Iterator[GuardStop]:
    if case.limits.max_create is not None:
        yield from _over(case, Guard.MAX_CREATE, Action.CREATE, case.limits.max_create)


def _over(case: _Case, which: Guard, action: Action, limit: Limit) -> Iterator[GuardStop]:
    ids = _ids(case.concerned(which, action))
    actual = len(case.situation.written.get(action, frozenset()).union(ids))
    if not ids or not case.is_over(limit, actual):
        return
    yield GuardStop(
        guard=which,
        limit=limit,
        actual=in_unit_of(limit, actual, case.items),
        stopped=(action,),
        message=f"{actual:,} {action.value}s within {_span(case.limits.budget_window)} would be "
        f"over the limit for {case.items:,} owned items{_made(actual - len(ids))}; "
        f"if they are right, {_way_out(which)}",
        examples=tuple(ids[:EXAMPLES]),
    )


def _span(window: timedelta) -> str:
    hours = window / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"


def _made(count: int) -> str:
    return f" ({count:,} of them made already)" if count else ""


def _recreated(case: _Case) -> Iterator[GuardStop]:
    """Creates of what was ours count like updates: a remote without it is suspicious."""
    creates = [
        change
        for change in case.concerned(Guard.MAX_UPDATE, Action.CREATE)
        if change.id in case.situation.recreated
    ]
    ids = _ids(creates)
    limit = case.limits.max_update
    actual = len(case.situation.recreated_before.union(ids))
    if not ids or not case.is_over(limit, actual):
        return
    yield GuardStop(
        guard=Guard.MAX_UPDATE,
        limit=limit,
        actual=in_unit_of(limit, actual, case.items),
        stopped=(Action.CREATE,),
        message=f"{actual:,} {_what_was_ours(creates)} are gone at Digital River and would be "
        "created again"
        f"{_made(actual - len(ids))}; "
        f"if the account is the right one, {_way_out(Guard.MAX_UPDATE)}",
        examples=tuple(ids[:EXAMPLES]),
    )


def _what_was_ours(creates: Sequence[Change]) -> str:
    of_skus = any(change.resource is Resource.SKU for change in creates)
    return "owned items or SKUs" if of_skus else "owned items"


def _same_change(case: _Case) -> Iterator[GuardStop]:
    """Many items that come to be alike, at once or bit by bit, are a mapping accident."""
    updates = case.concerned(Guard.MAX_SAME_CHANGE, Action.UPDATE)
    limit, wishes = case.limits.max_same_change, _wishes(updates)
    made = _made_alike(updates, case.situation.alike)
    for (attribute, value), count in (wishes + made).most_common(1):
        if not case.is_over(limit, count):
            return
        yield GuardStop(
            guard=Guard.MAX_SAME_CHANGE,
            limit=limit,
            actual=in_unit_of(limit, count, case.items),
            stopped=(Action.UPDATE,),
            message=f"{count:,} items would get the same {attribute.value}, "
            f"{'no value' if value is None else value}{_made(made[attribute, value])}: that looks "
            "like a mistake in the mapping; "
            f"if it is right, {_way_out(Guard.MAX_SAME_CHANGE)}",
            examples=_with_wish(updates, attribute, value),
        )


def _made_alike(
    updates: Sequence[Change], alike: Mapping[Wish, frozenset[ItemId]]
) -> Counter[Wish]:
    """How many other items were given the same values within the window."""
    return Counter(
        {
            (attribute, value): len(ids.difference(_all_with_wish(updates, attribute, value)))
            for (attribute, value), ids in alike.items()
        }
    )


def _wishes(updates: Sequence[Change]) -> Counter[Wish]:
    """How many SKUs would get each value; one that gets it in both halves is one."""
    wishes: Counter[Wish] = Counter()
    for _, halves in groupby(updates, attrgetter("id")):
        wishes.update({wish for half in halves for wish in half.payload().items()})
    return wishes


def _with_wish(updates: Sequence[Change], attribute: Attribute, value: Value) -> tuple[ItemId, ...]:
    return tuple(islice(dict.fromkeys(_all_with_wish(updates, attribute, value)), EXAMPLES))


def _all_with_wish(
    updates: Sequence[Change], attribute: Attribute, value: Value
) -> Iterator[ItemId]:
    for change in updates:
        if attribute in change.attributes and change.attributes[attribute].desired == value:
            yield change.id


def _canary(case: _Case) -> Iterator[GuardStop]:
    """After a change of what decides the plan, the first one must be small; creates may be many.

    What is written in parts counts as if it were written at once, and what has gone missing counts
    as the deletes it will be: they come due when the first plan has long passed.
    """
    if not case.situation.changed_parts:
        return
    planned = _ids(case.concerned(Guard.CANARY, Action.UPDATE, Action.DELETE))
    gone = sorted(case.situation.aftermath.gone - {change.id for change in case.plan.changes})
    concerned = [*planned, *gone]
    actual = len(case.situation.aftermath.written.union(concerned))
    limit = case.limits.canary
    if not concerned or not case.is_over(limit, actual):
        return
    yield GuardStop(
        guard=Guard.CANARY,
        limit=limit,
        actual=in_unit_of(limit, actual, case.items),
        stopped=(Action.UPDATE, Action.DELETE),
        message=f"{_have_changed(case.situation.changed_parts)} since the last plan that passed, "
        f"and {actual:,} updates and deletes{_of_them(actual - len(concerned), len(gone))} would "
        f"be over the limit for the first plan after that; if they are right, "
        f"{_way_out(Guard.CANARY)}",
        examples=tuple(concerned[:EXAMPLES]),
    )


def _of_them(written: int, gone: int) -> str:
    """Say how many changes are not in the plan that they are counted with."""
    parts = []
    if written:
        parts.append(f"{written:,} written since")
    if gone:
        parts.append(f"{gone:,} deletes that are yet to come due")
    return f" ({', '.join(parts)})" if parts else ""


def _have_changed(parts: Sequence[str]) -> str:
    *first, last = (f"the {part}" for part in parts)
    if first:
        return f"{', '.join(first)} and {last} have changed"
    return f"{last} {'have' if last.endswith('s') else 'has'} changed"


def _way_out(which: Guard) -> str:
    return f"approve them, or raise guards.{which.value} for one run"


def _ids(changes: Sequence[Change]) -> list[ItemId]:
    """The ids, each once however many of its halves are concerned."""
    return list(dict.fromkeys(change.id for change in changes))


_Judge: TypeAlias = Callable[[_Case], Iterator[GuardStop]]
_JUDGES: Final[tuple[_Judge, ...]] = (
    _over_delete,
    _over_update,
    _over_create,
    _recreated,
    _same_change,
    _canary,
)
