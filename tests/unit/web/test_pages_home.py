"""The first page, as values: its sentence, its figures, and what needs somebody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from syncd.domain.approval import NEVER_APPROVED
from syncd.domain.attributes import ItemId
from syncd.domain.audit import FindingKind, PastAudit
from syncd.domain.change import Action
from syncd.domain.cycle import Counts, CycleId, CycleResult, Guard, GuardStop, QuarantinedSku
from syncd.domain.delivery import Failure
from syncd.domain.message import Message, Urgency
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held, SkuState
from syncd.report.tokens import Role
from syncd.report.view import HeldRow
from syncd.service.board import HOURS, LOOKED_AT, Board, Hour
from syncd.service.outbox import Outbox, Posted
from syncd.service.pulse import Doing
from syncd.service.readiness import Cause, Obstacle
from syncd.web.pages.cycles import LISTED, cycles
from syncd.web.pages.headline import headline, last_cycle
from syncd.web.pages.home import home
from syncd.web.pages.needs import needs
from syncd.web.pages.watch import Watch
from tests.unit.web.boards import MINUTE, NOW, SECOND, board, cycle, watch

STOP = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "Too many.")
STOPPED = cycle(guards=(STOP,), counts=Counts(stopped=412))
IN_SYNC, PENDING, HELD, REFUSED = (
    SkuState.IN_SYNC,
    SkuState.PENDING,
    SkuState.HELD,
    SkuState.QUARANTINED,
)
OUT = Obstacle(Cause.REMOTE, "It has answered 503 for 12 min.")
LATE = Obstacle(Cause.LATE, "No cycle has come through for 900 s.")
KEY = Obstacle(Cause.KEY, "The key was refused.")
UNUSABLE = Held("hsCode", "x", "digits only", 7)
REFUSAL = Failure(409, "invalid_parameter", "No such pair.", "manufacturerId", "req-1")


@pytest.mark.parametrize(
    ("board", "watch", "role", "words", "needs"),
    [
        (board(), watch(), Role.IN_SYNC, "All well. 12 pairs in sync.", ""),
        (board({IN_SYNC: 1}), watch(), Role.IN_SYNC, "All well. 1 pair in sync.", ""),
        (
            board({IN_SYNC: 12_408, PENDING: 31}),
            watch(),
            Role.PENDING,
            "12,408 pairs in sync, 31 pending.",
            "",
        ),
        (
            board({IN_SYNC: 12, HELD: 1}),
            watch(),
            Role.HELD,
            "12 pairs in sync.",
            "1 SKU waits for you.",
        ),
        (
            board({IN_SYNC: 12, HELD: 1, REFUSED: 2}),
            watch(),
            Role.QUARANTINED,
            "12 pairs in sync.",
            "3 SKUs wait for you.",
        ),
        (
            board(cycles=(STOPPED,)),
            watch(),
            Role.STOPPED,
            "412 changes were stopped by max_delete. 12 pairs in sync.",
            "",
        ),
        (
            board(cycles=(cycle(guards=(STOP,), counts=None),)),
            watch(),
            Role.STOPPED,
            "max_delete stopped the plan. 12 pairs in sync.",
            "",
        ),
        (
            board({IN_SYNC: 12, HELD: 3}, cycles=(STOPPED,)),
            watch(troubles=(OUT,)),
            Role.FAILED,
            "Digital River cannot be reached. 12 pairs in sync.",
            "412 stopped changes and 3 SKUs wait for you.",
        ),
        (
            board(),
            watch(troubles=(LATE, KEY)),
            Role.FAILED,
            "No cycle has come through for too long. 12 pairs in sync.",
            "",
        ),
        (
            board(),
            watch(stands_by_for="syncd, process 7, is on duty"),
            Role.PENDING,
            "Standing by: another daemon is on duty. 12 pairs in sync.",
            "",
        ),
        (
            board(),
            watch(former_goes_on="poll is no duration"),
            Role.HELD,
            "The changed configuration was not taken over. 12 pairs in sync.",
            "",
        ),
        (board({}, cycles=()), watch(), Role.PENDING, "No cycle has run yet.", ""),
        (
            board({}, cycles=()),
            watch(doing=Doing("reading the catalog", NOW, 0.0)),
            Role.PENDING,
            "The first cycle is running.",
            "",
        ),
    ],
)
def test_the_sentence_says_the_worst_first(
    board: Board, watch: Watch, role: Role, words: str, needs: str
) -> None:
    told = headline(board, watch)

    assert (told.role, told.words, told.needs) == (role, words, needs)


def test_figures_that_always_change_are_not_spoken() -> None:
    some = headline(board({IN_SYNC: 1, PENDING: 31}), watch())
    fewer = headline(board({IN_SYNC: 2, PENDING: 30}), watch())

    assert some.words != fewer.words
    assert some.spoken == fewer.spoken != ""
    assert headline(board(), watch()).spoken == "All well."


def test_every_trouble_has_words_and_advice() -> None:
    for cause in set(Cause) - {Cause.STANDBY, Cause.STARTING, Cause.GUARD}:
        troubled = watch(troubles=(Obstacle(cause, "It is so."),))
        assert headline(board(), troubled).role is Role.FAILED
        (trouble,) = needs(board(), troubled).troubles
        assert trouble.words == "It is so."
        assert trouble.advice.command


def test_the_last_cycle_is_told_with_what_it_took_and_wrote() -> None:
    told = last_cycle(board())
    assert told is not None
    assert (told.ended.words, told.told) == ("2 min ago", "took 1.0 s, 3 writes")

    early = last_cycle(board(cycles=(cycle(error="no catalog"),)))
    assert early is not None
    assert early.told == "ended early"


def test_what_is_due_now_is_due_any_moment() -> None:
    due = home(board(), watch(next_runs={"poll": NOW, "audit": NOW + timedelta(days=2)}))

    assert due.next is not None
    assert due.next.words == "any moment"
    assert [(job, at.words) for job, at in due.jobs] == [
        ("poll", "any moment"),
        ("audit", "in 2 d"),
    ]


def test_the_next_cycle_is_the_earliest_and_no_audit() -> None:
    soon = NOW + MINUTE / 2
    runs = {"poll": NOW + 3 * MINUTE, "full": NOW + MINUTE}
    runs |= dict.fromkeys(("audit", "rolling", "prune"), soon)
    told = home(board(), watch(next_runs=runs)).next

    assert told is not None
    assert told.words == "in 1 min"


# -------------------------------------------------------------------------- what needs somebody


def test_nothing_needs_anybody_where_all_is_well() -> None:
    assert not needs(board(), watch())


def test_a_stop_comes_with_the_command_that_approves_it() -> None:
    (advice,) = needs(board(cycles=(STOPPED,)), watch()).advice

    assert advice.command == "syncd approve cycle-1"


@pytest.mark.parametrize("guard", sorted(NEVER_APPROVED))
def test_no_command_approves_what_nobody_can(guard: Guard) -> None:
    stop = GuardStop(guard, 0, 1, tuple(Action), "No proof.")

    (advice,) = needs(board(cycles=(cycle(guards=(stop,)),)), watch()).advice

    assert "approve" not in advice.command


def test_what_waits_stands_by_reason_with_a_few_of_each() -> None:
    held = tuple(HeldSku(f"H{number}", UNUSABLE) for number in range(5))
    refused = (QuarantinedSku(ItemId("R"), REFUSAL, NOW - MINUTE),)
    states = {HELD: 5, REFUSED: 1}

    quarantine, holds = needs(board(states, held=held, quarantined=refused), watch()).waiting

    (group,) = holds.groups
    assert (group.reason, group.count, group.beyond) == ("hsCode: digits only", "5 rows", "2")
    assert isinstance(group.members[0], HeldRow)
    assert (holds.href, holds.count, holds.sampled) == ("/held", "5", "")
    assert quarantine.groups[0].reason == "409 invalid_parameter on manufacturerId"


def test_more_than_were_looked_at_are_said_to_be_so() -> None:
    states = {HELD: LOOKED_AT + 1}

    (holds,) = needs(board(states, held=(HeldSku("H", UNUSABLE),)), watch()).waiting

    assert holds.sampled == f"{LOOKED_AT}"


# ------------------------------------------------------------------------------------- figures


def test_a_number_that_is_zero_or_good_is_no_link() -> None:
    tiles = home(board({IN_SYNC: 12, PENDING: 3, SkuState.IN_FLIGHT: 1}), watch()).tiles

    links = {tile.word: (tile.count, tile.href) for tile in tiles if tile.href}
    assert links == {"pending": ("4", "/pending")}


def test_without_writes_there_is_no_chart_of_them() -> None:
    assert home(board(), watch()).writes.chart is None


def test_the_writes_are_counted_by_action_and_failures_apart() -> None:
    hours = (
        Hour(NOW - timedelta(hours=1), {Action.CREATE: 2, Action.DELETE: 1}, 3),
        Hour(NOW, {Action.CREATE: 1_200}),
    )
    writes = home(board(hours=hours), watch()).writes

    assert [(total.word, total.count) for total in writes.totals] == [
        ("created", "1,202"),
        ("updated", "0"),
        ("deleted", "1"),
        ("failed", "3"),
    ]
    assert "21 Nov 2026 11:30 to 12:30 UTC: created 2, updated 0, deleted 1, failed 3" in str(
        writes.chart
    )


@pytest.mark.parametrize("late", range(24))
def test_no_hour_under_the_chart_stands_where_now_stands(late: int) -> None:
    first = NOW + timedelta(hours=late - HOURS)
    hours = tuple(Hour(first + timedelta(hours=n), {Action.CREATE: 1}) for n in range(HOURS))

    chart = str(home(board(hours=hours), watch()).writes.chart)

    *places, now = re.findall(r'x="([0-9.]+)%"[^>]*>(?:[0-9]{2}:[0-9]{2}|now, UTC)<', chart)
    assert len(places) in {3, 4}
    assert float(now) == 100
    assert max(map(float, places)) < 100 - 100 * 4 / HOURS


# -------------------------------------------------------------------------------------- cycles


def test_a_cycle_stands_with_its_figures() -> None:
    counts = Counts(create=1, update=2_000, delete=3, failed=4, refused=5)
    (row,) = cycles(board(cycles=(cycle(counts=counts, states={HELD: 6}),))).rows

    figures = (row.took, row.rows, row.created, row.updated, row.deleted, row.failed, row.held)
    assert figures == ("1.0 s", "1,200", "1", "2,000", "3", "9", "6")
    assert (row.id, row.started.words, row.mode) == ("cycle-1", "2 min ago", "scheduled run")
    assert (row.role, row.outcome) == (Role.HELD, "done, some held or quarantined")


def test_figures_that_nobody_kept_are_no_zeros() -> None:
    (row,) = cycles(board(cycles=(cycle(counts=None, states={}, certificate=None),))).rows

    assert {row.created, row.updated, row.deleted, row.failed, row.held, row.rows} == {"–"}


@pytest.mark.parametrize(
    ("one", "role", "words"),
    [
        (cycle(), Role.IN_SYNC, "all in sync"),
        (cycle(error="no catalog."), Role.FAILED, "ended early: no catalog"),
        (cycle(writes_due=3), Role.PENDING, "writes are still due"),
        (cycle(guards=(STOP,)), Role.STOPPED, "a guard stopped something"),
    ],
)
def test_a_cycle_is_coloured_by_how_it_ended(one: CycleResult, role: Role, words: str) -> None:
    (row,) = cycles(board(cycles=(one,))).rows

    assert (row.role, row.outcome) == (role, words)


def test_some_are_listed_and_all_are_drawn() -> None:
    many = tuple(cycle(number, number * MINUTE) for number in range(LISTED + 10))
    told = cycles(board(cycles=many))

    assert len(told.rows) == LISTED
    assert str(told.strip).count("<rect") == len(many)


def test_a_clock_that_was_put_back_upsets_no_chart() -> None:
    later, earlier = cycle(1, -MINUTE), cycle(2, MINUTE, finished=NOW - timedelta(days=1))

    told = cycles(board(cycles=(earlier, later)))

    assert "-" not in "".join(str(told.strip).split('width="')[1:]).split('"')[0]
    assert told.rows[0].took == "0 ms"


def test_the_strip_of_time_ends_now() -> None:
    strip = str(cycles(board(cycles=(cycle(ago=9 * SECOND),))).strip)

    assert "1 min ago" in strip
    assert "30 s ago" in strip
    assert 'x="83.333%"' in strip


def test_one_cycle_is_no_line() -> None:
    assert cycles(board()).spark is None
    assert cycles(board(cycles=())).strip is None


# ------------------------------------------------------------------------- audits and messages


def _audited(ago: timedelta) -> PastAudit:
    began = NOW - ago
    found = {FindingKind.DRIFTED: 2, FindingKind.FOREIGN: 5}
    return PastAudit(CycleId("audit-1"), began, began + MINUTE, 12, 3, found, to_mend=2)


@pytest.mark.parametrize(
    ("audit", "found", "is_overdue"),
    [
        (None, "", False),
        (_audited(timedelta(hours=3)), "2 to mend", False),
        (_audited(timedelta(days=8)), "2 to mend", True),
    ],
)
def test_within_what_time_drift_is_found_is_told(
    audit: PastAudit | None, found: str, is_overdue: bool
) -> None:
    told = home(board(audit=audit), watch()).audit

    assert (told.found, told.is_overdue) == (found, is_overdue)
    assert (told.bound, told.rolling) == ("7 d", "")


def test_what_is_looked_at_by_turns_is_told_as_well() -> None:
    assert home(board(rolling=timedelta(hours=24)), watch()).audit.rolling == "1 d"


def test_messages_that_nobody_has_got_need_somebody() -> None:
    message = Message("The catalog cannot be read", "So it is.", Urgency.FAILURE)
    undelivered = Outbox((Posted("1", message, NOW, frozenset({"t"}), NOW),), None)

    (notice,) = needs(board(outbox=undelivered), watch()).notices

    assert notice.words == "1 message did not get through: The catalog cannot be read."
    assert notice.advice.command == "syncd check --notify"


def test_what_an_audit_found_to_mend_is_a_notice_with_its_command() -> None:
    (notice,) = needs(board(to_mend=3), watch()).notices

    assert notice.words == "The last audit found 3 SKUs to mend."
    assert notice.advice.command == "syncd audit --repair"
