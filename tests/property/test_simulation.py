"""Lives on a seed: after every quiet phase each promise of product.md holds, whatever came before.

`python -m tests.property.simulate --seconds N` lives more of them, and `--seed` one of them again.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

import pytest

from tests.property.simulate.life import Lived, PromiseBroken, live
from tests.property.simulate.occurrences import EXPECTED, MANY, unseen

IN_MEMORY: Final = 36
UNLIVED: Final = 30
IN_A_FILE: Final = 3
OUT_OF: Final = 30
"""So many lives are lived for these at most."""
OF_MEMORY_ALONE: Final = ("log lease.taken_over", "step helped")
"""A lease that is taken at once, and shared deliveries."""


@pytest.mark.timeout(600)
def test_every_promise_is_kept_over_many_lives_in_which_everything_happens() -> None:
    noted: Counter[str] = Counter()
    for first in ("amber", "basil", "cedar"):
        for number in range(IN_MEMORY):
            noted += live(f"{first}-{number}").noted

    assert unseen(noted, lives=3 * IN_MEMORY) == []


def test_what_never_happens_is_told() -> None:
    noted = Counter(EXPECTED)
    del noted["write: lands twice"]
    assert unseen(noted, lives=1) == ["write: lands twice"]
    del noted["guard max_create"]
    assert unseen(noted, lives=MANY) == ["guard max_create", "write: lands twice"]


@pytest.mark.parametrize("first", ["damson", "rowan"])
def test_every_life_is_lived_alike_on_a_real_file_and_in_memory(first: str) -> None:
    """Those that have nothing which only memory has."""
    in_memory = dict(islice(_alike_in_a_file(first), IN_A_FILE))
    in_a_file = {seed: live(seed, "sqlite") for seed in in_memory}

    assert len(in_memory) == IN_A_FILE
    assert in_a_file == in_memory
    assert all(one.requests for one in in_a_file.values())


def test_every_promise_is_kept_over_lives_that_nobody_has_lived_before() -> None:
    first = secrets.token_hex(4)
    for number in range(UNLIVED):
        live(f"{first}-{number}")


def test_a_seed_lives_the_same_life_again() -> None:
    assert live("maple") == live("maple")
    assert live("maple", "sqlite") == live("maple", "sqlite")
    assert live("maple").digest != live("ginger").digest


def test_a_broken_promise_comes_with_its_story_and_the_way_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncd.service.passes.needs_look_up", lambda *_: False)

    def live_until_it_breaks() -> None:
        for number in range(IN_MEMORY):
            live(f"hazel-{number}")

    with pytest.raises(PromiseBroken, match=r"(?s)sends #\d+ .*BROKEN: .* --seed hazel-\d+"):
        live_until_it_breaks()


def _alike_in_a_file(first: str) -> Iterator[tuple[str, Lived]]:
    for number in range(OUT_OF):
        lived = live(seed := f"{first}-{number}")
        if not any(lived.noted[its] for its in OF_MEMORY_ALONE):
            yield seed, lived
