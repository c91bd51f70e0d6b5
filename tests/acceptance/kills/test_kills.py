"""Killed at any durable step and any request boundary, the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.acceptance.kills.arranged import ONE_BY_ONE, SIDE_BY_SIDE
from tests.acceptance.kills.kinds import KILLED_AT, REQUESTS, SEEN, kinds, plain
from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.stage import Among, Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Part, Sweep

PARTS: Final[Mapping[str, int]] = {
    "first_cycle": 2,
    "later_cycle": 2,
}
"""Into how many tests the longer stories are cut, so that they are shared out."""
WHAT_LASTS: Final = (("state.db has committed", ""), ("POST", "is sent"), ("DELETE", "is sent"))
"""The first moments at which something is as it was not before."""
IN_PART: Final[Mapping[str, Among]] = {
    "mending": WHAT_LASTS,
    "rolling": WHAT_LASTS,
    "rebuilding": WHAT_LASTS,
    "pairing": (("state.db has committed", ""), ("POST /skus", ""), ("DELETE /skus", "")),
    "noting_stock": (("state.db has committed", ""), ("GET /inventory-levels", "")),
    "reading_skus": (("GET /skus", ""),),
    "following_events": (("GET /events", ""), ("POST", "is sent")),
}
"""Stories of which these boundaries alone are died at here: the others are those of any cycle."""
LONGER: Final = frozenset({"mending_on_duty"})
"""Stories of which nothing is told here: all of it is in others, and they take long."""
HEARD_APART: Final[Among] = (("state.db has committed", ""), ("", "is sent"), ("GET", "is read"))
"""Between two of these the daemon does nothing by which it could heed a stop one way or another."""
COMMANDS: Final = [name for name in STORIES if name not in {"serving", *IN_PART, *LONGER}]


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
    _check_kinds(name, undisturbed)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", IN_PART)
def test_whatever_lasts_of_what_is_killed_the_next_one_goes_on_from_it(
    stage: Stage, name: str
) -> None:
    *killed, undisturbed = Sweep.of(stage, STORIES[name], ONE_BY_ONE).kills_among(IN_PART[name])

    _check_kinds(name, undisturbed)
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
    stopped = [*sweep.stops(part, HEARD_APART)]

    assert len(killed) >= len(undisturbed.boundaries) // part.step
    assert len(stopped) > len(HEARD_APART)
    _check_kinds("serving", undisturbed)


def test_every_kind_of_request_is_one_at_which_a_story_is_killed() -> None:
    """That no story comes by any other kind, of request or durable step, each sweep looks at."""
    assert REQUESTS <= KILLED_AT


def _check_kinds(name: str, undisturbed: Ended) -> None:
    assert set(SEEN.get(name, ())) <= plain(undisturbed.boundaries)
    assert kinds(undisturbed.boundaries) <= KILLED_AT
