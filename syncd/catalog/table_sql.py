"""How DuckDB reads lines of cells: every column as text, nothing guessed, nothing repaired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from syncd.catalog.ready import ReadyFile
from syncd.catalog.sql import BETWEEN, FLAW, Cells, Look, break_flaw, literal, nul_flaw

LONGEST_RECORD: Final = 2_000_000
"""In bytes; a longer record is rejected, so that one lost quote cannot take all the memory."""

_BUFFER: Final = 8_000_000
_NOT_A_CELL: Final = "\x1dsyncd: no cell holds this\x1d"


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of a line: how many, what stands between and around them, and if a header does."""

    width: int
    delimiter: str
    quote: str
    header: bool


def table_cells(ready: ReadyFile, look: Look) -> Cells:
    """Read a CSV or TSV file, whose columns are named `c0`, `c1`, … by their places."""
    layout = Layout(ready.width, ready.dialect.delimiter, ready.dialect.quote, header=True)
    cells = [f"c{place}" for place in ready.places]
    found = _flaw(cells, ready)
    return Cells(
        file=ready.file.index,
        source=read_lines(ready, layout, look),
        position=look.position,
        texts=cells,
        raws=cells,
        flaw=found or f"NULL::{FLAW}",
        trace=_trace(cells, found) if found else "NULL::VARCHAR",
    )


def _flaw(cells: list[str], ready: ReadyFile) -> str:
    """Look in the cells only for what the bytes of the file have at all; empty for nothing."""
    if ready.lines is None:
        return ""
    breaks = ready.lines.breaks_inside
    found = [
        *([nul_flaw(cells)] if ready.lines.has_nul else []),
        *([break_flaw(cells, breaks)] if breaks else []),
    ]
    return f"coalesce({', '.join(found)})" if found else ""


def _trace(cells: list[str], flaw: str) -> str:
    return f"CASE WHEN {flaw} IS NOT NULL THEN concat_ws({BETWEEN}, {', '.join(cells)}) END"


def read_lines(ready: ReadyFile, layout: Layout, look: Look) -> str:
    """Call the reader with the safe options.

    `null_padding`, `ignore_errors` and sniffing would turn damage into values. No text stands for
    null, for then one empty cell too many would pass unnoticed.
    """
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(layout.width))
    quote = literal(layout.quote)
    feeds = ready.lines is not None and not ready.lines.carriage_returns
    line_end = r", new_line='\n'" if feeds else ""
    return (
        f"read_csv({literal(str(ready.plain))}, columns={{{columns}}}, auto_detect=false, "
        f"header={layout.header}, delim={literal(layout.delimiter)}, quote={quote}, "
        f"escape={quote}, nullstr={literal(_NOT_A_CELL)}, strict_mode=true, compression='none', "
        f"encoding='utf-8', max_line_size={LONGEST_RECORD}, buffer_size={_BUFFER}, "
        f"parallel={look.parallel}, store_rejects=true, rejects_limit=0, "
        f"rejects_table='{look.rejects}', rejects_scan='{look.scans}'{line_end})"
    )
