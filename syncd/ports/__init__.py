"""What the service needs from outside: a catalog, a remote, a state, a clock and a messenger."""

from syncd.ports.catalog import Advance, CatalogSource, Comparison, Snapshot, every_row, unseen
from syncd.ports.clock import Clock
from syncd.ports.fingerprints import Fingerprints
from syncd.ports.history import History
from syncd.ports.journal import Journal
from syncd.ports.lease import Duty, Lease, Turns
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
from syncd.ports.observations import Observations
from syncd.ports.remote import UNSENT, Onlooker, Permit, Remote, Unseen
from syncd.ports.sharing import Claim, Help, Helped, Offered, Sharing, Shelf
from syncd.ports.sightings import Sightings
from syncd.ports.state import DOUBTED, State
from syncd.ports.table import Census, Table
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
    "Fingerprints",
    "Help",
    "Helped",
    "History",
    "Inventory",
    "ItemListing",
    "Journal",
    "Lease",
    "Notifier",
    "Observations",
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
    "Table",
    "TakeItems",
    "TakePairedSkus",
    "TakeSkus",
    "Transaction",
    "Turns",
    "Unseen",
    "every_row",
    "unseen",
]
