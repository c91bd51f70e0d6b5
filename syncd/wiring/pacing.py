"""Whose pacer a request goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.config import DigitalRiverSettings, Settings, account_digest
from syncd.errors import StateError
from syncd.ports import Clock

if TYPE_CHECKING:
    from syncd.digital_river.pacer import Pacer


def is_main(account: DigitalRiverSettings, settings: Settings) -> bool:
    """Whether this key is the one that items are written with."""
    return account.api_key == settings.digital_river.api_key


def shared_pacer(account: DigitalRiverSettings, settings: Settings, clock: Clock) -> Pacer:
    """The pacer that all processes on this state share for a key; one's own if that cannot be."""
    from syncd.digital_river.pacer import FilePacer, MemoryPacer
    from syncd.state import file_beside, open_pacer

    state, key = settings.state, account_digest(account)
    shared = open_pacer(state.url, state.account, key, account.rate, clock)
    if shared is not None:
        return shared
    name = "pacer" if is_main(account, settings) else f"pacer-{key}"
    try:
        return FilePacer(file_beside(settings.state.url, name), account.rate, clock)
    except StateError:
        return MemoryPacer(account.rate, clock)
