"""The group of all commands, which loads the one that is asked for and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from typer import BadParameter, Typer
from typer.core import TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from typer import Context
    from typer._click import Command

_HOMES: Final = {
    "plan": "cycles",
    "apply": "cycles",
    "approve": "approve",
    "revert": "revert",
    "release": "release",
    "audit": "audit",
    "adopt": "adopt",
    "status": "inquiries",
    "history": "inquiries",
    "why": "inquiries",
    "items": "inquiries",
    "levels": "levels",
    "check": "check",
    "metrics": "metrics",
    "fleet": "fleet",
    "init": "init",
    "sandbox": "sandbox",
    "demo": "demo",
    "quarantine": "quarantine",
    "state": "state",
}
"""In which module each command is, in the order in which help shows them."""
_ONLY: Final = "--only"
_OF_A_VALIDATOR: Final = "Value error, "


class _Home(Protocol):
    """What such a module offers."""

    def add_to(self, app: Typer) -> None: ...


class RootGroup(TyperGroup):
    """Reads `--only A B C` as `--only A --only B --only C`; no command may stand behind it.

    Of all commands, Typer would evaluate every signature before it runs the one.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]  # Typer's own Context
        with _said_plainly():
            return super().parse_args(ctx, list(spread_only(args)))

    def invoke(self, ctx: Context) -> object:  # type: ignore[override]  # as above
        with _said_plainly():  # for it reads the command's own options
            return super().invoke(ctx)

    def list_commands(self, ctx: Context) -> list[str]:  # type: ignore[override]  # as above
        del ctx
        return list(_HOMES)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # type: ignore[override]  # as above
        for name in (cmd_name,) if cmd_name in _HOMES else _HOMES:  # or the nearest is not found
            if name not in self.commands:
                self.commands.update(_commands_of(_HOMES[name]))
        return super().get_command(ctx, cmd_name)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Take from before the reason why a value is refused what names the exception it came from."""
    try:
        yield
    except BadParameter as error:
        error.message = error.message.removeprefix(_OF_A_VALIDATOR)
        raise


def _commands_of(home: str) -> Mapping[str, Command]:
    app = Typer(rich_markup_mode=None)
    cast("_Home", import_module(f"syncd.cli.{home}")).add_to(app)
    return get_group(app).commands


def spread_only(arguments: Sequence[str]) -> Iterator[str]:
    """Repeat `--only` before each id that follows it, up to the next option."""
    collecting, before = False, ""
    for argument in arguments:
        if argument.startswith("-"):
            collecting = argument.partition("=")[0] == _ONLY
        elif collecting and before != _ONLY:
            yield _ONLY
        yield argument
        before = argument
