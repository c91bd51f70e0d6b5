"""One deliberate bug: a piece of source, what stands there instead, and the tests that catch it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
NAMED_BY: Final = "MUTATION_OF_SYNCD"
"""The environment variable that names the mutation to plant."""
SOWN_AT: Final = "MUTATION_OF_SYNCD_SOWN_AT"
"""The one that names a file, which is there once the mutation has been imported."""


class RottenError(AssertionError):
    """The source has moved on, and the mutation with it nowhere."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `file`, below the package, `new` takes the place of `old`, which stands there once.

    `caught_by` are arguments for pytest, the quickest tests that fail because of it.
    """

    name: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]

    @property
    def path(self) -> Path:
        return ROOT / "syncd" / self.file

    @property
    def module(self) -> str:
        """The module's full name."""
        return "syncd." + self.file.removesuffix(".py").replace("/", ".")

    def applied_to(self, source: str) -> str:
        """The source with the bug in it; raises `RottenError` where it has no one place there."""
        found = source.count(self.old)
        if found != 1:
            raise RottenError(
                f"Mutation {self.name}: its text stands {found} times in {self.file}. "
                "Bring `old` up to date with the source."
            )
        return source.replace(self.old, self.new)
