"""What a fleet's queue does, told before and after it is done, and a fleet that ends once idle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Reached = Callable[[str], None]

_BEFORE_AND_AFTER: Final[Mapping[str, tuple[str | None, str]]] = {
    "register_worker": (None, "a worker has joined"),
    "defer_periodic_job": ("an errand is put in", "an errand has been put in"),
    "defer_jobs": ("an errand is put in anew", "an errand has been put in anew"),
    "fetch_job": (None, "an errand has been fetched"),
    "finish_job": ("an errand is struck out", "an errand has been struck out"),
    "retry_job": ("an errand is put back", "an errand has been put back"),
    "prune_stalled_workers": (None, "a dead worker has been struck out"),
}
"""By Procrastinate's name for the query; what is asked all the time is told if it did anything."""


def watch_queue(reached: Reached) -> None:
    """Have every step of the queue told, for the rest of this process."""
    from procrastinate import PsycopgConnector

    for method in ("execute_query_async", "execute_query_one_async", "execute_query_all_async"):
        setattr(PsycopgConnector, method, _told(getattr(PsycopgConnector, method), reached))


def _told(execute: Any, reached: Reached) -> Any:  # noqa: ANN401 - Procrastinate's own
    from procrastinate.sql import queries

    steps = {queries[name]: pair for name, pair in _BEFORE_AND_AFTER.items()}

    async def executed(connector: object, query: str, **arguments: object) -> object:
        before, after = steps.get(query, (None, None))
        if before is not None:
            reached(before)
        found = await execute(connector, query, **arguments)
        if after is not None and _has_done(found):
            reached(after)
        return found

    return executed


def _has_done(found: Any) -> bool:  # noqa: ANN401 - what a query of any kind gives
    """Whether anything came of it: a row of nothing means that there was nothing to do."""
    return any(found.values()) if isinstance(found, dict) else found is None or bool(found)


def hurry_fleet(beat: float, stalled: float) -> None:
    """Have the dead be found, and what was not done be tried again, within moments."""
    from datetime import timedelta

    from syncd.fleet import errand, fleet, queue

    vars(queue).update(BEAT=beat, STALLED=stalled, _LOOK=beat)
    vars(fleet).update(BEAT=beat, _TICK=beat, _LOOK=beat)
    vars(errand).update(_FIRST_WAIT=timedelta(seconds=beat), _LONGEST_WAIT=timedelta(seconds=beat))


def end_once_idle(end: Callable[[], None]) -> None:
    """Have a fleet ended as soon as all that was due has been put in, and nothing is left of it."""
    from syncd.fleet.fleet import Fleet

    rescue = Fleet._rescue  # noqa: SLF001 - what it does over and over

    async def rescued(fleet: Fleet) -> None:
        await rescue(fleet)
        left = await fleet.queue._app.job_manager.list_jobs_async()  # noqa: SLF001 - the whole queue
        if not left and not fleet._unsent:  # noqa: SLF001 - what has yet to be put in
            end()

    Fleet._rescue = rescued  # type: ignore[method-assign, assignment]  # noqa: SLF001 - around it
