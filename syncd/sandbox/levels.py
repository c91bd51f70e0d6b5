"""Inventory levels: stock by item and location, without pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from syncd.sandbox.answers import Answer, Problem, RefusedError, json_answer
from syncd.sandbox.calls import Call
from syncd.sandbox.listing import invalid, refuse_unknown, single, time_bounds
from syncd.sandbox.rules import COUNTRIES
from syncd.sandbox.tables import Level, Tables

MOST_LEVELS = 100
PARAMETERS = frozenset({"inventoryItemIds", "shipToCountry", "available"})


@dataclass(frozen=True, slots=True)
class LevelCalls:
    """The one call that levels have; at most 100 come back and nothing says that there are more."""

    tables: Tables

    def list(self, call: Call) -> Answer:
        parameters = call.parameters()
        refuse_unknown(parameters, PARAMETERS)
        item_ids = parameters.get("inventoryItemIds")
        if item_ids is None:
            message = "'inventoryItemIds' is required."
            raise RefusedError(400, Problem("missing_parameter", message, "inventoryItemIds"))
        country, available = single(parameters, "shipToCountry"), single(parameters, "available")
        bounds = time_bounds(parameters)
        if country is not None and country not in COUNTRIES:
            raise invalid("shipToCountry", "It must be an ISO 3166-1 alpha-2 country code.")
        if available not in {None, "true", "false"}:
            raise invalid("available", "It must be true or false.")
        found = (
            {**level.as_json(), "liveMode": call.live}
            for item_id in dict.fromkeys(item_ids)
            for level in self.tables.levels.get(item_id, {}).values()
            if _ships_to(level, country)
            and (available != "true" or level.quantity > 0)
            and all(bound.admits(level.updated, level.updated) for bound in bounds)
        )
        return json_answer(200, {"data": list(islice(found, MOST_LEVELS))})


def _ships_to(level: Level, country: str | None) -> bool:
    return country is None or not level.ship_to or country in level.ship_to
