"""Makes sure that key and state belong together: the same kind of key, and still our account."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.errors import KeyRefusedError
from syncd.ports import State, Table, Transaction
from syncd.service.ask import IDS_A_REQUEST
from syncd.service.terms import Ports, Terms

ACCOUNT: Final = "account"
"""The name of the fact that holds the digest of base URL and key."""
KEY_KIND: Final = "account.key_kind"
"""The name of the fact that says with which kind of key this state was made: live or test."""
EXAMPLES: Final = 5
_WAY_OUT: Final = (
    "Put the old key back, or start this account with a state of its own (state.url, or"
    " state.account in PostgreSQL)"
)
_SAME_ACCOUNT: Final = "Where it is the same one, fill that state with: syncd adopt --rebuild"


async def check_account(ports: Ports, terms: Terms) -> GuardStop | None:
    """Look owned items up where the account may be another one; any absence stops everything.

    A key of the other kind stops everything before it has travelled. Costs no request while key
    and base URL stay as they were.
    """
    state = ports.state
    if await asyncio.to_thread(_is_other_kind, state, terms):
        return _stop_of_kind(terms)
    if await asyncio.to_thread(state.remembered, ACCOUNT) != terms.account:
        owned = await asyncio.to_thread(_known_items, state)
        found = await ports.remote.items(owned) if owned else {}
        absent = [item for item in owned if item not in found]
        if absent:
            return _stop(absent, len(owned))
    await asyncio.to_thread(_remember, state, terms)
    return None


def refuse_other_kind(state: State, terms: Terms) -> None:
    """Raise `KeyRefusedError` where this key must not travel with this state."""
    if _is_other_kind(state, terms):
        raise KeyRefusedError("digital_river.api_key", _words_of_kind(terms), _WAY_OUT)


def _is_other_kind(state: State, terms: Terms) -> bool:
    """Whether the state is known to have been made with the other kind of key."""
    return state.remembered(KEY_KIND) not in {None, terms.key_kind}


def _remember(state: State, terms: Terms) -> None:
    """Keep what the next cycle compares with; a state that an older syncd made learns its kind."""
    facts = {ACCOUNT: terms.account, KEY_KIND: terms.key_kind}
    if all(state.remembered(name) == value for name, value in facts.items()):
        return
    with state.transaction() as transaction:
        _put(transaction, facts)


def _put(transaction: Transaction, facts: dict[str, str]) -> None:
    for name, value in facts.items():
        transaction.remember(name, value)


def _known_items(table: Table) -> Sequence[ItemId]:
    rows = table.tracked(table.owned(IDS_A_REQUEST))
    return [item for item, row in rows.items() if row.known is not None]


def _words_of_kind(terms: Terms) -> str:
    made_with = "test" if terms.key_kind == "live" else "live"
    return (
        f"it is a {terms.key_kind} key, and this state was made with a {made_with} key,"
        " so nothing was sent"
    )


def _stop_of_kind(terms: Terms) -> GuardStop:
    return GuardStop(
        guard=Guard.ACCOUNT,
        limit=0,
        actual=1,
        stopped=tuple(Action),
        message=f"digital_river.api_key: {_words_of_kind(terms)}. {_WAY_OUT}",
    )


def _stop(absent: Sequence[ItemId], asked: int) -> GuardStop:
    return GuardStop(
        guard=Guard.ACCOUNT,
        limit=0,
        actual=len(absent),
        stopped=tuple(Action),
        message=f"the key or the base URL has changed, and {len(absent)} of {asked} owned items "
        f"are not there: it may be another account. {_WAY_OUT}. {_SAME_ACCOUNT}",
        examples=tuple(absent[:EXAMPLES]),
    )
