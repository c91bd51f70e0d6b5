"""What happened to SKUs, as the vendor's events tell it; it keeps none of inventory items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson

from syncd.sandbox.answers import Answer, Problem, RefusedError, json_answer
from syncd.sandbox.calls import Call
from syncd.sandbox.gate import API_VERSION
from syncd.sandbox.listing import Listing, candidates, invalid, read_listing, single
from syncd.sandbox.tables import Attributes, Record, Table

if TYPE_CHECKING:
    from pydantic import JsonValue

REMEMBERED = timedelta(days=30)
MOST_TYPES = 20
NOT_OF_EVENTS = ("ids", "updatedTime")


@dataclass(frozen=True, slots=True)
class Events:
    """The account's events, newest first in lists; those of 30 days ago and more never show."""

    table: Table
    now: Callable[[], datetime]

    def note(self, kind: str, sku: Record, previous: Attributes | None = None) -> None:
        """Keep what has just happened to a SKU."""
        data: dict[str, JsonValue] = {"object": _as_text(sku)}
        if previous is not None:
            data["previousAttributes"] = previous
        attributes: Attributes = {"type": kind, "data": data}
        moment = self.now()
        self.table.put(Record(str(uuid4()), attributes, moment, moment))

    def list(self, call: Call) -> Answer:
        parameters = call.parameters()
        types = _types(parameters.pop("types", None), single(parameters, "type"))
        parameters.pop("type", None)
        for name in parameters:
            if name.partition("[")[0] in NOT_OF_EVENTS:
                raise invalid(name, "It is not a parameter of this call.")
        listing = read_listing(parameters, frozenset())
        found = list(islice(self._found(listing, types), listing.limit + 1))
        shown = found[: listing.limit]
        if listing.ending_before is not None:
            shown.reverse()
        data = [_shown(event, call) for event in shown]
        return json_answer(200, {"hasMore": len(found) > listing.limit, "data": data})

    def read(self, call: Call, event_id: str) -> Answer:
        event = self.table.get(event_id)
        if event is None or not self._is_remembered(event):
            message = f"No event has the id '{event_id}'."
            raise RefusedError(404, Problem("not_found", message, "id"))
        return json_answer(200, _shown(event, call))

    def _found(self, listing: Listing, types: tuple[str, ...]) -> Iterator[Record]:
        return (
            event
            for event in candidates(self.table, listing)
            if self._is_remembered(event)
            and any(fnmatchcase(str(event.attributes["type"]), one) for one in types)
        )

    def _is_remembered(self, event: Record) -> bool:
        return event.created > self.now() - REMEMBERED


def _types(names: list[str] | None, pattern: str | None) -> tuple[str, ...]:
    """Read which events are wanted: several names, or one with `*` for a group; all by default."""
    if names is not None and pattern is not None:
        raise invalid("types", "It excludes 'type'.")
    if names is not None and len(names) >= MOST_TYPES:
        raise invalid("types", f"It takes fewer than {MOST_TYPES} values.")
    return tuple(names or (pattern or "*",))


def _shown(event: Record, call: Call) -> dict[str, object]:
    return {
        "id": event.id,
        "createdTime": event.created,
        "digitalRiverVersion": API_VERSION,
        "digitalriverVersion": API_VERSION,  # the vendor's document requires this spelling
        "liveMode": call.live,
        "pendingWebhooks": False,
        **event.attributes,
    }


def _as_text(sku: Record) -> JsonValue:
    """Take down a SKU as it is now: the record itself goes on changing."""
    value: JsonValue = orjson.loads(orjson.dumps(sku.as_json(), option=orjson.OPT_UTC_Z))
    return value
