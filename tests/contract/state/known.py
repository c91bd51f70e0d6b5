"""What a state's fingerprints say, read as a catalog reads them."""

from __future__ import annotations

from typing import TypeAlias

import duckdb

from syncd.ports import Fingerprints

Row: TypeAlias = tuple[str, int | None, bool]


def known_by(fingerprints: Fingerprints) -> list[Row]:
    """Every id with its fingerprint and whether it is missing; each of them stands there once."""
    with duckdb.connect() as engine:
        if fingerprints.steps:
            engine.execute(f"CREATE TABLE walked AS {fingerprints.walked()}")
        rows: list[Row] = engine.execute(fingerprints.known("walked")).fetchall()
    assert len({id_ for id_, _, _ in rows}) == len(rows)
    return rows
