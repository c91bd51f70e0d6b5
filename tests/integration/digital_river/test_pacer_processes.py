"""One pace over several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.digital_river.virtual_time import most_within

RATE = 100
SECONDS = 2.0


def test_two_processes_on_one_file_share_the_rate(tmp_path: Path, project_root: Path) -> None:
    command = [sys.executable, "-m", "tests.integration.digital_river.departing"]
    arguments = [str(tmp_path / "pacer"), str(RATE), str(SECONDS)]
    processes = [
        subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, cwd=project_root)
        for _ in range(2)
    ]
    shares = [json.loads(process.communicate(timeout=60)[0]) for process in processes]

    moments = sorted(moment for share in shares for moment in share)
    assert most_within(1.0, moments) <= RATE
