"""What the process itself takes, under the names that Prometheus knows.

The library's own collector needs more of /proc than the units of systemd leave to see.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

_OWN: Final = Path("/proc/self")


def families() -> Iterator[Metric]:
    """Give what this system tells of."""
    yield CounterMetricFamily(
        "process_cpu_seconds", "CPU time of the process.", value=time.process_time()
    )
    with suppress(OSError):
        yield GaugeMetricFamily("process_open_fds", "Open files.", value=_open_files())
    with suppress(OSError):
        yield GaugeMetricFamily("process_resident_memory_bytes", "Memory in use.", value=_memory())


def _open_files() -> int:
    return sum(1 for _ in (_OWN / "fd").iterdir())


def _memory() -> int:
    pages = int((_OWN / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
