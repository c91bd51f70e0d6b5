"""One list of records as it was spooled, with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.tally import Tally
from syncd.domain.counting import counted


@dataclass(frozen=True, slots=True)
class Part:
    """One spool; `identity` is what the source showed of itself with it."""

    spool: Path
    rows: Rows
    tally: Tally
    identity: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was spooled."""
        return self.spool.stat().st_size == 0

    def doubts(self) -> Iterator[str]:
        """Tell what keeps the list from being proven complete."""
        yield from self.tally.doubts()
        if self.rows.without_list:
            yield f"{counted(self.rows.without_list, 'record')} without a list at catalog.nested"
        if self.rows.left_out_spoilt:
            yield (
                f"{counted(self.rows.left_out_spoilt, 'row')} left out by catalog.only, with bytes"
                " that are no UTF-8 and may have meant something else"
            )
        if self.rows.cut_lists:
            yield (
                f"{counted(self.rows.cut_lists, 'record')} with a list at catalog.nested that goes"
                " on: let the request ask for more of it at once"
            )

    def doubts_of_all(self) -> Iterator[str]:
        """Tell what keeps it from being the whole, though it would do of a few rows that changed.

        These may lack a field that others have, as where an API leaves out what is empty.
        """
        if self.rows.vanished is not None:
            yield self.tally.said(
                f'not one row has the field "{self.rows.vanished}", for which catalog.only looks:'
                " if it was renamed, correct catalog.only; if it is left out where it is empty, let"
                " catalog.fields find it"
            )

    def evidence(self) -> Iterator[str]:
        """Tell what speaks for it."""
        yield from self.tally.evidence()
        yield from self.left_out()

    def left_out(self) -> Iterator[str]:
        """Tell which of its rows are none."""
        if self.rows.left_out:
            yield self.tally.said(f"{counted(self.rows.left_out, 'row')} left out by catalog.only")
