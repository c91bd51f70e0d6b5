"""What `syncd` does where nothing is asked for: it serves, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import typer

from syncd.cli.options import Shared
from syncd.cli.stopping import run_until_stopped
from syncd.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import asyncio

    from syncd.config import Settings
    from syncd.daemon.daemon import Daemon
    from syncd.ports import Onlooker
    from syncd.service.pulse import Pulse
    from syncd.service.traffic import Traffic
    from syncd.web.desk import Desk
    from syncd.web.doorway import Doorway
    from syncd.wiring import Wired


class FollowedClock:
    """The time of the state that was opened last, and this machine's own before that."""

    def __init__(self) -> None:
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """It may be asked from any thread, and never blocks."""
        return self._now()

    @contextmanager
    def followed(self, settings: Settings, onlooker: Onlooker) -> Iterator[Wired]:
        """Open what the configuration names, and go by the time of its state."""
        from syncd.wiring import wired

        with wired(settings, onlooker) as opened:
            self._now = opened.clock.now
            yield opened


def serve(shared: Shared) -> NoReturn:
    """Run the daemon in this process; raises `SyncdError` where it cannot even begin."""
    from syncd.cli.session import begin

    settings = with_sound_targets(begin(shared))
    _, ended = run_until_stopped(lambda stop: _served(shared, settings, stop))
    raise typer.Exit(ended.exit_code or ExitCode.OK)


async def _served(shared: Shared, settings: Settings, stop: asyncio.Event) -> None:
    """Work and answer, each in its thread; one that cannot answer does not begin to work."""
    from syncd.cli.session import holder
    from syncd.config import load
    from syncd.daemon.daemon import Daemon
    from syncd.daemon.service_manager import service_manager
    from syncd.service.pulse import Pulse
    from syncd.service.traffic import Traffic
    from syncd.web.app import application
    from syncd.web.doorway import Doorway

    traffic, clock, doorway = Traffic(), FollowedClock(), Doorway(settings.service)
    pulse = Pulse(clock.now)
    daemon = Daemon(
        settings=settings,
        open=lambda account: clock.followed(account, traffic),
        read=lambda: with_sound_targets(load(shared.config)),
        adapt=lambda changed: _adapt(shared, doorway, changed, pulse),
        manager=service_manager(),
        pulse=pulse,
        holder=holder("syncd"),
    )
    with doorway.open(application(_desk(daemon, traffic, doorway, clock))):
        await daemon.serve(stop)


def with_sound_targets(settings: Settings) -> Settings:
    """Raise `ConfigurationError` where somebody is to be told who can never be reached."""
    from syncd.wiring import notifier_of

    notifier = notifier_of(settings)
    if notifier is not None:
        notifier.check()
    return settings


def _desk(daemon: Daemon, traffic: Traffic, doorway: Doorway, clock: FollowedClock) -> Desk:
    """Let the web ask the loop that runs now, from its own thread."""
    import asyncio

    from syncd import __version__
    from syncd.web.desk import Desk
    from syncd.wiring import keep, state_beside, wired_beside

    loop = asyncio.get_running_loop()
    return Desk(
        pulse=daemon.pulse,
        traffic=traffic,
        settings=lambda: daemon.settings.model_copy(update={"service": doorway.service}),
        state=lambda: state_beside(daemon.settings),
        account=lambda: wired_beside(daemon.settings, traffic),
        keep=lambda event: keep(daemon.settings, event),
        point_at=lambda ids: _call(loop, lambda: daemon.point_at(ids)),
        now=clock.now,
        version=__version__,
    )


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # it has ended, and so will the server
        loop.call_soon_threadsafe(action)


def _adapt(shared: Shared, doorway: Doorway, settings: Settings, pulse: Pulse) -> None:
    """Log as the configuration says now, keep its secrets out of it, and serve where it says."""
    import structlog

    from syncd.cli.session import log_by
    from syncd.service.pulse import Trouble

    shared.secrets.update(settings.secrets())
    log_by(shared, settings)
    try:
        doorway.change(settings.service)
    except ConfigurationError as error:
        words = f"{error} It is served where it was."
        pulse.trouble(Trouble.CONFIGURATION, words)
        structlog.get_logger().error("web.not_moved", reason=words)
