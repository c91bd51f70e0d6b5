"""Reading what somebody sends, never more of it than fits, and never for long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.requests import Request

PATIENCE: Final = 5.0
"""Seconds within which a body has to be there."""


async def body_within(request: Request, most: int) -> bytes:
    """Read the whole body; raises `HTTPException` where it has more bytes, or does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise HTTPException(413, f"At most {most:,} bytes are taken.")
    except ClientDisconnect:
        raise HTTPException(400, "It was broken off.") from None
    except TimeoutError:
        raise HTTPException(408, f"Nothing whole came within {PATIENCE:g} s.") from None
    return bytes(body)
