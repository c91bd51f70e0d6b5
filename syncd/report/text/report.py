"""A report as text: what was done or would be, and why the rest was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syncd.domain.change import Action
from syncd.domain.cycle import ChangeResult, GuardStop, QuarantinedSku
from syncd.domain.snapshot import HeldSku
from syncd.report.advice import Advice, advice_on
from syncd.report.difference import difference
from syncd.report.groups import held_by_rule, place_of, quarantined_by_code
from syncd.report.headline import ending, headline
from syncd.report.parts import failures_first, parts_of
from syncd.report.report import Report
from syncd.report.sentence import sentence
from syncd.report.text.pieces import and_more, marked
from syncd.report.tokens import LOOKS, Role, role_of_change
from syncd.report.wording import (
    command,
    counted,
    failure_words,
    number,
    said_of,
    share_or_count,
    value_words,
    visible,
)

MOST_CHANGES: Final = 30
MOST_OF_A_GROUP: Final = 10
_LONGEST_ID: Final = 80


def laid_out(report: Report) -> Group:
    """Lay out every part that has something to tell, the first sentence again at the end."""
    said = Text(visible(sentence(report)), style="bold")
    sections = list(_sections(report))
    shown: list[RenderableType] = [said, Text(headline(report), style="dim"), Text()]
    shown += [_parts(report), *_evidence(report), *sections]
    if sections:
        shown += [Text(), said]
    if ending(report):
        shown.append(Text(ending(report), style=LOOKS[_ending_role(report)].ansi))
    return Group(*shown)


def _ending_role(report: Report) -> Role:
    return Role.STOPPED if report.guards or report.error else Role.HELD


def _sections(report: Report) -> Iterator[RenderableType]:
    if report.guards:
        yield _section(Role.STOPPED, "Guards", _guards(report))
    if report.changes:
        yield _section(None, "Changes", _changes(report.changes))
    if report.held:
        yield _section(Role.HELD, "Held", _held(report.held))
    if report.quarantined:
        yield _section(Role.QUARANTINED, "Quarantined", _quarantined(report.quarantined))
    notes = [*report.notes, *report.catalog.doubts]
    if notes:
        yield _section(None, "Notes", Group(*(Text(visible(note)) for note in notes)))


def _evidence(report: Report) -> Iterator[RenderableType]:
    """Say why the read is taken for what it is, be it complete or partial."""
    told = [Text(visible(sentence), style="dim") for sentence in report.catalog.evidence]
    if told:
        yield _section(None, "Evidence of the read", Group(*told))


def _section(role: Role | None, title: str, body: RenderableType) -> Group:
    heading = Text(title, style="bold") if role is None else marked(role, title)
    return Group(Text(), heading, Padding(body, (0, 0, 0, 2)))


def _parts(report: Report) -> Text:
    shown = [
        marked(part.role, f"{part.word} {number(part.count)}")
        if part.count
        else Text(f"{part.word} 0", style="dim")
        for part in parts_of(report)
    ]
    return Text("   ").join(shown)


def _guards(report: Report) -> Group:
    advice = advice_on(report.guards, report.recorded)
    return Group(*map(_guard, report.guards), *map(_advice, advice))


def _advice(advice: Advice) -> Group:
    return Group(Text(advice.words), Text(f"  {advice.command}", style="cyan"))


def _guard(stop: GuardStop) -> Group:
    figures = f"limit {share_or_count(stop.limit)}, actual {share_or_count(stop.actual)}"
    lines = [
        Text.assemble((stop.guard, "bold"), f"  {figures}"),
        Text(visible(stop.message)),
    ]
    if stop.examples:
        lines.append(Text("such as " + ", ".join(map(visible, stop.examples)), style="dim"))
    return Group(*lines)


def _changes(changes: Sequence[ChangeResult]) -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for result in failures_first(changes)[:MOST_CHANGES]:
        table.add_row(_deed(result), Text(visible(result.change.id)), _what(result))
    return Group(table, *and_more(len(changes) - MOST_CHANGES))


def _deed(result: ChangeResult) -> Text:
    action, outcome = result.change.action, result.outcome
    return marked(role_of_change(action, outcome), said_of(result.change, outcome))


def _what(result: ChangeResult) -> Text:
    if result.change.action is Action.UPDATE:
        shown = Text("\n").join(_updated(result))
    else:
        shown = Text.assemble((" · ", "dim")).join(_written_or_lost(result))
    if result.failure is not None:
        shown.append(f"\n{failure_words(result.failure)}", style=LOOKS[Role.FAILED].ansi)
    return shown


def _updated(result: ChangeResult) -> Iterator[Text]:
    changes = result.change.attributes
    widest = max(map(len, changes), default=0)
    for attribute, one in changes.items():
        parts = difference(value_words(one.known), value_words(one.desired))
        yield Text.assemble(
            (attribute.ljust(widest + 2), "dim"),
            parts.head,
            (parts.old, "underline"),
            parts.tail,
            (" → ", "dim"),
            parts.head,
            (parts.new, "bold underline"),
            parts.tail,
        )


def _written_or_lost(result: ChangeResult) -> Iterator[Text]:
    """List values; their names would take four lines a change, and only truth values need them."""
    is_delete = result.change.action is Action.DELETE
    for attribute, one in result.change.attributes.items():
        value = one.known if is_delete else one.desired
        if value is not None:
            name = f"{attribute} " if isinstance(value, bool) else ""
            yield Text.assemble((name, "dim"), value_words(value))


def _held(held: Sequence[HeldSku]) -> Group:
    shown: list[RenderableType] = []
    for group in held_by_rule(held):
        shown.append(_reason(group.reason, len(group.members), "row"))
        rows = Table.grid(padding=(0, 2))
        for sku in group.members[:MOST_OF_A_GROUP]:
            place = visible(place_of(sku.held))
            value = Text(visible(sku.held.value), style=LOOKS[Role.HELD].ansi)
            rows.add_row(place, Text(visible(_short(sku.id)) or "no id"), value)
        more = and_more(len(group.members) - MOST_OF_A_GROUP)
        shown.append(Padding(Group(rows, *more), (0, 0, 0, 2)))
    return Group(*shown)


def _short(id: str) -> str:
    """Cut what a held row has for an id, which may be any text."""
    return id if len(id) <= _LONGEST_ID else f"{id[:_LONGEST_ID]}…"


def _reason(reason: str, count: int, noun: str) -> Text:
    return Text.assemble(visible(reason), (f"  {counted(count, noun)}", "dim"))


def _quarantined(quarantined: Sequence[QuarantinedSku]) -> Group:
    shown: list[RenderableType] = []
    for group in quarantined_by_code(quarantined):
        shown.append(_reason(group.reason, len(group.members), "SKU"))
        few = group.members[:MOST_OF_A_GROUP]
        more = and_more(len(group.members) - MOST_OF_A_GROUP)
        shown.append(Padding(Group(*map(_refused, few), *more), (0, 0, 0, 2)))
    return Group(*shown)


def _refused(sku: QuarantinedSku) -> Text:
    failure = sku.failure
    request = f" (request {visible(failure.request_id)})" if failure.request_id else ""
    words = [Text.assemble(visible(sku.id), "  ", visible(failure.message), (request, "dim"))]
    helps = [command("syncd", "why", ids=[sku.id])]
    helps.append(command("syncd", "quarantine", "retry", ids=[sku.id]))
    found = [one for one in helps if one]
    words += [Text("  " + "   ".join(found), style="cyan")] if found else []
    return Text("\n").join(words)
