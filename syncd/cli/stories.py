"""How a command lets a story run that is watched, may be stopped, and uses the remote."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import typer

from syncd.cli.cycles import USUAL_WAIT
from syncd.cli.options import Shared
from syncd.cli.stopping import run_until_stopped
from syncd.errors import ExitCode

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.domain.cycle import Mode
    from syncd.service.terms import CycleRequest, Progress
    from syncd.wiring import Wired

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and who watches: all that a request has beside what it is about."""

    account: Wired
    command: str
    progress: Progress

    def request(
        self, mode: Mode, stop: asyncio.Event, wait: timedelta = USUAL_WAIT
    ) -> CycleRequest:
        """Ask for this on behalf of the command."""
        from syncd.cli.session import holder
        from syncd.service.cycle import new_cycle_id
        from syncd.service.terms import CycleRequest

        return CycleRequest(
            id=new_cycle_id(self.account.clock.now()),
            mode=mode,
            holder=holder(self.command),
            wait=wait,
            progress=self.progress,
            stop=stop,
        )


Story: TypeAlias = Callable[[asyncio.Event], Awaitable[Answer]]


@contextmanager
def asking(shared: Shared, settings: Settings, command: str, *, writes: bool) -> Iterator[Asking]:
    """Open what the configuration names, to be written or only read, and watch what goes on."""
    from syncd.cli.progress import watching
    from syncd.wiring import wired, wired_read_only

    opened = wired(settings) if writes else wired_read_only(settings)
    with opened as account, watching(shared, settings) as progress:
        yield Asking(account, command, progress)


def told(asking: Asking, story: Story[Answer]) -> tuple[Answer, ExitCode | None]:
    """Run a story; with its answer comes the code of the signal that ended it early, if one did.

    Where a stop left no answer, the process ends with that code.
    """
    from syncd.cli.results import tell_exit
    from syncd.service.terms import StoppedError

    async def telling(stop: asyncio.Event) -> Answer | None:
        try:
            return await story(stop)
        except StoppedError:
            return None
        finally:
            await asking.account.on_demand.aclose()

    answer, ended = run_until_stopped(telling)
    if answer is None:
        code = ended.exit_code or ExitCode.FAILED
        tell_exit(code)
        raise typer.Exit(code)
    return answer, ended.exit_code
