"""The first page: what it shows of board and watch, in words and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from syncd.domain.change import Action
from syncd.domain.tracking import SkuState
from syncd.report.charts import Segment, whole_bar
from syncd.report.time_charts import Columns, Layer, Tick, columns, meter
from syncd.report.tokens import Role
from syncd.report.view import When, trusted, when
from syncd.report.wording import counted, duration, moment, number, visible
from syncd.service.board import HOURS, Board, Hour
from syncd.service.past_audits import AuditStanding
from syncd.service.pulse import Job
from syncd.web.pages.cycles import Cycles, cycles
from syncd.web.pages.headline import Headline, LastCycle, headline, last_cycle
from syncd.web.pages.needs import Needs, needs
from syncd.web.pages.stock import StockView, stock_view
from syncd.web.pages.watch import Watch

if TYPE_CHECKING:
    from markupsafe import Markup

_PARTS: Final = (
    ("in sync", Role.IN_SYNC, (SkuState.IN_SYNC,), ""),
    ("pending", Role.PENDING, (SkuState.PENDING, SkuState.IN_FLIGHT), "/pending"),
    ("held", Role.HELD, (SkuState.HELD,), "/held"),
    ("quarantined", Role.QUARANTINED, (SkuState.QUARANTINED,), "/quarantined"),
    ("missing", Role.MISSING, (SkuState.MISSING,), "/missing"),
    ("foreign", Role.FOREIGN, (SkuState.FOREIGN,), "/foreign"),
)
_JOBS: Final = (
    (Job.POLL, "poll"),
    (Job.FULL, "whole read"),
    (Job.AUDIT, "audit"),
    (Job.LEVELS, "stock"),
)
_TICK_HOURS: Final = 6
_NOW_HOURS: Final = 5
"""As many as the word for now takes of the chart on a telephone."""
_MOMENT: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Tile:
    """How many SKUs are in one state; `href` is empty where the count is zero or good."""

    word: str
    count: str
    role: Role
    href: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Total:
    """What one layer of the chart of writes comes to."""

    word: str
    count: str
    css: str


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes of the last hours; no chart where there were none."""

    chart: Markup | None
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """Everything that the first page shows."""

    headline: Headline
    last: LastCycle | None
    next: When | None
    doing: str
    doing_since: When | None
    standby: str
    writes_open: When | None
    needs: Needs
    total: str
    bar: Markup | None
    tiles: tuple[Tile, ...]
    writes: Writes
    rate: str
    limit: str
    meter: Markup
    pending: When | None
    jobs: tuple[tuple[str, When], ...]
    catalog: Catalog | None
    audit: AuditView
    stock: StockView | None
    cycles: Cycles


@dataclass(frozen=True, slots=True)
class Catalog:
    """The last read that was recorded."""

    source: str
    rows: str
    read: When
    is_complete: bool


@dataclass(frozen=True, slots=True)
class AuditView:
    """The last audit, what it found, and within what time any drift shows.

    `rolling` is the time for changes of what is ours, empty where nobody looks for them by turns.
    """

    last: When | None
    found: str
    bound: str
    rolling: str
    is_overdue: bool


def home(board: Board, watch: Watch) -> Home:
    """Lay the first page out."""
    return Home(
        headline=headline(board, watch),
        last=last_cycle(board),
        next=None if watch.next_poll is None else _due(watch.next_poll, watch.at),
        doing="" if watch.doing.is_idle else visible(str(watch.doing)),
        doing_since=_when(watch.busy_since, watch.at),
        standby=visible(watch.stands_by_for or ""),
        writes_open=_when(watch.writes_open_at, watch.at),
        needs=needs(board, watch),
        total=number(sum(board.census.states.values())),
        bar=_bar(board),
        tiles=tuple(_tile(board, *part) for part in _PARTS),
        writes=_writes(board.hours),
        rate=f"{number(watch.rate)}/s",
        limit=f"{watch.limit:,g}/s",
        meter=trusted(meter("Requests a second", watch.rate, watch.limit)),
        pending=_when(watch.pending_since, watch.at),
        jobs=_jobs(watch),
        catalog=_catalog(board),
        audit=_audit(AuditStanding(board.audit, watch.audit_gap, board.rolling), watch),
        stock=stock_view(board.stock, watch.at),
        cycles=cycles(board),
    )


def _when(at: datetime | None, now: datetime) -> When | None:
    return None if at is None else when(at, now)


def _due(at: datetime, now: datetime) -> When:
    """Say when something begins: what is due now has not begun, so nothing of it was just now."""
    told = when(at, now)
    return replace(told, words="any moment") if at - now < _MOMENT else told


def _bar(board: Board) -> Markup | None:
    segments = [Segment(word, board.count(*states), role) for word, role, states, _ in _PARTS]
    if not any(segment.count for segment in segments):
        return None
    return trusted(whole_bar("Pairs by state", segments))


def _tile(board: Board, word: str, role: Role, states: Sequence[SkuState], href: str) -> Tile:
    count = board.held_count if role is Role.HELD else board.count(*states)
    return Tile(word, number(count), role, href if count else "", not count)


def _jobs(watch: Watch) -> tuple[tuple[str, When], ...]:
    due = [(word, watch.next_runs.get(job.value)) for job, word in _JOBS]
    return tuple((word, _due(at, watch.at)) for word, at in due if at is not None)


def _catalog(board: Board) -> Catalog | None:
    reading = board.reading
    if reading is None:
        return None
    certificate = reading.certificate
    return Catalog(
        source=visible(certificate.source),
        rows=counted(certificate.rows, "row"),
        read=when(reading.at, board.at),
        is_complete=certificate.complete,
    )


def _audit(audit: AuditStanding, watch: Watch) -> AuditView:
    last = audit.last
    return AuditView(
        last=None if last is None else when(last.finished, watch.at),
        found="" if last is None else f"{number(last.to_mend)} to mend",
        bound=duration(audit.bound),
        rolling="" if audit.rolling is None else duration(audit.rolling),
        is_overdue=last is not None and audit.is_overdue(watch.at),
    )


# -------------------------------------------------------------------------------------- writes


def _writes(hours: Sequence[Hour]) -> Writes:
    created, updated, deleted = (_done(hours, action) for action in Action)
    layers = (
        Layer("created", Role.IN_SYNC, created),
        Layer("updated", Role.IN_SYNC, updated, faint=True),
        Layer("deleted", Role.MISSING, deleted),
    )
    failed = Layer("failed", Role.FAILED, [hour.failed for hour in hours])
    every = (*layers, failed)
    totals = tuple(Total(one.word, number(sum(one.counts)), one.css) for one in every)
    if not any(sum(one.counts) for one in every):
        return Writes(None, totals)
    chart = Columns(
        f"Writes per hour, {HOURS} h",
        "write",
        layers,
        failed,
        list(map(_span, hours)),
        _ticks(hours),
    )
    return Writes(trusted(columns(chart)), totals)


def _done(hours: Sequence[Hour], action: Action) -> list[int]:
    return [hour.done.get(action, 0) for hour in hours]


def _span(hour: Hour) -> str:
    end = hour.start + timedelta(hours=1)
    return f"{moment(hour.start).removesuffix(' UTC')} to {end:%H:%M} UTC"


def _ticks(hours: Sequence[Hour]) -> list[Tick]:
    """The hours of the day under the chart, and now at its end."""
    every = [
        Tick(place / len(hours), f"{hour.start:%H:%M}")
        for place, hour in enumerate(hours)
        if hour.start.hour % _TICK_HOURS == 0 and 0 < place < len(hours) - _NOW_HOURS
    ]
    return [*every, Tick(1, "now, UTC")]
