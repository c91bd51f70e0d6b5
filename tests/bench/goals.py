"""The goals that depend on the number of rows, and why a figure that misses its goal does so."""

from __future__ import annotations

from typing import Final

MANY: Final = 1_000_000
MEMORY_LIMIT: Final = 256
"""Megabytes: `catalog.memory_limit` unless it is set."""
CONSTANT: Final = 150
"""Megabytes that a process takes beside `catalog.memory_limit`: Python, the modules, the engine."""
RECORDING: Final = 80
"""Megabytes more while new rows are recorded: batches of texts, SQLite's cache, their heaps."""

_WHY: Final = (
    (": peak", "the limit is the engine's alone: what Python holds of rows comes on top"),
    (
        ": answered 429",
        "what left apart came in a bunch: a sandbox that is kept from running sees it as one",
    ),
    (
        "first load recorded",
        (
            "storing is half of it; the rest is two looks at the file, and Python that reads and "
            "checks each text, column by column, and encodes each wish"
        ),
    ),
    (
        "1 % changed",
        (
            "the disk pages of scattered rows: bare sqlite3 takes more than the goal to write as "
            "many, as measured above; and the file is read twice where rows differ (2 x the "
            "limit), and each change is planned and told by itself"
        ),
    ),
    (
        "growth of time",
        "what is sorted and joined no longer fits into catalog.memory_limit, and goes by the disk",
    ),
    (
        "none changed",
        (
            "lines are counted apart from the engine, which was seen to lose some; of each row the "
            "bucket of its id is worked out; and a cycle has a fixed part, eight waits for the disk"
        ),
    ),
    (
        "same bytes written again",
        (
            "the fixed part of a cycle, the same at any size: its modules, and eight waits for the "
            "disk: the lease, the cycle's start, read and end, SQLite's own beginning and end"
        ),
    ),
    (
        "no limit,",
        "the processor: pace, journal and log of each request beside the bare loop's nothing",
    ),
    (
        "429 with Retry-After",
        "the pace keeps 2.5 % below the rate, and a pause begins when its answer has come",
    ),
    (
        "oldest unrecorded",
        "other processes: a commit waits for the disk, and its thread for a processor",
    ),
    (
        "of the run's CPU",
        "a commit has a fixed part, and on a busy machine batches are kept small to be soon",
    ),
    (
        "accounts: two processes",
        "the cores, which the two share with PostgreSQL and the sandbox",
    ),
    (
        "one account: two processes",
        "the processor: departures wait for their wake-ups where other processes have it",
    ),
    (
        "/s, answers after",
        (
            "the pause that an answer of 429 asks for; or the processor, for departures wait for "
            "their wake-ups where other processes have it"
        ),
    ),
    (
        "audit of",
        "the processor: answers wait to be read where other processes have it",
    ),
    (
        "syncd status",
        "what Python loads, which is nearly all of it: SQLAlchemy, 200 modules of our own, typer",
    ),
    (
        "syncd --help",
        "other processes: importing is the processor's work alone",
    ),
    (
        "an idle daemon",
        "the probe of the remote, and the clock that looks for what is due",
    ),
)
_UNKNOWN: Final = "nothing is known that explains it: measure again on a machine without other work"


def most_times_the_scan(rows: int) -> float:
    """How often a rewritten file's own scan, beyond the start, where none of its rows changed."""
    return 2.0 if rows <= MANY else 2.5


def most_memory(rows: int) -> float:
    """The peak of the whole process in megabytes."""
    return 400 if rows <= MANY else 700


def most_memory_at_any_size() -> float:
    """The peak in megabytes that no number of rows exceeds where none of them is new."""
    return MEMORY_LIMIT + CONSTANT


def most_memory_of_a_first_load() -> float:
    """The peak in megabytes that no number of new rows exceeds."""
    return MEMORY_LIMIT + CONSTANT + RECORDING


def reason(figure: str) -> str:
    """What limit is hit where the figure of this name and unit misses its goal."""
    return next((why for part, why in _WHY if part in figure), _UNKNOWN)
