"""Faults on request: which requests they strike and what then goes wrong."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import ClassVar

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from syncd.sandbox.answers import ERROR_TYPES
from syncd.sandbox.calls import Call
from syncd.sandbox.errors import SandboxSettingsError

HTML_STATUSES = frozenset({502, 503, 504})
WAITING_STATUSES = frozenset({429, 503})


class FaultKind(StrEnum):
    """What goes wrong; `Fault` holds the details."""

    STATUS = "status"
    LOST = "lost"
    DROP = "drop"
    SLOW = "slow"
    HALF = "half"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule; a request that matches every given condition is struck by the first such rule.

    Kinds: `STATUS` answers `status` with the vendor's body (or `html`), by itself instead of
    carrying the request out, with `carried_out` after it; a 429 with `retry_after` opens a storm:
    the key is refused until that many seconds are over. `LOST` carries out and closes the
    connection without an answer, `DROP` resets it without carrying out, `SLOW` answers `seconds`
    later, `HALF` sends half of the body under its full length, `OTHER` stores and answers `values`
    in place of what was sent (without `values`: another country of origin).

    Conditions: `method`, `path` (a glob, without the query), `id` (in the path or the body),
    `nth` (only the nth request that meets those three, from 1), `probability` of each, and at
    most `count` times in all.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: FaultKind
    status: int = 503
    html: bool = False
    retry_after: int | None = None
    carried_out: bool = False
    seconds: float = 0.0
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    method: str | None = None
    path: str | None = None
    id: str | None = None
    nth: int | None = None
    count: int | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what no answer could show, with a SandboxSettingsError."""
        if self.status not in ERROR_TYPES:
            raise _impossible(f"{self.status} is none of the vendor's error statuses")
        if not 0.0 <= self.probability <= 1.0:
            raise _impossible(f"a probability of {self.probability} is not between 0 and 1")
        if self.seconds < 0:
            raise _impossible(f"{self.seconds} seconds are less than none")

    def matches(self, call: Call) -> bool:
        return (
            (self.method is None or self.method == call.method)
            and (self.path is None or fnmatchcase(call.path, self.path))
            and (self.id is None or self.id in (call.id, call.body_id()))
        )


class FaultRules:
    """The faults in force, with their counters and their seeded chance."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._seed = seed
        self.replace(faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Start anew with these: counters at nought, chance at the seed."""
        self._rules = [_Rule(fault) for fault in faults]
        self._random = random.Random(self._seed)

    def strike(self, call: Call) -> Fault | None:
        """Return what befalls this request; every rule counts it, the first that fires wins."""
        struck: Fault | None = None
        for rule in self._rules:
            if rule.applies(call, self._random) and struck is None:
                rule.fired += 1
                struck = rule.fault
        return struck


@dataclass(slots=True)
class _Rule:
    fault: Fault
    met: int = 0
    fired: int = 0

    def applies(self, call: Call, chance: random.Random) -> bool:
        fault = self.fault
        if not fault.matches(call):
            return False
        self.met += 1
        lucky = fault.probability >= 1.0 or chance.random() < fault.probability
        due = fault.nth is None or fault.nth == self.met
        spent = fault.count is not None and self.fired >= fault.count
        return lucky and due and not spent


_FAULTS = TypeAdapter(tuple[Fault, ...])


def faults_from_json(text: bytes) -> tuple[Fault, ...]:
    """Read a JSON array of objects with the fields of Fault; SandboxSettingsError if it is none."""
    try:
        return _FAULTS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the list"
        raise _impossible(f"{where}: {first['msg']}") from error


def parse_fault(text: str) -> Fault:
    """Read `KIND[=VALUE][:PROBABILITY]` as the command line gives it.

    KIND is an error status, `lost`, `drop`, `slow`, `half` or `other`; VALUE is a delay for `slow`
    (`2s`, `500ms`), the seconds of Retry-After for 429 and 503, or `html` for 502, 503 and 504.
    """
    what, _, chance = text.partition(":")
    kind, _, value = what.strip().partition("=")
    probability = _probability(text, chance) if ":" in text else 1.0
    if kind.isdecimal():
        return _status_fault(text, int(kind), value, probability)
    if kind == FaultKind.SLOW:
        return Fault(kind=FaultKind.SLOW, seconds=_seconds(text, value), probability=probability)
    if kind not in set(FaultKind) - {FaultKind.STATUS}:
        raise _unreadable(text, f"{kind!r} is neither a status nor lost, drop, slow, half or other")
    if value:
        raise _unreadable(text, f"{kind} takes no value")
    return Fault(kind=FaultKind(kind), probability=probability)


def _status_fault(text: str, status: int, value: str, probability: float) -> Fault:
    if status not in ERROR_TYPES:
        raise _unreadable(text, f"{status} is none of the vendor's error statuses")
    if value == "html" and status in HTML_STATUSES:
        return Fault(kind=FaultKind.STATUS, status=status, html=True, probability=probability)
    if value.isdecimal() and status in WAITING_STATUSES:
        return Fault(
            kind=FaultKind.STATUS, status=status, retry_after=int(value), probability=probability
        )
    if value:
        raise _unreadable(text, f"{status} takes no value {value!r}")
    return Fault(kind=FaultKind.STATUS, status=status, probability=probability)


def _probability(text: str, value: str) -> float:
    try:
        probability = float(value)
    except ValueError as error:
        raise _unreadable(text, f"{value!r} is not a probability") from error
    if not 0.0 <= probability <= 1.0:
        raise _unreadable(text, f"a probability of {value} is not between 0 and 1")
    return probability


def _seconds(text: str, value: str) -> float:
    number, scale = (value[:-2], 0.001) if value.endswith("ms") else (value.removesuffix("s"), 1.0)
    try:
        seconds = float(number) * scale
    except ValueError as error:
        raise _unreadable(text, f"{value!r} is not a delay") from error
    if not 0.0 <= seconds < float("inf"):
        raise _unreadable(text, f"a delay of {value} cannot be waited for")
    return seconds


def _unreadable(text: str, reason: str) -> SandboxSettingsError:
    return SandboxSettingsError(
        f"Fault {text!r}",
        reason,
        "Write KIND[=VALUE]:PROBABILITY, such as 503:0.01, lost:0.02, slow=2s:0.1 or 429=3:0.005",
    )


def _impossible(reason: str) -> SandboxSettingsError:
    return SandboxSettingsError("Fault", reason, "Correct its description")
