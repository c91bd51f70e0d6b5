"""The whole configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from syncd.config.addresses import passwords_in
from syncd.config.catalog import Catalog, CatalogByKind, DigitalRiverCatalog
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
from syncd.domain.attributes import FROM_THE_GROUP, SKU_ONLY, Attribute


class Settings(Section):
    """Everything that can be configured, a section each."""

    catalog: CatalogByKind = Field(description="The merchant's catalog.")
    digital_river: DigitalRiverSettings = Field(description="The account at Digital River.")
    state: StateSettings = Field(
        StateSettings.model_construct(), description="What syncd remembers."
    )
    schedule: ScheduleSettings = Field(
        ScheduleSettings.model_construct(), description="When the daemon does what."
    )
    policy: PolicySettings = Field(
        PolicySettings.model_construct(), description="What may be written at all."
    )
    guards: GuardSettings = Field(GuardSettings.model_construct(), description="What stops a plan.")
    rules: RuleSettings = Field(
        RuleSettings.model_construct(), description="Additions to the lists of ECCNs."
    )
    service: ServiceSettings = Field(
        ServiceSettings.model_construct(), description="What the daemon offers."
    )
    notify: NotifySettings = Field(NotifySettings.model_construct(), description="Who is told.")
    log: LogSettings = Field(LogSettings.model_construct(), description="What is logged.")

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

    @field_validator("digital_river")
    @classmethod
    def _map_what_a_sku_needs(
        cls, main: DigitalRiverSettings, info: ValidationInfo
    ) -> DigitalRiverSettings:
        """Hold what is mapped against what is managed."""
        catalog: Catalog | None = info.data.get("catalog")
        if catalog is not None:
            wrong = _wrong_with_pairs(catalog) if main.manages_skus else _mapped_in_vain(catalog)
            if wrong is not None:
                raise ValueError(f"manage {wrong}")
        return main

    def secrets(self) -> frozenset[str]:
        """Every text that must never be shown, as written and as a server is sent it."""
        texts = [secret.get_secret_value() for secret in _secrets_in(self)]
        passwords = passwords_in(self.state.url, *texts)
        shown = {self.catalog.label, *(join.label for join in self.catalog.join)}  # URLs may be
        return frozenset({*texts, *passwords} - {""} - shown)


def _wrong_with_pairs(catalog: Catalog) -> str | None:
    """What keeps SKUs from being managed out of this catalog."""
    if isinstance(catalog, DigitalRiverCatalog):
        return "must not name skus where the SKUs are the catalog themselves"
    mapped = catalog.mapping.by_attribute()
    needed = [Attribute.NAME]
    if Attribute.SKU_GROUP_ID not in mapped:
        needed += (name for name in Attribute if name in FROM_THE_GROUP)
    lacking = [name.key for name in needed if name not in mapped]
    if not lacking:
        return None
    keys = " and ".join(lacking)
    return f"names skus, so catalog.mapping must have {keys} as well, which every SKU needs"


def _mapped_in_vain(catalog: Catalog) -> str | None:
    """What is mapped for SKUs alone where they are not managed."""
    mapped = catalog.mapping.by_attribute()
    vain = [name.key for name in SKU_ONLY if name in mapped]
    if not vain:
        return None
    wanted = 'manage = ["skus", "inventory_items"]'
    return f"must name skus where catalog.mapping.{vain[0]} is set: {wanted}"


def _secrets_in(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _secrets_in(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets_in(one)
