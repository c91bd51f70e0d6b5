"""Which column becomes which attribute: as guessed, as named on the line, or as answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from syncd.domain.nearest import nearest_names
from syncd.engine.guess import Confidence, Guess, Table, Target, Treatment, Words, look_at
from syncd.errors import UsageError

CHOSEN = "chosen"
OF_SOURCE = "set"


@dataclass(frozen=True, slots=True)
class Choice:
    """A column with its treatment; `word` says how it came about, and `reason` why.

    What the source `brings` itself need not be written down.
    """

    column: str
    word: str
    reason: str
    treatment: Treatment = field(default_factory=Treatment)
    brings: bool = False


class Asked(Protocol):
    """Whoever is asked for each attribute."""

    def choose(self, target: Target, guess: Guess | None) -> Guess | None:
        """Take the guess, another column, or none."""

    def wants_filter(self, column: str, words: Sequence[str]) -> bool:
        """Whether only rows that have one of these words there take part."""


class Nobody:
    """Takes every guess that can be relied on."""

    def choose(self, target: Target, guess: Guess | None) -> Guess | None:  # noqa: ARG002 - of all alike
        return None if guess is None or guess.confidence is Confidence.UNSURE else guess

    def wants_filter(self, column: str, words: Sequence[str]) -> bool:  # noqa: ARG002 - in any case
        return True


def chosen(
    asked: Asked, guesses: Mapping[Target, Guess], fixed: Mapping[Target, Choice]
) -> dict[Target, Choice]:
    """Ask for what is not fixed; raises `UsageError` where something mandatory has no column."""
    found: dict[Target, Choice] = {}
    for target in Target:
        if target in fixed:
            found[target] = fixed[target]
            continue
        guess = guesses.get(target)
        taken = asked.choose(target, guess)
        if taken is not None:
            word = str(taken.confidence) if taken is guess else CHOSEN
            found[target] = Choice(taken.column, word, taken.reason, taken.treatment)
    _refuse_without(found, guesses)
    return found


def not_taken(guesses: Mapping[Target, Guess], found: Mapping[Target, Choice]) -> list[str]:
    """Say what was not sure enough to be taken without a question, and how to take it."""
    taken = {choice.column for choice in found.values()}
    return [
        f"{target} may be “{guess.column}” ({guess.reason}): add --map {target}={guess.column}"
        for target, guess in guesses.items()
        if target not in found and guess.column not in taken
    ]


def named_on_the_line(texts: Sequence[str], table: Table, words: Words) -> dict[Target, Choice]:
    """Read `--map ATTRIBUTE=COLUMN`; raises `UsageError` where one of them is not there."""
    return dict(_named(text, table, words) for text in texts)


def _named(text: str, table: Table, words: Words) -> tuple[Target, Choice]:
    name, equals, column = text.partition("=")
    if not equals or name not in set(Target):
        known = ", ".join(Target)
        raise UsageError(f"--map {text}", f"it names none of {known}", "Write --map id=COLUMN")
    if column not in table.columns:
        near = nearest_names(column, table.columns)
        hint = f"; the nearest is “{near[0]}”" if near else ""
        raise UsageError(f"--map {text}", f"there is no such column{hint}", "Correct it")
    target = Target(name)
    guess = look_at(table, column, target, words)
    return target, Choice(column, CHOSEN, guess.reason, guess.treatment)


def _refuse_without(found: Mapping[Target, Choice], guesses: Mapping[Target, Guess]) -> None:
    lost = [target for target in Target if target.is_mandatory and target not in found]
    if not lost:
        return
    unsure = [f"{one} may be “{guesses[one].column}”" for one in lost if one in guesses]
    perhaps = f" ({', '.join(unsure)})" if unsure else ""
    raise UsageError(
        f"The mapping of {' and '.join(lost)}",
        f"no column can be told to hold it{perhaps}",
        f"Name it, as in --map {lost[0]}=COLUMN, or answer on a terminal",
    )
