"""The configuration: frozen settings, one class a section, and how they are read and checked."""

from __future__ import annotations

from syncd.config.catalog import (
    Catalog,
    CatalogSection,
    DigitalRiverCatalog,
    FileCatalog,
    FileJoin,
    HttpCatalog,
    Join,
    SqlCatalog,
    SqlJoin,
)
from syncd.config.complaints import Complaint, InvalidConfigurationError
from syncd.config.digests import (
    account_digest,
    account_label,
    digest_of_meaning,
    parts_of_meaning,
)
from syncd.config.digital_river_catalog import DigitalRiverKeys
from syncd.config.document import locate
from syncd.config.file_catalog import TRAILER_COUNT, FileKeys
from syncd.config.http_catalog import HttpKeys
from syncd.config.loading import load
from syncd.config.mapping import CatalogMapping, ColumnMapping
from syncd.config.remote import DigitalRiverSettings, StateSettings
from syncd.config.sections import (
    GuardSettings,
    LogSettings,
    NotifySettings,
    PolicySettings,
    RuleSettings,
    ScheduleSettings,
    ServiceSettings,
)
from syncd.config.settings import Settings
from syncd.config.source import SourceSection
from syncd.config.sql_catalog import SqlKeys

__all__ = [
    "TRAILER_COUNT",
    "Catalog",
    "CatalogMapping",
    "CatalogSection",
    "ColumnMapping",
    "Complaint",
    "DigitalRiverCatalog",
    "DigitalRiverKeys",
    "DigitalRiverSettings",
    "FileCatalog",
    "FileJoin",
    "FileKeys",
    "GuardSettings",
    "HttpCatalog",
    "HttpKeys",
    "InvalidConfigurationError",
    "Join",
    "LogSettings",
    "NotifySettings",
    "PolicySettings",
    "RuleSettings",
    "ScheduleSettings",
    "ServiceSettings",
    "Settings",
    "SourceSection",
    "SqlCatalog",
    "SqlJoin",
    "SqlKeys",
    "StateSettings",
    "account_digest",
    "account_label",
    "digest_of_meaning",
    "load",
    "locate",
    "parts_of_meaning",
]
