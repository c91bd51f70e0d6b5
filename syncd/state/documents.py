"""Cycles and readings as JSON documents; older documents are read with today's defaults."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter

from syncd.domain.cycle import CycleResult
from syncd.domain.snapshot import Reading


def cycle_text(result: CycleResult) -> str:
    """Without its changes, which the journal has."""
    return _cycles().dump_json(replace(result, changes=())).decode()


def cycle_from(text: str) -> CycleResult:
    """Reverse `cycle_text`: fields unknown today are dropped, absent ones take their defaults."""
    return _cycles().validate_json(text)


def reading_text(reading: Reading) -> str:
    """The whole reading, its strays included."""
    return _readings().dump_json(reading).decode()


def reading_from(text: str) -> Reading:
    """Reverse `reading_text`, with the same tolerance as `cycle_from`."""
    return _readings().validate_json(text)


@cache  # building one takes some milliseconds
def _cycles() -> TypeAdapter[CycleResult]:
    return TypeAdapter(CycleResult)


@cache
def _readings() -> TypeAdapter[Reading]:
    return TypeAdapter(Reading)
