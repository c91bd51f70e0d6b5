"""What a process says at its very end, when it is taken apart as Python takes it apart."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Final

from tests.environment import clean_environment
from tests.shop import LONGEST, Shop

NOT_SILENCED: Final = """
import sys
from syncd.cli import app

app._say_no_more = lambda: print("the end", file=sys.stderr, flush=True)
app.main()
"""
ENGINES: Final = re.compile(r"nanobind: |See https://nanobind\.| - leaked | - \.\.\. skipped ")
"""What its binding counts of the objects that nobody has taken apart."""


def test_the_engine_alone_has_anything_to_say_at_the_end(shop: Shop) -> None:
    process = subprocess.run(
        [sys.executable, "-W", "default", "-c", NOT_SILENCED, "--once", "-qq"],
        cwd=shop.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST,
    )
    told = process.stderr.splitlines()

    assert "12 items were created." in process.stdout
    assert [words for words in told if not ENGINES.match(words)] == ["the end"]
