"""An account with its state open: to write, to look on, to receive an event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from syncd.config import Settings
from syncd.domain.event import Event
from syncd.ports import Onlooker, State
from syncd.wiring.account import Wired

if TYPE_CHECKING:
    from syncd.state.postgres.pool import Pools

LOOKING: Final = timedelta(seconds=1)
"""How long a page waits for a locked state."""
RECEIVING: Final = timedelta(seconds=2)
"""How long an event waits for it: Digital River wants its answer within three."""


@contextmanager
def wired(
    settings: Settings, onlooker: Onlooker | None = None, pools: Pools | None = None
) -> Iterator[Wired]:
    """Build for whoever may write; the state is made and migrated where need be."""
    from syncd.state import open_state

    url, account = settings.state.url, settings.state.account
    with closing(open_state(url, account=account, pools=pools)) as state:
        yield Wired(settings, state, onlooker)


@contextmanager
def wired_beside(settings: Settings, onlooker: Onlooker | None = None) -> Iterator[Wired]:
    """Build for whoever looks on in a process that works on the state, as its pages do."""
    with state_beside(settings) as state:
        yield Wired(settings, state, onlooker)


@contextmanager
def state_beside(settings: Settings) -> Iterator[State]:
    """Open the state alone to look on; one that is locked is not waited for long."""
    from syncd.state import open_state_beside

    url, account = settings.state.url, settings.state.account
    with closing(open_state_beside(url, LOOKING, account)) as state:
        yield state


def keep(settings: Settings, event: Event) -> bool:
    """Keep an event once and for all; False where it was kept already, `StateError` if it fails."""
    from syncd.state import open_state_to_receive

    url, account = settings.state.url, settings.state.account
    with (
        closing(open_state_to_receive(url, RECEIVING, account)) as state,
        state.transaction() as transaction,
    ):
        return transaction.receive(event)


@contextmanager
def wired_read_only(settings: Settings) -> Iterator[Wired]:
    """Build for a command that only looks: the state is neither made nor changed."""
    from syncd.state import open_existing_read_only

    url, account = settings.state.url, settings.state.account
    with closing(open_existing_read_only(url, account)) as state:
        yield Wired(settings, state)
