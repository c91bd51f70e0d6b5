"""Many reads, each by its seed, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TypeAlias

from tests.property.broken_reads.databases import database_case
from tests.property.broken_reads.exports import bulk_case, export_case
from tests.property.broken_reads.files import file_case, join_case
from tests.property.broken_reads.pages import list_case
from tests.property.broken_reads.skus import sku_case
from tests.property.broken_reads.trial import (
    Case,
    Rig,
    TakenForBrokenError,
    WronglyMissingError,
    rigged,
    tried,
)

Stand: TypeAlias = Callable[[Rig, Random], Case]
STANDS: Mapping[str, tuple[int, Stand]] = {
    "lists": (180, list_case),
    "exports": (10, export_case),
    "bulk": (4, bulk_case),
    "databases": (2, database_case),
    "skus": (2, sku_case),
    "files": (1, file_case),
    "joins": (1, join_case),
}
"""Each kind of source with how many of two hundred reads are of it."""
Broken = (TakenForBrokenError, WronglyMissingError)


def run(
    seeds: Iterable[str], only: str | None = None, over: str = "sockets"
) -> Counter[tuple[str, str]]:
    """Try one read for each seed, of one kind of source alone if that is asked for.

    Counts by kind of source and outcome, sound reads apart. Raises `WronglyMissingError` or
    `TakenForBrokenError`, with the seed.
    """
    found: Counter[tuple[str, str]] = Counter()
    with rigged(over) as rig:
        for seed in seeds:
            stand = only or _stand_of(seed)
            found[stand, _tried(seed, stand, rig)] += 1
    return found


def _stand_of(seed: str) -> str:
    weights = [weight for weight, _ in STANDS.values()]
    return Random(f"{seed}, where").choices(list(STANDS), weights)[0]


def _tried(seed: str, stand: str, rig: Rig) -> str:
    case = STANDS[stand][1](rig, Random(seed))
    try:
        outcome = tried(case, rig)
    except Broken as error:
        again = f"python -m tests.property.broken_reads --seed {seed} --only {stand}"
        raise type(error)(f"{stand}: {error}\nTo see it again: {again}") from error
    return "sound" if case.sound else outcome
