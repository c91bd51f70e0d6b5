"""What has just been seen of the things that a sync needs: what is wrong, and what is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from http import HTTPStatus
from typing import Final

from syncd.domain.change import Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleResult, Fault
from syncd.domain.delivery import Failure
from syncd.service.pulse import Trouble

MOST: Final = 100
"""So many are kept apart while nobody looks, such as while another process is at work."""
_NOT_TRIED: Final = frozenset({"stale", "unseen", "not_begun", "not_sent", "unanswered"})
"""Codes of writes that were left undone and did not fail."""
_OF_THE_KEY: Final = frozenset({HTTPStatus.UNAUTHORIZED.value, HTTPStatus.FORBIDDEN.value})


class Subject(StrEnum):
    """What can be out of order until somebody, or time, mends it."""

    CATALOG = "catalog"
    REMOTE = "remote"
    KEY = "key"
    WRITES = "writes"
    """Digital River answers, and some writes fail again and again."""
    STATE = "state"
    BUG = "bug"
    CONFIGURATION = "configuration"


SUBJECTS: Final[Mapping[Trouble, Subject]] = {
    Trouble.CATALOG: Subject.CATALOG,
    Trouble.REMOTE: Subject.REMOTE,
    Trouble.KEY: Subject.KEY,
    Trouble.STATE: Subject.STATE,
    Trouble.UNKNOWN: Subject.BUG,
    Trouble.CONFIGURATION: Subject.CONFIGURATION,
}
"""A lease that another process holds is none of them: that is work, and not trouble."""
_FAULTS: Final = {
    Fault.CATALOG: Subject.CATALOG,
    Fault.REMOTE: Subject.REMOTE,
    Fault.KEY: Subject.KEY,
}


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is wrong in words by its subject, None where it is well; what is not named is as it was.

    `result` is of the cycle that was just recorded, without its changes, which the journal has;
    `is_whole` says whether it was about all SKUs, so that what it does not tell is not so. `gone`
    names the one whose duty was taken over.
    """

    subjects: Mapping[Subject, str | None] = field(default_factory=dict)
    result: CycleResult | None = None
    is_whole: bool = True
    gone: str | None = None

    def then(self, later: Glimpse) -> Glimpse:
        """What both show together: the later word stands, and a whole cycle beside one of some."""
        newer = self if later.result is None or (self.is_of_all and not later.is_whole) else later
        subjects, gone = {**self.subjects, **later.subjects}, later.gone or self.gone
        return Glimpse(subjects, newer.result, newer.is_whole, gone)

    @property
    def is_of_all(self) -> bool:
        """Whether it is of a cycle about all SKUs."""
        return self.result is not None and self.is_whole


def condensed(seen: Sequence[Glimpse]) -> list[Glimpse]:
    """Put the oldest together where there are more than `MOST`: no subject's last word is lost."""
    spare = max(0, len(seen) - MOST)
    return [reduce(Glimpse.then, seen[: spare + 1]), *seen[spare + 1 :]] if spare else [*seen]


def glimpse_of(result: CycleResult, *, is_whole: bool) -> Glimpse:
    """What a cycle has shown; of what it had no need to ask for it does not speak."""
    subjects: dict[Subject, str | None] = {Subject.STATE: None, Subject.BUG: None}
    if result.fault is not None:
        subjects[_FAULTS[result.fault]] = result.error or ""
    if has_read(result):
        subjects[Subject.CATALOG] = None
    failed = failed_writes(result)
    if failed and result.fault is None:
        subjects[Subject.WRITES] = _words(failed)
    elif not result.writes_due and result.error is None and is_whole:
        subjects[Subject.WRITES] = None
    for subject in answered(result):
        subjects[subject] = None
    return Glimpse(subjects, replace(result, changes=()), is_whole)


def has_read(result: CycleResult) -> bool:
    """Whether the catalog was there and could be read: without a certificate nobody looked."""
    return result.fault is not Fault.CATALOG and result.certificate is not None


def answered(result: CycleResult) -> tuple[Subject, ...]:
    """Whether Digital River, and the key, have shown themselves well: not where nobody asked."""
    if result.fault is Fault.KEY:
        return (Subject.REMOTE,)
    if result.error is not None or not result.requests or any(map(_is_silence, result.changes)):
        return ()
    return (Subject.REMOTE, Subject.KEY)


def failed_writes(result: CycleResult) -> tuple[tuple[Change, Failure], ...]:
    """The writes that were tried and failed for now, each with its reason."""
    return tuple(
        (one.change, one.failure)
        for one in result.changes
        if one.outcome is ChangeOutcome.FAILED
        and one.failure is not None
        and one.failure.code not in _NOT_TRIED
        and one.failure.status not in _OF_THE_KEY
    )


def _is_silence(one: ChangeResult) -> bool:
    """Whether this write failed in a way that says nothing good of the remote."""
    if one.outcome is not ChangeOutcome.FAILED or one.failure is None:
        return False
    status = one.failure.status
    return status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _words(failed: tuple[tuple[Change, Failure], ...]) -> str:
    change, failure = failed[0]
    status = "" if failure.status is None else f"{failure.status} "
    count = f"{len(failed):,} write{'s' * (len(failed) != 1)}"
    request = f", request {failure.request_id}" if failure.request_id else ""
    return f"{count} failed, such as that of {change.id}: {status}{failure.message}{request}"
