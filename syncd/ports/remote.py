"""What is asked of Digital River item by item, and what is sent to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change, Resource
from syncd.domain.delivery import Failure, Outcome, Transient, Verb
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.engine.breaker import NOT_SENT

UNSENT: Final = Transient(Failure(None, NOT_SENT, "stopped before it was sent"), in_doubt=False)
"""What becomes of a change that was not sent after all, for a stop: as if it had never begun."""
Permit: TypeAlias = Callable[[], None]
"""Is asked right before each departure; what it raises keeps that request from leaving."""


class Remote(Protocol):
    """Digital River, as far as a sync needs it.

    The reads raise `RemoteUnavailableError`, `KeyRefusedError` or `ResourceForbiddenError`, the
    transient failures after some tries of their own; at most 100 ids a call.
    """

    @property
    def requests(self) -> int:
        """How many requests have departed so far."""

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        """The items that exist among these ids."""

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids whose SKU Digital River fulfils itself (`managedFulfillment`)."""

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        """The SKUs that exist among these ids, with what `managed` would say of them."""

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids that have stock left at any location."""

    async def carry_out(self, change: Change) -> Outcome:
        """Send one change, once; every answer, and none at all, is an outcome."""

    def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        """All items with this part number and manufacturer, page after page, newest first."""

    def depart_by(self, permit: Permit | None) -> None:
        """Ask this permit from now on, or none; what it raises comes out of every call."""

    def hold(self) -> None:
        """Let nothing depart from now on; what has departed is seen to its end.

        A change that has not departed is UNSENT at once, a read raises `RemoteUnavailableError`.
        """

    async def aclose(self) -> None:
        """Give the connections back."""


class Onlooker(Protocol):
    """Who watches what goes to Digital River; is told from any thread, and never blocks."""

    def departed(self) -> None:
        """A request leaves now."""

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        """So long after the call it was answered; `status` is None where no whole answer came."""


class Unseen:
    """Nobody watches."""

    def departed(self) -> None:
        """Go on unseen."""

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        """Go on unseen."""
