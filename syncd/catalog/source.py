"""The catalog as files: looked at from outside, digested, or read whole and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from syncd.catalog.certificate import Evidence, certify
from syncd.catalog.columns import columns_of
from syncd.catalog.comparison import FileComparison
from syncd.catalog.database import engine_version, explained, opened
from syncd.catalog.files import digest_of, identity_of, locate, touch_of
from syncd.catalog.mapping_sql import MappingSql
from syncd.catalog.passes import Passes, cut_files
from syncd.catalog.ready import get_ready
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.scan import Scan
from syncd.catalog.tables import Tables
from syncd.config import FileCatalog
from syncd.domain.snapshot import Position
from syncd.ports import Comparison

_VERSION: Final = 1
"""Of what cells and fingerprints mean; to be raised with every change of that."""

_DIALECT: Final = {"format", "delimiter", "quote", "encoding", "final_newline", "mapping", "filter"}


class FileSource:
    """A catalog in one file, or in several that a glob names."""

    def __init__(self, settings: FileCatalog, meaning: str) -> None:
        """Take as `meaning` a digest of all beside `settings` that gives the bytes a meaning."""
        self._settings = settings
        self._meaning = _digest_of_meaning(settings, meaning)

    @property
    def name(self) -> str:
        return self._settings.path

    def position(self) -> Position:
        files = locate(self._settings.path)
        return Position(identity_of(files), self._meaning, touch_of(files))

    def digest(self) -> str:
        return digest_of(locate(self._settings.path))

    @contextmanager
    def compare(self, fingerprints: Path) -> Iterator[Comparison]:
        """Read everything and compare; what the comparison gives is there until the block ends.

        Bytes are read up to three times, never beside each other's rows: for the lines, for the
        counts, and where something differs for the rows concerned.
        """
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="syncd-catalog-")))
            yield self._compared(stack, folder, fingerprints)

    def _compared(self, stack: ExitStack, folder: Path, fingerprints: Path) -> FileComparison:
        settings = self._settings
        scan = self._scan(folder)
        connection = stack.enter_context(opened(settings, folder))
        names = {str(ready.plain): str(ready.file.path) for ready in scan.files}
        with explained(settings, names):
            tables = Tables(connection, folder, len(scan.columns.attributes))
            tables.know(fingerprints)
            cut = cut_files(scan.files, required=settings.final_newline == "required")
            counts = Passes(connection, scan, tables, cut).run()
            numbers = RowNumbers(scan.files, counts.rejected)
            certificate = certify(connection, Evidence(settings, scan, counts, numbers, cut))
        return FileComparison(connection, scan, settings, numbers, certificate)

    def _scan(self, folder: Path) -> Scan:
        columns = columns_of(self._settings)
        files = locate(self._settings.path)
        ready = tuple(get_ready(file, self._settings, columns, folder) for file in files)
        return Scan(ready, columns, MappingSql(columns, self._meaning))


def _digest_of_meaning(settings: FileCatalog, meaning: str) -> str:
    """Digest what a fingerprint depends on beside the bytes; DuckDB's hash differs by version."""
    parts = {
        "version": _VERSION,
        "engine": engine_version(),
        "dialect": settings.model_dump(mode="json", include=_DIALECT),
        "beyond": meaning,
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
