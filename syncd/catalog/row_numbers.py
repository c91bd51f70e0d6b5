"""From the place of a record among those that were read to its row as a spreadsheet shows it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from syncd.catalog.ready import ReadyFile


class RowNumbers:
    """Counts the rejected records in, and the header of a file in its place; no empty lines."""

    def __init__(self, files: Sequence[ReadyFile], rejected: Mapping[int, Sequence[int]]) -> None:
        self._above = [ready.header_rows - ready.uncounted_rows for ready in files]
        self._accepted_before = [
            [
                row - ready.header_rows - 1 - earlier
                for earlier, row in enumerate(rejected.get(index, ()))
            ]
            for index, ready in enumerate(files)
        ]

    def rows(self, files: Sequence[int], positions: Sequence[int]) -> list[int]:
        """Give the row of each of many accepted records."""
        if any(self._accepted_before):
            return list(map(self.row, files, positions))
        above = self._above
        return [above[file] + position for file, position in zip(files, positions, strict=True)]

    def row(self, file: int, position: int) -> int:
        """Give the row of the file's `position`-th accepted record; both count from 1."""
        rejected = bisect_left(self._accepted_before[file], position)
        return self._above[file] + rejected + position
