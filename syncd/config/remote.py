"""`[digital_river]` and `[state]`: the account that is written to, and where syncd remembers it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from syncd.config.section import Listed, Section
from syncd.config.values import PositiveDuration

_TEST_KEY: Final = "sk_test_"
_TEST_RATE: Final = 25.0
_LIVE_RATE: Final = 250.0
SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql", "postgresql+psycopg")
_STATE_WANTED: Final = (
    'must name a SQLite file, such as "sqlite:///syncd.db", or a database of PostgreSQL, such as'
    ' "postgresql+psycopg://user@host/database"'
)
_ACCOUNT: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_BASE_URL_WANTED: Final = 'must be a URL such as "https://api.digitalriver.com"'


class DigitalRiverSettings(Section):
    """The account at Digital River."""

    base_url: str = Field("https://api.digitalriver.com", description="Where the API is.")
    api_key: SecretStr = Field(
        description=(
            "Your secret key. Safer out of this file: in the environment as"
            " SYNCD_DIGITAL_RIVER__API_KEY, in a file named by api_key_file, or as the systemd"
            " credential api_key."
        ),
        examples=["sk_test_…"],
    )
    api_key_file: str | None = Field(
        None, description="A file that holds the key and nothing else.", examples=["api-key"]
    )
    api_version: str = Field(
        "2021-12-13",
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="The version of the API to ask for.",
    )
    requests_per_second: float | None = Field(
        None,
        gt=0,
        description="The key's rate: 25 for sk_test_ keys and 250 for the rest, unless set.",
        examples=[25],
    )
    manage: Listed[Literal["inventory_items", "skus"]] = Field(
        ("inventory_items",), min_length=1, description="Which resources to keep in line."
    )
    model: Literal["distributed", "orchestrated"] = Field(
        "distributed",
        description='The fulfilment model; in "orchestrated" every write is an error.',
    )
    timeout: PositiveDuration = Field(
        timedelta(seconds=30), description="How long to wait for an answer."
    )
    max_in_flight: int = Field(128, ge=1, description="How many requests may be under way at once.")

    @property
    def manages_skus(self) -> bool:
        """Whether both halves of each pair are kept."""
        return "skus" in self.manage

    @property
    def is_test(self) -> bool:
        """Whether the key acts on test data."""
        return self.api_key.get_secret_value().startswith(_TEST_KEY)

    @property
    def rate(self) -> float:
        """How many requests a second the key allows."""
        return self.requests_per_second or (_TEST_RATE if self.is_test else _LIVE_RATE)

    @field_validator("base_url")
    @classmethod
    def _be_a_plain_url(cls, value: str) -> str:
        return read_base_url(value)

    @field_validator("api_key")
    @classmethod
    def _fit_into_a_header(cls, key: SecretStr) -> SecretStr:
        return read_key(key)

    @field_validator("manage")
    @classmethod
    def _manage_what_can_be(cls, manage: tuple[str, ...]) -> tuple[str, ...]:
        if "inventory_items" not in manage:
            raise ValueError(
                "must name inventory_items as well, for syncd keeps items, and SKUs beside them:"
                ' manage = ["skus", "inventory_items"]'
            )
        return manage

    @model_validator(mode="after")
    def _keep_live_keys_private(self) -> DigitalRiverSettings:
        self.refuse_to_show_the_key()
        return self

    def refuse_to_show_the_key(self) -> None:
        """Raise `ValueError` where the key would travel unencrypted and is no test key."""
        if _split(self.base_url).scheme == "http" and not self.is_test:
            raise ValueError(
                "base_url must begin with https://, for a key that is not a test key"
                " is never sent unencrypted, not even to this machine"
            )


class StateSettings(Section):
    """Where syncd remembers what it owns, knows and has done."""

    url: str = Field(
        "sqlite:///syncd.db",
        description="The database; keep it, for what syncd owns is written nowhere else.",
    )
    account: str | None = Field(
        None,
        pattern=_ACCOUNT,
        description=(
            "The name of this account among those that share a database of PostgreSQL, for good; a"
            " SQLite file is one account's own."
        ),
        examples=["main"],
    )
    keep_journal: PositiveDuration = Field(
        timedelta(days=90),
        description="How long cycles and their writes are remembered; reverting needs them.",
    )

    @property
    def place(self) -> str:
        """Where it is, in words that hold no password."""
        if self.url.startswith(SQLITE):
            return self.url.removeprefix(SQLITE)
        parts = urlsplit(self.url)
        return f"{parts.hostname or 'localhost'}{parts.path}, account {self.account}"

    @field_validator("url")
    @classmethod
    def _be_a_database(cls, value: str) -> str:
        path = value.removeprefix(SQLITE)
        is_file = value.startswith(SQLITE) and path not in {"", ":memory:"} and path[0] != "?"
        is_file = is_file and "\0" not in path
        if not is_file and not _names_a_postgresql_database(value):
            raise ValueError(_STATE_WANTED)
        return value

    @model_validator(mode="after")
    def _have_a_name_among_others(self) -> StateSettings:
        if self.account is None and not self.url.startswith(SQLITE):
            raise ValueError(
                "account has to be set where url is on PostgreSQL, for many may share a database:"
                ' account = "main"'
            )
        return self


def read_base_url(value: str) -> str:
    """Check that this is a plain URL; raises `ValueError` with what it must be."""
    parts = _split(value)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{_BASE_URL_WANTED}, without user name, password or query")
    return value.rstrip("/")


def read_key(key: SecretStr) -> SecretStr:
    """Check that this can stand in a header; raises `ValueError` without showing it."""
    text = key.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be the secret key as Digital River shows it, without spaces")
    return key


def _names_a_postgresql_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _POSTGRESQL and len(parts.path) > 1 and url.isprintable()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError(_BASE_URL_WANTED) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
        raise ValueError(_BASE_URL_WANTED)
    return parts
