"""What others tell of by themselves: the SKUs that it is about are looked at within a second."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.digital_river.wire import UnreadableError, WireEvent, read_body
from syncd.domain.attributes import ItemId
from syncd.domain.canonical import checked_id
from syncd.domain.event import Event
from syncd.domain.plain_text import Breach
from syncd.errors import StateError
from syncd.web.bodies import body_within
from syncd.web.gate import access
from syncd.web.signature import HEADER, is_signed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from syncd.web.desk import Desk

MOST_BYTES: Final = 1_048_576
"""The largest body that is taken; a SKU has some hundreds."""
AT_ONCE: Final = 8
"""How many bodies are held at once."""
_LONGEST_EVENT_ID: Final = 200
_ABOUT_SKUS: Final = "sku."
_SOON: Final = {"Retry-After": "10"}

_log = structlog.get_logger()


class Receipt(StrEnum):
    """What became of something that was sent."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    IGNORED = "ignored"
    """It is about nothing that a sync cares for."""
    REFUSED = "refused"
    BUSY = "busy"
    """It could not be kept just now, and has to be sent again."""


class Source(StrEnum):
    """Who sends."""

    DIGITAL_RIVER = "digital_river"
    CATALOG = "catalog"


class Hooks:
    """Takes what is sent, and counts what became of it; lives in the web's loop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._bodies = asyncio.Semaphore(AT_ONCE)
        self.receipts: Counter[tuple[Source, Receipt]] = Counter()

    def routes(self) -> list[BaseRoute]:
        """Where they are sent to."""
        return [
            Route("/webhooks/digital-river", self._from_digital_river, methods=["POST"]),
            Route("/hooks/catalog/{id}", self._from_catalog, methods=["POST"]),
        ]

    async def _from_digital_river(self, request: Request) -> Response:
        return await self._counted(Source.DIGITAL_RIVER, self._event_receipt(request))

    async def _from_catalog(self, request: Request) -> Response:
        return await self._counted(Source.CATALOG, self._change_receipt(request))

    async def _counted(self, source: Source, taking: Awaitable[Receipt]) -> Response:
        try:
            receipt = await taking
        except HTTPException as refusal:
            busy = refusal.status_code == _BUSY
            self.receipts[source, Receipt.BUSY if busy else Receipt.REFUSED] += 1
            raise
        self.receipts[source, receipt] += 1
        return JSONResponse({"receipt": receipt.value}, 202)

    # ---------------------------------------------------------------------- Digital River

    async def _event_receipt(self, request: Request) -> Receipt:
        secrets = self._desk.settings().service.webhook_secrets
        if not secrets:
            raise HTTPException(404, "To take webhooks, set service.webhook_secrets.")
        self._be_on_duty()
        body = await self._body(request)
        known = [secret.get_secret_value() for secret in secrets]
        if not is_signed(request.headers.get(HEADER, ""), body, known, self._desk.now()):
            raise HTTPException(401, f"{HEADER} does not sign this body.")
        event = self._read(body)
        return Receipt.IGNORED if event is None else await self._take(event)

    async def _body(self, request: Request) -> bytes:
        if self._bodies.locked():
            raise _busy("Too much is being sent at once.")
        async with self._bodies:
            return await body_within(request, MOST_BYTES)

    def _read(self, body: bytes) -> Event | None:
        """The event, or None where it is about nothing that is kept in line."""
        try:
            wire = read_body(WireEvent, body)
        except UnreadableError as error:
            raise HTTPException(400, f"This is no event: {error}.") from None
        about = checked_id(wire.about)
        told = isinstance(wire.type, str) and wire.type.startswith(_ABOUT_SKUS)
        if not told or isinstance(about, Breach) or len(wire.id) > _LONGEST_EVENT_ID:
            return None
        return Event(wire.id, str(wire.type), about, self._desk.now())

    async def _take(self, event: Event) -> Receipt:
        """Keep it first: what was answered has happened, whatever happens to this process."""
        try:
            is_news = await asyncio.to_thread(self._desk.keep, event)
        except StateError as error:
            _log.warning("event.not_kept", reason=str(error))
            raise _busy("It cannot be kept just now.") from error
        if not is_news:
            return Receipt.REPEATED
        self._point_at(event.about, event.type)
        return Receipt.ACCEPTED

    # -------------------------------------------------------------------------- a catalog

    async def _change_receipt(self, request: Request) -> Receipt:
        door = access(self._desk.settings().service)
        if door.token is None:
            raise HTTPException(404, "To take this, set service.token.")
        if not door.knows(request.headers.get("authorization", "")):
            words = "Say the token, as in: Authorization: Bearer TOKEN."
            raise HTTPException(401, words, {"WWW-Authenticate": "Bearer"})
        self._be_on_duty()
        item = checked_id(request.path_params["id"])
        if isinstance(item, Breach):
            raise HTTPException(400, f"{item.rule[:1].upper()}{item.rule[1:]}.")
        self._point_at(item, "catalog")
        return Receipt.ACCEPTED

    def _be_on_duty(self) -> None:
        if self._desk.pulse.stands_by_for is not None:
            raise _busy("Another syncd is on duty, and this one stands by.")

    def _point_at(self, item: ItemId, why: str) -> None:
        _log.debug("event.received", id=item, why=why)
        self._desk.point_at([item])


_BUSY: Final = 503


def _busy(words: str) -> HTTPException:
    return HTTPException(_BUSY, words, _SOON)
