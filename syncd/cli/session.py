"""How a command begins: the configuration read, the logs set up."""

from __future__ import annotations

import os
import socket
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from syncd.cli.options import LogFormat, Shared
from syncd.domain.attributes import ItemId
from syncd.domain.plain_text import Breach
from syncd.errors import UsageError

if TYPE_CHECKING:
    from syncd.config import Settings


def begin(shared: Shared) -> Settings:
    """Read the configuration and set the logs up by it; raises `ConfigurationError`."""
    from syncd.config import load

    settings = load(shared.config)
    shared.secrets.update(settings.secrets())
    log_by(shared, settings)
    return settings


def log_by(shared: Shared, settings: Settings) -> None:
    """Log to what is stderr now, as the configuration says."""
    log_to_stderr(shared, settings.log.format, settings.log.level)


def log_to_stderr(shared: Shared, format: LogFormat = "console", level: str = "info") -> None:  # noqa: A002 - the option's own name
    """Log as the configuration says, unless the command line says otherwise."""
    from syncd.telemetry import configure, level_for

    configure(
        shared.log_format or format,
        level_for(shared.verbosity, level),
        colors=sys.stderr.isatty() and not shared.no_color,
        secrets=shared.secrets,
    )


def holder(command: str) -> str:
    """Name this process for whoever has to wait for it."""
    return f"{command}, process {os.getpid()} on {socket.gethostname()}"


def read_wait(text: str | None, otherwise: timedelta) -> timedelta:
    """Read a duration from the command line; raises `UsageError`."""
    from syncd.config.values import read_duration

    if text is None:
        return otherwise
    try:
        return read_duration(text)
    except ValueError as error:
        raise UsageError(f"--wait {text}", f"it {error}", "Correct it") from error


def read_ids(texts: tuple[str, ...]) -> tuple[ItemId, ...]:
    """Read ids from the command line, each once; raises `UsageError`."""
    from syncd.domain.canonical import checked_id

    ids: dict[ItemId, None] = {}
    for text in texts:
        id = checked_id(text)
        if isinstance(id, Breach):
            raise UsageError(f"Id {text!r}", id.rule, "Correct it")
        ids[id] = None
    return tuple(ids)
