"""The files by which a state tells a catalog all fingerprints, and how DuckDB reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_READ: Final = """
SELECT *, {place} AS place FROM read_json(
  {file}, format = 'newline_delimited',
  columns = {{'id': 'VARCHAR', 'fingerprint': 'BIGINT', 'missing': 'BOOLEAN', 'gone': 'BOOLEAN'}})
"""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """A Parquet file with `id`, `fingerprint` and `missing`, and what has changed since.

    Each id stands in the copy once. The steps have one JSON object a line, with the same and
    whether its row is `gone`; of an id that several tell of, the last of them is right.
    """

    copy: Path
    steps: tuple[Path, ...] = ()

    def walked(self) -> str:
        """Select what the steps, of which there must be any, say of each id that they tell of."""
        parts = " UNION ALL ".join(
            _READ.format(place=place, file=_literal(file)) for place, file in enumerate(self.steps)
        )
        return f"SELECT * FROM ({parts}) QUALIFY place = max(place) OVER (PARTITION BY id)"

    def known(self, walked: str) -> str:
        """Select what is known of each id, by the copy and the table of what was `walked`."""
        copied = f"SELECT id, fingerprint, missing FROM read_parquet({_literal(self.copy)})"
        if not self.steps:
            return copied
        return (
            f"{copied} ANTI JOIN {walked} USING (id) "
            f"UNION ALL SELECT id, fingerprint, missing FROM {walked} WHERE NOT gone"
        )


def _literal(file: Path) -> str:
    quoted = str(file).replace("'", "''")
    return f"'{quoted}'"
