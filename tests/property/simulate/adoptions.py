"""What nobody has allowed to be adopted stays another's, whatever the journal calls it."""

from __future__ import annotations

from syncd.domain.cycle import CycleResult
from syncd.domain.journal import Deed
from tests.property.simulate.world import World


def check_adoptions(world: World, result: CycleResult) -> None:
    """Look whether this cycle has adopted anything although its policy adopts nothing."""
    process = world.processes[result.id]
    if process.terms.policy.adopt or process.takes_over:
        return
    for entries in world.state.journal_of_cycle(result.id):
        for entry in entries:
            if entry.deed is Deed.ADOPT:
                world.promises.blame(f"{entry.resource.value} {entry.id} was adopted, unasked")
