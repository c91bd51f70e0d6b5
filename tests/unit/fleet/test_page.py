"""What the page of a fleet says of each account, and what Prometheus is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.config import ServiceSettings
from syncd.domain.cycle import CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.tracking import SkuState
from syncd.errors import StateAwayError
from syncd.report.tokens import Role
from syncd.service.fleet_standing import FleetStanding, Posted, standing_of
from syncd.service.pulse import Pulse, Trouble
from syncd.web.fleet import FleetDesk, families, row_of, view_of
from tests.unit.fleet.examples import settings_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WELL = FleetStanding("poll", "process 7", 600.0, "c", {"in_sync": 40, "held": 2, "quarantined": 1})


def posted(success: datetime | None = NOON - MINUTE, **changed: object) -> Posted:
    return Posted(replace(WELL, **changed), NOON - MINUTE, success)  # type: ignore[arg-type]  # a field's own type


def desk(*, away: bool = False, **board: Posted) -> FleetDesk:
    def read() -> dict[str, Posted]:
        if away:
            raise StateAwayError("fleet", "it is away", "Wait")
        return board

    return FleetDesk(
        names=lambda: ("acme", "beta", "gamma"),
        problems=lambda: {"gamma": "gamma.toml: this is not TOML"},
        board=read,
        errands=lambda: {"todo": 4, "doing": 1},
        command=lambda account, words: f"syncd {words} --config {account}.toml",
        pulse=Pulse(lambda: NOON),
        service=ServiceSettings(),
        now=lambda: NOON,
        version="1",
    )


@pytest.mark.parametrize(
    ("found", "problem", "role", "words"),
    [
        (posted(), None, Role.IN_SYNC, "well"),
        (posted(), "not TOML", Role.STOPPED, "not TOML"),
        (posted(troubles=("The catalog is away.",)), None, Role.FAILED, "The catalog is away."),
        (posted(stops=("max_delete",)), None, Role.STOPPED, "max_delete"),
        (posted(NOON - 11 * MINUTE), None, Role.FAILED, "no cycle has come through for two"),
        (posted(None), None, Role.IN_SYNC, "well"),
        (None, None, Role.PENDING, "first cycle is due"),
        (None, "not TOML", Role.STOPPED, "not TOML"),
    ],
)
def test_an_account_is_shown_by_what_matters_most(
    found: Posted | None, problem: str | None, role: Role, words: str
) -> None:
    row = row_of("acme", found, problem, NOON)

    assert row.role is role
    assert row.words.startswith(words)
    assert row.is_well is (role in {Role.IN_SYNC, Role.PENDING})


def test_those_who_need_somebody_come_first() -> None:
    view = view_of(desk(acme=posted(), beta=posted(troubles=("away",))))

    assert [row.account for row in view.rows] == ["beta", "gamma", "acme"]
    assert view.sentence == "3 accounts, 2 of them to look at."
    assert view.errands == "1 at work, 4 waiting"
    (acme,) = [row for row in view.rows if row.account == "acme"]
    assert (acme.skus, acme.attention) == (43, 3)
    assert acme.success is not None
    assert acme.success.words == "1 min ago"


def test_whoever_has_to_look_at_an_account_is_given_the_commands() -> None:
    stopped = posted(stops=("max_delete: too many",), states={"in_sync": 40})
    view = view_of(desk(acme=posted(), beta=stopped, gamma=posted(troubles=("away",), states={})))

    assert view.helps == {
        "acme": ("syncd status --config acme.toml", "syncd quarantine --config acme.toml"),
        "beta": ("syncd history c --config beta.toml", "syncd approve c --config beta.toml"),
        "gamma": ("syncd check --config gamma.toml",),
    }


def test_what_is_late_leads_to_a_command_and_what_waits_for_approval_to_that_alone() -> None:
    late = NOON - 11 * MINUTE
    view = view_of(desk(acme=posted(late, states={}), beta=posted(late, states={}, stops=("x",))))

    assert view.helps == {
        "acme": ("syncd check --config acme.toml",),
        "beta": ("syncd history c --config beta.toml", "syncd approve c --config beta.toml"),
    }


def test_a_database_that_is_away_is_said_instead_of_failing() -> None:
    view = view_of(desk(away=True))
    told = {family.name: family for family in families(desk(away=True))}

    assert (view.role, view.troubles) == (Role.FAILED, ("fleet: it is away. Wait.",))
    assert told["syncd_fleet_database_readable"].samples[0].value == 0
    assert "syncd_fleet_accounts" not in told


def test_prometheus_is_told_of_each_account_what_an_alert_needs() -> None:
    found = list(families(desk(acme=posted(), beta=posted(troubles=("away",)))))
    told = {
        (family.name, *sample.labels.values()): sample.value
        for family in found
        for sample in family.samples
    }
    assert told["syncd_fleet_accounts", "well"] == 1
    assert told["syncd_fleet_accounts", "failing"] == 1
    assert told["syncd_fleet_accounts", "stopped"] == 1
    assert told["syncd_fleet_account_well", "beta"] == 0
    assert told["syncd_fleet_errands", "todo"] == 4
    since = told["syncd_fleet_last_success_timestamp_seconds", "acme"]
    assert since == (NOON - MINUTE).timestamp()


def test_a_standing_sums_up_what_was_seen_and_is_read_as_it_was_written() -> None:
    pulse = Pulse(lambda: NOON)
    stop = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (), "max_delete: too many")
    result = CycleResult(CycleId("c"), Mode.SCHEDULED, NOON, NOON, None, guards=(stop,))
    pulse.ended(replace(result, states={SkuState.IN_SYNC: 7, SkuState.HELD: 0}))
    pulse.trouble(Trouble.LEASE, "somebody is at work")
    standing = standing_of("poll", "process 7", pulse, settings_of("acme").schedule)

    assert standing.states == {"in_sync": 7}
    assert standing.stops == (stop.message,)
    assert standing.troubles == ("somebody is at work",)
    assert standing.late_after == 600
    often = settings_of("acme").schedule.model_copy(update={"poll": timedelta(seconds=5)})
    assert standing_of("poll", "process 7", pulse, often).late_after == 30
    assert FleetStanding.from_text(standing.to_text()) == standing


def test_what_the_last_cycle_found_stays_over_an_audit_and_not_over_a_cycle() -> None:
    stopped = replace(WELL, stops=("max_delete",))
    audit = FleetStanding("audit", "process 8", 600.0, troubles=("away",))
    cycle = FleetStanding("poll", "process 8", 600.0, "later", {"in_sync": 9})

    kept = audit.after(stopped)
    assert (kept.job, kept.troubles) == ("audit", ("away",))
    assert (kept.cycle, kept.states, kept.stops) == ("c", WELL.states, ("max_delete",))
    assert cycle.after(stopped) == cycle
