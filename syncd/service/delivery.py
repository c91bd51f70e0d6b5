"""The three things that can be done with what the guard has passed: send, withhold, refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from syncd.domain.change import Action
from syncd.domain.delivery import Failure, Forbidden, KeyRefused
from syncd.domain.policy import PolicyMode
from syncd.errors import KeyRefusedError, RemoteError, ResourceForbiddenError
from syncd.service.deliver import Dispatcher
from syncd.service.results import Results
from syncd.service.set_aside import all_set_aside
from syncd.service.spare import Passed
from syncd.service.terms import CycleRequest, Ports, Terms

ORCHESTRATED: Final = Failure(
    None,
    "orchestrated",
    'digital_river.model is "orchestrated": Digital River keeps the items, and none is written',
)


class Delivery(Protocol):
    """What is done with the changes that the guard has passed."""

    @property
    def resting(self) -> Mapping[Action, datetime]:
        """The kinds of change that keep failing, and when each is tried again."""

    @property
    def left_behind(self) -> datetime | None:
        """When another process last left writes in flight of this cycle; None where none did."""

    async def carry_out(self, passed: Passed, results: Results) -> bool:
        """Deal with these changes; True where a later try may do more.

        Raises `KeyRefusedError` or `ResourceForbiddenError` once everything in flight is settled.
        """


def delivery_for(ports: Ports, terms: Terms, request: CycleRequest) -> Delivery:
    """What the merchant's terms let a cycle do with its plan."""
    if terms.orchestrated:
        return Refusing()
    if terms.policy.mode is PolicyMode.REPORT_ONLY:
        return Withholding()
    return WithinHours(ports, terms, Sending(ports, terms, request))


class WithinHours:
    """Sends while writes are allowed; outside of those hours the changes wait."""

    def __init__(self, ports: Ports, terms: Terms, sending: Sending) -> None:
        self._ports = ports
        self._terms = terms
        self._sending = sending

    @property
    def resting(self) -> Mapping[Action, datetime]:
        return self._sending.resting

    @property
    def left_behind(self) -> datetime | None:
        return self._sending.left_behind

    async def carry_out(self, passed: Passed, results: Results) -> bool:
        is_allowed = self._terms.windows.are_open(self._ports.clock.now())
        delivery: Delivery = self._sending if is_allowed else Withholding()
        return await delivery.carry_out(passed, results)


class Sending:
    """Sends the changes to Digital River."""

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        """Send on behalf of one cycle."""
        self._dispatcher = Dispatcher(ports, terms, request)
        self._request = request

    @property
    def resting(self) -> Mapping[Action, datetime]:
        return self._dispatcher.resting

    @property
    def left_behind(self) -> datetime | None:
        return self._dispatcher.left_behind

    async def carry_out(self, passed: Passed, results: Results) -> bool:
        with all_set_aside():
            delivered = await self._dispatcher.deliver(passed)
        results.begun(passed.remaining(), delivered)
        results.unanswered(self._dispatcher.unanswered)
        results.helped = self._dispatcher.helped
        if self._dispatcher.refused is not None:
            raise self._dispatcher.refused
        halted = self._dispatcher.halted or self._dispatcher.shut
        if halted is not None:
            raise _as_error(halted, _OF_SKUS if halted is self._dispatcher.shut else _OF_ITEMS)
        return not self._request.stop.is_set()


class Withholding:
    """Sends nothing: a dry run, or a policy that only reports."""

    resting: Mapping[Action, datetime] = MappingProxyType({})
    left_behind: datetime | None = None

    async def carry_out(self, passed: Passed, results: Results) -> bool:
        async for part in passed.parts():
            results.planned(part)
        return False


class Refusing:
    """Sends nothing, and calls every change an error: the items are not ours to write."""

    resting: Mapping[Action, datetime] = MappingProxyType({})
    left_behind: datetime | None = None

    async def carry_out(self, passed: Passed, results: Results) -> bool:
        results.refused(passed.plan, ORCHESTRATED)
        return False


_OF_ITEMS: Final = ("inventory items", "Give the key the right to write inventory items")
_OF_SKUS: Final = (
    "SKUs",
    "Give the key the right to write SKUs; after that answer no delete was begun any more",
)
"""What a 403 was about, and what to do about it."""


def _as_error(halted: KeyRefused | Forbidden, forbidden: tuple[str, str]) -> RemoteError:
    failure = halted.failure
    reason = f"{failure.message} (status {failure.status}, request {failure.request_id})"
    if isinstance(halted, KeyRefused):
        return KeyRefusedError(
            "the key", reason, "Put a valid key into digital_river.api_key; nothing was retried"
        )
    resource, next_step = forbidden
    return ResourceForbiddenError(resource, reason, next_step)
