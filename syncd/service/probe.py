"""The cheap question of an idle daemon: do the remote and the key still answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.cycle import Fault
from syncd.errors import KeyRefusedError, RemoteError, ResourceForbiddenError
from syncd.ports import Remote, Table

NOBODY: Final = ItemId("syncd.probe")
"""Asked for where nothing is owned yet: that it does not exist is an answer as well."""


def item_to_ask_for(table: Table) -> ItemId:
    """Choose one that is owned; to be done once, for it takes a walk through the table."""
    return next(iter(table.owned(1)), NOBODY)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why the remote did not answer as it should, and whether it or the key is to blame."""

    fault: Fault
    reason: str


async def probe(remote: Remote, item: ItemId) -> Unanswered | None:
    """Ask for this item; None where all is well."""
    try:
        await remote.items([item])
    except (KeyRefusedError, ResourceForbiddenError) as error:
        return Unanswered(Fault.KEY, str(error))
    except RemoteError as error:
        return Unanswered(Fault.REMOTE, str(error))
    return None
