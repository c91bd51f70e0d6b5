"""SIGINT and SIGTERM: a cycle settles what is in flight, everything else ends where it stands.

Whatever a story waits for, it is over within ten seconds: what is left then is as after kill -9.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from syncd.errors import ExitCode, StateError

if TYPE_CHECKING:
    import asyncio

Answer = TypeVar("Answer")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SIGNALLED: Final = 128
_STDERR: Final = 2
LONGEST_STOP: Final = 8.0
"""Seconds that a story has to end: longer than its answers are waited for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a story ended that was told to stop, if it was."""

    by: signal.Signals | None

    @property
    def exit_code(self) -> ExitCode | None:
        """The code that a shell knows for a process which ended by this signal."""
        return None if self.by is None else ExitCode(_SIGNALLED + self.by)


def leave_on_signals() -> list[Ended]:
    """Until further notice, end the process quietly where a signal finds it.

    What is returned fills when one comes: C code that it finds may turn its exception into another.
    """
    heard: list[Ended] = []

    def leave(number: int, _: FrameType | None) -> NoReturn:
        heard.append(Ended(signal.Signals(number)))
        _tell(_exit_words(number))
        raise SystemExit(heard[0].exit_code)

    for each in SIGNALS:
        signal.signal(each, leave)
    return heard


def run_until_stopped(
    story: Callable[[asyncio.Event], Coroutine[Any, Any, Answer]],
) -> tuple[Answer, Ended]:
    """Run a story that ends early once its event is set; a second signal does not wait for it.

    After a signal, a state that cannot be had in time ends the process by the signal's code.
    """
    import asyncio  # a good part of the start-up of commands that run no story

    heard: list[signal.Signals] = []
    try:
        with _counted_down():
            answer = asyncio.run(_listening(story, heard))
    except StateError as error:
        if not heard:
            raise
        _tell(f"{error}\n{_exit_words(heard[0])}")
        raise SystemExit(Ended(heard[0]).exit_code) from error
    finally:
        leave_on_signals()
    return answer, Ended(heard[0] if heard else None)


async def _listening(
    story: Callable[[asyncio.Event], Coroutine[Any, Any, Answer]], heard: list[signal.Signals]
) -> Answer:
    import asyncio

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask_to_stop(number: int, _: FrameType | None) -> None:
        if heard:
            _tell(_exit_words(number))
            os._exit(_SIGNALLED + number)  # as after kill -9, the next run goes on
        heard.append(signal.Signals(number))
        _tell(f"{heard[0].name}: stopping after the requests in flight; once more stops at once")
        loop.call_soon_threadsafe(stop.set)

    # Not the loop's own handlers: those are not called while it waits for something synchronous.
    for each in SIGNALS:
        signal.signal(each, ask_to_stop)
    return await story(stop)


@contextmanager
def _counted_down() -> Iterator[None]:
    """End the process so long after the first signal, unless the block has ended by then.

    The system itself tells a thread of signals: no handler is called while the main thread waits
    for something that is not Python, such as a lock of the state.
    """
    over = threading.Event()
    told, telling = os.pipe()
    os.set_blocking(telling, False)
    former = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    counting = threading.Thread(target=_count_down, args=(told, over), daemon=True)
    counting.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(former)
        os.close(telling)
        counting.join()
        os.close(told)


def _count_down(told: int, over: threading.Event) -> None:
    while numbers := os.read(told, 1):
        if numbers[0] in SIGNALS and not over.wait(LONGEST_STOP):
            _tell(
                f"{_exit_words(numbers[0])}; what goes on has not ended within {LONGEST_STOP:g} s,"
                " and the next run goes on with it"
            )
            os._exit(_SIGNALLED + numbers[0])  # as after kill -9, the next run goes on


def _exit_words(number: int) -> str:
    return f"exit {_SIGNALLED + number}: stopped by {signal.Signals(number).name}"


def _tell(words: str) -> None:
    """Write past Python's buffers, which a signal may have found half-way through a write."""
    os.write(_STDERR, f"{words}\n".encode())
