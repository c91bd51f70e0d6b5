"""Questions put to the remote for a look that is not a cycle, and who fulfils an item's SKU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from syncd.domain.attributes import ItemId
from syncd.errors import ResourceForbiddenError
from syncd.ports import Remote
from syncd.service.ask import REFUSALS, Asking, Question
from syncd.service.terms import StoppedError

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Managed:
    """The ids whose SKU is Digital River's own; `is_hidden` where the key may not read SKUs."""

    ids: frozenset[ItemId] = frozenset()
    is_hidden: bool = False
    unanswered: int = 0


async def ask_all(asking: Asking, ids: Sequence[ItemId], question: Question) -> list[ItemId]:
    """Put a question about these, and give those that alone cannot be answered.

    Raises what keeps all of them from being answered, and `StoppedError`.
    """
    unanswered = await asking.ask(ids, question)
    if asking.stopped:
        raise StoppedError("the look at Digital River", "it was asked to stop", "Run it again")
    failure = asking.failure
    nobody = asking.out or len(unanswered) == len(ids)
    if failure is not None and (nobody or isinstance(failure, REFUSALS)):
        raise failure
    return unanswered


async def managed_among(remote: Remote, asking: Asking, ids: Sequence[ItemId]) -> Managed:
    """Find out whose SKU Digital River fulfils itself, as far as the key may see it."""
    found: set[ItemId] = set()

    async def see(batch: Sequence[ItemId]) -> None:
        found.update(await remote.managed(batch))

    try:
        unanswered = await ask_all(asking, ids, see)
    except ResourceForbiddenError as forbidden:
        _log.warning("look_up.skus_hidden", reason=forbidden.reason)
        return Managed(is_hidden=True)
    return Managed(frozenset(found), unanswered=len(unanswered))
