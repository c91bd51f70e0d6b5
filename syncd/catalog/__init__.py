"""Where catalogs come from: each source is read and compared with what is known."""

from syncd.catalog.joining import needed_of
from syncd.catalog.origin import Copies, Files, Origin
from syncd.catalog.source import FetchedSource, FileSource, Source

__all__ = [
    "Copies",
    "FetchedSource",
    "FileSource",
    "Files",
    "Origin",
    "Source",
    "needed_of",
]
