"""Answers and refusals in the vendor's form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

JSON = "application/json"
HTML = "text/html"

ERROR_TYPES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    409: "conflict",
    429: "too_many_requests",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; `headers` are those beside content type, length and request id."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.status < 300  # noqa: PLR2004 - where successes end

    def json_id(self) -> str:
        """Return the `id` of the object in the body, or nothing where there is none."""
        value = orjson.loads(self.body) if self.body else None
        return str(value.get("id", "")) if isinstance(value, dict) else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of the vendor's `errors`; `parameter` is left out where there is none."""

    code: str
    message: str
    parameter: str | None = None

    def as_json(self) -> dict[str, str]:
        entry = {"code": self.code, "message": self.message}
        return entry if self.parameter is None else {**entry, "parameter": self.parameter}


class RefusedError(Exception):
    """A request is refused; it becomes an answer and never leaves the sandbox."""

    def __init__(self, status: int, *problems: Problem, retry_after: int | None = None) -> None:
        super().__init__(status, *problems)
        self.status = status
        self.problems = problems
        self.retry_after = retry_after

    def answer(self) -> Answer:
        wait = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return error_answer(self.status, self.problems, wait)


def json_answer(status: int, value: object) -> Answer:
    """Return a JSON body; datetimes in it become the vendor's `…Z` form."""
    return Answer(status, orjson.dumps(value, option=orjson.OPT_UTC_Z))


def error_answer(
    status: int, problems: Iterable[Problem] = (), headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the vendor's error body; without problems, one whose code is the status's type."""
    kind = ERROR_TYPES[status]
    told = tuple(problems) or (Problem(kind, f"The sandbox answers {status} as it was asked to."),)
    body = {"type": kind, "errors": [problem.as_json() for problem in told]}
    return Answer(status, orjson.dumps(body), headers=headers or {})


def html_answer(status: int) -> Answer:
    """Return what a gateway answers by itself, without any JSON."""
    title = f"{status} {ERROR_TYPES[status].replace('_', ' ').title()}"
    page = f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n"
    return Answer(status, page.encode(), HTML)


def refuse_if(status: int, problems: Iterable[Problem]) -> None:
    """Raise RefusedError with all the problems at once, if there are any."""
    found = tuple(problems)
    if found:
        raise RefusedError(status, *found)
