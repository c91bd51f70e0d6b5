"""The tables within an HTTP catalog: credentials, pages, reads of changes, and bulk jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from syncd.config.addresses import Address, is_private_way
from syncd.config.expressions import Expression, Finder, HeaderName
from syncd.config.mapping import Word
from syncd.config.section import Section
from syncd.config.values import Duration, PositiveDuration

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "none": frozenset(),
    "bearer": frozenset({"secret"}),
    "basic": frozenset({"username", "secret"}),
    "header": frozenset({"name", "secret"}),
    "query": frozenset({"name", "secret"}),
    "oauth2": frozenset({"token_url", "username", "secret"}),
}
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {"oauth2": frozenset({"scope", "name"})}
_STEERED_BY: Final[Mapping[str, frozenset[str]]] = {
    "page": frozenset({"parameter"}),
    "offset": frozenset({"parameter"}),
    "cursor": frozenset({"parameter", "next"}),
    "next_url": frozenset({"next"}),
}
SINCE: Final = "{since}"
"""Stands for the moment from which on changes are wanted."""
CURSOR: Final = "{cursor}"
"""Stands for what an answer says of where the next page begins."""
JOB: Final = "{job}"
"""Stands for the id of a job that was started."""


class AuthKeys(Section):
    """The credentials that each request carries."""

    type: Literal["none", "bearer", "basic", "header", "query", "oauth2"] = Field(
        "none", description="How the credentials are sent."
    )
    secret: SecretStr | None = Field(
        None,
        description="The token, password, key or client secret; never shown.",
        examples=["…"],
    )
    secret_file: str | None = Field(
        None, description="A file that holds the secret and nothing else.", examples=["shop-key"]
    )
    username: str | None = Field(
        None, min_length=1, description="The user's name, or the client's id.", examples=["syncd"]
    )
    name: HeaderName | None = Field(
        None,
        description="The header, or the parameter of the address, that carries the credentials.",
        examples=["X-Auth-Token"],
    )
    token_url: Address | None = Field(
        None,
        description="Where OAuth 2 exchanges client id and secret for a token.",
        examples=["https://auth.example.com/oauth/token"],
    )
    scope: str | None = Field(
        None, description="What the token is to allow.", examples=["read_products"]
    )
    client_in: Literal["header", "body"] = Field(
        "header", description="Where the client id and secret stand when a token is asked for."
    )

    @field_validator("secret")
    @classmethod
    def _fit_into_a_header(cls, secret: SecretStr | None) -> SecretStr | None:
        text = secret.get_secret_value() if secret is not None else "-"
        if not text or not text.isprintable():
            raise ValueError("must be the secret as it was given to you, on one line")
        return secret

    @model_validator(mode="after")
    def _be_what_the_type_says(self) -> AuthKeys:
        known = self.model_fields_set - {"type", "secret_file", "client_in"}
        given = {key for key in known if getattr(self, key) is not None}
        needed = _NEEDED[self.type]
        missing = sorted(needed - given)
        if missing:
            raise ValueError(f'type = "{self.type}" needs {missing[0]} as well')
        surplus = sorted(given - needed - _ALLOWED.get(self.type, frozenset()))
        if surplus:
            raise ValueError(f'type = "{self.type}" takes no {surplus[0]}')
        if self.token_url and not is_private_way(self.token_url):
            raise ValueError("token_url must begin with https://, for it is sent the secret")
        return self


class PagingKeys(Section):
    """How the next page is asked for, and what says that there is none."""

    type: Literal["none", "page", "offset", "cursor", "link", "next_url"] = Field(
        "none", description="What leads from one page to the next."
    )
    parameter: str | None = Field(
        None,
        min_length=1,
        description="What is given the page, offset or cursor.",
        examples=["page"],
    )
    template: str = Field(
        CURSOR, description=f"What it is given; {CURSOR} is the page, offset or cursor itself."
    )
    place: Literal["query", "body"] = Field(
        "query",
        description='Where parameters stand: in the address, or, as in "variables.after", in body.',
    )
    size_parameter: str | None = Field(
        None, min_length=1, description="What is given the size of a page.", examples=["per_page"]
    )
    size: int | None = Field(
        None, ge=1, description="How many records to ask for at once.", examples=[100]
    )
    first: int | None = Field(
        None, ge=0, description="The first page's number: 1 unless set.", examples=[1]
    )
    next: Finder | None = Field(
        None,
        description="What finds the next cursor, or the next address, in an answer.",
        examples=["meta.next_cursor"],
    )
    more: Finder | None = Field(
        None, description="What finds whether more follows.", examples=["has_more"]
    )
    pages: Finder | None = Field(
        None,
        description="What finds how many pages there are.",
        examples=["header:X-WP-TotalPages"],
    )
    keyset: bool = Field(
        default=False,
        description=(
            "Whether each page begins behind the last record of the one before, whatever is deleted"
            " meanwhile; if not, pages are asked for once more before anything is missing."
        ),
    )

    @model_validator(mode="after")
    def _know_the_way(self) -> PagingKeys:
        missing = [key for key in _STEERED_BY.get(self.type, ()) if getattr(self, key) is None]
        if missing:
            raise ValueError(f'type = "{self.type}" needs {min(missing)} as well')
        if CURSOR not in self.template:
            raise ValueError(f"template must have {CURSOR}, for what changes from page to page")
        if self.size_parameter is not None and self.size is None:
            raise ValueError("size_parameter needs size as well")
        return self


class ChangesKeys(Section):
    """How to ask for what has changed alone."""

    params: Mapping[str, Word] = Field(
        default_factory=dict,
        description=f"What the address gets for it; {SINCE} is the moment.",
        examples=[{"modified_after": SINCE}],
    )
    body: Mapping[str, Word] = Field(
        default_factory=dict,
        description='What the body gets for it, by places such as "variables.query".',
    )
    format: str = Field(
        "%Y-%m-%dT%H:%M:%SZ",
        min_length=1,
        description='How the moment is written, in UTC; "epoch" or "epoch_ms" for a number.',
    )
    overlap: Duration = Field(
        timedelta(minutes=5),
        description="How far a read of changes reaches back, for changes that show up late.",
    )

    @property
    def is_possible(self) -> bool:
        """Whether changes alone can be asked for."""
        return bool(self.params or self.body)

    @model_validator(mode="after")
    def _name_the_moment(self) -> ChangesKeys:
        texts = [*self.params.values(), *self.body.values()]
        if texts and not any(SINCE in text for text in texts):
            raise ValueError(f"params or body must have {SINCE}, for the moment to begin at")
        return self


class BulkKeys(Section):
    """A job that prepares the whole export: started, asked after, and downloaded when done."""

    start: Mapping[str, JsonValue] = Field(
        description="The body that starts the job.", examples=[{"query": "mutation { … }"}]
    )
    start_path: str | None = Field(
        None, description="What to append to url for it, if not path.", examples=["/exports"]
    )
    job: Expression = Field(
        description="What finds the job's id in the answer.", examples=["data.job.id"]
    )
    refused: Expression | None = Field(
        None,
        description="What finds the reasons why no job was started.",
        examples=["data.errors[].message"],
    )
    poll: Mapping[str, JsonValue] = Field(
        default_factory=dict,
        description=f"The body that asks after the job; {JOB} is its id. Without one it is a GET.",
    )
    poll_path: str | None = Field(
        None,
        description=f"What to append to url for it, if not path; {JOB} is the id.",
        examples=["/exports/{job}"],
    )
    done: Expression = Field(
        description="Whether the job is done.", examples=["data.job.status == 'COMPLETED'"]
    )
    failed: Expression = Field(
        description="Whether it has failed.", examples=["data.job.status == 'FAILED'"]
    )
    result: Expression = Field(
        description="What finds the address of the export.", examples=["data.job.url"]
    )
    count: Expression | None = Field(
        None,
        description="What finds how many records the export has.",
        examples=["data.job.objectCount"],
    )
    parent: str | None = Field(
        None,
        min_length=1,
        description="The field by which a line names the line that it belongs to.",
        examples=["__parentId"],
    )
    key: str = Field("id", min_length=1, description="The field that such a line is named by.")
    every: PositiveDuration = Field(
        timedelta(seconds=5), description="How often to ask after the job."
    )
    patience: PositiveDuration = Field(
        timedelta(hours=2), description="How long to wait for it at most."
    )
