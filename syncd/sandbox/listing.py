"""Lists: filters, cursors and pages, newest first."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TypeAlias

from syncd.sandbox.answers import Answer, Problem, RefusedError, json_answer
from syncd.sandbox.calls import Call
from syncd.sandbox.tables import FIRST, LAST, Record, Span, Table

Parameters: TypeAlias = Mapping[str, list[str]]

DEFAULT_LIMIT = 10
HIGHEST_LIMIT = 100
MOST_IDS = 100

CREATED = "createdTime"
TIME_PARAMETER = re.compile(r"(createdTime|updatedTime)(?:\[(\w+)\])?")
COMPARISONS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class TimeBound:
    """One side of a time filter, such as `updatedTime[gte]`."""

    attribute: str
    comparison: str
    moment: datetime

    def admits(self, created: datetime, updated: datetime) -> bool:
        time = created if self.attribute == CREATED else updated
        return COMPARISONS[self.comparison](time, self.moment)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list request asks for; `ids` None means all."""

    limit: int
    starting_after: str | None
    ending_before: str | None
    ids: tuple[str, ...] | None
    equal: Mapping[str, str]
    times: tuple[TimeBound, ...]

    @property
    def span(self) -> Span:
        """Between which times of creation everything lies that it asks for."""
        created = [bound for bound in self.times if bound.attribute == CREATED]
        after = [bound.moment for bound in created if bound.comparison in {"eq", "gt", "gte"}]
        before = [bound.moment for bound in created if bound.comparison in {"eq", "lt", "lte"}]
        return Span(max(after, default=FIRST), min(before, default=LAST))

    def admits(self, record: Record) -> bool:
        return all(
            record.attributes.get(name) == value for name, value in self.equal.items()
        ) and all(bound.admits(record.created, record.updated) for bound in self.times)


def list_answer(call: Call, table: Table, filters: frozenset[str]) -> Answer:
    """Answer a list request; `filters` are the attributes that it may be filtered by."""
    listing = read_listing(call.parameters(), filters)
    found = list(islice(candidates(table, listing), listing.limit + 1))
    shown = found[: listing.limit]
    if listing.ending_before is not None:
        shown.reverse()
    data = [{**record.as_json(), "liveMode": call.live} for record in shown]
    return json_answer(200, {"hasMore": len(found) > listing.limit, "data": data})


def read_listing(parameters: Parameters, filters: frozenset[str]) -> Listing:
    """Read the query of a list request; RefusedError(400) for what the vendor does not name."""
    refuse_unknown(parameters, filters | {"limit", "startingAfter", "endingBefore", "ids"})
    after, before = single(parameters, "startingAfter"), single(parameters, "endingBefore")
    if after is not None and before is not None:
        raise invalid("endingBefore", "It excludes 'startingAfter'.")
    return Listing(
        limit=_limit(single(parameters, "limit")),
        starting_after=after,
        ending_before=before,
        ids=_ids(parameters),
        equal={name: parameters[name][-1] for name in filters if name in parameters},
        times=time_bounds(parameters),
    )


def time_bounds(parameters: Parameters) -> tuple[TimeBound, ...]:
    """Read every `createdTime` and `updatedTime` filter; a bare one means equality."""
    found = ((TIME_PARAMETER.fullmatch(name), name) for name in parameters)
    return tuple(
        TimeBound(match[1], _comparison(name, match[2]), _moment(name, parameters[name][-1]))
        for match, name in found
        if match is not None
    )


def refuse_unknown(parameters: Parameters, known: frozenset[str]) -> None:
    """Raise RefusedError(400) for a parameter that is neither known nor a time filter."""
    for name in parameters:
        if name not in known and TIME_PARAMETER.fullmatch(name) is None:
            raise invalid(name, "It is not a parameter of this call.")


def single(parameters: Parameters, name: str) -> str | None:
    """Return the one value of a parameter, None without it; RefusedError(400) for several."""
    values = parameters.get(name)
    if values is None:
        return None
    if len(values) > 1:
        raise invalid(name, "It may be given once only.")
    return values[0]


def invalid(parameter: str, reason: str) -> RefusedError:
    """Return the 400 for a query parameter."""
    message = f"'{parameter}' is invalid. {reason}"
    return RefusedError(400, Problem("invalid_parameter", message, parameter))


def candidates(table: Table, listing: Listing) -> Iterator[Record]:
    """Yield what the listing asks for, from its cursor on and past its limit."""
    return filter(listing.admits, _in_reach(table, listing))


def _in_reach(table: Table, listing: Listing) -> Iterator[Record]:
    """Walk away from the cursor: to older records, or for `endingBefore` to newer ones."""
    after = _place(table, "startingAfter", listing.starting_after)
    before = _place(table, "endingBefore", listing.ending_before)
    if listing.ids is None:
        return table.older_than(after, listing.span) if before is None else table.newer_than(before)
    named = (table.get(record_id) for record_id in dict.fromkeys(listing.ids))
    places = sorted(
        (record for record in named if record is not None),
        key=lambda record: record.place,
        reverse=before is None,
    )
    if before is not None:
        return (record for record in places if record.place > before)
    return (record for record in places if after is None or record.place < after)


def _place(table: Table, parameter: str, cursor: str | None) -> int | None:
    if cursor is None:
        return None
    record = table.get(cursor)
    if record is None:
        raise invalid(parameter, f"No object has the id '{cursor}'.")
    return record.place


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= HIGHEST_LIMIT):
        raise invalid("limit", f"It must be a number from 1 to {HIGHEST_LIMIT}.")
    return int(value)


def _ids(parameters: Parameters) -> tuple[str, ...] | None:
    ids = parameters.get("ids")
    if ids is None:
        return None
    if len(ids) > MOST_IDS:
        raise invalid("ids", f"It takes at most {MOST_IDS} values.")
    return tuple(ids)


def _comparison(parameter: str, name: str | None) -> str:
    if name is not None and name not in COMPARISONS:
        raise invalid(parameter, f"Use one of {', '.join(COMPARISONS)}.")
    return name or "eq"


def _moment(parameter: str, value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid(parameter, "It must be an ISO-8601 time in UTC.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
