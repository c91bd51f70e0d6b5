"""What the service needs from outside: a catalog, a remote, a state, a clock and a messenger."""

from syncd.ports.catalog import Advance, CatalogSource, Comparison, Snapshot, every_row, unseen
from syncd.ports.clock import Clock
from syncd.ports.lease import Duty, Lease
from syncd.ports.listing import (
    Inventory,
    ItemListing,
    SkuListing,
    Stock,
    TakeItems,
    TakePairedSkus,
    TakeSkus,
)
from syncd.ports.notifier import Notifier
from syncd.ports.remote import UNSENT, Onlooker, Permit, Remote, Unseen
from syncd.ports.sharing import Claim, Help, Helped, Offered, Sharing, Shelf
from syncd.ports.sightings import Sightings
from syncd.ports.state import DOUBTED, Census, State
from syncd.ports.transaction import Transaction

__all__ = [
    "DOUBTED",
    "UNSENT",
    "Advance",
    "CatalogSource",
    "Census",
    "Claim",
    "Clock",
    "Comparison",
    "Duty",
    "Help",
    "Helped",
    "Inventory",
    "ItemListing",
    "Lease",
    "Notifier",
    "Offered",
    "Onlooker",
    "Permit",
    "Remote",
    "Sharing",
    "Shelf",
    "Sightings",
    "SkuListing",
    "Snapshot",
    "State",
    "Stock",
    "TakeItems",
    "TakePairedSkus",
    "TakeSkus",
    "Transaction",
    "Unseen",
    "every_row",
    "unseen",
]
