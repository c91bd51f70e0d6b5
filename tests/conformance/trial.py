"""One run of Schemathesis against a sandbox, by the vendor's document."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from syncd.sandbox import RunningSandbox
from tests.vendor_document import DOCUMENT

PROGRAM: Final = Path(sys.executable).with_name("schemathesis")
OFFERED: Final = "^/(inventory-items|inventory-levels|skus|events)"
"""What the sandbox is there for; webhooks and SKU groups are none of syncd's calls."""
NOT_CHECKED: Final = "positive_data_acceptance"
"""The document tells types alone; the rules by which the vendor refuses what has the right types
stand in its prose, and the sandbox keeps them."""
CLEARED_BY_NULL: Final = ("InventoryItemUpdateRequest", "UpdateSkuRequest", "SkuUpsertRequest")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is tried: in these phases, so many requests of a kind; `seconds` repeats them."""

    phases: str
    examples: int = 10
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all was as the document says, and what Schemathesis has told."""

    passed: bool
    said: str


def tried(sandbox: RunningSandbox, amount: Amount, seed: int, folder: Path) -> Verdict:
    """Try a sandbox without a limit; whatever is written goes into the folder."""
    document = folder / "document.json"
    document.write_text(json.dumps(as_syncd_reads_it(json.loads(DOCUMENT.read_bytes()))))
    done = subprocess.run(
        [*_command(document, sandbox.url), *_asked(amount, seed)],
        cwd=folder,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return Verdict(done.returncode == 0, done.stdout)


def as_syncd_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what this project is known to see differently; see `vendor_document`.

    An item that is updated may be gone; a null in an update clears.
    """
    read = deepcopy(document)
    gone = read["paths"]["/inventory-items/{id}"]
    gone["post"]["responses"]["404"] = gone["get"]["responses"]["404"]
    for entry in _cleared(read):
        entry["nullable"] = True
        if "enum" in entry:
            entry["enum"] = [*entry["enum"], None]
    return read


def _cleared(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schemas = document["components"]["schemas"]
    for name in CLEARED_BY_NULL:
        properties = schemas[name]["properties"]
        for key, entry in properties.items():
            whole = (
                deepcopy(schemas[entry["$ref"].rpartition("/")[2]]) if "$ref" in entry else entry
            )
            properties[key] = whole
            yield whole


def _command(document: Path, url: str) -> Iterator[str]:
    yield from (str(PROGRAM), "run", str(document), "--url", url, "--no-color")
    yield from ("--header", "Authorization: Bearer sk_test_conformance")
    yield from ("--include-path-regex", OFFERED, "--exclude-checks", NOT_CHECKED)
    yield from ("--continue-on-failure", "--generation-database", "none")


def _asked(amount: Amount, seed: int) -> Iterator[str]:
    yield from ("--phases", amount.phases, "--max-examples", str(amount.examples))
    yield from ("--seed", str(seed))
    if amount.seconds is not None:
        yield from ("--max-time", str(amount.seconds))
