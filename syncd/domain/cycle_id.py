"""What a cycle is called, apart from what it is, so that a row can name the cycle that holds it."""

from __future__ import annotations

from typing import NewType

CycleId = NewType("CycleId", str)
"""Sorts by the time the cycle started, such as `20261121T174000Z-3f9a`."""
