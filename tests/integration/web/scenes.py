"""What a status page may have to show: a state filled so, and a daemon that stands so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from pydantic import SecretStr

from syncd.config import Settings
from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId, Value
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Counts, CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.delivery import Failure, Kind
from syncd.domain.journal import Intent, Settlement
from syncd.domain.snapshot import HeldSku, Position, Reading
from syncd.domain.tracking import Held, Missing, Ownership, SkuState, Tracked
from syncd.ports import Transaction
from syncd.service.pulse import Job, Trouble
from tests.integration.web.room import NOON, Room
from tests.unit.report.samples import certificate

NO_PAIR: Final = Failure(
    409,
    "invalid_parameter",
    "The combination of manufacturerId and partNumber does not exist.",
    "manufacturerId",
    "f0a4c9e1-7f1b-4f6e-9a55-0d2c6d8f1be2",
)
OUTAGE: Final = Failure(503, "service_unavailable", "The service is unavailable.", None, "6b0c7d1e")
NO_COUNTRY: Final = Held(
    "countryOfOrigin", "UK", "not an assigned ISO 3166-1 code; did you mean GB?", 87
)
NO_DIGITS: Final = Held("hsCode", "1234.56.YW", "must be six to ten digits", 10_044)
POLL: Final = timedelta(minutes=5)
MINUTE: Final = timedelta(minutes=1)


def values(number: int) -> dict[Attribute, Value]:
    """Believable values of one item."""
    return {
        Attribute.MANUFACTURER_ID: "20001",
        Attribute.PART_NUMBER: f"PN-{number:05}",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "8517.62.0090",
        Attribute.ALLOW_OVERSELL: False,
    }


def sku(number: int, prefix: str = "SKU") -> Tracked:
    """One that is in sync."""
    wish: Attributes = values(number)
    return Tracked(
        ItemId(f"{prefix}-{number:05}"),
        fingerprint=number,
        desired=wish,
        known=wish,
        ownership=Ownership.OWNED,
        revision=2,
    )


def held(number: int, why: Held) -> Tracked:
    return replace(sku(number, "HELD"), held=why)


def refused(number: int, why: Failure = NO_PAIR) -> Tracked:
    since = NOON - timedelta(days=3, hours=4)
    row = replace(sku(number, "REFUSED"), known=None, ownership=Ownership.UNKNOWN)
    return replace(row, quarantine=why, quarantined_since=since, attempts=1, last_error=why)


def pending(number: int) -> Tracked:
    row = sku(number, "DUE")
    known = {**values(number), Attribute.COUNTRY_OF_ORIGIN: "CN", Attribute.HS_CODE: "8517.62.0050"}
    return replace(row, known=known, attempts=2, next_attempt=NOON + MINUTE, last_error=OUTAGE)


def missing(number: int) -> Tracked:
    return replace(sku(number, "GONE"), missing=Missing(NOON - timedelta(hours=3), 7))


def foreign(number: int) -> Tracked:
    row = replace(sku(number, "DRGF"), ownership=Ownership.FOREIGN, desired=None)
    return replace(row, foreign_reason="Digital River fulfils its SKU itself")


# --------------------------------------------------------------------------------------- scenes


def all_well(room: Room) -> None:
    """Thousands in sync, a few writes now and then."""
    _fill(room, [sku(number) for number in range(12_408)])
    _pass_a_day(room, failures=False)
    _serve(room)


def much_trouble(room: Room) -> None:
    """A guard has stopped deletes, rows are held, items refused, and the remote is out."""
    rows = [
        *map(sku, range(300)),
        *(held(number, NO_COUNTRY) for number in range(61)),
        *(held(number, NO_DIGITS) for number in range(100, 103)),
        *map(refused, range(7)),
        *(refused(number, replace(NO_PAIR, parameter="eccn")) for number in range(50, 52)),
        *map(pending, range(31)),
        *map(missing, range(412)),
        *map(foreign, range(2)),
    ]
    _fill(room, rows, strays=(HeldSku("", Held("id", "", "every row needs an id", 4_012)),))
    _pass_a_day(room, failures=True)
    _tell_a_life(room)
    _serve(room)
    words = (
        "Digital River: it has answered 503 for 12 min. Nothing is lost; the next cycle goes on."
    )
    room.pulse.trouble(Trouble.REMOTE, words)
    room.pulse.cycle.phase("delivering", 31)
    room.pulse.cycle.advance(4)


def nothing_yet(room: Room) -> None:
    """A daemon in its first seconds."""
    room.pulse.beat()
    room.pulse.next_runs = {Job.POLL.value: room.now()}


def standby(room: Room) -> None:
    """Another daemon works on the same state."""
    _fill(room, [sku(number) for number in range(500)])
    _pass_a_day(room, failures=False)
    room.pulse.beat()
    room.pulse.stands_by_for = (
        "syncd, process 4711 on shop-1 (since 2026-11-20 08:00 UTC) is on duty"
    )


def _serve(room: Room) -> None:
    now = room.now()
    last = room.state.cycles(1)[0]
    room.pulse.beat()
    room.pulse.ended(last)
    room.pulse.last_success = last.finished
    room.pulse.next_runs = {
        Job.POLL.value: now + 3 * MINUTE,
        Job.FULL.value: now + timedelta(hours=15),
        Job.AUDIT.value: now + timedelta(days=6, hours=16),
    }
    for _ in range(17):
        room.traffic.departed()
    room.seconds += 1
    room.pulse.beat()


def _fill(room: Room, rows: Sequence[Tracked], strays: tuple[HeldSku, ...] = ()) -> None:
    reading = Reading(
        Position("identity", "meaning"),
        "digest",
        certificate(12_412),
        NOON - 2 * MINUTE,
        complete_reads=7,
        strays=strays,
        stray_count=len(strays),
    )
    with room.state.transaction() as transaction:
        transaction.put(rows)
        transaction.record_reading(reading)


def _pass_a_day(room: Room, *, failures: bool) -> None:
    """Cycles every five minutes, and writes that come and go with the hours."""
    pick, cycles = Random(7), count()
    census = room.state.census()
    moments = [NOON - 2 * MINUTE - number * POLL for number in reversed(range(62))]
    with room.state.transaction() as transaction:
        for hour in range(24):
            cycle = CycleId(f"hour-{hour:02}")
            for action, kind, writes in _writes_of(hour, pick, failures=failures):
                _write(transaction, cycle, hour, action, kind, writes)
        for started in moments:
            number = next(cycles)
            result = _cycle(number, started, census.states, pick)
            if failures:
                result = _troubled(result, number)
            transaction.record_cycle(result)
            transaction.seal(result.id, result.finished)


def _writes_of(hour: int, pick: Random, *, failures: bool) -> Iterator[tuple[Action, Kind, int]]:
    busy = 1 + (hour % 12) * 2
    yield Action.CREATE, Kind.ACCEPTED, pick.randrange(busy)
    yield Action.UPDATE, Kind.ACCEPTED, pick.randrange(busy * 2)
    yield Action.DELETE, Kind.ACCEPTED, pick.randrange(3)
    if failures and hour > 19:
        yield Action.UPDATE, Kind.UNKNOWN, pick.randrange(2, 9)


def _write(
    transaction: Transaction, cycle: CycleId, hour: int, action: Action, kind: Kind, writes: int
) -> None:
    at = NOON - timedelta(hours=23 - hour)
    change = {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", "DK")}
    intents = [
        Intent(cycle, Change(ItemId(f"W-{number}"), action, 3, change), None, at)
        for number in range(writes)
    ]
    begun = transaction.begin_writes(intents)
    transaction.end_writes([Settlement(write, kind, at + MINUTE / 600) for write in begun])


def _cycle(
    number: int, started: datetime, states: Mapping[SkuState, int], pick: Random
) -> CycleResult:
    writes = pick.choice([0, 0, 0, 3, 14])
    took = timedelta(seconds=0.2 + writes / 8 + pick.random() / 5)
    return CycleResult(
        id=CycleId(f"{started:%Y%m%dT%H%M%SZ}-{number:04x}"),
        mode=Mode.SCHEDULED,
        started=started,
        finished=started + took,
        certificate=certificate(12_412),
        states=states,
        requests=writes,
        counts=Counts(create=writes // 3, update=writes - writes // 3),
    )


def _troubled(result: CycleResult, number: int) -> CycleResult:
    """The same as it ends where nothing goes well; the last one was stopped by a guard."""
    if number % 9 == 4:
        return replace(result, error="Digital River: it answers 503. Nothing is lost.")
    if number < 52:
        return result
    stop = GuardStop(
        Guard.MAX_DELETE,
        0.1,
        0.4,
        (Action.DELETE,),
        "412 of 1,030 owned items would be deleted, and at most 10 % may be within 24 h.",
        tuple(missing(each).id for each in range(3)),
    )
    return replace(
        result, guards=(stop,), counts=Counts(update=3, failed=2, stopped=412, refused=1)
    )


def _tell_a_life(room: Room) -> None:
    """All that can happen to one SKU: the first of those that are due."""
    item, cycle = pending(0).id, room.state.cycles(3)[2].id
    wish = values(0)
    made = {name: AttributeChange(None, value) for name, value in wish.items()}
    moved = {
        Attribute.COUNTRY_OF_ORIGIN: AttributeChange("CN", "DK"),
        Attribute.HS_CODE: AttributeChange("8517.62.0050", "8517.62.0090"),
    }
    old = {**wish, Attribute.COUNTRY_OF_ORIGIN: "CN"}
    create, update = Change(item, Action.CREATE, 1, made), Change(item, Action.UPDATE, 2, moved)
    told: list[tuple[Change, Attributes | None, Kind | None, Failure | None, timedelta]] = [
        (create, None, Kind.REFUSED, NO_PAIR, timedelta(days=30)),
        (create, None, Kind.ACCEPTED, None, timedelta(days=29)),
        (update, old, Kind.UNKNOWN, OUTAGE, timedelta(minutes=12)),
        (update, old, None, None, timedelta(minutes=2)),
    ]
    with room.state.transaction() as transaction:
        for change, before, kind, failure, ago in told:
            at = NOON - ago
            (write,) = transaction.begin_writes([Intent(cycle, change, before, at)])
            if kind is not None:
                request = failure.request_id if failure else "0d2c6d8f1be2"
                transaction.end_writes(
                    [Settlement(write, kind, at + MINUTE / 700, failure, request)]
                )


# ------------------------------------------------------------------------------ other settings


def at(room: Room, url: str) -> None:
    """Have Digital River stand at this address."""
    remote = room.settings.digital_river.model_copy(update={"base_url": url})
    room.settings = room.settings.model_copy(update={"digital_river": remote})


def with_state(settings: Settings, file: Path) -> Settings:
    """The same settings with the state elsewhere."""
    state = settings.state.model_copy(update={"url": f"sqlite:///{file}"})
    return settings.model_copy(update={"state": state})


def with_token(settings: Settings, token: str) -> Settings:
    """The same settings with a token that everybody has to say."""
    service = settings.service.model_copy(update={"token": SecretStr(token)})
    return settings.model_copy(update={"service": service})
