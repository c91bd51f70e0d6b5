"""The one module of this package that speaks HTTP: one request, its answer saved to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.identity import conditions, identity_shown
from syncd.catalog.from_http.request import Request, is_same_place, shown
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.from_http.unpacking import unpack, unpack_start
from syncd.catalog.spool import write
from syncd.catalog.watching import moving
from syncd.domain.exchange import words_of
from syncd.errors import CatalogError
from syncd.ports import Advance

_MOST_HOPS: Final = 5
_MOST_TIMEOUTS: Final = 60
"""So many times the time-out a whole body may take: an hour, unless it is set."""
_CHUNK: Final = 1 << 18
_LED_ON: Final = frozenset({301, 302, 303, 307, 308})
_KEEPING_METHOD: Final = frozenset({307, 308})
_READING: Final = frozenset({"GET", "HEAD"})
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "zstd"})
_CHANGED_ITS_MIND: Final = "Set catalog.url to the address that answers itself"


class Transport:
    """Connections to one source; closed with `close`."""

    def __init__(
        self,
        seconds: float,
        version: str,
        ticks: Callable[[], float],
        advance: Advance,
        enough: int | None = None,
    ) -> None:
        """Take how long to wait for an answer to go on, the version of syncd, and a clock.

        Of a body no more is taken than is `enough`, in bytes: all of it unless that is given.
        """
        self.advance = advance
        self._enough = enough
        self._seconds = seconds
        self._ticks = ticks
        self._client = httpx.Client(
            headers={
                "Accept": "application/json, */*;q=0.5",
                "Accept-Encoding": "gzip",
                "User-Agent": f"syncd/{version}",
            },
            timeout=httpx.Timeout(seconds),
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def send(self, request: Request, into: Path) -> Answer:
        """Send once, be led on within the same host, and save the body without its compression.

        A document that still shows what it may be left out for comes without a body, as if it were
        answered with 304. Raises `Setback` where no whole answer came, and `CatalogError` where it
        leads elsewhere: credentials never follow to another host.
        """
        for _ in range(_MOST_HOPS + 1):
            answer = self._once(request, into)
            if answer.status not in _LED_ON or "location" not in answer.headers:
                return answer
            request = _led_on(request, answer)
        raise CatalogError(
            str(request), f"it leads on more than {_MOST_HOPS} times", _CHANGED_ITS_MIND
        )

    def _once(self, request: Request, into: Path) -> Answer:
        kind, content = request.content or (None, None)
        of_body = {"Content-Type": kind} if kind else {}
        headers = {**request.headers, **of_body, **conditions(request.unless)}
        with (
            self._explained(request),
            self._client.stream(
                request.method, request.address, headers=headers, content=content
            ) as response,
        ):
            into.unlink(missing_ok=True)
            answer = _answer(response, into)
            if request.unless and identity_shown(answer) == request.unless:
                return replace(answer, status=HTTPStatus.NOT_MODIFIED)
            pieces = self._in_time(response.iter_raw(_CHUNK))
            write(into, islice(pieces, self._most_pieces))
            is_cut = next(pieces, None) is not None
            answer = replace(answer, is_cut=is_cut)
        if answer.status == HTTPStatus.OK:
            _refuse_unknown_encoding(answer)
            (unpack_start if is_cut else unpack)(into)
        return answer

    @property
    def _most_pieces(self) -> int | None:
        return None if self._enough is None else -(-self._enough // _CHUNK)

    def _in_time(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Give up a body that only drips in, though something comes now and then."""
        until = self._ticks() + _MOST_TIMEOUTS * self._seconds
        for piece in moving(pieces, self.advance):
            if self._ticks() > until:
                raise Setback("its body comes too slowly to wait for its end")
            yield piece

    @contextmanager
    def _explained(self, request: Request) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise Setback(f"no answer within {self._seconds:g} s") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeEncodeError) as error:
            raise CatalogError(
                str(request), f"this is no address ({error})", "Correct catalog.url"
            ) from error
        except httpx.RequestError as error:
            raise Setback(words_of(error)) from error


def _answer(response: httpx.Response, body: Path) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    framed = chunked or "content-length" in headers or response.http_version == "HTTP/2"
    return Answer(response.status_code, str(response.url), headers, body, framed)


def _led_on(request: Request, answer: Answer) -> Request:
    there = request.at(answer.headers["location"])
    if not request.bare and not is_same_place(request.url, there.url):
        raise CatalogError(
            str(request),
            f"it leads on to {shown(there.url)}, and credentials never follow to another place",
            _CHANGED_ITS_MIND,
        )
    if request.method not in _READING and answer.status not in _KEEPING_METHOD:
        raise CatalogError(
            str(request),
            f"it leads on to {shown(there.url)}, as pages for logging in do",
            "Check catalog.auth and catalog.url",
        )
    return there


def _refuse_unknown_encoding(answer: Answer) -> None:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise CatalogError(
            shown(answer.url),
            f"it answers compressed as {encoding}, which was not asked for",
            "Let the server compress with gzip, or not at all",
        )
