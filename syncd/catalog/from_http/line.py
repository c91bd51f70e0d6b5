"""Asks the source: at its pace, again where a failure may pass, and plainly where it may not."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeVar

import structlog

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.credentials import Credentials
from syncd.catalog.from_http.refusals import refusal
from syncd.catalog.from_http.request import Request
from syncd.catalog.from_http.setback import (
    LONGEST_WAIT,
    Setback,
    delay,
    is_worth_another,
    may_pass,
    wait_asked_for,
)
from syncd.catalog.from_http.timing import Pace, Time
from syncd.catalog.from_http.transport import Transport
from syncd.errors import CatalogError

Judged = TypeVar("Judged")

_OK: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source is to be asked; `wait_header` counts milliseconds, after a 429."""

    pace: Pace
    time: Time
    wait_header: str | None = None


class Line:
    """One read's way to the source; `began` is when the server says that it first answered."""

    def __init__(
        self, transport: Transport, credentials: Credentials, manners: Manners, body: Path
    ) -> None:
        """Take the path of a file that holds one body at a time."""
        self._transport = transport
        self._credentials = credentials
        self._manners = manners
        self._body = body
        self.began: datetime | None = None

    def ask(
        self,
        request: Request,
        judge: Callable[[Answer], Judged],
        also: Container[int] = frozenset(),
    ) -> Judged:
        """Give what `judge` makes of the answer, whose body is gone at the next request.

        A `Setback`, of `judge` as well, leads to some more tries; then, and after a refusal at
        once, this raises `CatalogError`. Refusals with a status in `also` are for `judge` to see.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return judge(self._let_in(request, also))
            except Setback as setback:
                if not is_worth_another(setback, tries):
                    raise _given_up(request, setback, tries) from setback
                self._wait(request, setback, tries)

    def advance(self, rows: int) -> None:
        """Tell whoever watches that so many more rows came, or that it goes on without."""
        self._transport.advance(rows)

    def hide(self, text: str) -> str:
        """Take out of the source's own words what must never be shown."""
        return self._credentials.hide(text)

    def _wait(self, request: Request, setback: Setback, tries: int) -> None:
        seconds = delay(setback, tries)
        log = _log.bind(request=str(request), reason=setback.reason)
        log.warning("catalog.retry", seconds=round(seconds, 2))
        self._manners.time.sleep(seconds)
        self.advance(0)

    def _let_in(self, request: Request, also: Container[int]) -> Answer:
        """Ask, and once more where the credentials were refused and others can be had."""
        answer = self._sent(request)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._credentials.renewed():
            answer = self._sent(request)
        if answer.status in also:
            return answer
        return self._accepted(request, answer)

    def _sent(self, request: Request) -> Answer:
        carrying = request if request.bare else self._credentials.on(request)
        self._manners.pace.wait()
        answer = self._transport.send(carrying, self._body)
        self.advance(0)
        self.began = self.began or answer.date
        _log.debug("catalog.answered", request=str(request), status=answer.status)
        return answer

    def _accepted(self, request: Request, answer: Answer) -> Answer:
        if answer.status in _OK:
            return answer
        if may_pass(answer.status):
            manners = self._manners
            wait = wait_asked_for(answer, manners.wait_header, manners.time.now())
            raise Setback(f"it answers {answer.status}", wait)
        raise refusal(request, answer, self.hide)


def _given_up(request: Request, setback: Setback, tries: int) -> CatalogError:
    if (setback.wait or 0.0) > LONGEST_WAIT:
        return CatalogError(
            str(request),
            f"{setback.reason}, and asks to come back in {setback.wait:.0f} s",
            "Nothing is lost; run again later, or lower catalog.requests_per_second",
        )
    times = "" if tries == 1 else f" {tries} times"
    return CatalogError(
        str(request),
        f"it failed{times}: {setback.reason}",
        "Nothing is lost; look whether the source is well, and run again",
    )
