"""What `syncd` does where nothing is asked for: it serves, until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

from syncd.cli.options import Shared
from syncd.cli.stopping import run_until_stopped
from syncd.errors import ExitCode

if TYPE_CHECKING:
    from syncd.config import Settings


def serve(shared: Shared) -> NoReturn:
    """Run the daemon in this process; raises `SyncdError` where it cannot even begin."""
    from syncd.cli.session import begin, holder
    from syncd.config import load
    from syncd.daemon.daemon import Daemon
    from syncd.daemon.service_manager import service_manager
    from syncd.service.pulse import Pulse
    from syncd.wiring import SystemClock, wired

    settings = begin(shared)
    daemon = Daemon(
        settings=settings,
        open=wired,
        read=lambda: load(shared.config),
        adapt=lambda changed: _adapt(shared, changed),
        manager=service_manager(),
        pulse=Pulse(SystemClock().now),
        holder=holder("syncd"),
    )
    _, ended = run_until_stopped(daemon.serve)
    raise typer.Exit(ended.exit_code or ExitCode.OK)


def _adapt(shared: Shared, settings: Settings) -> None:
    """Log as the configuration says now, and keep its secrets out of it."""
    from syncd.cli.session import log_by

    shared.secrets.update(settings.secrets())
    log_by(shared, settings)
