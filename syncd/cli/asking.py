"""The questions of `syncd init`, on a terminal; Enter takes what is proposed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from typing import TYPE_CHECKING, Final

from syncd.cli.shown.configuration import meaning_of
from syncd.domain.nearest import nearest_names
from syncd.domain.plain_text import trimmed
from syncd.engine.guess import Confidence, Guess, Table, Target, Words, look_at
from syncd.errors import UsageError
from syncd.report.wording import counted, visible

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN: Final = 3
_LONGEST: Final = 24
_LEAVE_OUT: Final = "-"


def is_on_terminal() -> bool:
    """Whether somebody can be asked."""
    return all(each is not None and each.isatty() for each in (sys.stdin, sys.stderr))


class Dialogue:
    """Shows the columns once, then asks for one attribute after the other."""

    def __init__(self, console: Console, table: Table, words: Words) -> None:
        self._console = console
        self._table = table
        self._words = words

    def begin(self, source: str) -> None:
        """List the columns with their numbers and some of their values."""
        from rich.table import Table as Grid
        from rich.text import Text

        rows = counted(len(self._table.rows), "row")
        columns = counted(len(self._table.columns), "column")
        self._say(f"{source}: {rows} were looked at, with {columns}.\n")
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(justify="right", style="dim")
        for number, column in enumerate(self._table.columns, start=1):
            grid.add_row(str(number), Text(visible(column), "bold"), Text(self._examples(column)))
        self._console.print(grid)
        self._say("\nEnter takes the guess; a number or a name another column; - leaves it out.")

    def choose(self, target: Target, guess: Guess | None) -> Guess | None:
        """Ask until there is an answer that can be followed."""
        self._say(f"\n{target}: {meaning_of(target)}")
        proposed = None if guess is None else self._propose(guess)
        while True:
            answer = trimmed(self._ask(f"  column [{visible(proposed or _LEAVE_OUT)}]: "))
            column = self._understood(answer or proposed or _LEAVE_OUT, target)
            if column is not None:
                break
        if column == _LEAVE_OUT:
            return None
        return guess if guess and guess.column == column else self._another(column, target)

    def wants_filter(self, column: str, words: Sequence[str]) -> bool:
        """Ask; Enter means yes."""
        said = " or ".join(words)
        question = f"\nOnly rows where {visible(column)} is {said} take part? [Y/n]: "
        return not trimmed(self._ask(question)).lower().startswith("n")

    def secret(self) -> str:
        """Ask for the key without showing it; empty where it is not given."""
        self._say("\nThe secret API key is kept in the configuration, which only you can read.")
        return trimmed(self._heard(lambda: getpass("  API key (Enter to give it later): ")))

    def _propose(self, guess: Guess) -> str:
        doubt = "" if guess.confidence is Confidence.SURE else f" ({guess.confidence})"
        self._say(f"  {visible(guess.column)}{doubt}: {guess.reason}")
        self._say(f"  such as {self._examples(guess.column)}")
        return guess.column

    def _another(self, column: str, target: Target) -> Guess:
        found = look_at(self._table, column, target, self._words)
        self._say(f"  {visible(column)}: {found.reason}")
        return found

    def _understood(self, answer: str, target: Target) -> str | None:
        """Find the column that was meant; None, said why, where the answer leads nowhere."""
        columns = self._table.columns
        if answer in columns:
            return answer
        if answer == _LEAVE_OUT:
            return self._left_out(target)
        if answer.isdecimal() and 0 < int(answer) <= len(columns):
            return columns[int(answer) - 1]
        near = nearest_names(answer, columns)
        hint = f" The nearest is {visible(near[0])}." if near else ""
        self._say(f"  There is no column {visible(answer)}.{hint}")
        return None

    def _left_out(self, target: Target) -> str | None:
        if not target.is_mandatory:
            return _LEAVE_OUT
        self._say("  This one is needed: name a column.")
        return None

    def _examples(self, column: str) -> str:
        values = list(dict.fromkeys(filter(None, self._table.values(column))))[:_SHOWN]
        return ", ".join(visible(value[:_LONGEST]) for value in values) or "(empty)"

    def _ask(self, question: str) -> str:
        self._console.print(question, end="", markup=False, highlight=False)
        return self._heard(input)

    def _heard(self, listen: Callable[[], str]) -> str:
        try:
            return listen()
        except EOFError:
            raise UsageError(
                "syncd init", "the answers ended before the questions did", "Run it again"
            ) from None

    def _say(self, words: str) -> None:
        self._console.print(words, markup=False, highlight=False)
