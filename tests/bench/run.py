"""Under which circumstances figures were measured: without these no figure can be judged."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One command that measured; the loads are averages of a minute, when it began and ended."""

    command: str
    rows: int
    load_before: float
    load_after: float
    processors: int
    system: str
    python: str
    bytecode: bool

    @classmethod
    def ended(cls, command: str, rows: int, load_before: float) -> Run:
        """The run that ends now, on this machine."""
        return cls(
            command=command,
            rows=rows,
            load_before=load_before,
            load_after=load_now(),
            processors=os.cpu_count() or 1,
            system=platform.system(),
            python=platform.python_version(),
            bytecode=not sys.dont_write_bytecode,
        )

    def __str__(self) -> str:
        return (
            f"`{self.command}`, {self.processors} processors, {self.system}, Python {self.python}, "
            f"at a load of {self.load_before:.1f} when it began and {self.load_after:.1f} when it "
            "ended"
        )


def load_now() -> float:
    """How many processes wanted a processor, on average of the last minute."""
    return os.getloadavg()[0]
