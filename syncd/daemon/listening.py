"""Heeding signals without the loop's own handlers: `stopping` counts on being told as well."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType


@contextmanager
def listening(answers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Call these in the running loop, each when its signal comes, until the end of the block."""
    loop = asyncio.get_running_loop()
    former = {
        number: signal.signal(number, _called_in(loop, answer))
        for number, answer in answers.items()
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _called_in(
    loop: asyncio.AbstractEventLoop, answer: Callable[[], None]
) -> Callable[[int, FrameType | None], None]:
    def heard(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(answer)

    return heard
