"""The only place that builds adapters: settings in, ports and terms out."""

from syncd.wiring.account import GLANCE, Wired, notifier_of
from syncd.wiring.clocks import SystemClock
from syncd.wiring.on_demand import RemoteOnDemand
from syncd.wiring.opening import keep, state_beside, wired, wired_beside, wired_read_only
from syncd.wiring.unserved import fleet_place, move_state, places_of_records, reclaim_state

__all__ = [
    "GLANCE",
    "RemoteOnDemand",
    "SystemClock",
    "Wired",
    "fleet_place",
    "keep",
    "move_state",
    "notifier_of",
    "places_of_records",
    "reclaim_state",
    "state_beside",
    "wired",
    "wired_beside",
    "wired_read_only",
]
