"""What a cycle that went well has taken in: every row of the catalog, whichever way it was read."""

from __future__ import annotations

from syncd.domain.attributes import Attributes
from syncd.domain.cycle import CycleResult, Guard, Mode
from syncd.domain.tracking import Tracked
from syncd.engine.absorb import may_have_other_rows
from tests.property.simulate.world import World


def check_recorded(world: World, result: CycleResult) -> None:
    """Compare the wishes with the rows, where nobody has touched the file in the meantime."""
    source = world.shelf.source
    untouched = source.edition == world.processes[result.id].saw and not source.restless
    read = result.error is None and result.mode is not Mode.REVERT
    kept_out = {Guard.EMPTY_CATALOG, Guard.ACCOUNT} & {stop.guard for stop in result.guards}
    if not (untouched and read) or kept_out or source.error is not None:
        return
    wishes = world.shelf.wishes()
    rows = world.state.tracked(list(wishes))
    is_poll = world.processes[result.id].is_polling
    for item, wish in wishes.items():
        row = rows.get(item)
        if row is not None and is_poll and may_have_other_rows(row):
            continue  # a poll may show one of several: a whole read ends that
        if row is None or not _is_taken_in(row, wish):
            world.promises.blame(f"{item} wishes {wish}, and {result.id} made it {row}")


def _is_taken_in(row: Tracked, wish: Attributes | None) -> bool:
    if row.missing is not None:
        return False
    if wish is None:
        return row.held is not None
    return row.is_reverted or (row.held is None and row.desired == wish)
