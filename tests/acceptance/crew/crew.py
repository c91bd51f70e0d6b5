"""A crew on one account: its members, what befalls them, and the evidence of what they did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
import psutil

from syncd.state.postgres.clock import NOW
from tests.acceptance.fronts import Front, cable
from tests.acceptance.test_stopping import creates_by_id
from tests.environment import clean_environment
from tests.postgres_states import Account
from tests.sandbox_process import SandboxProcess
from tests.servers import PASSWORD
from tests.shop import Shop, row, wait_until
from tests.warm import WARM

MEMBERS: Final = 8
RATE: Final = 60
TERM: Final = 1.6
PATIENCE: Final = 170.0
"""Seconds: none but the test's own limit."""
HOUR: Final = 3600.0
SETTINGS: Final = """
[schedule]
poll = "1s"
rolling = "0"
jitter = "0s"
[guards]
max_update = 1.0
max_same_change = 1.0
"""
_SECOND: Final = 1_000_000_000
_LAST_SLOT: Final = f"SELECT greatest(next_slot - {NOW}, 0) / 1e6 FROM syncd.pace"  # noqa: S608 - our own
_WATCH_FENCES: Final = """
CREATE TABLE crew_begun (cycle text PRIMARY KEY, fence bigint);
CREATE TABLE crew_stale (cycle text, fence bigint, standing bigint);
CREATE FUNCTION crew_standing() RETURNS bigint LANGUAGE sql AS
  $$SELECT (value::json->>0)::bigint FROM fact WHERE key = 'fence'$$;
CREATE FUNCTION crew_begins() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO crew_begun VALUES (NEW.id, crew_standing()) ON CONFLICT DO NOTHING; RETURN NEW;
END$$;
CREATE FUNCTION crew_writes() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO crew_stale SELECT cycle, fence, crew_standing() FROM crew_begun
    WHERE cycle = NEW.cycle AND fence <> crew_standing();
  RETURN NEW;
END$$;
CREATE TRIGGER crew_begins BEFORE INSERT ON cycle FOR EACH ROW EXECUTE FUNCTION crew_begins();
CREATE TRIGGER crew_writes BEFORE INSERT OR UPDATE ON journal
  FOR EACH ROW EXECUTE FUNCTION crew_writes();
"""
"""Notes whoever writes an intent or an outcome for a cycle that has the fence no more."""


@dataclass
class Member:
    """One process, and the folder that holds what it has told."""

    pid: int
    told: Path

    @property
    def log(self) -> str:
        file = self.told / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def departures(self) -> list[int]:
        file = self.told / "departures"
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def lives(self) -> bool:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        return False

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


@dataclass
class Crew:
    """Members of one account, every other of which reaches the database by a cable."""

    shop: Shop
    sandbox: SandboxProcess
    account: Account
    cable: Front
    ship: subprocess.Popen[bytes]
    members: list[Member] = field(default_factory=list)

    def sign_on(self, later: float = 0.0) -> Member:
        """Have one more, whose clock goes that many seconds ahead."""
        assert self.ship.stdin is not None
        assert self.ship.stdout is not None
        number = len(self.members)
        told = self.shop.folder / f"member-{number}"
        told.mkdir()
        url = self.account.server.url
        if number % 2:
            url = url.set(port=self.cable.port)
        line = {
            "folder": str(self.shop.folder),
            "told": str(told),
            "url": url.render_as_string(hide_password=False),
            "account": self.account.name,
            "later": later,
            "term": TERM,
        }
        self.ship.stdin.write(orjson.dumps(line) + b"\n")
        self.ship.stdin.flush()
        member = Member(int(self.ship.stdout.readline()), told)
        self.members.append(member)
        return member

    def dismiss(self) -> None:
        """Let everybody go at once, and see them gone."""
        for member in self.members:
            with suppress(ProcessLookupError):
                member.send(signal.SIGKILL)
        wait_for(lambda: not any(member.lives for member in self.members))

    # -- what goes on

    def holder(self) -> Member | None:
        """Who has the lease, or had it last."""
        for (value,) in self.account.ask("SELECT value FROM fact WHERE key = 'fence'"):
            found = [each for each in self.members if str(each.pid) in str(value)]
            return found[0] if found else None
        return None

    def helpers(self) -> list[Member]:
        """Who has helped so far and is not the holder."""
        holder = self.holder()
        return [
            each
            for each in self.members
            if each is not holder and each.lives and "delivery.helps" in each.log
        ]

    def paused_until(self) -> object:
        """Until when nobody gets a slot, by the server's clock; it stays when that is over."""
        return self.account.ask("SELECT paused_until FROM syncd.pace")

    def slots_used_up(self) -> float:
        """When the last slot is over that anybody has, in seconds of this machine's clock."""
        ((seconds,),) = self.account.ask(_LAST_SLOT)
        return time.monotonic() + float(str(seconds))

    def stock(self, count: int, origin: str) -> None:
        self.shop.stock([row(number, origin=origin) for number in range(count)])

    def made(self, origin: str) -> int:
        """How many items have this origin."""
        items = self.sandbox.items().values()
        return sum(1 for item in items if item["countryOfOrigin"] == origin)

    def wait_for(self, origin: str, count: int) -> None:
        wait_for(lambda: self.made(origin) >= count)

    # -- what has become of it

    def check(self, count: int, origin: str) -> None:
        """All is as the catalog says, and nothing was done that must not be."""
        wait_for(lambda: self._is_in_sync(count))
        assert self.made(origin) == len(self.sandbox.items()) == count
        assert self.account.ask("SELECT id FROM sku WHERE delivery <> 'settled'") == []
        assert self.account.ask("SELECT * FROM crew_stale") == []
        creates = creates_by_id(self.sandbox)
        assert {name: number for name, number in creates.items() if name and number > 1} == {}
        assert self.most_in_a_second() <= RATE
        for member in self.members:
            assert "Traceback" not in member.log, member.log
            assert PASSWORD not in member.log

    def _is_in_sync(self, count: int) -> bool:
        found = self.account.ask("SELECT state, count(*) FROM sku GROUP BY state")
        return found == [("in_sync", count)]

    def departures(self) -> Sequence[float]:
        """When anybody sent something, in seconds of the one clock of this machine."""
        found = (moment for member in self.members for moment in member.departures)
        return [moment / _SECOND for moment in sorted(found)]

    def most_in_a_second(self) -> int:
        """By that clock, which nobody sets."""
        moments, first, most = self.departures(), 0, 0
        for last, moment in enumerate(moments):
            while moments[first] <= moment - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


def wait_for(condition: Callable[[], bool]) -> None:
    """For as long as the slowest machine takes: what goes on by itself may begin anew each term."""
    wait_until(condition, PATIENCE)


@contextmanager
def ship() -> Iterator[subprocess.Popen[bytes]]:
    """Have a ship; it is ready some seconds later, in which other things can be started."""
    command = [sys.executable, "-m", "tests.acceptance.crew.ship"]
    with WARM.popen(
        command, cwd=Path.cwd(), env=clean_environment(), stdin=subprocess.PIPE, stderr=None
    ) as launched:
        yield launched


@contextmanager
def crew(
    shop: Shop, sandbox: SandboxProcess, account: Account, ship: subprocess.Popen[bytes]
) -> Iterator[Crew]:
    """Have a crew that nobody belongs to yet; whoever is aboard goes with the block."""
    text = shop.configuration.read_text().partition("[state]")[0]
    quick = text.replace("requests_per_second = 900", f"requests_per_second = {RATE}")
    quick = quick.replace('timeout = "5s"', 'timeout = "1s"\nmax_in_flight = 4')
    shop.configuration.write_text(quick + SETTINGS)
    account.run(_WATCH_FENCES)
    port = account.server.url.port
    assert port is not None
    with cable(port) as laid:
        found = Crew(shop, sandbox, account, laid, ship)
        try:
            yield found
        finally:
            found.dismiss()
