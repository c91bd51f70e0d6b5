"""The mapping and the filter as SQL over a catalog's cells, which stand in `f0`, `f1` and so on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from syncd.catalog.columns import Columns
from syncd.catalog.sql import BETWEEN, Cells, literal, trimmed
from syncd.catalog.steps_sql import Target, id_target, layered, value_target
from syncd.config import ColumnMapping

_EVERY: Final = "true"


class MappingSql:
    """Puts together what turns cells into an id, a fingerprint and the attributes' values."""

    def __init__(self, columns: Columns, meaning: str) -> None:
        self._columns = columns
        digest = hashlib.blake2b(meaning.encode(), digest_size=8).digest()
        self._seed = int.from_bytes(digest, "big")

    def rows(self, cells: Sequence[Cells], chosen: str = _EVERY) -> str:
        """Select `file`, `position`, `id`, `fingerprint`, `flaw`, `record`, `trace`, `kept`.

        After these come the cells, by number, and the values: those of the records that are
        `chosen` by their `id` and `flaw`, for the engine would make those of all others as well.

        `id` is null where there is none; a fingerprint holds the meaning, too, so that it changes
        with mapping, filter and rules. DuckDB only XORs the last cell's hash into the others', so
        the same change in two rows would cancel out where fingerprints are combined: hashing once
        more sees to that.
        """
        union = " UNION ALL ".join(self._select(one) for one in cells)
        ids = layered(
            f"({union})", {"id": id_target(self._columns.id, self._cells(self._columns.id))}
        )
        fields = ", ".join(f"f{number}" for number in range(len(self._columns.names)))
        alike = all(one.raws == one.texts for one in cells)  # then only the chosen need be hashed
        hashed = f"hash({', '.join(self._hashed_fields())})" if alike else "h"
        fingerprint = f"(hash(xor({hashed}, {self._seed}::UBIGINT)) >> 1)::BIGINT"
        return (
            f"SELECT file, position, id, {fingerprint} AS fingerprint, flaw, record, "
            f"{self._trace()} AS trace, {self._kept()} AS kept, {fields}{self.values()} "
            f"FROM {layered(f'(SELECT * FROM {ids} WHERE {chosen})', self._targets())}"
        )

    def _targets(self) -> dict[str, Target]:
        return {
            f"v{number}": value_target(column, self._cells(column))
            for number, (_, column) in enumerate(self._columns.attributes)
        }

    def _cells(self, column: ColumnMapping) -> list[str]:
        return [self._field(name) for name in column.sources]

    def _select(self, cells: Cells) -> str:
        texts = ", ".join(f"{text} AS f{number}" for number, text in enumerate(cells.texts))
        hashed = ", ".join(cells.raws[: self._columns.hashed])
        return (
            f"SELECT {cells.file} AS file, {cells.position} AS position, {texts}, "
            f"hash({hashed}) AS h, {cells.flaw} AS flaw, {cells.record} AS record, "
            f"{cells.trace} AS trace FROM {cells.source}"
        )

    def _hashed_fields(self) -> Iterator[str]:
        return (f"f{number}" for number in range(self._columns.hashed))

    def values(self) -> str:
        """List the attributes' values, named by number: `v0`, `v1` and so on."""
        return "".join(f", v{number}" for number in range(len(self._columns.attributes)))

    def hides(self) -> str:
        """Tell whether a flawed record may hide others whose ids do not stand in it as they are."""
        return "trace IS NOT NULL" if self._columns.id.changes_text else "false"

    def flawed_text(self) -> str:
        """Give the text at fault, that of the cell or of the whole record."""
        numbers = range(len(self._columns.names))
        cases = " ".join(f"WHEN {number} THEN f{number}" for number in numbers)
        return f"CASE WHEN flaw IS NOT NULL THEN CASE flaw.field {cases} ELSE record END END"

    def _trace(self) -> str:
        """Add the ids that the mapping may make of what stands in a trace."""
        made = "".join(
            f", CASE WHEN contains(trace, {literal(old)}) THEN {literal(new)} END"
            for old, new in self._columns.id.values.items()
        )
        if not made:
            return "trace"
        return f"CASE WHEN trace IS NOT NULL THEN concat_ws({BETWEEN}, trace{made}) END"

    def _kept(self) -> str:
        conditions = [self._accepts(name, words) for name, words in self._columns.filter]
        return f"(flaw IS NOT NULL OR ({' AND '.join(conditions)}))" if conditions else "true"

    def _accepts(self, name: str, words: tuple[str, ...]) -> str:
        accepted = ", ".join(f"lower({trimmed(literal(word))})" for word in words)
        return f"coalesce(lower({trimmed(self._field(name))}), '') IN ({accepted})"

    def _field(self, name: str) -> str:
        return f"f{self._columns.names.index(name)}"
