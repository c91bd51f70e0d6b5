"""`[catalog]` with `type = "http"`: which API or export, and how to get its records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, StringConstraints, field_validator, model_validator

from syncd.config.addresses import Address, is_private_way
from syncd.config.expressions import Expression, Finder, HeaderName
from syncd.config.file_catalog import Trailer
from syncd.config.http_sections import AuthKeys, BulkKeys, ChangesKeys, PagingKeys
from syncd.config.mapping import Word, Words
from syncd.config.source import SourceSection
from syncd.config.values import PositiveDuration

Preset: TypeAlias = Literal[
    "adobe_commerce", "bigcommerce", "commercetools", "shopify", "woocommerce"
]
_Column: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


class HttpKeys(SourceSection):
    """An export that is downloaded, or the pages of an API."""

    PLACE: ClassVar[frozenset[str]] = frozenset({"type", "url"})
    PACE: ClassVar[frozenset[str]] = frozenset({"requests_per_second", "timeout", "wait_header"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"auth"})

    type: Literal["http"] = Field(description="Where the catalog lives: behind an address.")
    preset: Preset | None = Field(
        None,
        description="The platform whose API it is; it sets all keys below that you leave out.",
        examples=["shopify"],
    )
    url: Address = Field(
        description="The address of the export or API; with a preset, that of the shop.",
        examples=["https://shop.example.com/api/products"],
    )
    path: Words = Field(
        ("",), description="What to append to url; of several, each is read, one after the other."
    )
    method: Literal["GET", "POST"] = Field("GET", description="How to ask.")
    params: Mapping[str, Words] = Field(
        default_factory=dict,
        description="Parameters of the address, each with its value or values.",
    )
    headers: Mapping[HeaderName, Word] = Field(
        default_factory=dict, description="Headers of each request; no place for secrets."
    )
    body: Mapping[str, JsonValue] = Field(
        default_factory=dict, description="The JSON that a POST sends."
    )
    format: Literal["json", "jsonl", "csv"] | None = Field(
        None, description="The format, where the answer does not tell it.", examples=["json"]
    )
    delimiter: str = Field(",", description="What separates the values of a CSV.")
    final_newline: Literal["required", "optional"] = Field(
        "required",
        description="Whether a last line without a line end is taken for a body cut short.",
    )
    trailer: Trailer | None = Field(
        None,
        description=(
            "How a last line of a CSV or of JSON lines looks that is no row but counts them:"
            " {count} is their number, and * is anything."
        ),
        examples=["# rows: {count}"],
    )
    records: Expression = Field("@", description="What finds the list of records in an answer.")
    nested: Expression | None = Field(
        None,
        description="What finds a list in each record whose objects are the rows.",
        examples=["variants"],
    )
    carry: Mapping[_Column, Expression] = Field(
        default_factory=dict, description="Columns that each row gets from the record around it."
    )
    fields: Mapping[_Column, Expression] = Field(
        default_factory=dict, description="Columns that are found within a row."
    )
    only: Expression | None = Field(
        None, description="What must hold of a row for it to take part.", examples=["sku"]
    )
    total: Finder | None = Field(
        None, description="What finds how many records there are in all.", examples=["meta.total"]
    )
    error: Expression | None = Field(
        None,
        description="What finds, in an answer with status 200, why it is an error all the same.",
        examples=["errors[].message"],
    )
    busy: Expression | None = Field(
        None,
        description="What tells, in such an answer, that the request came too soon.",
        examples=["errors[?code=='THROTTLED']"],
    )
    wait_header: HeaderName | None = Field(
        None,
        description="The header that says how many milliseconds to wait, beside Retry-After.",
        examples=["X-Rate-Limit-Time-Reset-Ms"],
    )
    requests_per_second: float = Field(4.0, gt=0, le=1000, description="How often to ask at most.")
    timeout: PositiveDuration = Field(
        timedelta(seconds=60), description="How long to wait for an answer to go on."
    )
    auth: AuthKeys = Field(
        AuthKeys.model_construct(), description="The credentials of each request."
    )
    paging: PagingKeys = Field(
        PagingKeys.model_construct(), description="How to get from page to page."
    )
    updated_since: ChangesKeys = Field(
        ChangesKeys.model_construct(), description="How to ask for what has changed alone."
    )
    bulk: BulkKeys | None = Field(
        None, description="A job that prepares the whole export, where the API has such."
    )

    @property
    def label(self) -> str:
        """What reports and messages call it, without user, password and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The columns of a row that tell it from others; none where nobody has said."""
        return ()

    @field_validator("delimiter")
    @classmethod
    def _be_one_character(cls, value: str) -> str:
        if len(value) != 1 or value in '\r\n\0"':
            raise ValueError('must be one character, such as ";" or "\\t"')
        return value

    @field_validator("path")
    @classmethod
    def _be_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        if any(path and (path[0] not in "/?" or not path.isprintable()) for path in paths):
            raise ValueError('must begin with a slash, such as "/api/products"')
        return paths

    @field_validator("headers")
    @classmethod
    def _hold_no_secret(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        kept = next((name for name in headers if name.lower() in _SECRET_HEADERS), None)
        if kept is not None:
            raise ValueError(f"must not have {kept}: credentials stand in the table auth")
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise ValueError("must have values of plain printable characters")
        return headers

    @model_validator(mode="after")
    def _keep_credentials_private(self) -> HttpKeys:
        if self.auth.type != "none" and not is_private_way(self.url):
            raise ValueError("url must begin with https://, for credentials are sent there")
        return self

    @model_validator(mode="after")
    def _ask_in_one_way(self) -> HttpKeys:
        if self.body and self.method != "POST":
            raise ValueError('body needs method = "POST"')
        in_body = self.paging.place == "body" or self.updated_since.body
        if in_body and self.method != "POST":
            raise ValueError('parameters in the body need method = "POST"')
        in_pages = self.paging.type != "none" or self.bulk is not None
        if self.trailer is not None and (in_pages or self.format == "json"):
            raise ValueError("trailer is of a CSV, or of JSON lines, that comes in one answer")
        if self.paging.type != "none" and self.format not in {None, "json"}:
            raise ValueError(f'pages are JSON, but format is "{self.format}"')
        return self
