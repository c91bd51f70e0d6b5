"""What reports and listings show alike in text."""

from __future__ import annotations

from rich.text import Text

from syncd.report.tokens import LOOKS, Role
from syncd.report.wording import number


def marked(role: Role, words: str) -> Text:
    """Show a mark beside the words: colour alone tells some people nothing."""
    look = LOOKS[role]
    return Text(f"{look.mark} {words}", style=look.ansi)


def and_more(left: int) -> list[Text]:
    """Say how many were left out, if any, and where all of them are."""
    if left <= 0:
        return []
    return [Text(f"and {number(left)} more: --format json", style="dim")]
