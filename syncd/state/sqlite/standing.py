"""Where the state's file stands: SQLite would go on writing into one that was long deleted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncd.errors import StateError


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a state called `name`, and the very file that stood there when it was opened."""

    name: str
    path: Path
    identity: tuple[int, int]

    @classmethod
    def of(cls, name: str, path: Path) -> Place:
        """Remember the file that stands there now."""
        found = path.stat()
        return cls(name, path.absolute(), (found.st_dev, found.st_ino))

    def check(self) -> None:
        """Raise `StateError` where the file is gone, or another has taken its place."""
        try:
            found = self.path.stat()
        except OSError:
            what = "was deleted or moved away"
        else:
            if (found.st_dev, found.st_ino) == self.identity:
                return
            what = "was replaced by another"
        raise StateError(
            self.name,
            f"the file {what} while it was in use, and nothing was written since",
            "Put the right file back, then run again: what was in flight is looked up first",
        )
