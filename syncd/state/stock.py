"""How the stock of items went: for each item one row a day, and only where something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, exists, insert, select, tuple_

from syncd.domain.attributes import ItemId
from syncd.domain.stock import StockPoint
from syncd.state import codec
from syncd.state.schema import sku
from syncd.state.schema import stock as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

POINTS_AT_ONCE: Final = 2_000
_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)


def among(connection: Connection, ids: Sequence[ItemId]) -> Mapping[ItemId, list[StockPoint]]:
    """The points of these items, oldest first; the ids must be few enough for one query."""
    found: dict[ItemId, list[StockPoint]] = {}
    query = select(table).where(table.c.id.in_(ids)).order_by(table.c.id, table.c.day)
    for row in connection.execute(query):
        found.setdefault(ItemId(row.id), []).append(_point(row))
    return found


def keep(connection: Connection, points: Sequence[StockPoint]) -> None:
    """Keep these, each in the place of its item's point of the same day."""
    rows = [_row(point) for point in points]
    days = [(row["id"], row["day"]) for row in rows]
    connection.execute(delete(table).where(tuple_(table.c.id, table.c.day).in_(days)))
    connection.execute(insert(table), rows)


def forget(connection: Connection, before: datetime) -> int:
    """Remove some points of days before then, and of items that have no row; how many.

    What an item had at that moment stays, for it was so until its next point.
    """
    day = _day_of(before)
    later = table.alias()
    outdated = exists().where(
        later.c.id == table.c.id, later.c.day > table.c.day, later.c.day <= day
    )
    of_nobody = ~exists().where(sku.c.id == table.c.id)
    old = (
        select(table.c.id, table.c.day)
        .where(table.c.day < day, outdated | of_nobody)
        .limit(POINTS_AT_ONCE)
    )
    places = [tuple(place) for place in connection.execute(old)]
    if places:
        connection.execute(delete(table).where(tuple_(table.c.id, table.c.day).in_(places)))
    return len(places)


def _row(point: StockPoint) -> dict[str, Any]:
    return {
        "id": point.item,
        "day": _day_of(point.at),
        "at": codec.moment_of(point.at),
        "quantity": point.quantity,
        "in_stock": point.in_stock,
        "back": None if point.back is None else codec.moment_of(point.back),
    }


def _point(row: Any) -> StockPoint:  # noqa: ANN401 - a row of the table, whose cells carry no types
    return StockPoint(
        item=ItemId(row.id),
        at=codec.moment_from(row.at),
        quantity=row.quantity,
        in_stock=row.in_stock,
        back=codec.optional_moment(row.back),
    )


def _day_of(moment: datetime) -> int:
    """The number of the day in UTC."""
    return codec.moment_of(moment) // _DAY
