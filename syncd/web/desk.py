"""What the web room knows of the daemon beside it, and what it may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.domain.attributes import ItemId
    from syncd.domain.event import Event
    from syncd.ports import State
    from syncd.service.pulse import Pulse
    from syncd.service.terms import Ports, Terms
    from syncd.service.traffic import Traffic


class Account(Protocol):
    """What `why` wants: the account as a command that only looks opens it.

    Whoever asked the remote closes it: `await account.ports.remote.aclose()`.
    """

    @property
    def ports(self) -> Ports: ...

    @property
    def terms(self) -> Terms: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything here may be used from any thread; pulse and traffic never block.

    `settings` are those in force, which a reload replaces. `state` opens the state only to read,
    and `account` all that an inquiry needs; they are closed with the block, and a locked database
    raises `StateBusyError` within about a second. `keep` takes an event once and for all: False
    where it was kept already, `StateError` where it cannot be. `point_at` has the loop that works
    look at some SKUs soon.
    """

    pulse: Pulse
    traffic: Traffic
    settings: Callable[[], Settings]
    state: Callable[[], AbstractContextManager[State]]
    account: Callable[[], AbstractContextManager[Account]]
    keep: Callable[[Event], bool]
    point_at: Callable[[Iterable[ItemId]], None]
    now: Callable[[], datetime]
    version: str

    @property
    def account_words(self) -> str:
        """Name the account for people, such as `test · api.digitalriver.com`."""
        from syncd.config import account_label

        return account_label(self.settings())
