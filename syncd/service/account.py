"""Notices that the key or the base URL has changed, and makes sure that it is still our account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.service.look_up import IDS_A_REQUEST
from syncd.service.terms import Ports, Terms

ACCOUNT: Final = "account"
EXAMPLES: Final = 5


async def check_account(ports: Ports, terms: Terms) -> GuardStop | None:
    """Look owned items up where the account may be another one; any absence stops everything.

    Costs no request while key and base URL stay as they were.
    """
    if ports.state.remembered(ACCOUNT) == terms.account:
        return None
    owned = _known_items(ports)
    found = await ports.remote.items(owned) if owned else {}
    absent = [item for item in owned if item not in found]
    if absent:
        return _stop(absent, len(owned))
    with ports.state.transaction() as transaction:
        transaction.remember(ACCOUNT, terms.account)
    return None


def _known_items(ports: Ports) -> Sequence[ItemId]:
    rows = ports.state.tracked(ports.state.owned(IDS_A_REQUEST))
    return [item for item, row in rows.items() if row.known is not None]


def _stop(absent: Sequence[ItemId], asked: int) -> GuardStop:
    return GuardStop(
        guard=Guard.ACCOUNT,
        limit=0,
        actual=len(absent),
        stopped=tuple(Action),
        message=f"the key or the base URL has changed, and {len(absent)} of {asked} owned items "
        "are not there: it may be another account. Put the old key back, or start this account "
        "with a state of its own (state.url)",
        examples=tuple(absent[:EXAMPLES]),
    )
