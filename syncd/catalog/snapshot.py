"""One read of a catalog: what was taken of its source, and the comparison with what is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncd.catalog.certificate import Evidence, certify
from syncd.catalog.comparison import FileComparison
from syncd.catalog.database import explained, opened
from syncd.catalog.join_sql import Joined, Joining, with_joined
from syncd.catalog.joined import JoinedReading
from syncd.catalog.joining import Division, division_of
from syncd.catalog.mapping_sql import MappingSql
from syncd.catalog.numbering import Numbering
from syncd.catalog.origin import Take
from syncd.catalog.passes import Passes, cut_files
from syncd.catalog.ready import get_ready
from syncd.catalog.room import inner_folder, private_folder
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.sample import sample_of
from syncd.catalog.scan import Scan
from syncd.catalog.tables import Tables
from syncd.config import Catalog
from syncd.domain.sample import Sample
from syncd.domain.snapshot import Position, Scope
from syncd.ports import Advance, Comparison, Fingerprints


@dataclass(frozen=True, slots=True)
class Sense:
    """How the rows of a source are to be understood.

    `digest` is that of everything which a fingerprint depends on beside the bytes.
    """

    settings: Catalog
    digest: str


@dataclass(frozen=True, slots=True)
class Takes:
    """What was taken of the catalog itself, and of the sources that are joined, in their order."""

    own: Take
    joined: tuple[Take, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes there are to digest."""
        return sum(file.sighting.size for take in (self.own, *self.joined) for file in take.files)

    def digest(self, advance: Advance) -> str:
        """Digest all that was taken."""
        digests = [take.digest(advance) for take in (self.own, *self.joined)]
        return hashlib.blake2b(repr(digests).encode(), digest_size=32).hexdigest()

    def are_as_they_were(self) -> bool:
        """Whether the bytes of all are still those that the read began with."""
        return all(take.is_as_it_was() for take in (self.own, *self.joined))


class TakenSnapshot:
    """What was taken of a source; copies last as long as the source's `read`."""

    def __init__(
        self,
        sense: Sense,
        position: Position,
        takes: Takes,
        digest: Callable[[], str],
        advance: Advance,
    ) -> None:
        """Take `digest`, which gives that of all that was taken, and may have to wait for it."""
        self._sense = sense
        self._position = position
        self._takes = takes
        self._take = takes.own
        self._digest = digest
        self._advance = advance

    @property
    def position(self) -> Position:
        return self._position

    @property
    def scope(self) -> Scope:
        return self._take.scope

    @property
    def watermark(self) -> str | None:
        return self._take.watermark

    def digest(self) -> str:
        return self._digest()

    def is_as_it_was(self) -> bool:
        return self._takes.are_as_they_were()

    def sample(self, limit: int) -> Sample:
        settings, division = self._sense.settings, division_of(self._sense.settings)
        with private_folder("syncd-sample-") as folder:
            joining = Joining(division, self._joined(division, folder))
            return sample_of(self._take, joining, settings, folder, limit)

    @contextmanager
    def compare(self, fingerprints: Fingerprints | None) -> Iterator[Comparison]:
        """Read everything and compare; what the comparison gives is there until the block ends.

        Bytes are read up to three times, never beside each other's rows: for the lines, for the
        counts, and where something differs for the rows concerned; once more only where few differ
        and one of them is to be told by its row.
        """
        with ExitStack() as stack:
            folder = stack.enter_context(private_folder())
            yield self._compared(stack, folder, fingerprints)

    def _compared(
        self, stack: ExitStack, folder: Path, fingerprints: Fingerprints | None
    ) -> FileComparison:
        settings, take = self._sense.settings, self._take
        division = division_of(settings)
        joined = self._joined(division, folder)
        connection = stack.enter_context(opened(settings, folder))
        tables = Tables(connection, folder, len(division.columns.attributes))
        with explained(take.name, settings), _knowing(tables, fingerprints):
            scan = self._scan(Joining(division, joined), folder)
        names = {str(ready.plain): ready.file.thing for ready in scan.files}
        with explained(take.name, settings, names):
            cut = cut_files(scan.files, required=take.keys.final_newline == "required")
            counts = Passes(connection, scan, tables, cut).run(self._advance)
            numbers = RowNumbers(scan.files, counts.rejected)
            evidence = Evidence(scan, counts, numbers, cut, tables.lack_known)
            certificate = certify(connection, evidence, self._advance)
        numbering = Numbering(connection, scan, settings, numbers, self._advance)
        return FileComparison(
            connection, scan, settings, numbering, with_joined(certificate, joined)
        )

    def _joined(self, division: Division, folder: Path) -> list[Joined]:
        """Read the joined sources one after the other, each in a folder of its own."""
        found = []
        for join, take in zip(division.joins, self._takes.joined, strict=True):
            reading = JoinedReading(division, self._sense.settings, self._advance)
            found.append(reading.read(join, take, inner_folder(folder, join.name)))
        return found

    def _scan(self, joining: Joining, folder: Path) -> Scan:
        own, keys = joining.division.own, self._take.keys
        ready = tuple(
            get_ready(file, keys, own, folder, self._advance) for file in self._take.files
        )
        mapping = MappingSql(joining.division.columns, self._sense.digest)
        return Scan(self._take, ready, mapping, joining)


@contextmanager
def _knowing(tables: Tables, fingerprints: Fingerprints | None) -> Iterator[None]:
    """Let the tables take what is known while the block looks at the files."""
    if fingerprints is None:
        tables.know_nothing()
        yield
    else:
        with tables.knowing(fingerprints):
            yield
