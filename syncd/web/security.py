"""The headers of every answer, which keep a browser from doing anything but show the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

CONTENT_POLICY: Final = "Content-Security-Policy"


def content_policy(scripts: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """Let a page load from here alone; `scripts` and `styles` are inline ones it may have, whole.

    An answer that sets this header itself keeps it; every other gets the one without inline parts.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{_hashes(scripts)}",
            f"style-src 'self'{_hashes(styles)}",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hashes(texts: Iterable[str]) -> str:
    return "".join(f" 'sha256-{_digest(text)}'" for text in texts)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


HEADERS: Final[Mapping[str, str]] = {
    CONTENT_POLICY: content_policy(),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What an answer has that does not say otherwise itself."""
