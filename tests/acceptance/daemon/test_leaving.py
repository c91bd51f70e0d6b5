"""A stop is over within ten seconds, whatever it finds: what was in flight is found out afterwards.

All of them are stopped at once, for most of that time is spent waiting.
"""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.daemon.served import ROWS, Served, schedule, serving
from tests.acceptance.fronts import altering
from tests.postgres_states import Account, new_account
from tests.processors import queued
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.servers import Server, postgres_server
from tests.shop import Run, Shop, ended, item_of, running, wait_until

if TYPE_CHECKING:
    import pytest

__all__ = ["postgres_server"]

LONGEST = 10.0
HANGS = Fault(kind=FaultKind.SLOW, seconds=60)


@dataclass
class Stuck:
    """A daemon that waits for something; `free` lets the next run have it.

    Before it ends it tells of this trouble, if any.
    """

    what: str
    shop: Shop
    sandbox: SandboxProcess
    daemon: Served
    free: Callable[[], object]
    told: str | None = None


class Street:
    """Shops that have nothing to do with each other, each with an account of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack

    def shop(self, name: str) -> tuple[Shop, SandboxProcess]:
        sandbox = self._stack.enter_context(sandbox_process("--rate", "0"))
        folder = self._folder / name
        folder.mkdir()
        shop = Shop(folder, sandbox.url)
        shop.stock(ROWS)
        schedule(shop)
        patient = shop.configuration.read_text().replace('timeout = "5s"', 'timeout = "12s"')
        shop.configuration.write_text(patient)
        return shop, sandbox

    def serving(self, shop: Shop) -> Served:
        return self._stack.enter_context(serving(shop))


def _with_answers_for_a_locked_file(street: Street, stack: ExitStack) -> Stuck:
    """The file is locked after the intents, and before the first of its answers comes through."""
    is_answered, is_locked = threading.Event(), threading.Event()

    def kept_back(piece: bytes) -> bytes:
        if piece.startswith(b"HTTP/1.1 201"):
            is_answered.set()
            is_locked.wait(LONGEST)
        return piece

    shop, sandbox = street.shop("file")
    front = stack.enter_context(altering(sandbox.url, kept_back))
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace(sandbox.url, f"http://127.0.0.1:{front.port}"))
    daemon = street.serving(shop)
    wait_until(is_answered.is_set)
    other = sqlite3.connect(shop.state, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    outcomes = other.execute("SELECT count(*) FROM journal WHERE kind IS NOT NULL").fetchone()
    assert outcomes == (0,), "all of them are still to be written"
    is_locked.set()
    return Stuck("the file is locked", shop, sandbox, daemon, other.close, told="state")


def _with_a_locked_table(street: Street, account: Account) -> Stuck:
    shop, sandbox = street.shop("table")
    there = f'url = "{account.url}"\naccount = "{account.name}"'
    text = shop.configuration.read_text().replace('url = "sqlite:///state.db"', there)
    shop.configuration.write_text(text)
    other = account.server.engine().connect()
    other.exec_driver_sql(f'LOCK TABLE "{account.schema}".sku IN ACCESS EXCLUSIVE MODE')
    daemon = street.serving(shop)
    daemon.wait_for("STATUS=beginning a cycle")
    return Stuck("the table is locked", shop, sandbox, daemon, other.close, told="state")


def _with_a_silent_source(street: Street, stack: ExitStack) -> Stuck:
    shop, sandbox = street.shop("source")
    right = shop.configuration.read_text()
    silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/products"
    hung = right.replace('type = "file"\npath = "catalog.csv"', f'type = "http"\nurl = "{url}"')
    shop.configuration.write_text(hung)
    daemon = street.serving(shop)
    daemon.wait_for("STATUS=reading the catalog")
    return Stuck(
        "the source hangs", shop, sandbox, daemon, lambda: shop.configuration.write_text(right)
    )


def _with_a_silent_remote(street: Street) -> Stuck:
    shop, sandbox = street.shop("remote")
    sandbox.set_faults([HANGS])
    daemon = street.serving(shop)
    daemon.wait_for("STATUS=looking up")
    return Stuck("the remote hangs", shop, sandbox, daemon, lambda: sandbox.set_faults([]))


def _with_writes_in_flight(street: Street) -> Stuck:
    shop, sandbox = street.shop("writes")
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=60, method="POST")])
    daemon = street.serving(shop)
    daemon.wait_for("STATUS=delivering")
    return Stuck("writes are in flight", shop, sandbox, daemon, lambda: sandbox.set_faults([]))


def _with_an_audit_under_way(street: Street) -> Stuck:
    shop, sandbox = street.shop("audit")
    quick = shop.configuration.read_text().replace("[schedule]", '[schedule]\naudit = "2s"')
    shop.configuration.write_text(quick)
    daemon = street.serving(shop)
    daemon.wait_for_log("cycle.finished")
    sandbox.set_faults([HANGS])
    daemon.wait_for("STATUS=listing what is there")
    return Stuck("an audit goes on", shop, sandbox, daemon, lambda: sandbox.set_faults([]))


@contextmanager
def _all_of_them(folder: Path, account: Account) -> Iterator[list[Stuck]]:
    with ExitStack() as stack:
        street = Street(folder, stack)
        yield [
            _with_a_silent_source(street, stack),
            _with_a_silent_remote(street),
            _with_writes_in_flight(street),
            _with_an_audit_under_way(street),
            _with_a_locked_table(street, account),
            _with_answers_for_a_locked_file(street, stack),
        ]


def test_whatever_it_waits_for_it_leaves_in_time_and_the_next_run_goes_on(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    with new_account(postgres_server) as account, _all_of_them(tmp_path, account) as stuck:
        took = _stopped(stuck)
        assert max(took.values()) < LONGEST, took
        for one in stuck:
            _has_told_what_it_waited_for(one)
            one.free()
        for one, run in zip(stuck, _next_runs(stuck), strict=True):
            assert run.code == 0, (one.what, run.stderr)
            _is_as_it_should_be(one)


def _stopped(stuck: Sequence[Stuck]) -> dict[str, float]:
    """How long each took to end, but for the time in which others had the processors."""
    took: dict[str, float] = {}
    before = {one.what: queued(one.daemon.process.pid) for one in stuck}
    lost = dict.fromkeys(before, 0.0)
    began = time.monotonic()
    for one in stuck:
        one.daemon.send(signal.SIGTERM)

    def all_have_ended() -> bool:
        for one in stuck:
            code = one.daemon.process.poll()
            if code is None:
                waited = queued(one.daemon.process.pid) - before[one.what]
                lost[one.what] = max(lost[one.what], waited)
            elif one.what not in took:
                assert code == 143, one.what
                took[one.what] = time.monotonic() - began - lost[one.what]
        return len(took) == len(stuck)

    wait_until(all_have_ended)
    return took


def _next_runs(stuck: Sequence[Stuck]) -> list[Run]:
    """Run them all at once: what was in flight may land until its time is over."""
    with ExitStack() as stack:
        runs = [stack.enter_context(running(one.shop.start("--once"))) for one in stuck]
        return [ended(run) for run in runs]


def _has_told_what_it_waited_for(one: Stuck) -> None:
    one.daemon.hear_out()
    if one.told is not None:
        assert one.daemon.logs("daemon.trouble", kind=one.told), one.what


def _is_as_it_should_be(one: Stuck) -> None:
    found = one.sandbox.items()
    assert found.keys() == {sound["sku"] for sound in ROWS}, one.what
    for sound in ROWS:
        assert item_of(sound).items() <= found[sound["sku"]].items(), one.what
    if one.shop.state.exists():
        with closing(sqlite3.connect(one.shop.state)) as state:
            assert state.execute("PRAGMA integrity_check").fetchone() == ("ok",), one.what
