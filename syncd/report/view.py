"""What the HTML report's template shows: a report, counted, grouped, cut and put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from syncd.domain.attributes import Attribute
from syncd.domain.change import Action
from syncd.domain.cycle import GuardStop, QuarantinedSku
from syncd.domain.snapshot import HeldSku
from syncd.report.charts import Segment, limit_bar, sorted_bars, whole_bar
from syncd.report.groups import Group, held_by_rule, quarantined_by_code
from syncd.report.parts import Part, PartKey, part_of_change, parts_of
from syncd.report.report import Report
from syncd.report.tokens import LOOKS, Role
from syncd.report.wording import ago, command, counted, exact, moment, number, visible

MOST_OF_A_GROUP: Final = 200
_FILTERING: Final = frozenset(
    {PartKey.CREATE, PartKey.UPDATE, PartKey.DELETE, PartKey.STOPPED, PartKey.FAILED}
)
_LISTED: Final = frozenset({PartKey.HELD, PartKey.QUARANTINED})


@dataclass(frozen=True, slots=True)
class When:
    """One time: in words, and exact for machines and for those who hover or listen."""

    words: str
    exact: str
    iso: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One count; it filters the changes, leads to its list, or only tells."""

    key: PartKey
    word: str
    count: str
    role: Role
    mark: str
    is_zero: bool

    @property
    def filters(self) -> bool:
        """Whether a click filters the table of changes."""
        return not self.is_zero and self.key in _FILTERING

    @property
    def href(self) -> str | None:
        """Where a click leads; zero and good counts lead nowhere."""
        if self.filters:
            return "#changes"
        return f"#{self.key}" if not self.is_zero and self.key in _LISTED else None


@dataclass(frozen=True, slots=True)
class GuardView:
    """One guard that stopped something."""

    name: str
    message: str
    examples: tuple[str, ...]
    chart: Markup


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One held row."""

    id: str
    row: str
    value: str
    file: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One quarantined SKU and the commands that help."""

    id: str
    message: str
    request_id: str
    since: When
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group, cut; `beyond` says how many members are left out, or is empty."""

    reason: str
    count: str
    members: tuple[HeldRow | RefusedRow, ...]
    beyond: str


def tiles(report: Report) -> tuple[Tile, ...]:
    """Lay the counts out."""
    return tuple(map(_tile, parts_of(report)))


def _tile(part: Part) -> Tile:
    return Tile(
        key=part.key,
        word=part.word,
        count=number(part.count),
        role=part.role,
        mark=LOOKS[part.role].mark,
        is_zero=not part.count,
    )


def guards(stops: Sequence[GuardStop]) -> tuple[GuardView, ...]:
    """Lay the guard stops of a cycle out."""
    return tuple(map(_guard, stops))


def _guard(stop: GuardStop) -> GuardView:
    chart = limit_bar(f"Guard {stop.guard}", stop.limit, stop.actual)
    return GuardView(
        name=stop.guard,
        message=visible(stop.message),
        examples=tuple(map(visible, stop.examples)),
        chart=trusted(chart),
    )


def whole_chart(report: Report) -> Markup | None:
    """Draw all SKUs as one bar; None where there are none."""
    segments = [Segment(part.word, part.count, part.role) for part in parts_of(report)]
    if not any(segment.count for segment in segments):
        return None
    return trusted(whole_bar("All SKUs", segments))


def total(report: Report) -> str:
    """Count the SKUs of all parts."""
    return number(sum(part.count for part in parts_of(report)))


def attributes_of(report: Report) -> Counter[Attribute]:
    """Count in how many updates each attribute changes."""
    return Counter(
        attribute
        for result in report.changes
        if result.change.action is Action.UPDATE
        for attribute in result.change.attributes
    )


def attribute_chart(report: Report) -> Markup | None:
    """Draw the updates by attribute; None where there are none."""
    counts = attributes_of(report)
    if not counts:
        return None
    return trusted(sorted_bars("Updates by attribute", list(counts.items())))


def change_parts(report: Report) -> list[Part]:
    """List the parts that the changes fall into, for the select above their table."""
    present = Counter(map(part_of_change, report.changes))
    words = {part.key: part.word for part in parts_of(report)}
    words[PartKey.REFUSED] = words[PartKey.QUARANTINED]
    return [Part(key, words[key], present[key], Role.PENDING) for key in PartKey if present[key]]


def attribute_names(report: Report) -> list[str]:
    """List the attributes that any change touches, in the API's order."""
    touched = {name for result in report.changes for name in result.change.attributes}
    return [attribute for attribute in Attribute if attribute in touched]


def held_groups(held: Sequence[HeldSku], most: int = MOST_OF_A_GROUP) -> list[GroupView]:
    """Lay held rows out by rule, at most so many of each."""
    return [_held_group(group, most) for group in held_by_rule(held)]


def _held_group(group: Group[HeldSku], most: int) -> GroupView:
    members = tuple(map(held_row, group.members[:most]))
    return _group(group.reason, len(group.members), "row", members)


def held_row(sku: HeldSku) -> HeldRow:
    """Lay one held row out."""
    held = sku.held
    return HeldRow(
        id=visible(sku.id),
        row="" if held.row is None else str(held.row),
        value=visible(held.value),
        file=visible(held.file or ""),
    )


def refused_groups(
    quarantined: Sequence[QuarantinedSku], now: datetime, most: int = MOST_OF_A_GROUP
) -> list[GroupView]:
    """Lay quarantined SKUs out by code, at most so many of each."""
    return [_refused_group(group, now, most) for group in quarantined_by_code(quarantined)]


def _refused_group(group: Group[QuarantinedSku], now: datetime, most: int) -> GroupView:
    members = tuple(refused_row(sku, now) for sku in group.members[:most])
    return _group(group.reason, len(group.members), "SKU", members)


def refused_row(sku: QuarantinedSku, now: datetime) -> RefusedRow:
    """Lay one quarantined SKU out."""
    commands = (
        command("syncd", "why", ids=[sku.id]),
        command("syncd", "quarantine", "retry", ids=[sku.id]),
    )
    return RefusedRow(
        id=visible(sku.id),
        message=visible(sku.failure.message),
        request_id=visible(sku.failure.request_id or "–"),
        since=when(sku.since, now),
        commands=tuple(one for one in commands if one),
    )


def _group(
    reason: str, count: int, noun: str, members: tuple[HeldRow | RefusedRow, ...]
) -> GroupView:
    beyond = count - len(members)
    return GroupView(
        visible(reason), counted(count, noun), members, number(beyond) if beyond else ""
    )


def when(moment_: datetime, now: datetime) -> When:
    """Say a time relative to the report's own."""
    return When(ago(moment_, now), moment(moment_), exact(moment_))


def trusted(svg: str) -> Markup:
    """Let a template take a chart as it is."""
    return Markup(svg)  # noqa: S704 - charts.py escapes every word that it draws
