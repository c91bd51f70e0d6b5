"""How far a read has come: the greatest value of the column that says when rows were changed.

A value is a moment (with a zone or without), a day, a whole number, bytes that count upwards (such
as SQL Server's rowversion) or a time written as text. All of them compare as the database does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import floor, isfinite
from typing import Final, TypeAlias, cast

Mark: TypeAlias = datetime | date | int | bytes | str
"""A value of the column, fractions of a number cut off; text is a time as the database writes it.
"""

Overlap: TypeAlias = timedelta | int
"""How far a read of changes reaches back; a count where the column holds numbers or bytes."""

_TIME: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:(?P<between>[T ])(?P<minute>\d\d:\d\d)(?P<second>:\d\d)?(?:[.,]\d+)?"
    r"(?P<zone> ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?)?"
)
_NO_TIME: Final = "0000-00-00"
"""How begins what MariaDB and MySQL give for a time that was never set."""
_ANY_DIGIT: Final = str.maketrans("123456789", "000000000")
_FARTHEST_ZONE: Final = timedelta(hours=14)
"""How far local time may be ahead of UTC."""
_HEX: Final = "0x"
_QUOTE: Final = "'"
_NUMBERS: Final = (int, float, Decimal)


class UnorderedError(Exception):
    """The values cannot be put in an order; the text says why, to stand after `its column "…"`."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a time is written; times of one style sort as text in the order of time.

    But for their fractions of seconds, which may be there or not.
    """

    between: str | None
    has_seconds: bool
    zone: str | None

    @classmethod
    def of(cls, text: str) -> Style | None:
        """Tell the style of a text, or None where it is no time."""
        match = _TIME.fullmatch(text)
        if match is None:
            return None
        zone = match["zone"]
        return cls(match["between"], match["second"] is not None, zone and zone.strip())

    def write(self, moment: datetime) -> str:
        """Write a moment in this style, without its fraction of a second."""
        if self.between is None:
            return moment.strftime("%Y-%m-%d")
        seconds = ":%S" if self.has_seconds else ""
        return moment.strftime(f"%Y-%m-%d{self.between}%H:%M{seconds}{self.zone or ''}")


def written(mark: Mark) -> str:
    """Write a mark as text that `read` understands and people do; text keeps its quotes."""
    if isinstance(mark, datetime):
        return (mark if mark.tzinfo is None else mark.astimezone(UTC)).isoformat()
    if isinstance(mark, bytes):
        return _HEX + mark.hex()
    return f"'{mark}'" if isinstance(mark, str) else str(mark)


def read(text: str) -> Mark | None:
    """Read what `written` gave; None for anything else, such as the word of another version."""
    try:
        if text.startswith(_QUOTE):
            inner = text.strip(_QUOTE)
            return inner if Style.of(inner) else None
        if text.startswith(_HEX):
            return bytes.fromhex(text.removeprefix(_HEX))
        if "T" in text:
            return datetime.fromisoformat(text)
        return int(text) if text.lstrip("-").isdecimal() else date.fromisoformat(text)
    except ValueError:
        return None


def start_of_changes(mark: Mark, overlap: Overlap) -> Mark:
    """Where a read of changes begins; rows with this very value are read again.

    Raises `UnorderedError` where the overlap is of the other kind than the mark.
    """
    if isinstance(mark, int | bytes):
        return _less(mark, _count(overlap))
    back = _duration(overlap)
    if isinstance(mark, datetime):
        return mark - back
    if isinstance(mark, date):
        return mark - _whole_days(back)
    return _earlier_text(mark, back)


def _less(mark: int | bytes, count: int) -> int | bytes:
    if isinstance(mark, int):
        return mark - count
    return max(int.from_bytes(mark) - count, 0).to_bytes(len(mark))


def _earlier_text(mark: str, back: timedelta) -> str:
    """Go one second further back, for `:00Z` comes after `:00.5Z` as text, and not in time."""
    match = _TIME.fullmatch(mark)
    style, moment = Style.of(mark), match and _moment_in(match)
    if style is None or moment is None:
        raise UnorderedError(f'holds the text "{mark}", which is no time')
    if style.between is None:
        return style.write(moment - _whole_days(back))
    return style.write(moment - back - timedelta(seconds=1))


def _moment_in(match: re.Match[str]) -> datetime | None:
    """The time that a text shows, as if its zone were UTC and its fraction of a second zero."""
    time = f"{match['minute'] or '00:00'}{match['second'] or ''}"
    try:
        return datetime.fromisoformat(f"{match['day']}T{time}+00:00")
    except ValueError:
        return None


def _whole_days(back: timedelta) -> timedelta:
    return timedelta(days=-(-back // timedelta(days=1)))


def _count(overlap: Overlap) -> int:
    if isinstance(overlap, int):
        return overlap
    if not overlap:
        return 0
    raise UnorderedError(
        "holds numbers and no times, so catalog.overlap must be a count of them and no duration"
    )


def _duration(overlap: Overlap) -> timedelta:
    if isinstance(overlap, timedelta):
        return overlap
    if not overlap:
        return timedelta()
    raise UnorderedError(
        "holds times and no numbers, so catalog.overlap must be a duration and no count"
    )


class Greatest:
    """Finds the greatest of many values, and that they have an order at all.

    Values that lie in the future are passed over: one date mistyped as 2099 would else hide every
    change until then. They are read with the changes every time, as they come after every mark.
    """

    def __init__(self, now: datetime, overlap: Overlap, since: Mark | None = None) -> None:
        """Take the present moment in UTC, and the mark of the read before.

        Clocks may differ by no more than the overlap.
        """
        slack = overlap if isinstance(overlap, timedelta) else timedelta()
        self._horizon = now + slack
        self._local_horizon = self._horizon.replace(tzinfo=None) + _FARTHEST_ZONE
        self._overlap = overlap
        self._style: tuple[Style, str] | None = None
        self._mark: Mark | None = None
        if since is not None:
            for mark in self._marks([since]):
                self._take(mark)

    @property
    def mark(self) -> Mark | None:
        """The greatest value so far that is not in the future; None where there is none."""
        return self._mark

    def latest(self, *, zoned: bool) -> datetime:
        """The last moment that does not lie in the future."""
        return self._horizon if zoned else self._local_horizon

    def see(self, values: Iterable[object]) -> None:
        """Look at more values; those that are None do not count.

        Raises `UnorderedError` where they have no order, or none among themselves.
        """
        found = [value for value in values if value is not None]
        marks = self._marks(found)
        if not marks:
            return
        greatest = max(marks)
        if self._is_future(greatest):
            known = [mark for mark in marks if not self._is_future(mark)]
            if not known:
                return
            greatest = max(known)
        self._take(greatest)

    def _take(self, mark: Mark) -> None:
        if self._mark is None:
            start_of_changes(mark, self._overlap)  # raises where the two do not fit
            self._mark = mark
            return
        if _kind(mark) != _kind(self._mark):
            raise UnorderedError("holds values of several kinds, which have no order")
        self._mark = max(self._mark, mark)

    def _marks(self, values: Sequence[object]) -> Sequence[Mark]:
        """The values as marks; all are of one kind."""
        kinds = set(map(type, values))
        if str in kinds:
            different = dict.fromkeys(values) if kinds == {str} else values  # many share one time
            values = [one for one in different if not _is_no_time(one)]
            kinds = set(map(type, values))
        if kinds == {str}:
            return self._texts(cast("Sequence[str]", values))
        if kinds and all(issubclass(kind, _NUMBERS) and kind is not bool for kind in kinds):
            return [_whole(value) for value in values]
        if not all(issubclass(kind, datetime | date | bytes) for kind in kinds):
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise UnorderedError(f"holds values that do not tell which row came later ({names})")
        zoned = {mark.tzinfo is None for mark in values if isinstance(mark, datetime)}
        if len(kinds) > 1 or len(zoned) > 1:
            raise UnorderedError("holds values of several kinds, which have no order")
        return cast("Sequence[Mark]", values)  # as their kinds are: to look at each takes long

    def _texts(self, texts: Sequence[str]) -> Sequence[str]:
        """Look at how times are written, digit for digit alike: that is quicker than each."""
        for shape in set("\n".join(texts).translate(_ANY_DIGIT).split("\n")):
            alike = (text for text in texts if text.translate(_ANY_DIGIT) == shape)
            self._take_style(next(alike, shape))
        zone = self._style[0].zone if self._style else None
        for text in texts if zone else ():
            if not text.endswith(zone or ""):  # +01:00 and +02:00 have the same shape
                self._take_style(text)
        return texts

    def _take_style(self, example: str) -> None:
        style = Style.of(example)
        if style is None:
            raise UnorderedError(
                f'holds the text "{example}", which is no time that can be ordered'
            )
        _, first = self._style = self._style or (style, example)
        if style != self._style[0]:
            raise UnorderedError(
                f'writes times in different ways, such as "{first}" and "{example}", which do not'
                " sort in the order of time"
            )

    def _is_future(self, mark: Mark) -> bool:
        if isinstance(mark, datetime):
            return mark > self.latest(zoned=mark.tzinfo is not None)
        if isinstance(mark, date):
            return mark > self._local_horizon.date()
        if isinstance(mark, str) and self._style is not None:
            return mark > self._style[0].write(self._local_horizon)
        return False


def _is_no_time(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_NO_TIME)


def _whole(value: object) -> int:
    if isinstance(value, int | float | Decimal) and isfinite(value):
        return floor(value)
    raise UnorderedError(f"holds {value}, which has no place among numbers")


def _kind(mark: Mark) -> str:
    """What marks must have in common to be compared."""
    zone = "+" if isinstance(mark, datetime) and mark.tzinfo is not None else ""
    return type(mark).__name__ + zone
