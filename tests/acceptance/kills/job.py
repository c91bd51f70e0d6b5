"""One run of syncd, as the process that forks it is told."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Meddling:
    """At a boundary, somebody else puts something into the sandbox: the body of a PUT there."""

    boundary: str
    url: str
    body: str


@dataclass(frozen=True)
class Job:
    """One run in `folder`, its outputs in `told`; `later` moves its clock, in seconds.

    Without arguments it is the daemon, which does the one job that its `wish` names, and ends. At
    the boundary `kill_at`, from 1, of those whose names begin and end as one of `among` does, it
    gets the signal `by`; 0 for none. Where a `gate` is named, that waits until there is such a
    file. `largest_file` is how many bytes any file may grow to, as under a quota; one that
    `heeds_rights` has not even root's way around them. `term` is how many seconds a lease in
    PostgreSQL lasts. The answer begins with the job's `number`.
    """

    arguments: tuple[str, ...]
    folder: str
    told: str
    kill_at: int = 0
    among: tuple[tuple[str, str], ...] = (("", ""),)
    by: int = signal.SIGKILL
    gate: str | None = None
    later: float = 0.0
    meddling: Meddling | None = None
    largest_file: int | None = None
    heeds_rights: bool = False
    term: float | None = None
    wish: str = "poll"
    number: int = 0

    @classmethod
    def read(cls, line: bytes) -> Job:
        found: dict[str, Any] = orjson.loads(line)
        meddling = found.pop("meddling")
        return cls(**found, meddling=None if meddling is None else Meddling(**meddling))
