"""From a change of the catalog to its accepted write: `python -m tests.bench latency`.

A whole daemon, over a sandbox that is another process, polls a catalog of 10,000 rows every five
seconds; each of these changes is made just after a poll. What a shop or Digital River tells of by
itself is not in the way of any poll. The slowest of each kind counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.acceptance.daemon.served import Served, address_of, schedule, serving
from tests.acceptance.daemon.test_web import BEARER, open_to_hooks, signed_event
from tests.bench.figure import Figure, at_most
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.shop import Shop, item_of, row, wait_until

ROWS: Final = 10_000
POLL: Final = 5.0
POLLS: Final = 5
HOOKS: Final = 10
SOON: Final = 1.0
ORIGINS: Final = ("SE", "DE", "IT")


@dataclass
class House:
    """A daemon that is in sync; each change gives a row of its own another country."""

    shop: Shop
    sandbox: SandboxProcess
    daemon: Served
    changed: int = 0

    def change(self) -> tuple[str, float]:
        """Write the catalog anew; the id of the row that is another, and when it was."""
        self.sandbox.clear_requests()
        self.changed += 1
        self.shop.stock(rows(self.changed))
        return f"SKU-{self.changed - 1:04}", time.monotonic()

    def wait_for_write(self, id: str) -> float:
        """When it was accepted, on the clock that all processes of a machine share."""
        path = f"/inventory-items/{id}"
        found: list[float] = []

        def is_written() -> bool:
            found.extend(
                time.monotonic()
                for one in self.sandbox.requests()
                if one["path"] == path and one["method"] == "POST" and one["carriedOut"]
            )
            return bool(found)

        wait_until(is_written)
        return found[0]

    def wait_for_poll(self) -> None:
        finished = len(self.daemon.logs("cycle.finished"))
        self.daemon.wait_for_log("cycle.finished", times=finished + 1)


def rows(changed: int) -> Sequence[dict[str, str]]:
    """All rows, so many of them with another country than at first."""
    return [row(n, origin=ORIGINS[n % 3]) if n < changed else row(n) for n in range(ROWS)]


@contextmanager
def house(folder: Path, poll: str, *, hooks: bool) -> Iterator[House]:
    with sandbox_process("--rate", "0") as sandbox:
        shop = Shop(folder, sandbox.url)
        shop.configure()
        shop.stock(rows(0))
        sandbox.seed_items([{"id": one["sku"], **item_of(one)} for one in rows(0)])
        if hooks:
            open_to_hooks(shop)
        else:
            schedule(shop, poll=poll)
        with serving(shop, "-v") as daemon:
            daemon.wait_for_log("cycle.finished")
            yield House(shop, sandbox, daemon)
            daemon.stop()


def test_a_change_of_the_catalog(tmp_path: Path, tell: Callable[[Figure], None]) -> None:
    took = []
    with house(tmp_path, f"{POLL}s", hooks=False) as home:
        for _ in range(POLLS):
            home.wait_for_poll()
            id_, at = home.change()
            took.append(home.wait_for_write(id_) - at)
    tell(
        Figure(
            f"from a change just after a poll to its write, polls {POLL:g} s apart",
            max(took),
            "s",
            at_most(POLL + SOON),
        )
    )


@pytest.mark.parametrize("by", ["a shop", "Digital River"])
def test_what_is_told(tmp_path: Path, tell: Callable[[Figure], None], by: str) -> None:
    took, answered = [], []
    with house(tmp_path, "1h", hooks=True) as home, httpx.Client() as client:
        for _ in range(HOOKS):
            id_, _ = home.change()
            at = time.monotonic()
            answer = _tell(client, address_of(home.shop), by, id_)
            answered.append(time.monotonic() - at)
            assert answer.status_code == 202
            took.append(home.wait_for_write(id_) - at)
    tell(Figure(f"from what {by} tells to its write", max(took), "s", at_most(SOON)))
    tell(Figure(f"the answer to what {by} tells", 1000 * max(answered), "ms", at_most(100)))


def _tell(client: httpx.Client, address: str, by: str, id: str) -> httpx.Response:
    if by == "a shop":
        return client.post(f"{address}/hooks/catalog/{id}", headers=BEARER)
    body, headers = signed_event(f"evt_{id}", id)
    return client.post(f"{address}/webhooks/digital-river", content=body, headers=headers)
