"""What a failed answer says: its code, its message in plain words, and how long to wait."""

from __future__ import annotations

import html
import re
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from syncd.digital_river.messages import Answer
from syncd.domain.delivery import Failure

_LONGEST_MESSAGE: Final = 300
_UNSEEN: Final = re.compile(
    r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE
)
_TAG: Final = re.compile(r"<[^>]*>")


class _Loose(BaseModel):
    """Read tolerantly: whatever is unknown is passed over."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class _Problem(_Loose):
    code: str | None = None
    parameter: str | None = None
    message: str | None = None


class _Problems(_Loose):
    type: str | None = None
    errors: tuple[_Problem, ...] = ()


def failure_of(answer: Answer) -> Failure:
    """Read an error body; the first problem gives code and parameter, all give the message."""
    problems = _read(answer.body)
    first = problems.errors[0] if problems.errors else _Problem()
    messages = [problem.message for problem in problems.errors if problem.message]
    return Failure(
        status=answer.status,
        code=first.code or problems.type or _nameless(answer.status),
        message=_shortened("; ".join(messages) or _text_of(answer.body)),
        parameter=first.parameter,
        request_id=answer.request_id,
    )


def code_of(answer: Answer) -> str:
    """The first problem's own code; empty where none could be read, for a type is no code."""
    problems = _read(answer.body)
    return (problems.errors[0].code or "") if problems.errors else ""


def described(failure: Failure) -> str:
    """Put a failure into the words of a message: what came, why, and support's id for it."""
    came = failure.code if failure.status is None else f"{failure.status} {failure.code}"
    traced = f" (request id {failure.request_id})" if failure.request_id else ""
    return f"{came}{': ' if failure.message else ''}{failure.message.rstrip('.')}{traced}"


def _nameless(status: int | None) -> str:
    return f"http_{status}"


def _read(body: bytes) -> _Problems:
    try:
        return _Problems.model_validate_json(body)
    except ValidationError:
        return _Problems()


def _text_of(body: bytes) -> str:
    """Strip a gateway's page down to what a reader would see of it."""
    page = body.decode(errors="replace")
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page)))


def _shortened(message: str) -> str:
    words = " ".join(message.split())
    return words if len(words) <= _LONGEST_MESSAGE else f"{words[: _LONGEST_MESSAGE - 1]}…"
