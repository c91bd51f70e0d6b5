"""What people are told without having asked, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_TITLE: Final = 120
LONGEST_BODY: Final = 1_800
"""Characters; most chats cut off, or refuse, what is longer than 2,000."""


class Urgency(StrEnum):
    """How a message should look to whoever gets it."""

    INFO = "info"
    SUCCESS = "success"
    """Something is well again."""
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Message:
    """One message in plain words: a title of one line, and lines that say what helps."""

    title: str
    body: str
    urgency: Urgency

    @classmethod
    def of(cls, title: str, lines: tuple[str, ...], urgency: Urgency) -> Message:
        """Put the lines together, those left out that there is no room for."""
        return cls(_cut(title, LONGEST_TITLE), _cut("\n".join(lines), LONGEST_BODY), urgency)


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to be told; `id` stays the same from run to run, and neither tells a secret."""

    id: str
    label: str


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
