"""`[catalog]` with `type = "digital_river"`: the SKUs of an account as the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final, Literal

from pydantic import Field, SecretStr, field_validator

from syncd.config.remote import DigitalRiverSettings, read_base_url, read_key
from syncd.config.source import SourceSection
from syncd.config.values import Duration

SKU_MAPPING: Final[Mapping[str, str]] = {
    "id": "id",
    "manufacturer_id": "manufacturerId",
    "part_number": "partNumber",
    "country_of_origin": "countryOfOrigin",
    "eccn": "eccn",
    "hs_code": "hsCode",
}
"""The mapping that needs no writing down; a SKU has no allowOversell."""


class DigitalRiverKeys(SourceSection):
    """The SKUs of this account or another."""

    PLACE: ClassVar[frozenset[str]] = frozenset({"type", "base_url"})
    PACE: ClassVar[frozenset[str]] = frozenset({"overlap"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"api_key", "api_key_file"})

    type: Literal["digital_river"] = Field(
        description="Where the catalog lives: in the SKUs of an account at Digital River."
    )
    base_url: str | None = Field(
        None,
        description="Where the API is: the one of [digital_river], unless set.",
        examples=["https://api.digitalriver.com"],
    )
    api_key: SecretStr | None = Field(
        None,
        description="The key of another account: the one of [digital_river], unless set.",
        examples=["sk_test_…"],
    )
    api_key_file: str | None = Field(
        None, description="A file that holds that key and nothing else.", examples=["catalog-key"]
    )
    overlap: Duration = Field(
        timedelta(minutes=5),
        description="How far a read of changes reaches back, for clocks that differ.",
    )

    @property
    def label(self) -> str:
        """What reports and messages call it."""
        return "the SKUs at Digital River"

    def account(self, main: DigitalRiverSettings) -> DigitalRiverSettings:
        """The account to read, as far as it differs from the `main` one; its key has its own rate.

        Raises `ValueError` where a key would travel unencrypted that must not, and where test data
        would decide over live items; live SKUs may well be tried out on a test account.
        """
        own = {"base_url": self.base_url, "api_key": self.api_key}
        changed: dict[str, object] = {name: value for name, value in own.items() if value}
        if self.api_key not in {None, main.api_key}:
            changed["requests_per_second"] = None
        account = main.model_copy(update=changed)
        account.refuse_to_show_the_key()
        if account.is_test and not main.is_test:
            raise ValueError(
                "api_key is a test key and digital_river.api_key is not: test data must not decide"
                " over live items"
            )
        return account

    @field_validator("base_url")
    @classmethod
    def _be_a_plain_url(cls, value: str | None) -> str | None:
        return None if value is None else read_base_url(value)

    @field_validator("api_key")
    @classmethod
    def _fit_into_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        return None if key is None else read_key(key)
