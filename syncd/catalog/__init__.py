"""Where catalogs come from: each source reads everything and compares it with what is known."""

from syncd.catalog.source import FileSource

__all__ = ["FileSource"]
