"""The options that every command has, wherever on the line they stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import typer

from syncd import __version__

FormatName: TypeAlias = Literal["text", "json", "html", "markdown", "csv"]
LogFormat: TypeAlias = Literal["console", "json"]

_CONTEXT: Final = "context"


@dataclass(frozen=True, slots=True)
class Shared:
    """What was asked for by the options that stand before or after the command.

    `verbosity` counts `-v` up and `-q` down. `secrets` gathers what the configuration turns out to
    keep secret, for whoever has to show an error later.
    """

    config: Path | None = None
    format: FormatName | None = None
    output: Path | None = None
    log_format: LogFormat | None = None
    verbosity: int = 0
    no_color: bool = False
    secrets: set[str] = field(default_factory=set)

    def over(self, outer: object) -> Shared:
        """Let these options win over those that stood further left on the line."""
        if not isinstance(outer, Shared):
            return self
        return Shared(
            config=self.config or outer.config,
            format=self.format or outer.format,
            output=self.output or outer.output,
            log_format=self.log_format or outer.log_format,
            verbosity=self.verbosity + outer.verbosity,
            no_color=self.no_color or outer.no_color,
            secrets=outer.secrets,
        )


def with_shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options, and their values as its first argument.

    Typer reads options off a signature, so the command gets one that has its own and these.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    takes_context = any(parameter.name == _CONTEXT for parameter in own)
    shared = inspect.signature(_read_shared, eval_str=True).parameters

    @wraps(command)
    def invoke(**given: Any) -> None:  # noqa: ANN401 - Typer calls with whatever was declared
        context: typer.Context = given[_CONTEXT] if takes_context else given.pop(_CONTEXT)
        context.obj = _read_shared(**{name: given.pop(name) for name in shared}).over(context.obj)
        command(context.obj, **given)

    _declare(invoke, [*own, *([] if takes_context else [_context_parameter()]), *shared.values()])
    return invoke


def _declare(invoke: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    invoke.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]  # functions take any attribute
    invoke.__annotations__ = {each.name: each.annotation for each in keywords}


def _context_parameter() -> inspect.Parameter:
    return inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


def _read_shared(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="PATH",
            help="The configuration; ./config.toml, then /etc/syncd/config.toml.",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's own name
        FormatName | None,
        typer.Option("--format", help="How the result is shown."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="Write the result here, for your eyes alone."
        ),
    ] = None,
    log_format: Annotated[
        LogFormat | None, typer.Option("--log-format", help="How logs are written to stderr.")
    ] = None,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Log more.", show_default=False)
    ] = 0,
    quiet: Annotated[
        int, typer.Option("--quiet", "-q", count=True, help="Log less.", show_default=False)
    ] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", help="Use no colours.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> Shared:
    del version
    return Shared(config, format, output, log_format, verbose - quiet, no_color)
