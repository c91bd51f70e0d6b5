"""What can become of one request, and the one table that says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from syncd.domain.attributes import Attributes

DIFFERENT_VALUES: Final = "different_values"
"""The code of a quarantine for an answer with other values than were sent."""


class Verb(StrEnum):
    """What a request does to its resource."""

    LOOK_UP = "look_up"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Kind(StrEnum):
    """How a sync must take an answer (digital-river.md, Errors)."""

    ACCEPTED = "accepted"
    GONE = "gone"
    EXISTS = "exists"
    REFUSED = "refused"
    UNDONE = "undone"
    """Transient, and nothing was done: it may be repeated as it is."""
    UNKNOWN = "unknown"
    """Transient, and nothing is known: it is looked up before it is repeated."""
    KEY_REFUSED = "key_refused"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request did not do what it should; what support asks for stands in `request_id`.

    `status` is None where no answer came at all; `code` then names the kind of break.
    """

    status: int | None
    code: str
    message: str
    parameter: str | None = None
    request_id: str | None = None

    @property
    def is_of_other_values(self) -> bool:
        """Whether the remote did as it was told, and answered with other values than were sent."""
        return self.status is None and self.code == DIFFERENT_VALUES

    def is_like(self, other: Failure | None) -> bool:
        """Whether the other one was for the same reason, whatever words it came in."""
        return other is not None and (self.status, self.code) == (other.status, other.code)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The remote did it; `attributes` is the item it answered with, None after a delete.

    `managed` says that the answer was a SKU that Digital River fulfils itself.
    """

    kind: ClassVar[Kind] = Kind.ACCEPTED
    attributes: Attributes | None
    request_id: str | None = None
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """404: there is no such item. A delete is done by it, an update must become a create."""

    kind: ClassVar[Kind] = Kind.GONE
    failure: Failure


@dataclass(frozen=True, slots=True)
class Exists:
    """409 that says so, or names no reason: the item is there, or may be, and is looked up."""

    kind: ClassVar[Kind] = Kind.EXISTS
    failure: Failure


@dataclass(frozen=True, slots=True)
class Refused:
    """Permanent: refused until the item's data changes."""

    kind: ClassVar[Kind] = Kind.REFUSED
    failure: Failure


@dataclass(frozen=True, slots=True)
class Transient:
    """Retry later; `retry_after` in seconds where the remote said so.

    `in_doubt` says that the request may have been carried out all the same.
    """

    failure: Failure
    in_doubt: bool
    retry_after: float | None = None

    @property
    def kind(self) -> Kind:
        """Whether nothing is known, or nothing was done."""
        return Kind.UNKNOWN if self.in_doubt else Kind.UNDONE


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """401: stop everything at once, retry nothing."""

    kind: ClassVar[Kind] = Kind.KEY_REFUSED
    failure: Failure


@dataclass(frozen=True, slots=True)
class Forbidden:
    """403: the key may not use this resource."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    failure: Failure


Outcome: TypeAlias = Accepted | Gone | Exists | Refused | Transient | KeyRefused | Forbidden


def failure_of(outcome: Outcome) -> Failure | None:
    """Why the request did not do what it should; None where it did."""
    return None if isinstance(outcome, Accepted) else outcome.failure


def request_id_of(outcome: Outcome) -> str | None:
    """The remote's own name for the request, which support asks for."""
    return outcome.request_id if isinstance(outcome, Accepted) else outcome.failure.request_id


_BY_STATUS: Final = {
    400: Kind.REFUSED,
    401: Kind.KEY_REFUSED,
    403: Kind.FORBIDDEN,
    404: Kind.REFUSED,
    405: Kind.REFUSED,
    406: Kind.REFUSED,
    408: Kind.UNKNOWN,
    409: Kind.REFUSED,
    429: Kind.UNDONE,
}
_BY_VERB: Final = {
    (Verb.UPDATE, 404): Kind.GONE,
    (Verb.DELETE, 404): Kind.GONE,
    (Verb.LOOK_UP, 404): Kind.GONE,
    (Verb.LOOK_UP, 408): Kind.UNDONE,
}
_ALREADY_EXISTS: Final = "already_exists"
_UNNAMED: Final = {Verb.CREATE: _ALREADY_EXISTS}
"""The code that a conflict is taken to have where it names none."""


def kind_of(verb: Verb, status: int, code: str) -> Kind:
    """Tell how a sync must take this answer; `code` is the first error's, empty where none came.

    A create that conflicts with something unnamed is taken to have met its item.
    """
    if status // 100 == 2:  # noqa: PLR2004 - the class of success, documented as 200, 201 and 204
        return Kind.ACCEPTED
    if status == 409 and (code or _UNNAMED.get(verb)) == _ALREADY_EXISTS:  # noqa: PLR2004 - two readings
        return Kind.EXISTS
    if status // 100 == 5:  # noqa: PLR2004 - the class of server errors
        return Kind.UNKNOWN
    if status // 100 == 3 and verb is not Verb.LOOK_UP:  # noqa: PLR2004 - a proxy's, not an item's
        return Kind.UNKNOWN
    return _BY_VERB.get((verb, status)) or _BY_STATUS.get(status, Kind.REFUSED)
