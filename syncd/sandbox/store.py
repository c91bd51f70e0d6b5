"""The account behind the API, its log and its faults, for use from any thread."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from syncd.sandbox.answers import Answer, RefusedError, error_answer, html_answer, json_answer
from syncd.sandbox.api import Api
from syncd.sandbox.calls import Call
from syncd.sandbox.faults import Fault, FaultKind, FaultRules
from syncd.sandbox.gate import Gate
from syncd.sandbox.items import with_defaults
from syncd.sandbox.request_log import SECRET_HEADERS, LoggedRequest, RequestLog, Statistics
from syncd.sandbox.seeds import Seed, read_level, read_record
from syncd.sandbox.settings import ITEMS, SKUS, SandboxSettings
from syncd.sandbox.skus import with_physical
from syncd.sandbox.tables import Attributes, Record, Table, Tables

WRITES = frozenset({"POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a request: the answer, due after `delay` seconds, unless a fault forbids."""

    answer: Answer
    fault: FaultKind | None
    delay: float
    entry: LoggedRequest


class SandboxStore:
    """One account: what it holds, what it was asked, and what is to go wrong."""

    def __init__(
        self, settings: SandboxSettings, now: Callable[[], datetime] | None = None
    ) -> None:
        """Start empty; `now` gives the times of the vendor's objects, in UTC."""
        self._settings = settings
        self._now = now or _whole_second
        self._lock = threading.RLock()
        self._log = RequestLog(settings.log_size)
        self._faults = FaultRules(settings.faults, settings.seed)
        self._random = random.Random(settings.seed)
        self._open_account()

    def _open_account(self) -> None:
        self._tables = Tables()
        self._api = Api(self._tables, self._settings, self._now)
        self._gate = Gate(self._settings)

    # -- what tests and the demo do

    def seed_items(self, items: Iterable[Seed]) -> None:
        """Put items in past all rules, oldest first; an id that is there already is replaced."""
        with self._lock:
            for seed in items:
                record = read_record(seed, self._now())
                record.attributes = with_defaults(record.attributes)
                self._tables.items.put(record)

    def seed_skus(self, skus: Iterable[Seed]) -> None:
        """Put SKUs in past all rules; a managed one gets no item here: seed that as well."""
        with self._lock:
            for seed in skus:
                record = read_record(seed, self._now())
                record.attributes = with_physical(record.attributes)
                self._tables.skus.put(record)

    def seed_levels(self, levels: Iterable[Seed]) -> None:
        """Set stock per item and location; `shipToCountries` beside the API's names, if wanted."""
        with self._lock:
            for seed in levels:
                level = read_level(seed, self._now())
                self._tables.levels.setdefault(level.item_id, {})[level.location_id] = level

    def remove_items(self, ids: Iterable[str]) -> None:
        """Take items out behind everybody's back; ids that are not there are passed over."""
        with self._lock:
            for item_id in ids:
                self._tables.remove_item(item_id)

    def items(self) -> dict[str, Attributes]:
        """Return every item's attributes by id, without times."""
        with self._lock:
            return _by_id(self._tables.items)

    def skus(self) -> dict[str, Attributes]:
        """Return every SKU's attributes by id, without times."""
        with self._lock:
            return _by_id(self._tables.skus)

    def requests(self) -> list[LoggedRequest]:
        """Return the log, oldest first; entries still under way go on changing."""
        with self._lock:
            return self._log.entries()

    def clear_requests(self) -> None:
        with self._lock:
            self._log.clear()

    def statistics(self) -> Statistics:
        with self._lock:
            return self._log.statistics()

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the faults in force; counters and chance start anew."""
        with self._lock:
            self._faults.replace(faults)

    def reset(self) -> None:
        """Be as at the start: nothing held, nothing logged, the faults of the settings."""
        with self._lock:
            self._open_account()
            self._log.clear()
            self._faults.replace(self._settings.faults)

    # -- what the API does

    def handle(self, call: Call) -> Handled:
        """Decide, carry out and log one request."""
        with self._lock:
            fault = self._faults.strike(call)
            answer, carried_out = self._answer(call, fault)
            entry = self._entry(call, fault)
            kind = None if fault is None else fault.kind
            entry.carried_out = carried_out
            entry.status = None if kind in {FaultKind.LOST, FaultKind.DROP} else answer.status
            if self._settings.keep_answers:
                entry.answer, entry.answer_type = answer.body, answer.content_type
            self._log.add(entry)
            return Handled(answer, kind, self._delay(fault), entry)

    def _answer(self, call: Call, fault: Fault | None) -> tuple[Answer, bool]:
        if fault is not None and fault.kind is FaultKind.DROP:
            return Answer(status=400), False
        try:
            self._gate.admit(call)
            if fault is not None and fault.kind is FaultKind.STATUS and not fault.carried_out:
                return self._faulty(call, fault), False
            self._gate.check(call)
            answer = self._api.answer(call)
        except RefusedError as refusal:
            return refusal.answer(), False
        if not answer.succeeded or fault is None:
            return answer, answer.succeeded
        if fault.kind is FaultKind.STATUS:
            return self._faulty(call, fault), True
        return (self._altered(call, fault, answer) if _alters(call, fault) else answer), True

    def _faulty(self, call: Call, fault: Fault) -> Answer:
        if fault.html:
            return html_answer(fault.status)
        if fault.retry_after is None:
            return error_answer(fault.status)
        if fault.status == 429:  # noqa: PLR2004 - too many requests
            self._gate.begin_storm(call, fault.retry_after)
        return error_answer(fault.status, headers={"retry-after": str(fault.retry_after)})

    def _altered(self, call: Call, fault: Fault, answer: Answer) -> Answer:
        record = self._written(call, answer)
        if record is None:
            return answer
        elsewhere = "US" if record.attributes.get("countryOfOrigin") == "CA" else "CA"
        record.attributes.update(fault.values or {"countryOfOrigin": elsewhere})
        return json_answer(answer.status, {**record.as_json(), "liveMode": call.live})

    def _written(self, call: Call, answer: Answer) -> Record | None:
        table = {ITEMS: self._tables.items, SKUS: self._tables.skus}.get(call.resource)
        return None if table is None else table.get(call.id or answer.json_id())

    def _entry(self, call: Call, fault: Fault | None) -> LoggedRequest:
        return LoggedRequest(
            arrived=call.arrived,
            method=call.method,
            path=call.path,
            query=call.query,
            headers={n: v for n, v in call.headers.items() if n not in SECRET_HEADERS},
            body=call.body,
            request_id=str(uuid.uuid4()),
            fault=None if fault is None else str(fault.kind),
        )

    def _delay(self, fault: Fault | None) -> float:
        jitter = self._random.uniform(0, self._settings.jitter_seconds)
        slow = 0.0 if fault is None else fault.seconds
        return self._settings.latency_seconds + jitter + slow

    def finish(self, entry: LoggedRequest) -> None:
        """Note that nothing more will be sent for this request."""
        entry.finished = time.monotonic()


def _alters(call: Call, fault: Fault) -> bool:
    return fault.kind is FaultKind.OTHER and call.method in WRITES


def _by_id(table: Table) -> dict[str, Attributes]:
    return {record.id: dict(record.attributes) for record in table}


def _whole_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
