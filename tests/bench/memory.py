"""The most memory that this process has ever held."""

from __future__ import annotations

from pathlib import Path


def peak_megabytes() -> float:
    """Ask the kernel; `ru_maxrss` would count the parent's memory from before this program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
