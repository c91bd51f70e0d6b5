"""What `syncd status` says of audits: within what time what is found, and where that fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.cli.shown.status import status_listing
from syncd.domain.audit import PastAudit
from syncd.domain.cycle import CycleId
from syncd.ports import Census
from syncd.service.inquiry import Status
from syncd.service.past_audits import AuditStanding

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def audited(before: timedelta) -> PastAudit:
    began = NOON - before
    return PastAudit(CycleId("audit"), began, began + HOUR, 9, 0, {}, to_mend=0, unsettled=0)


@pytest.mark.parametrize(
    ("last", "rolling", "words"),
    [
        (None, None, "none so far; with the daemon on duty, any drift is found within 7 d"),
        (audited(DAY), None, "any drift is found within 7 d 1 h"),
        (
            audited(DAY),
            DAY,
            "what changes of ours is found within 1 d, any drift is found within 7 d 1 h",
        ),
        (
            audited(2 * WEEK),
            None,
            "it is older than 7 d 1 h, within which drift is to be found: syncd audit",
        ),
    ],
)
def test_the_bound_on_how_long_drift_goes_unseen_is_told(
    last: PastAudit | None, rolling: timedelta | None, words: str
) -> None:
    status = Status(NOON, Census({}, 0), None, None, (), ())

    listing = status_listing(status, AuditStanding(last, WEEK, rolling))

    (told,) = [detail for detail in listing.details if detail.title == "Last audit"]
    assert told.sentence == words
