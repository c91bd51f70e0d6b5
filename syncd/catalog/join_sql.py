"""The values of joined sources as SQL over the cells of the catalog itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.catalog.joining import Division
from syncd.catalog.sql import FLAW, Cells, flaw, literal
from syncd.catalog.steps_sql import id_target, layered
from syncd.config import Join
from syncd.domain.snapshot import Certificate, PageRun


@dataclass(frozen=True, slots=True)
class Joined:
    """What a joined source gave: a Parquet file with `id`, `problem` and the values, by number.

    `problem` is what keeps an id from being looked up here, or null.
    """

    join: Join
    certificate: Certificate
    table: Path


class Joining:
    """Adds the values of joined sources to the cells of the catalog itself, by id."""

    def __init__(self, division: Division, joined: Sequence[Joined]) -> None:
        self.division = division
        self._joined = joined

    def over(self, cells: Cells) -> Cells:
        """Give the cells of all columns; what stands in the way is a flaw of the catalog's row."""
        if not self._joined:
            return cells
        texts = [self._text(name) for name in self.division.columns.names]
        raws = [self._raw(name) for name in self.division.columns.names]
        flaws = ", ".join([self._own_flaw(), *map(self._flaw_of, range(len(self._joined)))])
        return Cells(
            file=cells.file,
            source=self._source(cells),
            position="position",
            texts=texts,
            raws=raws,
            flaw=f"coalesce({flaws})",
            record="record",
            trace="trace",
        )

    def _source(self, cells: Cells) -> str:
        """Number the records first: a join may give them in another order."""
        texts = "".join(f", {text} AS t{number}" for number, text in enumerate(cells.texts))
        raws = "".join(f", {raw} AS r{number}" for number, raw in enumerate(cells.raws))
        own = (
            f"(SELECT {cells.position} AS position{texts}{raws}, {cells.flaw} AS own_flaw, "
            f"{cells.record} AS record, {cells.trace} AS trace FROM {cells.source})"
        )
        id = self.division.columns.id
        ids = [f"t{self.division.own.names.index(name)}" for name in id.sources]
        tables = " ".join(
            f"LEFT JOIN read_parquet({literal(str(joined.table))}) AS j{number} "
            f"ON j{number}.id = own.joined_by"
            for number, joined in enumerate(self._joined)
        )
        by_id = layered(own, {"joined_by": id_target(id, ids)})
        return f"{by_id} AS own {tables}"

    def _text(self, name: str) -> str:
        return self._value(name) or f"t{self.division.own.names.index(name)}"

    def _raw(self, name: str) -> str:
        return self._value(name) or f"r{self.division.own.names.index(name)}"

    def _value(self, name: str) -> str | None:
        join = self.division.join_of(name)
        if join is None:
            return None
        number = [one.join for one in self._joined].index(join)
        return f"j{number}.v{self.division.names_of(join).index(name)}"

    def _own_flaw(self) -> str:
        """Give the flaw of the row itself, by the numbers that its cells have among all."""
        names = self.division.columns.names
        numbers = ", ".join(str(names.index(name)) for name in self.division.own.names)
        return (
            "CASE WHEN own_flaw.field >= 0 THEN {'field': [" + numbers + "][own_flaw.field + 1], "
            f"'rule': own_flaw.rule}} ELSE own_flaw END::{FLAW}"
        )

    def _flaw_of(self, number: int) -> str:
        """Hold a row whose other half is at fault, or may only seem to be missing."""
        joined = self._joined[number]
        names = self.division.names_of(joined.join)
        field = self.division.columns.names.index(names[0])
        problem = f"j{number}.problem"
        cases = [f"WHEN {problem} IS NOT NULL THEN {{'field': {field}, 'rule': {problem}}}"]
        if not joined.certificate.complete:
            rule = f'"{joined.join.name}" has no row with this id, but is not proven complete'
            lacks = f"joined_by IS NOT NULL AND j{number}.id IS NULL"
            cases.append(f"WHEN {lacks} THEN {flaw(field, rule)}")
        return f"CASE {' '.join(cases)} END::{FLAW}"


def with_joined(certificate: Certificate, joined: Iterable[Joined]) -> Certificate:
    """Let the catalog's certificate speak for all sources, each by its name."""
    for one in joined:
        name, other = one.join.name, one.certificate
        certificate = replace(
            certificate,
            doubts=(*certificate.doubts, *(f"{name}: {doubt}" for doubt in other.doubts)),
            evidence=(*certificate.evidence, *(f"{name}: {said}" for said in other.evidence)),
            joined={**certificate.joined, name: other.rows},
            left_out=(*certificate.left_out, *(f"{name}: {said}" for said in other.left_out)),
            pages=(*certificate.pages, *(_named(run, name) for run in other.pages)),
        )
    return certificate


def _named(run: PageRun, name: str) -> PageRun:
    return replace(run, list=f"{name}: {run.list}" if run.list else name)
