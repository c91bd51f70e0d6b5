"""Loads all of syncd and forks whatever it is asked for: `python -m tests.warmed LINE`.

The line is an open socket. Whoever is forked goes on as Python would have begun, from the command
line on, and ends as Python ends; only its modules are not taken apart one by one, for that takes
longer than most commands.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pkgutil
import runpy
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO, cast

import orjson

from tests.warm import LONGEST, Order

_IMPORTED_LATE: Final = (
    "alembic.command",
    "anyio._backends._asyncio",
    "apprise.plugins.custom_json",
    "concurrent.futures.thread",
    "duckdb",
    "h11",
    "httpcore",
    "typer._adapters",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
)
"""What a run would import by itself, when it comes to it."""
_NOT_WARMED: Final = ("syncd.sandbox", "syncd.__main__", "syncd.state.migrations")
_STREAMS: Final = 3
_STDERR: Final = 2
_UNFLUSHED: Final = 120
"""With which Python ends where what was printed could not be written."""
_DIGITS: Final = 20
"""As many as the number of a process may have."""


def warm_up() -> None:
    """Load all of syncd, and what it loads when it comes to it."""
    import syncd

    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(syncd.__path__, "syncd."):
        if not module.name.startswith(_NOT_WARMED):
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)


def main() -> None:
    """Serve until the line is closed; in a child, be the process that was asked for."""
    ending = _Ending()
    atexit.register(ending.at_once)  # as the first one, and so the last one that is called
    warm_up()
    gc.freeze()
    try:
        program = _ordered(int(sys.argv[1]))
    except KeyboardInterrupt:
        return
    ending.after(program)


class _Ending:
    """Leaves with the code that Python would leave with, once all else was seen to."""

    def __init__(self) -> None:
        self._code = 1

    def after(self, program: Callable[[], None]) -> None:
        try:
            program()
            self._code = 0
        except SystemExit as ended:
            self._code = (ended.code if isinstance(ended.code, int) else bool(ended.code)) & 0xFF
            raise
        except KeyboardInterrupt:
            self._code = -signal.SIGINT
            raise

    def at_once(self) -> None:
        if not all([_is_flushed(sys.stdout), _is_flushed(sys.stderr)]):
            self._code = _UNFLUSHED
        if self._code < 0:
            signal.signal(-self._code, signal.SIG_DFL)
            os.kill(os.getpid(), -self._code)
        os._exit(self._code)


def _is_flushed(stream: TextIO | None) -> bool:
    """Whether nothing is left in it; if not, it is told as Python tells it."""
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except OSError as error:
        with suppress(OSError):
            sys.stderr.write(f"Exception ignored in: {stream!r}\nOSError: {error}\n")
        return False
    return True


def _ordered(number: int) -> Callable[[], None]:
    """Fork for each order; gives a child what it is to be, and us nothing to do at the end."""
    line = socket.socket(fileno=number)
    while True:
        message, streams, _, _ = socket.recv_fds(line, LONGEST, _STREAMS)
        if not message:
            return lambda: None
        if not _forked(line):
            line.close()
            return _become(Order(**orjson.loads(message)), streams)
        for stream in streams:
            os.close(stream)


def _forked(line: socket.socket) -> bool:
    """Whether we are the one who forks, and not the child, which waits until its parent is gone.

    Its number is told to whoever becomes its parent then.
    """
    (number, telling), (gate, opening) = os.pipe(), os.pipe()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        line.send(os.read(number, _DIGITS))
    elif child := os.fork():
        os.write(telling, str(child).encode())
        os._exit(0)
    os.close(opening)
    if not between:
        os.read(gate, 1)  # which ends once the one who forks has closed it, too
    for end in (number, telling, gate):
        os.close(end)
    return bool(between)


def _become(order: Order, streams: Sequence[int]) -> Callable[[], None]:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = _opened(0, "r", "strict")
    sys.stdout = _opened(1, "w", "strict")
    sys.stderr = _opened(2, "w", "backslashreplace")
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    tempfile.tempdir = None
    return _program(order.command)


def _opened(number: int, mode: str, errors: str) -> TextIO:
    """As Python opens its streams."""
    return cast("TextIO", os.fdopen(number, mode, 1 if number == _STDERR else -1, errors=errors))


def _program(command: Sequence[str]) -> Callable[[], None]:
    program, *words = command
    if Path(program).name == "syncd":
        sys.argv = [program, *words]
        return _syncd
    option, what, *words = words
    sys.argv = [option, *words]
    if option == "-m":
        return lambda: _module(what)
    return lambda: exec(what, {"__name__": "__main__"})  # noqa: S102 - what Python is given


def _syncd() -> None:
    from syncd.cli.app import main as syncd

    syncd()


def _module(name: str) -> None:
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
