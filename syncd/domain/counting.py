"""Numbers of things in words, for every message that counts some."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Put a regular noun behind its number: `1 row`, `1,200 rows`."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"
