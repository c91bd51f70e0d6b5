"""What the journal is asked and told, on a connection that somebody else has begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.journal import Adoption, Deed, Intent, JournalEntry, Settlement, WriteId
from syncd.state import codec
from syncd.state.schema import journal

NOT_CARRIED_OUT: Final = frozenset({Kind.REFUSED, Kind.UNDONE, Kind.KEY_REFUSED, Kind.FORBIDDEN})
"""Outcomes after which the remote is certainly as it was."""

_Values: TypeAlias = dict[str, codec.Stored]

_BEGIN: Final = insert(journal).returning(journal.c.write, sort_by_parameter_order=True)
_END: Final = (
    update(journal)
    .where(journal.c.write == bindparam("entry"))
    .values({name: bindparam(name) for name in ("ended", "kind", "failure", "request_id")})
)


def begin(connection: Connection, intents: Sequence[Intent]) -> list[WriteId]:
    """Write intents; the ids come in their order."""
    if not intents:
        return []
    numbers = connection.execute(_BEGIN, [_intended(intent) for intent in intents]).scalars()
    return [WriteId(number) for number in numbers]


def end(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write outcomes beside their intents."""
    if settlements:
        connection.execute(_END, [_settled(settlement) for settlement in settlements])


def adopt(connection: Connection, adoptions: Sequence[Adoption]) -> None:
    """Write adoptions, each begun and ended in one moment: there is no outcome to wait for."""
    if adoptions:
        connection.execute(insert(journal), [_adopted(adoption) for adoption in adoptions])


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
    done = or_(journal.c.kind.is_(None), journal.c.kind.not_in(sorted(NOT_CARRIED_OUT)))
    query = (
        select(journal.c.id)
        .distinct()
        .where(journal.c.deed == Deed(action.value).value)
        .where(journal.c.begun >= codec.moment_of(moment), done, ~journal.c.approved)
    )
    return frozenset(connection.execute(query).scalars())


def _intended(intent: Intent) -> _Values:
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
    }


def _settled(settlement: Settlement) -> _Values:
    failure = settlement.failure
    return {
        "entry": settlement.write,
        "ended": codec.moment_of(settlement.ended),
        "kind": settlement.kind.value,
        "failure": None if failure is None else codec.failure_text(failure),
        "request_id": settlement.request_id,
    }


def _adopted(adoption: Adoption) -> _Values:
    moment = codec.moment_of(adoption.at)
    return {
        "cycle": adoption.cycle,
        "id": adoption.id,
        "deed": Deed.ADOPT.value,
        "resource": Resource.INVENTORY_ITEM.value,
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
    )


def _optional_text(attributes: Attributes | None) -> str | None:
    return None if attributes is None else codec.attributes_text(attributes)
