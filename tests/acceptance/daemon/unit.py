"""A unit of systemd, carried out without systemd: as much of it as any machine lets a test do."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.acceptance.daemon.served import Served, listened_to
from tests.environment import measured_environment
from tests.shop import SYNCD

UNITS: Final = Path(__file__).parents[3] / "systemd"
_SECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Unit:
    """What the section `[Service]` says, with the paths of a machine in place of the unit's own."""

    settings: Mapping[str, Sequence[str]]
    root: Path

    @property
    def configuration(self) -> Path:
        return self.root / "etc" / "syncd"

    @property
    def state(self) -> Path:
        return self.root / "var" / "lib" / "syncd"

    def install(self, credentials: Mapping[str, str]) -> None:
        """Make the folders, and put into them what the service is given."""
        self.configuration.mkdir(parents=True)
        self.state.mkdir(parents=True, mode=int(self._one("StateDirectoryMode"), 8))
        for name in ("credentials", "tmp"):
            (self.root / name).mkdir(mode=0o700)
        for loaded in self.settings["LoadCredential"]:
            name, path = loaded.split(":")
            (self.root / "credentials" / name).write_text(credentials[name])
            assert path.startswith("/etc/syncd/")

    @contextmanager
    def started(self) -> Iterator[Served]:
        """Start what `ExecStart` says, in the environment that the unit gives it and no other."""
        with listened_to(self.root, self._start) as served:
            yield served

    def reload(self, served: Served) -> None:
        """Do what `ExecReload` says."""
        command = self._one("ExecReload").replace("$MAINPID", str(served.process.pid))
        subprocess.run(shlex.split(command), check=True)

    def _start(self, place: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_shut_in(), *shlex.split(self._here(self._one("ExecStart")))],
            cwd=self._here(self._one("WorkingDirectory")),
            env=self._environment(place),
            umask=int(self._one("UMask"), 8),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _environment(self, place: str) -> dict[str, str]:
        own = (self._here(text).split("=", 1) for text in self.settings["Environment"])
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.root / "tmp"),
            "NOTIFY_SOCKET": place,
            "WATCHDOG_USEC": str(int(self._one("WatchdogSec")) * _SECONDS),
            "STATE_DIRECTORY": str(self.state),
            "CONFIGURATION_DIRECTORY": str(self.configuration),
            "CREDENTIALS_DIRECTORY": str(self.root / "credentials"),
            **dict(own),
            **measured_environment(),
        }

    def _here(self, text: str) -> str:
        paths = {
            "/opt/syncd/bin/syncd": SYNCD,
            "/etc/syncd": self.configuration,
            "/var/lib/syncd": self.state,
        }
        for named, here in paths.items():
            text = text.replace(named, str(here))
        return text

    def _one(self, name: str) -> str:
        (value,) = self.settings[name]
        return value


def unit(name: str, root: Path) -> Unit:
    """Read a unit of ours."""
    settings: defaultdict[str, list[str]] = defaultdict(list)
    section = ""
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            settings[key].append(value)
    return Unit(settings, root)


def _shut_in() -> list[str]:
    """Without new privileges, and as root without any: then modes hold for it as well."""
    without_capabilities = ["--bounding-set=-all", "--inh-caps=-all"]
    is_root = os.geteuid() == 0
    return ["setpriv", "--no-new-privs", *(without_capabilities if is_root else [])]
