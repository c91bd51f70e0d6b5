"""Everything wired over a state that does not exist, for who looks at the catalog alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.wiring import Wired


@contextmanager
def knowing_nothing(settings: Settings) -> Iterator[Wired]:
    """Wire it; the state that the settings name is not even looked at."""
    from syncd.wiring import wired_read_only

    with tempfile.TemporaryDirectory(prefix="syncd-nowhere-") as folder:
        nowhere = settings.state.model_copy(update={"url": f"sqlite:///{Path(folder)}/none.db"})
        with wired_read_only(settings.model_copy(update={"state": nowhere})) as wired:
            yield wired
