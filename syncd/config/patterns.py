"""The regular expressions that a mapping may use: what every engine reads in the same way."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 500
_MOST_REPEATS: Final = 1000
"""The engine that carries patterns out allows no more, of repeats within repeats together."""

_IN_SETS: Final = r"\\(?:[dDwWsStnr]|[!-/:-@\[-`{-~])"
_ANYWHERE: Final = rf"{_IN_SETS}|\\[bBA]"
_NOT_YET_IN_SETS: Final = r"--|&&|~~|\|\|"
"""Python warns of these: it may come to read them as set operations."""
_TOKEN: Final = re.compile(
    rf"""(?P<escape>{_ANYWHERE})
    |(?P<set>\[(?>\^?\]?)(?:{_IN_SETS}|(?!{_NOT_YET_IN_SETS})[^\\\[\]])*\])
    |(?P<open>\((?:\?:)?(?!\?))
    |(?P<close>\))
    |(?P<repeat>(?:\{{(?P<least>\d+)(?:,(?P<most>\d*))?\}}|[*+?])\??(?![*+?{{]))
    |(?P<plain>[^\\\[\](){{}}*+?])""",
    re.VERBOSE | re.DOTALL,
)
_IGNORING_CASE: Final = "(?i)"
_WANTED: Final = (
    "must be made of plain characters, \\d \\w \\s and the like, sets such as [A-Z], groups, | ^ $"
    " . and repeats, with (?i) at its start where capitals do not matter"
)


def read_pattern(text: str) -> str:
    """Take a pattern that Python and RE2, which carries it out, understand alike.

    Back references and looking around are what RE2 lacks; the other things refused here it reads in
    another way than Python. Raises `ValueError` with what is wrong, as the end of a sentence.
    """
    if not 0 < len(text) <= _LONGEST:
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    _refuse_the_unknown(text.removeprefix(_IGNORING_CASE))
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def has_group(pattern: str) -> bool:
    """Whether some part of the pattern is singled out by brackets."""
    return re.compile(pattern, re.ASCII).groups > 0


def _refuse_the_unknown(text: str) -> None:
    """Go through token by token, and multiply the repeats that stand within each other."""
    place, repeats, inside = 0, [1], 1
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise ValueError(f'{_WANTED}; "{text[place:][:10]}" is none of these')
        place = token.end()
        if token["repeat"]:
            times = max(int(token["most"] or token["least"] or 1), 1)
            inside *= times
            repeats[-1] = max(repeats[-1], inside)
            if inside > _MOST_REPEATS:
                raise ValueError(f"must not repeat anything more than {_MOST_REPEATS} times")
            continue
        if token["open"]:
            repeats.append(1)
        inside = repeats.pop() if token["close"] and len(repeats) > 1 else 1
        repeats[-1] = max(repeats[-1], inside)
