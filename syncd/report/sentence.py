"""The answer first: one cycle in a sentence or a few, in words."""

from __future__ import annotations

from collections import Counter
from typing import Final

from syncd.domain.change import Action, ChangeOutcome
from syncd.report.report import Report
from syncd.report.wording import counted, joined, number

_LEFT: Final = {
    "stale": "{} of the plan left out as stale.",
    "unseen": "{} of the plan left out, for their items could not be looked up.",
    "managed": "{} given up, for Digital River took the fulfilment over.",
    "orchestrated": "{} not made, for Digital River keeps the items itself.",
}


def sentence(report: Report) -> str:
    """Say what came of the cycle, the way a person would: what, how many, and what waits."""
    said = (
        _error(report),
        _changes(report),
        _adopted(report),
        _stopped(report),
        _failed(report),
        _partial(report),
        _held(report),
        _quarantined(report),
        _missing(report),
        _due(report),
        _nothing_written(report),
    )
    return " ".join(one for one in said if one)


def _error(report: Report) -> str:
    if report.error is None:
        return ""
    return f"The cycle ended early: {report.error.rstrip('.')}."


def _changes(report: Report) -> str:
    summary = report.summary
    counts = [(summary.create, "created"), (summary.update, "updated"), (summary.delete, "deleted")]
    present = [(count, verb) for count, verb in counts if count]
    if not present:
        return _nothing_to_do(report)
    (first, verb), *rest = present
    were = "would be" if report.only_tells else _was(first)
    head = f"{counted(first, 'item')} {were} {verb}"
    return ", ".join([head, *(f"{number(count)} {verb}" for count, verb in rest)]) + "."


def _nothing_to_do(report: Report) -> str:
    if report.error is not None or report.summary.stopped or report.summary.failed:
        return ""
    lead = "Nothing had to be written" if report.writes else "Nothing would change"
    unchanged = report.summary.unchanged
    if not unchanged:
        return f"{lead}."
    return f"{lead}: {counted(unchanged, 'SKU')} {_is(unchanged)} in sync."


def _adopted(report: Report) -> str:
    if not report.adopted:
        return ""
    were = _was(report.adopted) if report.writes else "would be"
    return f"{counted(report.adopted, 'item')} {were} adopted."


def _stopped(report: Report) -> str:
    if not report.guards:
        return ""
    guards = joined(list(dict.fromkeys(str(stop.guard) for stop in report.guards)))
    by_action = report.stopped()
    kinds = [counted(by_action[action], action) for action in Action if by_action[action]]
    if not kinds:
        return f"{guards} stopped the plan."
    return f"{joined(kinds)} {_was(by_action.total())} stopped by {guards}."


def _failed(report: Report) -> str:
    """Say apart what was left out on purpose, what had no turn, and what really failed."""
    left = Counter(
        one.failure.code if one.failure is not None else ""
        for one in report.changes
        if one.outcome is ChangeOutcome.FAILED
    )
    told = [words.format(_writes(left.pop(code))) for code, words in _LEFT.items() if left[code]]
    unbegun = left.pop("not_begun", 0) + left.pop("not_sent", 0)
    if unbegun:
        told.append(f"{_writes(unbegun)} {_was(unbegun)} not begun.")
    unheard = left.pop("unanswered", 0)
    if unheard:
        them = "it" if unheard == 1 else "them"
        told.append(
            f"{_writes(unheard)} {_was(unheard)} not answered; the next run looks {them} up."
        )
    if left.total():
        told.append(f"{_writes(left.total())} failed and will be tried again.")
    return " ".join(told)


def _writes(count: int) -> str:
    return counted(count, "write")


def _partial(report: Report) -> str:
    catalog = report.catalog
    if catalog.complete or catalog.since is not None or not catalog.rows:
        return ""
    return "The read is not proven complete, so nothing counts as missing."


def _held(report: Report) -> str:
    held = report.summary.held
    return f"{counted(held, 'row')} {_is(held)} held." if held else ""


def _quarantined(report: Report) -> str:
    refused = report.summary.quarantined
    return f"{counted(refused, 'SKU')} {_is(refused)} quarantined." if refused else ""


def _missing(report: Report) -> str:
    waiting = report.missing_waiting
    if not waiting:
        return ""
    return f"{counted(waiting, 'SKU')} {_is(waiting)} missing and not due to be deleted."


def _due(report: Report) -> str:
    summary = report.summary
    due = report.writes_due - summary.failed - summary.stopped
    if not report.writes or due <= 0:
        return ""
    return f"{counted(due, 'write')} {_is(due)} still due."


def _nothing_written(report: Report) -> str:
    summary = report.summary
    if report.only_tells:
        return "Nothing was written."
    untouched = not (summary.create or summary.update or summary.delete or summary.failed)
    return "Nothing was written." if untouched and (summary.stopped or report.error) else ""


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
