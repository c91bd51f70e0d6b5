"""The one module that speaks HTTP: connections, headers, and breaks told as values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final, Protocol
from uuid import uuid4

import httpx

from syncd.config import DigitalRiverSettings
from syncd.digital_river.messages import Answer, Break, Request, Unsendable
from syncd.domain.exchange import words_of

_LANE: Final = 8
"""Connections per pool: httpx looks through its whole pool for every request."""
_IDLE_SECONDS: Final = 3.0
"""Given up before a server is likely to: a request on a closed connection would be in doubt."""
_LEAVING: Final = "send_request_headers.started"
_SECRET: Final = b"(the API key)"

_CODES: Final[tuple[tuple[type[httpx.RequestError], str], ...]] = (
    (httpx.ConnectError, "connect_failed"),
    (httpx.ConnectTimeout, "connect_timed_out"),
    (httpx.PoolTimeout, "no_connection_free"),
    (httpx.UnsupportedProtocol, "connect_failed"),
    (httpx.TimeoutException, "timed_out"),
    (httpx.DecodingError, "unreadable_answer"),
)
_BEFORE_SENDING: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


class Departure(Protocol):
    """Is told the moment when the first byte of a request is about to leave."""

    @property
    def left(self) -> bool:
        """Whether that moment has come."""

    async def leave(self) -> None:
        """Wait a moment, or raise and by that keep the request from leaving."""


class Transport:
    """Sends requests under one key, over as many connections as may be in flight.

    httpx's own client stands in no request's way: for cookies, redirects and base addresses, which
    nothing here has, it would take a fifth of all that a request costs, and leave rings behind.
    """

    def __init__(self, settings: DigitalRiverSettings, version: str) -> None:
        """Take the version of syncd, which Digital River is told."""
        self._key = settings.api_key.get_secret_value()
        self._seconds = settings.timeout.total_seconds()
        self._base = httpx.URL(settings.base_url)
        self._address = str(self._base).rstrip("/")
        self._headers = httpx.Headers(_headers(self._key, settings.api_version, version))
        self._timeout = httpx.Timeout(self._seconds).as_dict()
        self._pools = SpreadingTransport(settings.max_in_flight)

    async def send(
        self, request: Request, upstream_id: str, departure: Departure
    ) -> Answer | Break | Unsendable:
        """Send once, within the time-out in all; raises nothing but what the departure raises."""
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._pools.handle_async_request(
                    self._written(request, upstream_id, departure)
                )
        except httpx.InvalidURL as error:
            return Unsendable(str(error))
        except httpx.RequestError as error:
            if not departure.left and isinstance(error, _BEFORE_SENDING):
                return Break(_code_of(error), self._of_host(error), in_doubt=False)
            return Break(_code_of(error), words_of(error), in_doubt=True)
        except TimeoutError:
            message = f"no whole answer within {self._seconds:g} s"
            return Break("timed_out", message, in_doubt=departure.left)
        return self._answer(response)

    async def aclose(self) -> None:
        await self._pools.aclose()

    def _of_host(self, error: httpx.RequestError) -> str:
        """Name the host that could not be reached, for its address may be what is wrong."""
        return f"{self._base.host}: {words_of(error)}"

    def _written(self, request: Request, upstream_id: str, departure: Departure) -> httpx.Request:
        async def trace(event: str, _: Mapping[str, object]) -> None:
            if event.endswith(_LEAVING):
                await departure.leave()

        headers = self._headers.copy()
        headers["upstream-id"] = upstream_id
        if request.body:
            headers["Content-Type"] = "application/json"
        return httpx.Request(
            request.method,
            f"{self._address}{request.path}",
            params=request.query or None,
            headers=headers,
            content=request.body,
            extensions={"timeout": self._timeout, "trace": trace},
        )

    def _answer(self, response: httpx.Response) -> Answer:
        """Copy what counts, and not the key, should a gateway echo it."""
        return Answer(
            status=response.status_code,
            body=response.content.replace(self._key.encode(), _SECRET),
            request_id=response.headers.get("x-dr-requestid"),
            retry_after=response.headers.get("retry-after"),
        )


class SpreadingTransport(httpx.AsyncBaseTransport):
    """Spreads requests over small connection pools, the least loaded first."""

    def __init__(self, in_flight: int) -> None:
        """Make room for so many requests at once."""
        trusted = httpx.create_ssl_context()
        limits = httpx.Limits(
            max_connections=_LANE, max_keepalive_connections=_LANE, keepalive_expiry=_IDLE_SECONDS
        )
        self._lanes = [
            _Lane(httpx.AsyncHTTPTransport(verify=trusted, limits=limits))
            for _ in range(-(-in_flight // _LANE))
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with the whole body read, so that the connection is free again."""
        lane = min(self._lanes, key=_Lane.load_now)
        lane.load += 1
        try:
            response = await lane.transport.handle_async_request(request)
            async with aclosing(response):
                await response.aread()
        finally:
            lane.load -= 1
        return response

    async def aclose(self) -> None:
        for lane in self._lanes:
            await lane.transport.aclose()


class _Lane:
    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.load = 0

    def load_now(self) -> int:
        return self.load


def new_upstream_id() -> str:
    """Make the id by which one request is found again in everybody's logs."""
    return str(uuid4())


def _headers(key: str, api_version: str, version: str) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "keep-alive",
        "Authorization": f"Bearer {key}",
        "DigitalRiver-Version": api_version,
        "User-Agent": f"syncd/{version}",
        "upstream-application-id": f"syncd/{version}",
    }


def _code_of(error: httpx.RequestError) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "connection_broken")
