"""What is done for a configuration outside the service of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.config import HttpCatalog, Settings
from syncd.wiring.clocks import SystemClock

if TYPE_CHECKING:
    from syncd.state.moving import Moved
    from syncd.state.postgres.fleet import FleetPlace


def places_of_records(settings: Settings) -> tuple[str, ...]:
    """Where an address has lists of records within its answer; see the function that looks."""
    from syncd import __version__
    from syncd.catalog.from_http.finding import places_of_records as found_in

    catalog = settings.catalog
    return found_in(catalog, __version__) if isinstance(catalog, HttpCatalog) else ()


def move_state(source: str, target: str, account: str | None, holder: str) -> Moved:
    """Move a state between two URLs; `syncd.state.move_state` says how, and what it raises."""
    from syncd.state import move_state

    return move_state(source, target, account, holder, SystemClock().now())


def reclaim_state(url: str, account: str | None) -> int:
    """Take a state back that was moved; returns how many items will be looked up first."""
    from syncd.state import reclaim_state

    return reclaim_state(url, account)


def fleet_place(database: str, at_once: int) -> FleetPlace:
    """Where a fleet keeps what belongs to no single account; raises `ConfigurationError`.

    Its `pools` are to be kept for the accounts that are worked for, so many at a time.
    """
    from syncd.state import fleet_place

    return fleet_place(database, at_once)
