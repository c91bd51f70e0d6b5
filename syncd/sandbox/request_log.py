"""What was asked, when, and what became of it: the evidence that tests read."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from syncd.sandbox.rate import RollingSecond

SECRET_HEADERS = frozenset({"authorization"})


@dataclass(slots=True)
class LoggedRequest:
    """One request; times are monotonic seconds of the sandbox's process.

    `status` is None where no answer was sent (lost, dropped), `finished` None while the answer is
    under way. `carried_out` says that the request succeeded here, whatever the client was told.
    `answer` is there with `keep_answers` alone, as it would have been sent whole.
    """

    arrived: float
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    status: int | None = None
    carried_out: bool = False
    fault: str | None = None
    finished: float | None = None
    answer: bytes | None = None
    answer_type: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the entry with its body as text, for `/_sandbox/requests`."""
        answer = None if self.answer is None else self.answer.decode(errors="replace")
        return {
            "arrived": self.arrived,
            "finished": self.finished,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": dict(self.headers),
            "body": self.body.decode(errors="replace"),
            "requestId": self.request_id,
            "status": self.status,
            "carriedOut": self.carried_out,
            "fault": self.fault,
            "answer": answer,
            "answerType": self.answer_type,
        }


class Statistics(TypedDict):
    """Counts since the start or the last clearing; `most_in_one_second` over any such window."""

    requests: int
    most_in_one_second: int
    by_method: dict[str, int]
    by_status: dict[str, int]


class RequestLog:
    """The last requests, and counts of all of them."""

    def __init__(self, size: int) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=size)
        self.clear()

    def clear(self) -> None:
        self._entries.clear()
        self._by_method: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._second = RollingSecond()
        self._most = 0

    def add(self, entry: LoggedRequest) -> None:
        """Count and keep an entry whose status is known."""
        self._entries.append(entry)
        self._by_method[entry.method] += 1
        self._by_status["none" if entry.status is None else str(entry.status)] += 1
        before = self._second.count(entry.arrived)
        self._second.add(entry.arrived)
        self._most = max(self._most, before + 1)

    def entries(self) -> list[LoggedRequest]:
        """Return the entries, oldest first."""
        return list(self._entries)

    def statistics(self) -> Statistics:
        return Statistics(
            requests=self._by_method.total(),
            most_in_one_second=self._most,
            by_method=dict(self._by_method),
            by_status=dict(self._by_status),
        )
