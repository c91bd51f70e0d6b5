"""Reading what tests put into the account directly, past the vendor's rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from pydantic import JsonValue

from syncd.sandbox.errors import SandboxSettingsError
from syncd.sandbox.tables import Attributes, Level, Record, without_nulls

Seed: TypeAlias = Mapping[str, JsonValue]

NOT_ATTRIBUTES = frozenset({"id", "createdTime", "updatedTime", "liveMode"})


def read_record(seed: Seed, now: datetime) -> Record:
    """Read an item or a SKU as the API shows it; times that are missing become now."""
    attributes: Attributes = {
        name: value for name, value in seed.items() if name not in NOT_ATTRIBUTES
    }
    created = _time(seed, "createdTime", now)
    updated = _time(seed, "updatedTime", created if "createdTime" in seed else now)
    return Record(_text(seed, "id"), without_nulls(attributes), created, updated)


def read_level(seed: Seed, now: datetime) -> Level:
    """Read a level as the API shows it, with `shipToCountries` besides."""
    quantity, ship_to = seed.get("availableQuantity", 0), seed.get("shipToCountries", [])
    if isinstance(quantity, bool) or not isinstance(quantity, int | float):
        raise _unusable("availableQuantity", seed)
    if not isinstance(ship_to, list):
        raise _unusable("shipToCountries", seed)
    return Level(
        item_id=_text(seed, "inventoryItemId"),
        location_id=_text({"locationId": "warehouse-1", **seed}, "locationId"),
        quantity=quantity,
        updated=_time(seed, "updatedTime", now),
        available_time=_text(seed, "availableTime") if seed.get("availableTime") else None,
        ship_to=frozenset(str(country) for country in ship_to),
    )


def _text(seed: Seed, name: str) -> str:
    value = seed.get(name)
    if not isinstance(value, str) or not value:
        raise _unusable(name, seed)
    return value


def _time(seed: Seed, name: str, default: datetime) -> datetime:
    value = seed.get(name)
    if value is None:
        return default
    try:
        moment = datetime.fromisoformat(_text(seed, name))
    except ValueError as error:
        raise _unusable(name, seed) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _unusable(name: str, seed: Seed) -> SandboxSettingsError:
    return SandboxSettingsError(
        "Seed", f"{name!r} is missing or unusable in {dict(seed)!r}", "Correct the seed"
    )
