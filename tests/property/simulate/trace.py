"""What happened, line by line: a digest that two equal lives share, and the story of the last."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, Final

import structlog

KEPT: Final = 2_000
_VOLATILE: Final = frozenset({"event", "log_level", "level", "upstream_id", "seconds"})
_TOLD_EVEN_SO: Final = frozenset({"plan.made", "guard.stopped"})
_OF_ONE_STATE: Final = frozenset({("history.pruned", "rows")})
"""How many rows one and the same history takes is not the same everywhere."""
_STATE: Final = re.compile(r"state (/\S+|in memory)")


class Trace:
    """Lines with their moments of virtual time; `noted` counts the kinds of what happened."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._hash = blake2b(digest_size=16)
        self.chapters = 0
        self.noted: Counter[str] = Counter()

    def tell(self, who: str, what: str) -> None:
        """Add a line."""
        moment = asyncio.get_running_loop().time()
        line = f"{moment:14.3f}  {who:<10} {what}"
        self._lines.append(line)
        self._hash.update(line.encode())

    def note(self, kind: str) -> None:
        """Count that something of this kind has happened."""
        self.noted[kind] += 1

    def chapter(self, name: str) -> None:
        """Begin what a reader may want to see as a whole, such as a cycle."""
        self.chapters += 1
        self.tell("", f"-- {self.chapters}: {name}")

    def digest(self) -> str:
        """The same for two lives in which the same happened."""
        return self._hash.hexdigest()

    def story(self, chapters: int = 4) -> str:
        """The last chapters."""
        lines: list[str] = []
        for line in reversed(self._lines):
            lines.append(line)
            chapters -= "-- " in line
            if not chapters:
                break
        return "\n".join(reversed(lines))


def alike(value: object) -> str:
    """A value as text, in which one state is called like any other."""
    return _STATE.sub("the state", str(value))


@contextmanager
def logs_told(trace: Trace) -> Iterator[None]:
    """Let what syncd logs, but for its details, become part of the trace."""

    def tell(_: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method != "debug" or event["event"] in _TOLD_EVEN_SO:
            said = (
                f"{name}={alike(value)}"
                for name, value in event.items()
                if name not in _VOLATILE and (event["event"], name) not in _OF_ONE_STATE
            )
            trace.tell("", f"   log: {event['event']} {' '.join(said)}")
            trace.note(f"log {event['event']}")
        raise structlog.DropEvent

    processors = structlog.get_config()["processors"]
    before = list(processors)
    try:
        processors[:] = [tell]
        yield
    finally:
        processors[:] = before
