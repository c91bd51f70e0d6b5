"""The whole configuration as one frozen value."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import Field

from syncd.config.catalog import FileCatalog
from syncd.config.remote import DigitalRiverSettings, StateSettings
from syncd.config.section import Section
from syncd.config.sections import (
    GuardSettings,
    LogSettings,
    NotifySettings,
    PolicySettings,
    RuleSettings,
    ScheduleSettings,
    ServiceSettings,
)


class Settings(Section):
    """Everything that can be configured, a section each."""

    catalog: FileCatalog = Field(description="The merchant's catalog.")
    digital_river: DigitalRiverSettings = Field(description="The account at Digital River.")
    state: StateSettings = Field(StateSettings(), description="What syncd remembers.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="When the daemon does what.")
    policy: PolicySettings = Field(PolicySettings(), description="What may be written at all.")
    guards: GuardSettings = Field(GuardSettings(), description="What stops a plan.")
    rules: RuleSettings = Field(RuleSettings(), description="Additions to the lists of ECCNs.")
    service: ServiceSettings = Field(ServiceSettings(), description="What the daemon offers.")
    notify: NotifySettings = Field(NotifySettings(), description="Who is told.")
    log: LogSettings = Field(LogSettings(), description="What is logged.")

    def secrets(self) -> frozenset[str]:
        """Every text that must never be shown, as written and as a server is sent it."""
        urls = [url.get_secret_value() for url in self.notify.urls]
        password = urlsplit(self.state.url).password or ""
        shown_nowhere = {self.digital_river.api_key.get_secret_value(), *urls, password}
        return frozenset({*shown_nowhere, unquote(password)} - {""})
