"""The configuration: frozen settings, one class a section, and how they are read and checked."""

from __future__ import annotations

from syncd.config.catalog import CatalogMapping, ColumnMapping, FileCatalog
from syncd.config.complaints import Complaint, InvalidConfigurationError
from syncd.config.digests import (
    account_digest,
    account_label,
    digest_of_meaning,
    parts_of_meaning,
)
from syncd.config.document import locate
from syncd.config.loading import load
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

__all__ = [
    "CatalogMapping",
    "ColumnMapping",
    "Complaint",
    "DigitalRiverSettings",
    "FileCatalog",
    "GuardSettings",
    "InvalidConfigurationError",
    "LogSettings",
    "NotifySettings",
    "PolicySettings",
    "RuleSettings",
    "ScheduleSettings",
    "ServiceSettings",
    "Settings",
    "StateSettings",
    "account_digest",
    "account_label",
    "digest_of_meaning",
    "load",
    "locate",
    "parts_of_meaning",
]
