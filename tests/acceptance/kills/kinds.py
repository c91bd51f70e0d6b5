"""Which kinds of boundaries there are: their names without the SKU and what is drawn at random."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from tests.acceptance.kills.boundaries import OF_READS, STAGES

_AT_RANDOM: Final = re.compile(r"\.[0-9a-z_]{8}(?=[. ])")
_SKU: Final = re.compile(r"(?<=/)SKU-\d+| SKU-\d+")
_COPY: Final = "state.db.fingerprints.parquet"

COMMITS: Final = ("state.db commits", "state.db has committed")
COMMITS_THERE: Final = ("the server commits", "the server has committed")
SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "first_cycle": (
        *COMMITS,
        "state.db is made",
        "state.db.lock is made",
        "state.db.lock is written to",
        "state.db.lock is cut",
        "state.db.pacer is made",
        "state.db.pacer is written to",
        f"{_COPY}.….unfinished is made",
        f"{_COPY}.….unfinished is brought to the disk",
        f"{_COPY} is replaced",
        f"{_COPY} has been replaced",
        "GET /inventory-items leaves",
        "GET /inventory-items is read",
        "GET /skus leaves",
        "GET /skus is read",
        "POST /inventory-items SKU-0000 leaves",
        "POST /inventory-items SKU-0000 is sent",
        "POST /inventory-items SKU-0000 is answered",
        "POST /inventory-items SKU-0000 is read",
        "POST /inventory-items/SKU-0002 leaves",
        "POST /inventory-items/SKU-0002 is sent",
        "POST /inventory-items/SKU-0002 is answered",
        "POST /inventory-items/SKU-0002 is read",
        "POST /inventory-items SKU-0006 is sent",
        "POST /inventory-items/SKU-0007 is sent",
        ".report.json.… is made",
        ".report.json.… is brought to the disk",
        "report.json is replaced",
        "report.json has been replaced",
        "the process ends",
    ),
    "later_cycle": (
        "state.db has committed",
        f"{_COPY} has been replaced",
        "report.json has been replaced",
        "GET /inventory-levels leaves",
        "GET /inventory-levels is read",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0004 is sent",
        "DELETE /inventory-items/SKU-0005 leaves",
        "DELETE /inventory-items/SKU-0005 is sent",
        "DELETE /inventory-items/SKU-0005 is answered",
        "DELETE /inventory-items/SKU-0005 is read",
        "DELETE /inventory-items/SKU-0006 is sent",
    ),
    "planning": (
        ".plan.json.… is made",
        ".plan.json.… is brought to the disk",
        "plan.json is replaced",
        "plan.json has been replaced",
    ),
    "rehearsing": (
        ".report.html.… is made",
        ".report.html.… is brought to the disk",
        "report.html is replaced",
        "report.html has been replaced",
    ),
    "missing": ("state.db has committed",),
    "approving": COMMITS,
    "approved_cycle": (
        "state.db has committed",
        "POST /inventory-items/SKU-0000 is sent",
        "POST /inventory-items/SKU-0001 is sent",
    ),
    "applying": ("state.db has committed", "POST /inventory-items/SKU-0000 is sent"),
    "releasing": COMMITS,
    "pruning": COMMITS,
    "reverting": (
        "state.db has committed",
        "POST /inventory-items/SKU-0000 is sent",
        "DELETE /inventory-items/SKU-0003 is sent",
    ),
    "following_again": ("state.db has committed",),
    "migrating": COMMITS,
    "mending": (
        "state.db has committed",
        "POST /inventory-items SKU-0001 is sent",
        "POST /inventory-items/SKU-0000 is sent",
    ),
    "rolling": (
        "state.db has committed",
        "POST /inventory-items SKU-0001 is sent",
        "POST /inventory-items/SKU-0000 is sent",
    ),
    "noting_stock": (
        "state.db has committed",
        "GET /inventory-levels leaves",
        "GET /inventory-levels is read",
    ),
    "reading_skus": (
        "state.db has committed",
        "GET /skus leaves",
        "GET /skus is read",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0002 is sent",
    ),
    "following_events": (
        "state.db has committed",
        "GET /events leaves",
        "GET /events is read",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0002 is sent",
    ),
    "reclaiming": COMMITS,
    "rebuilding": ("state.db has committed",),
    "serving": (
        "state.db has committed",
        "state.db.duty is made",
        "state.db.duty is written to",
        "state.db.duty is cut",
        "POST /inventory-items/SKU-0001 is sent",
        "POST /inventory-items SKU-0002 is sent",
        "DELETE /inventory-items/SKU-0000 is sent",
        "the process ends",
    ),
    "pairing": (
        "state.db has committed",
        "POST /inventory-items SKU-0002 is sent",
        "POST /inventory-items/SKU-0001 is sent",
        "DELETE /inventory-items/SKU-0000 is sent",
        *(
            f"{call} {stage}"
            for call in ("POST /skus SKU-0002", "POST /skus/SKU-0001", "DELETE /skus/SKU-0000")
            for stage in STAGES.values()
        ),
    ),
    "keeping": (
        "the server has committed",
        "POST /inventory-items SKU-0002 is sent",
        "POST /inventory-items/SKU-0001 is sent",
        "DELETE /inventory-items/SKU-0000 is sent",
    ),
    "taking_over": COMMITS_THERE,
    "moving": ("state.db has committed", *COMMITS_THERE),
}
"""Boundaries that a story must come by and at which the plain run kills it; were one not told any
more, nobody would die there."""

WRITES: Final = tuple(
    call
    for path in ("/inventory-items", "/skus")
    for call in (f"POST {path}", f"POST {path}/…", f"DELETE {path}/…")
)
READS: Final = tuple(
    f"GET /{name}" for name in ("inventory-items", "skus", "inventory-levels", "events")
)
REQUESTS: Final = frozenset(
    f"{call} {stage}"
    for calls, stages in ((WRITES, STAGES.values()), (READS, OF_READS))
    for call in calls
    for stage in stages
)
"""What a request comes by, of every resource and verb."""


def plain(boundaries: Iterable[str]) -> set[str]:
    """Their names, without what is drawn at random."""
    return {_AT_RANDOM.sub(".…", name) for name in boundaries}


def kinds(boundaries: Iterable[str]) -> set[str]:
    """Their names, without the SKU either."""
    return {_SKU.sub(_without_sku, name) for name in plain(boundaries)}


def _without_sku(found: re.Match[str]) -> str:
    return "" if found[0].startswith(" ") else "…"


KILLED_AT: Final = frozenset(kinds(chain.from_iterable(SEEN.values())))
"""The kinds at which the plain run kills, each in one story at least."""
