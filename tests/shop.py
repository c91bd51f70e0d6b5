"""A shop for syncd to keep: a folder with a catalog, its configuration and its state."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from tests.environment import clean_environment
from tests.sandbox_process import SandboxProcess
from tests.warm import WARM

SYNCD: Final = Path(sys.executable).parent / "syncd"
KEY: Final = "sk_test_Zq7vX2mN9pL4tR8w"
COLUMNS: Final = ("sku", "maker", "mpn", "origin", "eccn", "hs", "oversell")
CONFIGURATION: Final = """\
[catalog]
type = "file"
path = "catalog.csv"
[catalog.mapping]
id = "sku"
manufacturer_id = "maker"
part_number = "mpn"
country_of_origin = "origin"
eccn = {{ field = "eccn", default = "EAR99" }}
hs_code = "hs"
allow_oversell = "oversell"
[digital_river]
base_url = "{url}"
api_key = "{key}"
requests_per_second = 900
timeout = "5s"
[state]
url = "sqlite:///state.db"
"""
LONGEST: Final = 60
"""Seconds after which a test gives up; it proves nothing, and a busy machine may take its time."""

Row = dict[str, str]


def row(number: int, **changed: str) -> Row:
    """A sound catalog row."""
    sound = {
        "sku": f"SKU-{number:04}",
        "maker": "acme",
        "mpn": f"P-{number}",
        "origin": "DK",
        "eccn": "EAR99",
        "hs": "6404.20",
        "oversell": "false",
    }
    return sound | changed


def item_of(wanted: Row) -> dict[str, object]:
    """The item that a sound row asks for, by the API's names."""
    return {
        "manufacturerId": wanted["maker"],
        "partNumber": wanted["mpn"],
        "countryOfOrigin": wanted["origin"],
        "eccn": wanted["eccn"],
        "hsCode": wanted["hs"],
        "allowOversell": wanted["oversell"] == "true",
    }


@dataclass(frozen=True)
class Run:
    """How a process ended and what it said."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:  # noqa: ANN401 - the JSON's own
        return orjson.loads(self.stdout)


@dataclass(frozen=True)
class Shop:
    """A folder with a catalog, its configuration and, after the first cycle, its state."""

    folder: Path
    url: str
    is_installed: bool = field(default=False, kw_only=True)

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog.csv"

    @property
    def configuration(self) -> Path:
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state.db"

    def configure(self, extra: str = "", url: str | None = None) -> None:
        text = CONFIGURATION.format(url=url or self.url, key=KEY) + extra
        self.configuration.write_text(text)

    def stock(self, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
        with self.catalog.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def run(self, *arguments: str, **environment: str) -> Run:
        """Run to the end; no process may ever show the key, or a traceback."""
        with self.start(*arguments, **environment) as process:
            return ended(process)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start it, from its very beginning where it `is_installed` and else with all loaded."""
        command, env = [str(SYNCD), *arguments], {**clean_environment(), **environment}
        if not self.is_installed:
            return WARM.popen(command, cwd=self.folder, env=env)
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def ended(process: subprocess.Popen[bytes]) -> Run:
    """Wait for a process and read what it said."""
    try:
        stdout, stderr = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert KEY.encode() not in stdout + stderr
    run = Run(process.returncode, stdout.decode(), stderr.decode())
    assert "Traceback" not in run.stderr, run.stderr
    return run


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Make sure that a process which a failing test leaves behind is ended."""
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = LONGEST) -> None:
    """Look again and again; what is waited for happens in another process."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)


def writes(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """The requests so far that were not GETs."""
    return [request for request in sandbox.requests() if request["method"] != "GET"]
