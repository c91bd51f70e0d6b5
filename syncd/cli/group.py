"""The group of all commands, which lets one option take several ids: `--only A B C`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer import Context

_ONLY: Final = "--only"


class RootGroup(TyperGroup):
    """Reads `--only A B C` as `--only A --only B --only C`; no command may stand behind it."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]  # Typer's own Context
        return super().parse_args(ctx, list(spread_only(args)))


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
