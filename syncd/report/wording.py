"""How numbers, times, values and modes read in words, the same in every format."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from syncd.domain.attributes import Value
from syncd.domain.change import Action, Change, ChangeOutcome, Resource
from syncd.domain.counting import counted as counted  # noqa: PLC0414 - the pages take all words from here
from syncd.domain.cycle import Mode
from syncd.domain.delivery import Failure
from syncd.errors import ExitCode

NO_VALUE: Final = "no value"

MODE_WORDS: Final = {
    Mode.ONCE: "one run",
    Mode.DRY_RUN: "dry run",
    Mode.PLAN: "saved plan",
    Mode.APPLY: "applied plan",
    Mode.SCHEDULED: "scheduled run",
    Mode.REVERT: "revert",
    Mode.REPAIR: "repair",
    Mode.ADOPT: "adoption",
}
EXIT_MEANINGS: Final = {
    ExitCode.OK: "every SKU is in sync, or missing and waiting to be deleted",
    ExitCode.FAILED: "the run failed or writes are still due; nothing is lost, run again",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.NEEDS_ATTENTION: "done, but some SKUs are held or quarantined",
    ExitCode.GUARD_STOPPED: "a guard stopped the plan or part of it",
    ExitCode.CHANGES_FOUND: "the dry run found changes",
    ExitCode.INTERRUPTED: "stopped by SIGINT; what was not answered, the next run looks up",
    ExitCode.TERMINATED: "stopped by SIGTERM; what was not answered, the next run looks up",
}
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SECONDS_IN: Final = (("d", 86_400), ("h", 3_600), ("min", 60))


def number(count: int) -> str:
    """Separate the thousands: `12,408`."""
    return f"{count:,}"


def whole_number(quantity: float | None) -> int | float | None:
    """Write whole numbers as such."""
    return int(quantity) if quantity is not None and float(quantity).is_integer() else quantity


def joined(parts: Sequence[str]) -> str:
    """Enumerate in words: `a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def moment(when: datetime) -> str:
    """Say a time to the minute in UTC, in no locale but English: `21 Nov 2026 17:40 UTC`."""
    utc = when.astimezone(UTC)
    return f"{utc.day} {_MONTHS[3 * utc.month - 3 : 3 * utc.month]} {utc.year} {utc:%H:%M} UTC"


def exact(when: datetime) -> str:
    """Say a time exactly, in ISO 8601 and UTC: `2026-11-21T17:40:00Z`, `…:01.4Z`."""
    utc = when.astimezone(UTC)
    fraction = f"{utc.microsecond / 1_000_000:.6f}"[1:].rstrip("0").rstrip(".")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def duration(span: timedelta) -> str:
    """Say a span in its two largest units: `120 ms`, `1.4 s`, `3 min 20 s`, `2 d 4 h`."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return _two_units(round(seconds))


def _two_units(seconds: int) -> str:
    said: list[tuple[int, str]] = []
    for unit, size in (*_SECONDS_IN, ("s", 1)):
        if seconds >= size or said:
            said.append((seconds // size, unit))
            seconds %= size
    return " ".join(f"{count} {unit}" for count, unit in said[:2] if count)


def ago(when: datetime, now: datetime) -> str:
    """Say a time as seen from `now`: `3 min ago`, `in 2 d`, `just now`."""
    seconds = round((now - when).total_seconds())
    if abs(seconds) < 5:  # noqa: PLR2004 - what a person calls now
        return "just now"
    unit, size = next((pair for pair in _SECONDS_IN if abs(seconds) >= pair[1]), ("s", 1))
    span = f"{abs(seconds) // size} {unit}"
    return f"{span} ago" if seconds > 0 else f"in {span}"


def share_or_count(limit: float) -> str:
    """Say a guard's figure: a share (float) in percent, a count (int) as it is."""
    if isinstance(limit, int):
        return number(limit)
    return f"{limit * 100:.1f}".rstrip("0").rstrip(".") + " %"


def deed(action: Action, outcome: ChangeOutcome) -> str:
    """Say what became of a change: `update`, `updated`, `update failed`."""
    match outcome:
        case ChangeOutcome.PLANNED:
            return action
        case ChangeOutcome.DONE:
            return f"{action}d"
        case ChangeOutcome.FAILED | ChangeOutcome.STOPPED | ChangeOutcome.QUARANTINED:
            return f"{action} {outcome}"


def said_of(change: Change, outcome: ChangeOutcome) -> str:
    """Say what became of one half of a pair; an item, as every change once was, is not named."""
    said = deed(change.action, outcome)
    return f"{said} (SKU)" if change.resource is Resource.SKU else said


def visible(text: str) -> str:
    r"""Spell out control, format and direction characters, so that data can trick no reader.

    A terminal would obey an escape sequence and a browser a direction override; both show as
    `\x1b` and `\u202e` instead.
    """
    if text.isprintable():
        return text
    return "".join(_spelled(char) for char in text)


def _spelled(char: str) -> str:
    if unicodedata.category(char) in _INVISIBLE:
        return char.encode("unicode_escape", "surrogatepass").decode("ascii")
    return char


def value_words(value: Value) -> str:
    """Say one attribute's value: `true`, `no value`, or the visible text itself."""
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible(value)


def failure_words(failure: Failure) -> str:
    """Say why a request failed, with the request id that support asks for."""
    status = "" if failure.status is None else f"{failure.status} "
    request = f" (request {failure.request_id})" if failure.request_id else ""
    return visible(f"{status}{failure.code}: {failure.message}{request}")


def command(*words: str, ids: Sequence[str] = ()) -> str | None:
    """Spell a command that a shell takes as it stands; None where an id cannot be pasted."""
    if not all(id and id.isprintable() for id in ids):
        return None
    options_end = ["--"] if any(id.startswith("-") for id in ids) else []
    return shlex.join([*words, *options_end, *ids])
