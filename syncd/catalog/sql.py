"""Words of SQL that all formats share: quoting, trimming, and the cells that a reader gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncd.domain.plain_text import INVISIBLE, WHITE_SPACE

FLAW: Final = "STRUCT(field INTEGER, rule VARCHAR)"
"""The number of the cell at fault, or `WHOLE_RECORD`, and the rule it breaks."""

WHOLE_RECORD: Final = -1
_NUL_RULE: Final = "the text has a NUL byte"
_BREAK_RULE: Final = "the value goes over several lines, so another row may have run into it"
BETWEEN: Final = "chr(31)"
"""What keeps the texts of a trace apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the files are to be read this time.

    `parallel` is quick, and right only where no value has a line end and no record is rejected.
    `numbered` asks for each record's position, which costs keeping the order of the file.
    """

    name: str
    parallel: bool
    numbered: bool

    @property
    def rejects(self) -> str:
        """The table that takes the records which the reader refused."""
        return f"rejects_{self.name}"

    @property
    def scans(self) -> str:
        """The table that says which file each of them came from."""
        return f"scans_{self.name}"

    @property
    def position(self) -> str:
        """The number of an accepted record among those of its file, from 1; 0 if not asked for."""
        return "row_number() OVER ()" if self.numbered else "0::BIGINT"


@dataclass(frozen=True, slots=True)
class Cells:
    """What one file gives: SQL for the needed columns, the id's first.

    `texts` are the cells as text, `raws` as they stand in the file, for the fingerprint; `flaw` is
    what keeps the record from being used, or null, and `record` its text where it is shown. In the
    `trace` of a flawed one other ids may stand.
    """

    file: int
    source: str
    position: str
    texts: Sequence[str]
    raws: Sequence[str]
    flaw: str
    record: str = "NULL::VARCHAR"
    trace: str = "NULL::VARCHAR"


def no_cells(width: int) -> Cells:
    """Stand for a source that has no file at all, as one where nothing has changed."""
    nothing = ["NULL::VARCHAR"] * width
    return Cells(0, "(SELECT 1 WHERE false)", "0::BIGINT", nothing, nothing, f"NULL::{FLAW}")


def id_cells(ids: Path, width: int) -> Cells:
    """Read ids alone from a file that has them as JSON strings, one a line, into the first cell."""
    texts = ["json ->> '$'", *["NULL::VARCHAR"] * (width - 1)]
    source = f"read_json_objects({literal(str(ids))}, format='newline_delimited')"
    return Cells(0, source, "0::BIGINT", texts, texts, f"NULL::{FLAW}")


def literal(text: str) -> str:
    """Quote a text."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def trimmed(text: str) -> str:
    """Trim as `plain_text.trimmed` does; looking at both ends first makes it ten times as fast.

    A whole text that lies between two characters begins with one of them or with one in between.
    """
    white = literal(WHITE_SPACE + INVISIBLE)
    both_visible = f"{text} BETWEEN '!' AND '~' AND {text}[-1] BETWEEN '!' AND '~'"
    return f"CASE WHEN {both_visible} THEN {text} ELSE trim({text}, {white}) END"


def flaw(field: int, rule: str) -> str:
    """Name the cell at fault and the rule it breaks."""
    return f"{{'field': {field}, 'rule': {literal(rule)}}}"


def break_flaw(texts: Sequence[str], breaks: frozenset[str]) -> str:
    """Find the first cell that has a line break inside, as rows have that stray quotes join."""
    cases = " ".join(
        f"WHEN contains({text}, chr({ord(one)})) AND contains({trimmed(text)}, chr({ord(one)})) "
        f"THEN {flaw(number, _BREAK_RULE)}"
        for number, text in enumerate(texts)
        for one in sorted(breaks)
    )
    return f"CASE {cases} END::{FLAW}" if cases else f"NULL::{FLAW}"


def nul_flaw(texts: Sequence[str]) -> str:
    """Find the first cell that has a NUL byte, as a file has it whose blocks were never written."""
    cases = " ".join(
        f"WHEN contains({text}, chr(0)) THEN {flaw(number, _NUL_RULE)}"
        for number, text in enumerate(texts)
    )
    return f"CASE {cases} END::{FLAW}"
