"""What processes under test are told by their environment."""

from __future__ import annotations

import os


def clean_environment() -> dict[str, str]:
    """Without what would configure syncd, and without what has a process measure its coverage.

    That takes as long again as syncd does, and shows little that the tests within one process do
    not show as well.
    """
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("SYNCD_", "COV"))
    }


def measured_environment() -> dict[str, str]:
    """What has a process measure its coverage, where this one does."""
    return {name: value for name, value in os.environ.items() if name.startswith("COV")}
