"""What the journal is asked and told, on a connection that somebody else has begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.journal import (
    Adoption,
    Deed,
    Intent,
    JournalEntry,
    Settlement,
    WriteId,
    WritesOfAnHour,
)
from syncd.state import codec
from syncd.state.schema import journal

NOT_CARRIED_OUT: Final = frozenset({Kind.REFUSED, Kind.UNDONE, Kind.KEY_REFUSED, Kind.FORBIDDEN})
"""Outcomes after which the remote is certainly as it was."""

Place: TypeAlias = tuple[int, int]
"""When an entry was begun, and its number: where to go on."""
Entered: TypeAlias = dict[str, codec.Stored]
"""An entry as it is written first, by its columns."""

_BEGIN: Final = insert(journal).returning(journal.c.write, sort_by_parameter_order=True)
_END: Final = (
    update(journal)
    .where(journal.c.write == bindparam("entry"))
    .values({name: bindparam(name) for name in ("ended", "kind", "failure", "request_id")})
)


_HOUR: Final = timedelta(hours=1)
IN_AN_HOUR: Final = (
    select(journal.c.kind, func.count())
    .where(journal.c.deed == bindparam("deed"))
    .where(journal.c.begun >= bindparam("from"), journal.c.begun < bindparam("to"))
    .group_by(journal.c.kind)
    .order_by(journal.c.kind)
)
"""How many writes of one action began between two moments, by their outcome."""


def begun(intents: Sequence[Intent]) -> list[Entered]:
    """The entries of intents, as the table has them."""
    return [_intended(intent) for intent in intents]


def adopted(adoptions: Sequence[Adoption]) -> list[Entered]:
    """Those of adoptions, each begun and ended in one moment: there is no outcome to wait for."""
    return [_adopted(adoption) for adoption in adoptions]


def inserted(connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
    """Write entries that are alike; the ids come in their order."""
    return [WriteId(number) for number in connection.execute(_BEGIN, entries).scalars()]


def end(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write outcomes beside their intents."""
    if settlements:
        connection.execute(_END, [_settled(settlement) for settlement in settlements])


def of_item(connection: Connection, item: ItemId) -> list[JournalEntry]:
    """All entries of one SKU, oldest first."""
    query = select(journal).where(journal.c.id == item).order_by(journal.c.write)
    return [_entry(row) for row in connection.execute(query)]


def of_cycle(
    connection: Connection, cycle: CycleId, after: WriteId | None, limit: int
) -> list[JournalEntry]:
    """The next entries of one cycle, oldest first."""
    query = select(journal).where(journal.c.cycle == cycle)
    if after is not None:
        query = query.where(journal.c.write > after)
    query = query.order_by(journal.c.write).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def written_since(connection: Connection, moment: datetime, action: Action) -> frozenset[ItemId]:
    """Ids with a write of this kind that began since then and may have been carried out.

    What a person had approved is left out.
    """
    query = select(journal.c.id).distinct().where(_counts(moment, action))
    return frozenset(connection.execute(query).scalars())


def updates_since(
    connection: Connection, moment: datetime, after: Place | None, limit: int
) -> tuple[Sequence[tuple[ItemId, Attributes]], Place | None]:
    """The next updates of `written_since` with what they sent, and where they end, in time."""
    place = journal.c.begun, journal.c.write
    query = select(journal.c.begun, journal.c.write, journal.c.id, journal.c.after).where(
        _counts(moment, Action.UPDATE)
    )
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*after))
    rows = list(connection.execute(query.order_by(*place).limit(limit)))
    updates = [(ItemId(row.id), codec.attributes_from(row.after)) for row in rows]
    return updates, (int(rows[-1].begun), int(rows[-1].write)) if rows else None


def recreated_since(connection: Connection, moment: datetime) -> frozenset[ItemId]:
    """Ids created since then although they were ours; earlier entries may be pruned by now."""
    recreated = _counts(moment, Action.CREATE) & journal.c.recreates
    query = select(journal.c.id).distinct().where(recreated)
    return frozenset(connection.execute(query).scalars())


def written_after(
    connection: Connection, cycle: CycleId, ids: Sequence[ItemId]
) -> frozenset[ItemId]:
    """Those of these ids that have an entry of another cycle behind their last one of this."""
    later = journal.alias()
    theirs = select(journal.c.write).where(journal.c.cycle == cycle)
    last = theirs.order_by(journal.c.write.desc()).limit(1).scalar_subquery()
    query = (
        select(later.c.id)
        .distinct()
        .where(later.c.id.in_(ids), later.c.write > last, later.c.deed != Deed.ADOPT.value)
        .where(_may_be_done(later))
    )
    return frozenset(connection.execute(query).scalars())


def last_written(connection: Connection, ids: Sequence[ItemId]) -> dict[ItemId, datetime]:
    """When the last write of each of these ids began that may have been carried out."""
    query = (
        select(journal.c.id, func.max(journal.c.begun))
        .where(journal.c.id.in_(ids), journal.c.deed != Deed.ADOPT.value, _may_be_done(journal))
        .group_by(journal.c.id)
    )
    return {ItemId(id_): codec.moment_from(begun) for id_, begun in connection.execute(query)}


def writes_by_hour(connection: Connection, first: datetime, hours: int) -> list[WritesOfAnHour]:
    """Count each hour and action along its own stretch of the index, which has all that is asked.

    One query that groups by a time rounded down would sort a busy day's entries first.
    """
    starts = [first + hour * _HOUR for hour in range(hours)]
    return [
        WritesOfAnHour(start, action, None if kind is None else Kind(kind), count)
        for start in starts
        for action in Action
        for kind, count in connection.execute(IN_AN_HOUR, _stretch(start, action))
    ]


def _stretch(start: datetime, action: Action) -> Entered:
    return {
        "deed": Deed(action.value).value,
        "from": codec.moment_of(start),
        "to": codec.moment_of(start + _HOUR),
    }


def _counts(moment: datetime, action: Action) -> ColumnElement[bool]:
    """Whether an entry counts in a window that began then."""
    return and_(
        journal.c.deed == Deed(action.value).value,
        journal.c.begun >= codec.moment_of(moment),
        _may_be_done(journal),
        ~journal.c.approved,
    )


def _may_be_done(entries: FromClause) -> ColumnElement[bool]:
    kind = entries.c.kind
    return or_(kind.is_(None), kind.not_in(sorted(NOT_CARRIED_OUT)))


def _intended(intent: Intent) -> Entered:
    change = intent.change
    return {
        "cycle": intent.cycle,
        "id": change.id,
        "deed": Deed(change.action.value).value,
        "resource": change.resource.value,
        "revision": change.revision,
        "before": _optional_text(intent.before),
        "after": codec.attributes_text({} if change.action is Action.DELETE else change.payload()),
        "begun": codec.moment_of(intent.begun),
        "approved": intent.approved,
        "recreates": intent.recreates,
    }


def _settled(settlement: Settlement) -> Entered:
    failure = settlement.failure
    return {
        "entry": settlement.write,
        "ended": codec.moment_of(settlement.ended),
        "kind": settlement.kind.value,
        "failure": None if failure is None else codec.failure_text(failure),
        "request_id": settlement.request_id,
    }


def _adopted(adoption: Adoption) -> Entered:
    moment = codec.moment_of(adoption.at)
    return {
        "cycle": adoption.cycle,
        "id": adoption.id,
        "deed": Deed.ADOPT.value,
        "resource": adoption.resource.value,
        "revision": 0,
        "before": codec.attributes_text(adoption.observed),
        "after": codec.attributes_text({}),
        "begun": moment,
        "ended": moment,
        "kind": Kind.ACCEPTED.value,
    }


def _entry(row: Row[Any]) -> JournalEntry:
    return JournalEntry(
        write=WriteId(row.write),
        cycle=CycleId(row.cycle),
        id=ItemId(row.id),
        deed=Deed(row.deed),
        resource=Resource(row.resource),
        revision=row.revision,
        before=None if row.before is None else codec.attributes_from(row.before),
        after=codec.attributes_from(row.after),
        begun=codec.moment_from(row.begun),
        ended=codec.optional_moment(row.ended),
        kind=None if row.kind is None else Kind(row.kind),
        failure=None if row.failure is None else codec.failure_from(row.failure),
        request_id=row.request_id,
        approved=row.approved,
        recreates=row.recreates,
    )


def _optional_text(attributes: Attributes | None) -> str | None:
    return None if attributes is None else codec.attributes_text(attributes)
