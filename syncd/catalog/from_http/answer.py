"""What came back: status, headers, and the body in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from syncd.domain.exchange import moment_in

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_FIRST_BYTES: Final = 256
_WHITE: Final = b" \t\r\n\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names are in small letters.

    `framed` tells that its length was announced, or its end marked, by HTTP itself, so that a body
    that was cut short would have shown. `is_cut` tells that no more than the start was taken.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: Path
    framed: bool
    is_cut: bool = False

    @property
    def media_type(self) -> str:
        """The content type in small letters, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def date(self) -> datetime | None:
        """When the server says that it answered."""
        return moment_in(self.headers.get("date"))

    @property
    def start(self) -> bytes:
        """The first bytes of the body, without white space before them."""
        with self.body.open("rb") as body:
            return body.read(_FIRST_BYTES).lstrip(_WHITE)

    @property
    def is_web_page(self) -> bool:
        """Whether it is a page for people, such as those for logging in or for errors."""
        return self.media_type in _HTML or self.start.startswith(b"<")
