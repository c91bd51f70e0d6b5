"""Catalogs in databases: any that SQLAlchemy knows, read at one moment and streamed to disk."""

from syncd.catalog.from_database.fetcher import SqlFetcher

__all__ = ["SqlFetcher"]
