"""Killed at any durable step and any request boundary, the next run goes on.

Which of them the plain run kills at, and why that is enough, the docstring of the package says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tests.acceptance.kills.arranged import ONE_BY_ONE, SIDE_BY_SIDE
from tests.acceptance.kills.boundaries import is_among
from tests.acceptance.kills.kinds import KILLED_AT, REQUESTS, SEEN, kinds, plain
from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.stage import Among, Stage
from tests.acceptance.kills.stories import STORIES
from tests.acceptance.kills.sweep import Part, Sweep, those

PARTS: Final[Mapping[str, int]] = {
    "first_cycle": 2,
    "later_cycle": 2,
}
"""Into how many tests the longer stories are cut, so that they are shared out."""
WHAT_LASTS: Final[Among] = (
    ("state.db has committed", ""),
    ("POST", "is sent"),
    ("DELETE", "is sent"),
)
"""The first moments at which state or remote are as they were not before: up to the next of these
every kill leaves the same in both, such as before the next commit, or before a request and after a
read."""
IN_PART: Final[Mapping[str, Among]] = {
    "later_cycle": (
        *WHAT_LASTS,
        ("DELETE", ""),
        ("GET /inventory-levels", ""),
        ("", "has been replaced"),
    ),
    "missing": WHAT_LASTS,
    "approved_cycle": WHAT_LASTS,
    "applying": WHAT_LASTS,
    "reverting": WHAT_LASTS,
    "following_again": WHAT_LASTS,
    "serving": (*WHAT_LASTS, ("state.db.duty", ""), ("the process ends", "")),
    "mending": WHAT_LASTS,
    "rolling": WHAT_LASTS,
    "rebuilding": WHAT_LASTS,
    "pairing": (*WHAT_LASTS, ("POST /skus", ""), ("DELETE /skus", "")),
    "noting_stock": (*WHAT_LASTS, ("GET /inventory-levels", "")),
    "reading_skus": (*WHAT_LASTS, ("GET /skus", "")),
    "following_events": (*WHAT_LASTS, ("GET /events", "")),
}
"""Stories of which these boundaries alone are died at here: what lasts, and what is their own.
Files other than the state change in them as they do in a story that is died at wholly."""
LONGER: Final = frozenset({"mending_on_duty"})
"""Stories at which nobody dies here: `mending` and `serving` have all of it, and they take long."""
HEARD_APART: Final[Among] = (("state.db has committed", ""), ("", "is sent"), ("GET", "is read"))
"""Between two of these the daemon does nothing by which it could heed a stop one way or another."""
WHOLLY: Final = [name for name in STORIES if name not in {*IN_PART, *LONGER}]


def _parts(names: Iterable[str]) -> list[tuple[str, Part]]:
    counts = {name: PARTS.get(name, 1) for name in names}
    return [
        (name, Part(first, count))
        for name, count in counts.items()
        for first in range(1, count + 1)
    ]


def _shown(value: str | Part) -> str:
    return value if isinstance(value, str) else str(value.first)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "part"), _parts(WHOLLY), ids=_shown)
def test_wherever_a_command_is_killed_the_next_one_goes_on(
    stage: Stage, name: str, part: Part
) -> None:
    *killed, undisturbed = Sweep.of(stage, STORIES[name], ONE_BY_ONE).kills(part)

    assert len(killed) >= len(undisturbed.boundaries) // part.step
    _check_kinds(name, undisturbed)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "part"), _parts(IN_PART), ids=_shown)
def test_whatever_lasts_of_what_is_killed_the_next_one_goes_on_from_it(
    stage: Stage, name: str, part: Part
) -> None:
    sweep = Sweep.of(stage, STORIES[name], ONE_BY_ONE)
    *killed, undisturbed = sweep.kills(part, IN_PART[name])

    _check_kinds(name, undisturbed)
    assert all(kinds(ended.boundaries[-1:]) <= kinds(SEEN[name]) for ended in killed)
    assert len(killed) >= len(those(IN_PART[name], undisturbed)) // part.step


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
def test_wherever_a_daemon_is_asked_to_stop_the_next_one_goes_on(stage: Stage, part: Part) -> None:
    stopped = [*Sweep.of(stage, STORIES["serving"], ONE_BY_ONE).stops(part, HEARD_APART)]

    assert len(stopped) > len(those(HEARD_APART, stopped[-1])) // part.step


def test_every_kind_of_request_is_one_at_which_a_story_is_killed() -> None:
    """That no story comes by any other kind, of request or durable step, each sweep looks at."""
    assert REQUESTS <= KILLED_AT


@pytest.mark.parametrize("name", IN_PART)
def test_what_a_story_in_part_is_said_to_be_killed_at_is_in_that_part(name: str) -> None:
    assert [one for one in SEEN[name] if not is_among(IN_PART[name], one)] == []


def _check_kinds(name: str, undisturbed: Ended) -> None:
    assert set(SEEN.get(name, ())) <= plain(undisturbed.boundaries)
    assert kinds(undisturbed.boundaries) <= KILLED_AT
