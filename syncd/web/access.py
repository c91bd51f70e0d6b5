"""Who knows the token: programs say it, and people carry a cookie that was made from it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

COOKIE: Final = "syncd"
SESSION: Final = timedelta(days=7)
"""How long a login lasts; another token ends it at once."""
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Access:
    """What opens the door; without a token it stands open."""

    token: str | None

    def admits(self, authorization: str, cookie: str, now: datetime) -> bool:
        """Whether who has said this, or carries a cookie of this value, may enter."""
        return self.token is None or self.knows(authorization) or self._remembers(cookie, now)

    def knows(self, authorization: str) -> bool:
        """Whether it says the token, which there must be."""
        said = authorization[len(_BEARER) :].strip()
        return authorization.lower().startswith(_BEARER) and self.is_token(said)

    def is_token(self, said: str) -> bool:
        """Whether this is the token, in a time that tells nothing of it."""
        return self.token is not None and hmac.compare_digest(said.encode(), self.token.encode())

    def cookie(self, now: datetime) -> str:
        """Make a cookie's value, good for a session from now on."""
        ends = str(int((now + SESSION).timestamp()))
        return f"{ends}.{self._sign(ends)}"

    def _remembers(self, cookie: str, now: datetime) -> bool:
        ends, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(ends).encode()):
            return False
        return ends.isdecimal() and int(ends) > now.timestamp()

    def _sign(self, ends: str) -> str:
        key = (self.token or "").encode()
        return hmac.new(key, f"session until {ends}".encode(), hashlib.sha256).hexdigest()
