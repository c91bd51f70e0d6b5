"""Killed at any durable step and any request boundary, the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.acceptance.kills.stage import Stage
from tests.acceptance.kills.stories import ONE_BY_ONE, SIDE_BY_SIDE, STORIES
from tests.acceptance.kills.sweep import Part, Sweep

PARTS: Final[Mapping[str, int]] = {
    "first_cycle": 2,
    "later_cycle": 2,
}
"""Into how many tests the longer stories are cut, so that they are shared out."""
BY_THEIR_COMMITS: Final = ("mending", "rebuilding")
"""Stories of which only what lasts is a boundary: the others are those of any cycle."""
WHAT_LASTS: Final = (("state.db has committed", ""), ("POST", "is sent"), ("DELETE", "is sent"))
"""The first moments at which something is as it was not before."""
COMMANDS: Final = [name for name in STORIES if name not in {"serving", *BY_THEIR_COMMITS}]
SEEN: Final = {
    "first_cycle": (
        "state.db is made",
        "state.db commits",
        "state.db has committed",
        "state.db.lock is written to",
        "state.db.pacer is written to",
        "state.db.fingerprints.parquet has been replaced",
        "GET /inventory-items leaves",
        "GET /skus is read",
        "POST /inventory-items SKU-0000 leaves",
        "POST /inventory-items SKU-0000 is sent",
        "POST /inventory-items SKU-0000 is answered",
        "POST /inventory-items SKU-0000 is read",
        "POST /inventory-items/SKU-0002 is sent",
        "POST /inventory-items SKU-0006 is sent",
        "POST /inventory-items/SKU-0007 is sent",
        "report.json has been replaced",
        "the process ends",
    ),
    "later_cycle": (
        "GET /inventory-levels is read",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0004 is sent",
        "DELETE /inventory-items/SKU-0005 is sent",
        "DELETE /inventory-items/SKU-0006 is sent",
    ),
    "planning": ("plan.json has been replaced",),
    "approving": ("state.db has committed",),
    "reverting": (
        "POST /inventory-items/SKU-0000 is sent",
        "DELETE /inventory-items/SKU-0003 is sent",
    ),
    "migrating": ("state.db has committed",),
    "mending": (
        "state.db has committed",
        "POST /inventory-items SKU-0001 is sent",
        "POST /inventory-items/SKU-0000 is sent",
    ),
    "rebuilding": ("state.db has committed",),
    "serving": (
        "state.db.duty is made",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0002 is sent",
        "DELETE /inventory-items/SKU-0000 is sent",
        "the process ends",
    ),
}
"""Boundaries that a story must come by; were one not told any more, nobody would die there."""


def _parts() -> Iterator[tuple[str, Part]]:
    for name in COMMANDS:
        count = PARTS.get(name, 1)
        yield from ((name, Part(first, count)) for first in range(1, count + 1))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "part"), [pytest.param(*each, id=f"{each[0]}-{each[1].first}") for each in _parts()]
)
def test_wherever_a_command_is_killed_the_next_one_goes_on(
    stage: Stage, name: str, part: Part
) -> None:
    *killed, undisturbed = Sweep.of(stage, STORIES[name], ONE_BY_ONE).kills(part)

    assert len(killed) >= len(undisturbed.boundaries) // part.step
    assert set(SEEN.get(name, ())) <= set(undisturbed.boundaries)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BY_THEIR_COMMITS)
def test_whatever_of_an_audit_or_a_rebuilding_lasts_the_next_one_goes_on_from_it(
    stage: Stage, name: str
) -> None:
    *killed, undisturbed = Sweep.of(stage, STORIES[name], ONE_BY_ONE).kills_among(WHAT_LASTS)

    assert undisturbed.code == 0
    assert set(SEEN[name]) <= set(undisturbed.boundaries)
    # how outcomes are gathered into commits differs a little from run to run
    assert {ended.boundaries[-1] for ended in killed} <= set(SEEN[name])


@pytest.mark.timeout(600)
def test_requests_side_by_side_end_as_well(stage: Stage) -> None:
    sweep = Sweep.of(stage, STORIES["first_cycle"], SIDE_BY_SIDE)
    sent = [
        number
        for number, name in enumerate(sweep.undisturbed().boundaries, start=1)
        if name.startswith("POST") and name.endswith("is sent")
    ]

    for at in sent:
        sweep.check(sweep.killed(at))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", [Part(1, 2), Part(2, 2)], ids=["odd", "even"])
def test_wherever_a_daemon_is_killed_or_asked_to_stop_the_next_one_goes_on(
    stage: Stage, part: Part
) -> None:
    sweep = Sweep.of(stage, STORIES["serving"], ONE_BY_ONE)
    *killed, undisturbed = sweep.kills(part)
    *stopped, another = sweep.stops(part)

    assert len(killed) >= len(undisturbed.boundaries) // part.step
    assert len(stopped) >= len(another.boundaries) // part.step
    assert set(SEEN["serving"]) <= set(undisturbed.boundaries)
