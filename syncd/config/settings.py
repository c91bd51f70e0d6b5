"""The whole configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from syncd.config.catalog import Catalog, CatalogByKind
from syncd.config.digital_river_catalog import DigitalRiverKeys
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

    catalog: CatalogByKind = Field(description="The merchant's catalog.")
    digital_river: DigitalRiverSettings = Field(description="The account at Digital River.")
    state: StateSettings = Field(StateSettings(), description="What syncd remembers.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="When the daemon does what.")
    policy: PolicySettings = Field(PolicySettings(), description="What may be written at all.")
    guards: GuardSettings = Field(GuardSettings(), description="What stops a plan.")
    rules: RuleSettings = Field(RuleSettings(), description="Additions to the lists of ECCNs.")
    service: ServiceSettings = Field(ServiceSettings(), description="What the daemon offers.")
    notify: NotifySettings = Field(NotifySettings(), description="Who is told.")
    log: LogSettings = Field(LogSettings(), description="What is logged.")

    @field_validator("digital_river")
    @classmethod
    def _keep_the_catalogs_key_private(
        cls, main: DigitalRiverSettings, info: ValidationInfo
    ) -> DigitalRiverSettings:
        """Look at what comes of both sections: key and URL may stand in one of them each."""
        catalog: Catalog | None = info.data.get("catalog")
        for keys in () if catalog is None else (catalog, *catalog.join):
            if isinstance(keys, DigitalRiverKeys):
                try:
                    keys.account(main)
                except ValueError as error:
                    raise ValueError(f"for the SKUs that catalog names, {error}") from None
        return main

    def secrets(self) -> frozenset[str]:
        """Every text that must never be shown, as written and as a server is sent it."""
        texts = [secret.get_secret_value() for secret in _secrets_in(self)]
        passwords = [_password_in(url) for url in (self.state.url, *texts)]
        shown = {self.catalog.label, *(join.label for join in self.catalog.join)}  # URLs may be
        return frozenset({*texts, *passwords, *map(unquote, passwords)} - {""} - shown)


def _secrets_in(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _secrets_in(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets_in(one)


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:  # a secret that is no URL, though it looks like the start of one
        return ""
