"""What a fleet serves: a page of its accounts, `/healthz` and `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from syncd.domain.tracking import SkuState
from syncd.errors import StateError
from syncd.report.tokens import Role
from syncd.report.view import When, when
from syncd.report.wording import counted
from syncd.service.readiness import ailments
from syncd.web import health, login, process
from syncd.web.gate import Gate, Keys
from syncd.web.pages.assets import PATH, asset
from syncd.web.pages.rendering import Frame, shown

if TYPE_CHECKING:
    from starlette.requests import Request

    from syncd.config import ServiceSettings
    from syncd.service.fleet_standing import Posted
    from syncd.service.pulse import Pulse

REFRESH: Final = 10
"""Seconds after which a browser asks for the page anew, scripts or not."""
KEYS: Final = Keys("--host", "--token-file")
_ATTENTION: Final = (SkuState.HELD, SkuState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class FleetDesk:
    """What the pages know of the fleet; everything may be used from any thread.

    `names` are all accounts' files, `problems` what is wrong with some of them. `board` and
    `errands` ask the database, and raise `StateError`. `command` writes a command for an account as
    somebody types it.
    """

    names: Callable[[], Sequence[str]]
    problems: Callable[[], Mapping[str, str]]
    board: Callable[[], Mapping[str, Posted]]
    errands: Callable[[], Mapping[str, int]]
    command: Callable[[str, str], str]
    pulse: Pulse
    service: ServiceSettings
    now: Callable[[], datetime]
    version: str


@dataclass(frozen=True, slots=True)
class Row:
    """One account as the page shows it; `words` is what stands in its way, or how it is.

    `helps` are the commands that tell more, or let through what waits, in the words behind `syncd`.
    """

    account: str
    role: Role
    words: str
    skus: int
    attention: int
    success: When | None
    job: str
    by: str
    helps: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at it."""
        return self.role in {Role.IN_SYNC, Role.PENDING}


@dataclass(frozen=True, slots=True)
class View:
    """The page: those who need somebody first."""

    sentence: str
    role: Role
    rows: tuple[Row, ...]
    troubles: tuple[str, ...]
    errands: str
    helps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The commands that help, by account, where any do."""


def fleet_application(desk: FleetDesk) -> Gate:
    """Join all that is served, behind the gate of every page."""

    async def page(_: Request) -> Response:
        frame = Frame("Fleet", "fleet", desk.version)
        answer = shown("fleet.html", frame, await run_in_threadpool(view_of, desk))
        answer.headers["Refresh"] = str(REFRESH)
        return answer

    async def healthz(request: Request) -> Response:
        return health.answer(request, "healthy", ailments(desk.pulse))

    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        told = encode(_Told([*await run_in_threadpool(families, desk)]))
        return Response(told, headers={"Content-Type": content_type})

    served = Starlette(
        routes=[
            Route("/", page),
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            Route(f"{PATH}{{name}}", asset),
            *login.routes(lambda: desk.service, desk.now, KEYS),
        ]
    )
    return Gate(served, lambda: desk.service, desk.now, KEYS)


def view_of(desk: FleetDesk) -> View:
    """Look at all accounts now."""
    try:
        board, errands = desk.board(), desk.errands()
    except StateError as error:
        return View("The fleet's database cannot be read.", Role.FAILED, (), (str(error),), "")
    problems, now = desk.problems(), desk.now()
    rows = sorted(
        (row_of(name, board.get(name), problems.get(name), now) for name in desk.names()),
        key=lambda row: (row.is_well, row.account),
    )
    unwell = sum(not row.is_well for row in rows)
    known = counted(len(rows), "account")
    return View(
        sentence=f"{known}, {unwell} of them to look at." if unwell else f"{known}, all well.",
        role=Role.HELD if unwell else Role.IN_SYNC,
        rows=tuple(rows),
        troubles=tuple(desk.pulse.troubles.values()),
        errands=f"{errands.get('doing', 0)} at work, {errands.get('todo', 0)} waiting",
        helps={
            row.account: tuple(desk.command(row.account, words) for words in row.helps)
            for row in rows
            if row.helps
        },
    )


def row_of(name: str, posted: Posted | None, problem: str | None, now: datetime) -> Row:
    """Say of one account what matters most."""
    if posted is None:
        role, words = (Role.STOPPED, problem) if problem else (Role.PENDING, "first cycle is due")
        return Row(name, role, words, 0, 0, None, "", "")
    standing = posted.standing
    role, words = _state_of(posted, problem, now)
    return Row(
        account=name,
        role=role,
        words=words,
        skus=sum(standing.states.values()),
        attention=sum(standing.states.get(state.value, 0) for state in _ATTENTION),
        success=None if posted.success is None else when(posted.success, now),
        job=standing.job,
        by=standing.by,
        helps=tuple(_helps(posted, now)),
    )


def _helps(posted: Posted, now: datetime) -> Iterator[str]:
    standing = posted.standing
    if standing.troubles or (posted.is_late(now) and not standing.stops):
        yield "check"
    if standing.stops and standing.cycle is not None:
        yield f"history {standing.cycle}"
        yield f"approve {standing.cycle}"
    if standing.states.get(SkuState.HELD.value):
        yield "status"
    if standing.states.get(SkuState.QUARANTINED.value):
        yield "quarantine"


def _state_of(posted: Posted, problem: str | None, now: datetime) -> tuple[Role, str]:
    standing = posted.standing
    if problem:
        return Role.STOPPED, problem
    if standing.troubles:
        return Role.FAILED, "; ".join(standing.troubles)
    if standing.stops:
        return Role.STOPPED, "; ".join(standing.stops)
    if posted.is_late(now):
        return Role.FAILED, "no cycle has come through for two intervals"
    return Role.IN_SYNC, "well"


class _Told(Collector):
    """Families that are made already, as the library's encoders want them."""

    def __init__(self, made: Sequence[Metric]) -> None:
        self._made = made

    def collect(self) -> Iterator[Metric]:
        yield from self._made


def families(desk: FleetDesk) -> Iterator[Metric]:
    """What Prometheus is told; of single accounts, what an alert needs."""
    yield from process.families()
    view = view_of(desk)
    yield GaugeMetricFamily(
        "syncd_fleet_database_readable", "Whether the database answers.", bool(view.errands)
    )
    if not view.errands:
        return
    yield _by("accounts", "Accounts by how they are.", "state", _count_roles(view.rows))
    yield _by("errands", "Errands by the queue's state.", "status", dict(desk.errands()))
    board = desk.board()
    posted = {name: board[name] for name in desk.names() if name in board}
    successes = {
        name: one.success.timestamp() for name, one in posted.items() if one.success is not None
    }
    words = "When a cycle of the account came through last."
    yield _by("last_success_timestamp_seconds", words, "account", successes)
    well = {row.account: int(row.is_well) for row in view.rows}
    yield _by("account_well", "Whether nobody has to look at it.", "account", well)


def _count_roles(rows: Sequence[Row]) -> dict[str, int]:
    names = {Role.IN_SYNC: "well", Role.PENDING: "new", Role.FAILED: "failing"}
    counts = dict.fromkeys((*names.values(), "stopped"), 0)
    for row in rows:
        counts[names.get(row.role, "stopped")] += 1
    return counts


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"syncd_fleet_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
