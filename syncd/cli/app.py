"""The command `syncd`: what every one of its commands does with signals and errors."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
from contextlib import suppress
from typing import Final

from syncd.cli.stopping import leave_on_signals
from syncd.errors import ExitCode, SyncdError

_NEW_OBJECTS: Final = 200_000
"""How many may come before they are searched for rings: imports make 140,000, and keep them all."""
_ENGINE: Final = "_duckdb"
"""Its binding tells on stderr at the very end which of its objects nobody has taken apart."""
_STDERR: Final = 2
NO_PLUGINS: Final = ("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Or pydantic looks for one in what every installed package says of itself."""


def main() -> None:
    """Run the command line and end the process with the exit code that product.md promises."""
    _have_stderr()
    heard = leave_on_signals()
    search_seldom()
    os.environ.setdefault(*NO_PLUGINS)
    from syncd.cli.commands import build_app
    from syncd.cli.options import Shared

    _take_any_encoding()
    given = Shared()
    try:
        build_app()(obj=given)
    except SyncdError as error:
        sys.exit(_tell_error(error, given.secrets))
    except Exception as error:  # noqa: BLE001 - the last one who can take secrets out of a traceback
        if heard:
            sys.exit(heard[0].exit_code)
        if isinstance(error, OSError) and _is_typers(error):
            sys.exit(_tell_unshown(error))
        sys.exit(_tell_bug(given.secrets))


def _have_stderr() -> None:
    """Let what is said on a closed stderr go nowhere, and into no file that is opened as it."""
    if sys.stderr is None:
        _lead_stderr_nowhere()
        sys.stderr = os.fdopen(_STDERR, "w")


def search_seldom() -> None:
    """Have new objects searched for rings less often; a process does it once, at its start.

    What is left at its end is not searched at all, for then all modules would be taken apart.
    """
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(_leave_unsearched)


def _leave_unsearched() -> None:
    gc.freeze()
    if _ENGINE in sys.modules:
        _say_no_more()


def _say_no_more() -> None:
    """Everything has been said; what comes yet is what the engine's binding counts of this."""
    with suppress(OSError, ValueError):  # it may be closed by now
        sys.stderr.flush()
    with suppress(OSError):
        _lead_stderr_nowhere()


def _lead_stderr_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != _STDERR:
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)


def _take_any_encoding() -> None:
    """Let a terminal that lacks a character show its code, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _tell_error(error: SyncdError, secrets: set[str]) -> ExitCode:
    from syncd.cli.results import tell, tell_exit

    tell(str(error), secrets)
    failed = error.exit_code is ExitCode.FAILED  # and the error has said what to do
    tell_exit(error.exit_code, "the run failed; nothing is lost" if failed else "")
    return error.exit_code


def _is_typers(error: OSError) -> bool:
    """Whether Typer failed at what it does by itself: to show help, the version, completions."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return str(frames[-1].f_globals.get("__name__")).startswith("typer.")


def _tell_unshown(error: OSError) -> ExitCode:
    from syncd.cli.results import tell, unwritten

    unshown = unwritten(error, "Make room there, or send it elsewhere")
    tell(str(unshown))
    return unshown.exit_code


def _tell_bug(secrets: set[str]) -> ExitCode:
    from syncd.cli.results import tell

    words = "This is a mistake in syncd. Please report it with the lines above."
    tell(f"{traceback.format_exc()}{words}", secrets)
    return ExitCode.FAILED
