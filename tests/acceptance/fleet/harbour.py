"""A folder of accounts, a database of their own, and processes of a fleet."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from tests.environment import clean_environment
from tests.ports import free_port
from tests.sandbox_process import SandboxProcess
from tests.servers import PASSWORD, Server
from tests.shop import CONFIGURATION, Shop, row
from tests.warm import WARM

TERM: Final = 1.5
STALLED: Final = 2.5
_QUICK: Final = """
import sys
import syncd.fleet.fleet as fleet
import syncd.fleet.queue as queue
import syncd.state.postgres.opening as opening
from syncd.cli.app import main
opening.BEAT, opening.TERM = {term} / 10, {term}
fleet.BEAT = queue.BEAT = {stalled} / 10
queue.STALLED = {stalled}
sys.argv[0] = "syncd"
main()
"""


@dataclass
class Vessel:
    """One process, and where its log goes."""

    process: subprocess.Popen[bytes]
    log_file: Path
    port: int

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            text: str = answer.read().decode()
            return text

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@dataclass
class Harbour:
    """What the processes of one fleet share."""

    folder: Path
    url: str
    sandbox: SandboxProcess
    connection: psycopg.Connection[tuple[object, ...]]
    poll: str = "1s"
    guards: str = ""
    timeout: str = "1s"
    rate: int = 900
    schedule: str = ""
    vessels: list[Vessel] = field(default_factory=list)

    @property
    def accounts(self) -> Path:
        return self.folder / "accounts"

    def add(self, name: str, rows: int = 3, *, first: int = 0) -> None:
        """Drop an account's file; its SKUs are its own, for all share one sandbox."""
        shop = self.shop(name)
        shop.folder.mkdir(exist_ok=True)
        shop.stock([row(number) for number in range(first, first + rows)])
        text = CONFIGURATION.format(url=self.sandbox.url, key=f"sk_test_{name}")
        text = text.partition("[state]")[0].replace("catalog.csv", f"../{name}/catalog.csv")
        patient = f'timeout = "{self.timeout}"\nmax_in_flight = 4'
        quick = text.replace('timeout = "5s"', patient)
        quick = quick.replace("requests_per_second = 900", f"requests_per_second = {self.rate}")
        self.accounts.mkdir(exist_ok=True)
        (self.accounts / f"{name}.toml").write_text(
            f'{quick}[schedule]\npoll = "{self.poll}"\nrolling = "0"\n{self.schedule}{self.guards}'
        )

    def shop(self, name: str) -> Shop:
        """Where an account's catalog is."""
        return Shop(self.folder / name, self.sandbox.url)

    def remove(self, name: str) -> None:
        (self.accounts / f"{name}.toml").unlink()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        found = self.connection.execute(query.encode())
        return found.fetchall() if found.description else []

    def cycles(self, account: str) -> int:
        """How many cycles are recorded for an account."""
        if self.ask(f"SELECT to_regclass('\"syncd_{account}\".cycle')") == [(None,)]:
            return 0
        ((counted,),) = self.ask(f'SELECT count(*) FROM "syncd_{account}".cycle')  # noqa: S608 - our own
        return int(str(counted))

    def states(self, account: str) -> Mapping[object, object]:
        query = f'SELECT state, count(*) FROM "syncd_{account}".sku GROUP BY state'  # noqa: S608 - our own
        found = self.ask(query)
        return dict(found)  # type: ignore[arg-type]  # pairs

    @contextmanager
    def sailing(self, *, at_once: int = 2) -> Iterator[Vessel]:
        """Run one more process, which is killed at the end of the block."""
        number, port = len(self.vessels), free_port()
        log = self.folder / f"log-{number}"
        options = [
            *("fleet", "--accounts", str(self.accounts), "--at-once", str(at_once)),
            *("--listen", f"127.0.0.1:{port}", "--log-format", "json", "-v"),
        ]
        with log.open("wb") as file:
            process = WARM.popen(
                [sys.executable, "-c", _QUICK.format(term=TERM, stalled=STALLED), *options],
                cwd=self.folder,
                env={
                    **clean_environment(),
                    "SYNCD_FLEET_DATABASE": self.url,
                    "CACHE_DIRECTORY": str(self.folder / f"cache-{number}"),
                },
                stdout=file,
                stderr=file,
            )
        vessel = Vessel(process, log, port)
        self.vessels.append(vessel)
        try:
            yield vessel
        finally:
            process.kill()
            process.wait()
            assert PASSWORD not in vessel.log
            assert "Traceback" not in vessel.log, vessel.log

    @contextmanager
    def sailing_together(self, many: int, *, at_once: int = 2) -> Iterator[list[Vessel]]:
        with ExitStack() as stack:
            yield [stack.enter_context(self.sailing(at_once=at_once)) for _ in range(many)]


@contextmanager
def harbour(server: Server, folder: Path, sandbox: SandboxProcess) -> Iterator[Harbour]:
    """Make a database for one fleet; it goes with the block."""
    name = f"fleet_{uuid4().hex}"
    admin = server.engine().execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    url = server.url.set(database=name)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, options="-csearch_path=syncd") as connection:
        text = url.render_as_string(hide_password=False)
        yield Harbour(folder, text, sandbox, connection)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
