"""The columns of believable exports, each with a few rows."""

from __future__ import annotations

from syncd.domain.rules import RuleBook
from syncd.engine.guess import Table, Words

WORDS = Words(
    rules=RuleBook(
        countries=frozenset({"CN", "DE", "DK", "US"}),
        approved_eccns=frozenset({"EAR99", "5A992"}),
        barred_eccns=frozenset(),
        licence_eccns=frozenset(),
    ),
    countries={"germany": "DE", "deutschland": "DE", "china": "CN", "chn": "CN", "deu": "DE"},
    alpha_3={"chn": "CN", "deu": "DE"},
    truths={"ja": "true", "nein": "false", "yes": "true", "no": "false"},
)


def table(header: str, *rows: str) -> Table:
    """Make a table of lines with bars between the cells."""
    cells = [tuple(cell.strip() or None for cell in row.split("|")) for row in rows]
    return Table(tuple(name.strip() for name in header.split("|")), tuple(cells))


def numbered(header: str, row: str, count: int = 9) -> Table:
    """Make a table of so many rows, with their number wherever a # stands."""
    return table(header, *(row.replace("#", str(number)) for number in range(count)))
