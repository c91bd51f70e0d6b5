"""How each message reads: what has happened, what it means, and the command that helps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from syncd.domain.approval import NEVER_APPROVED, can_be_approved
from syncd.domain.counting import counted
from syncd.domain.cycle import CycleId, GuardStop, QuarantinedSku
from syncd.domain.message import Message, Urgency
from syncd.domain.plain_text import printable
from syncd.domain.snapshot import HeldSku
from syncd.service.glimpse import Subject

_MOST_REASONS: Final = 5
_EXAMPLES: Final = 3
_LONGEST_REASON: Final = 400
_GOES_ON: Final = "Nothing is lost, and syncd goes on trying."

_WRONG: Final[Mapping[Subject, tuple[str, str, str]]] = {
    Subject.CATALOG: (
        "The catalog cannot be read",
        _GOES_ON,
        "See what is the matter: syncd check",
    ),
    Subject.REMOTE: ("Digital River does not answer", _GOES_ON, "See how it stands: syncd status"),
    Subject.KEY: (
        "Digital River refuses the key",
        "Nothing is written until that is mended.",
        "Put a valid key in place, then look whether it is taken: syncd check",
    ),
    Subject.WRITES: ("Writes keep failing", _GOES_ON, "See which ones: syncd status"),
    Subject.STATE: (
        "The state cannot be used",
        "Nothing is written until that is mended.",
        "See what is the matter: syncd check",
    ),
    Subject.BUG: (
        "syncd has met a mistake of its own",
        "Its next cycle goes on from where this one ended.",
        "Please report it, with the traceback that its log has.",
    ),
    Subject.CONFIGURATION: (
        "The changed configuration was not taken over",
        "syncd goes on by the former one.",
        "Mend it, look at it with: syncd check, then reload the service.",
    ),
}
"""A title, what it means, and what helps."""
_WELL: Final[Mapping[Subject, str]] = {
    Subject.CATALOG: "The catalog can be read again",
    Subject.REMOTE: "Digital River answers again",
    Subject.KEY: "Digital River takes the key again",
    Subject.WRITES: "All writes have come through",
    Subject.STATE: "The state can be used again",
    Subject.BUG: "syncd works again after its mistake",
    Subject.CONFIGURATION: "The changed configuration is taken over now",
}

TEST: Final = Message("A test", "If you can read this, syncd reaches you here.", Urgency.INFO)


def gone_wrong(subject: Subject, words: str) -> Message:
    """What stands in the way, and what helps."""
    title, meaning, help_ = _WRONG[subject]
    return Message.of(title, (_line(words), meaning, help_), Urgency.FAILURE)


def well_again(subject: Subject, after: timedelta) -> Message:
    """What has been told before is over."""
    return Message.of(_WELL[subject], (f"The trouble lasted {_span(after)}.",), Urgency.SUCCESS)


def stopped(stops: Sequence[GuardStop], cycle: CycleId) -> Message:
    """What guards have stopped, and how it is let through if it is meant."""
    guards = ", ".join(dict.fromkeys(stop.guard.value for stop in stops))
    lines = [line for stop in stops for line in _stop_lines(stop)]
    lines.append("Mend the cause if this is not meant; it needs no more than that.")
    if can_be_approved(stops):
        lines.append(f"If it is meant, let it through: syncd approve {cycle}")
    if any(stop.guard in NEVER_APPROVED for stop in stops):
        lines.append("See what is the matter: syncd check")
    lines.append(f"See it all: syncd history {cycle}")
    return Message.of(f"A guard has stopped something: {guards}", tuple(lines), Urgency.WARNING)


def stops_no_more(guards: Sequence[str]) -> Message:
    """What was stopped has gone through, or is not wished for any more."""
    title = f"Nothing is stopped any more by {', '.join(guards)}"
    return Message.of(title, ("See how all stands: syncd status",), Urgency.SUCCESS)


def quarantined(news: Sequence[QuarantinedSku], count: int) -> Message:
    """The SKUs that were refused since the last message, by their reason."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for sku in news:
        failure = sku.failure
        about = f" ({failure.parameter})" if failure.parameter else ""
        status = "" if failure.status is None else f"{failure.status} "
        reasons[_line(f"{status}{failure.code}{about}: {failure.message}")].append(sku.id)
    lines = (
        *_by_reason(reasons),
        f"In quarantine are {counted(count, 'SKU')} now; each waits until its data changes.",
        "See them: syncd quarantine list",
    )
    title = f"{counted(len(news), 'SKU')} newly refused by Digital River"
    return Message.of(title, lines, Urgency.WARNING)


def held(rows: Sequence[HeldSku], before: int) -> Message:
    """How many rows of the catalog are unusable, by the rule that they break."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        reasons[_line(f"{row.held.attribute}: {row.held.rule}")].append(row.id or _place(row))
    since = f", after {before:,}" if before else ""
    lines = (
        *_by_reason(reasons),
        "Their items stay as they are until the catalog is mended.",
        "See the first of them: syncd status",
    )
    title = f"{counted(len(rows), 'row')} of the catalog cannot be used{since}"
    return Message.of(title, lines, Urgency.WARNING)


def taken_over(gone: str) -> Message:
    """Another daemon works now."""
    lines = (_line(gone), "This one, which stood by, works in its place.", "See: syncd status")
    return Message.of("A standby has taken over", lines, Urgency.WARNING)


def _stop_lines(stop: GuardStop) -> Iterator[str]:
    yield f"{stop.guard.value}: {_line(stop.message)}"
    if stop.examples:
        yield f"Such as {', '.join(stop.examples[:_EXAMPLES])}"


def _by_reason(reasons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The most frequent first; past some, only how many more there are."""
    ranked = sorted(reasons.items(), key=lambda one: (-len(one[1]), one[0]))
    for reason, ids in ranked[:_MOST_REASONS]:
        such_as = "such as " if len(ids) > _EXAMPLES else ""
        yield f"{len(ids):,} × {reason} ({such_as}{', '.join(ids[:_EXAMPLES])})"
    left = ranked[_MOST_REASONS:]
    if left:
        yield f"{sum(len(ids) for _, ids in left):,} more for {len(left):,} other reasons"


def _place(row: HeldSku) -> str:
    """A row without an id is named by where it stands."""
    return "no id" if row.held.row is None else f"row {row.held.row}"


def _line(text: str) -> str:
    """One line that hides nothing and is not too long."""
    plain = printable(text)
    return plain if len(plain) <= _LONGEST_REASON else f"{plain[:_LONGEST_REASON]}…"


def _span(time: timedelta) -> str:
    minutes = max(0, int(time.total_seconds())) // 60
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2])
