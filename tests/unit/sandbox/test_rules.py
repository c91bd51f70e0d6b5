"""The sandbox's own copy of the vendor's lists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from syncd.sandbox.rules import APPROVED_ECCNS, COUNTRIES


def test_the_approved_eccns_are_the_vendors(project_root: Path) -> None:
    listed = project_root.parent / "shared" / "api" / "approved-eccn.csv"
    if not listed.is_file():
        pytest.skip("the vendor's list is not beside this project")
    with listed.open(encoding="utf-8", newline="") as lines:
        codes = {row[0].strip() for row in list(csv.reader(lines))[1:] if row}

    assert codes == APPROVED_ECCNS


def test_the_countries_are_the_assigned_ones_without_north_korea() -> None:
    assert len(COUNTRIES) == 248
    assert not COUNTRIES & {"KP", "XK", "EU", "UK"}
