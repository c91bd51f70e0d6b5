"""`syncd fleet`: many accounts, over as many processes and machines as there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.domain.extras import installing
from syncd.errors import ConfigurationError, ExitCode, UsageError

if TYPE_CHECKING:
    import asyncio

    from syncd.config import ServiceSettings, Settings
    from syncd.fleet.fleet import Fleet
    from syncd.fleet.roll import Roll
    from syncd.service.pulse import Pulse
    from syncd.state.postgres.fleet import FleetPlace
    from syncd.web.fleet import FleetDesk

Accounts: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--accounts", metavar="DIR", help="A folder with a configuration for each account."
    ),
]
Database: TypeAlias = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="SYNCD_FLEET_DATABASE",
        metavar="URL",
        help="The PostgreSQL that all processes share, as state.url writes it.",
    ),
]
AtOnce: TypeAlias = Annotated[
    int, typer.Option("--at-once", min=1, max=64, help="Accounts worked for at the same time.")
]
Listen: TypeAlias = Annotated[
    str,
    typer.Option("--listen", help='Where page, health and metrics are served, or "off".'),
]
Hosts: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--host", help="A name under which a proxy forwards to it; more than once."),
]
TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="SYNCD_FLEET_TOKEN_FILE",
        metavar="FILE",
        help="Holds what visitors must know; needed where others than this machine get there.",
    ),
]


_OPTIONS: Final[Mapping[tuple[int | str, ...], str]] = {
    ("listen",): "--listen",
    ("token",): "--token-file",
    ("hosts",): "--host",
}


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where and for whom it answers, as the command was written."""

    listen: str
    hosts: tuple[str, ...]
    token_file: Path | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command is to work for, and how."""

    folder: Path
    database: str
    at_once: int
    entrance: Entrance


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("fleet")(with_shared_options(_fleet))


def _fleet(
    shared: Shared,
    accounts: Accounts,
    database: Database,
    at_once: AtOnce = 4,
    listen: Listen = "127.0.0.1:9464",
    host: Hosts = None,
    token_file: TokenFile = None,
) -> NoReturn:
    """Work for many accounts, together with every other process on the same database."""
    asked = Asked(
        folder=accounts,
        database=database,
        at_once=at_once,
        entrance=Entrance(listen, tuple(host or ()), token_file),
    )
    raise typer.Exit(_serve(shared, asked))


def _serve(shared: Shared, asked: Asked) -> ExitCode:
    """Work and answer until a signal comes."""
    from syncd.cli.session import log_to_stderr
    from syncd.cli.stopping import run_until_stopped
    from syncd.config.addresses import passwords_in

    shared.secrets.update(passwords_in(asked.database))
    log_to_stderr(shared)
    _see_to_the_extra()
    place = _place(asked)
    roll = _roll(shared, asked)
    service = _service(asked.entrance)
    if service.token is not None:
        shared.secrets.add(service.token.get_secret_value())
    with closing(place):
        desk = partial(_desk, place, service, roll, asked.database)
        _, ended = run_until_stopped(
            lambda stop: _served(
                _put_together(place, roll, asked.at_once, stop), desk, service.listen
            )
        )
    return ended.exit_code or ExitCode.OK


def _see_to_the_extra() -> None:
    try:
        import syncd.fleet.queue  # noqa: F401 - whether it can be had is all that is asked
    except ImportError as error:
        raise ConfigurationError(
            "syncd fleet",
            "it stands on Procrastinate and a driver for PostgreSQL, and one of them is missing",
            installing("fleet"),
        ) from error


def _place(asked: Asked) -> FleetPlace:
    """Raise `ConfigurationError` where the option names no database of PostgreSQL."""
    from syncd.wiring import fleet_place

    return fleet_place(asked.database, asked.at_once)


def _roll(shared: Shared, asked: Asked) -> Roll:
    """Read the accounts a first time; one that is wrong is said, and leaves the others alone."""
    from syncd.cli.service import with_sound_targets
    from syncd.fleet.reading import read_account
    from syncd.fleet.roll import Roll

    def read(file: Path) -> Settings:
        settings = read_account(file, asked.database)
        shared.secrets.update(settings.secrets())
        return with_sound_targets(settings)

    roll = Roll(asked.folder, read)
    roll.look()
    return roll


def _service(entrance: Entrance) -> ServiceSettings:
    """By the daemon's own rules; raises `UsageError` where it may not be served so."""
    from pydantic import ValidationError

    from syncd.config import ServiceSettings

    token = None if entrance.token_file is None else _read_token(entrance.token_file)
    try:
        return ServiceSettings.model_validate(
            {"listen": entrance.listen, "hosts": entrance.hosts, "token": token}
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        reason = str(wrong.get("ctx", {}).get("error", wrong["msg"]))
        raise UsageError(
            _OPTIONS.get(wrong["loc"][:1], "--listen and --host"),
            f"{'it ' * bool(wrong['loc'])}{reason}",
            "Write a long random word into a file for --token-file, or let a proxy on this machine"
            ' alone get there, as by --listen 127.0.0.1:9464; "off" serves nowhere',
        ) from error


def _read_token(file: Path) -> str:
    from syncd.config.complaints import Complaint
    from syncd.config.layers import read_secret

    read = read_secret(file)
    if isinstance(read, Complaint):
        raise UsageError("--token-file", read.what, "Name a file that holds the token and no more")
    return read


async def _served(fleet: Fleet, desk: Callable[[Pulse], FleetDesk], listen: str) -> None:
    """Work and answer, each in its thread."""
    from syncd.web.fleet import fleet_application
    from syncd.web.server import serving

    with serving(fleet_application(desk(fleet.pulse)), listen):
        await fleet.serve()


def _put_together(place: FleetPlace, roll: Roll, at_once: int, stop: asyncio.Event) -> Fleet:
    from syncd.cli.session import holder
    from syncd.daemon.service_manager import service_manager
    from syncd.fleet.fleet import Fleet
    from syncd.fleet.queue import Base, Queue, tables
    from syncd.fleet.runner import Means, Runner
    from syncd.service.pulse import Pulse
    from syncd.wiring import wired

    place.make(tables())
    open_ = partial(wired, pools=place.pools)
    means = Means(roll.settings_of, open_, place, place.now, holder("syncd fleet"))
    base = Base(place.name, place.arguments, place.prepare, place.now)
    return Fleet(
        roll=roll,
        queue=Queue(base, at_once),
        runner=Runner(means, stop),
        manager=service_manager(),
        pulse=Pulse(place.now),
        now=place.now,
    )


def _desk(
    place: FleetPlace, service: ServiceSettings, roll: Roll, database: str, pulse: Pulse
) -> FleetDesk:
    from syncd import __version__
    from syncd.fleet.reading import command_for
    from syncd.service.fleet_standing import FleetStanding, Posted
    from syncd.web.fleet import FleetDesk

    def board() -> dict[str, Posted]:
        return {
            account: Posted(FleetStanding.from_text(text), at, success)
            for account, (at, success, text) in place.read().items()
        }

    def command(account: str, words: str) -> str:
        return command_for(roll.file_of(account), roll.settings_of(account), database, words)

    return FleetDesk(
        names=lambda: roll.names,
        problems=lambda: roll.problems,
        board=board,
        errands=place.errands,
        command=command,
        pulse=pulse,
        service=service,
        now=place.now,
        version=__version__,
    )
