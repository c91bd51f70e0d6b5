"""Whatever a table holds, reading its file gives it back, and comparing gives what was edited."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog import FileSource
from syncd.catalog.dialect import Compression, Dialect, Format
from syncd.catalog.header import csv_reader
from syncd.catalog.lines import look_at, with_line_feeds
from syncd.domain.plain_text import trimmed
from syncd.errors import CatalogError
from tests.contract.catalog.reads import Read, file_catalog, read

_LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
_TEXTS = st.one_of(
    st.text(_LETTERS, max_size=12),
    st.text(st.sampled_from("ab\",;'\\ \t\n\r\u00a0äé☃0"), max_size=12),
)
_IDS = st.text(st.sampled_from("ABCabc0123-_.ä"), min_size=1, max_size=6)
_TIDY = _TEXTS.filter(lambda text: not breaks(text))
Table = dict[str, tuple[str, str, str]]
_TABLES = st.dictionaries(_IDS, st.tuples(_TEXTS, _TEXTS, _TEXTS), min_size=1, max_size=20)
_TIDY_TABLES = st.dictionaries(_IDS, st.tuples(_TIDY, _TIDY, _TEXTS), min_size=1, max_size=20)
"""Without line breaks inside the values that are mapped, for those are held."""

_slow = settings(max_examples=12)


@dataclass(frozen=True)
class Style:
    """How a table is written down."""

    line_end: str
    bom: bool
    quote_all: bool
    columns: tuple[str, ...]


_STYLES = st.builds(
    Style,
    line_end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    quote_all=st.booleans(),
    columns=st.permutations(["sku", "mpn", "origin", "name"]).map(tuple),
)


def as_csv(table: Table, style: Style) -> bytes:
    lines = [",".join(style.columns)]
    for item, (part, origin, name) in table.items():
        row = {"sku": item, "mpn": part, "origin": origin, "name": name}
        lines.append(",".join(_cell(row[column], style) for column in style.columns))
    text = "".join(line + style.line_end for line in lines)
    return (b"\xef\xbb\xbf" if style.bom else b"") + text.encode()


def _cell(text: str, style: Style) -> str:
    if style.quote_all or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def as_json_lines(table: Table, style: Style) -> bytes:
    rows = (
        json.dumps(
            dict(zip(["sku", "mpn", "origin", "name"], (item, *texts), strict=True)),
            ensure_ascii=style.quote_all,
        )
        for item, texts in table.items()
    )
    return "".join(row + style.line_end for row in rows).encode()


class Export:
    """A file that is written and read over and over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, content: bytes, known: Read | None = None, ending: str = "csv") -> Read:
        path = self._folder / f"catalog.{ending}"
        path.write_bytes(content)
        source = FileSource(file_catalog(path), "meaning")
        return read(source, self._folder, known.known if known else ())


@contextmanager
def export() -> Iterator[Export]:
    with tempfile.TemporaryDirectory() as folder:
        yield Export(Path(folder))


def breaks(text: str) -> bool:
    return len(trimmed(text).splitlines()) > 1


def expected(table: Table) -> dict[str | None, tuple[str | None, ...]]:
    return {
        item: (trimmed(part) or None, trimmed(origin) or None)
        for item, (part, origin, _) in table.items()
    }


@_slow
@given(_TABLES, _STYLES)
def test_a_csv_file_reads_back_exactly_and_equals_itself(table: Table, style: Style) -> None:
    with export() as file:
        first = file.read(as_csv(table, style))

        assert first.table() == expected(table)
        held = {row.id for row in first.rows if row.defect}
        assert held == {item for item, texts in table.items() if any(map(breaks, texts[:2]))}
        assert first.certificate.complete, first.certificate.doubts
        assert sorted(row.row or 0 for row in first.rows) == list(range(2, len(table) + 2))
        again = file.read(as_csv(table, style), first)
        assert ({row.id for row in again.rows}, again.missing) == (held, ())


@_slow
@given(_TABLES, _STYLES)
def test_json_lines_read_back_exactly_and_equal_themselves(table: Table, style: Style) -> None:
    with export() as file:
        first = file.read(as_json_lines(table, style), ending="jsonl")

        assert first.table() == expected(table)
        assert first.certificate.complete, first.certificate.doubts
        assert file.read(as_json_lines(table, style), first, "jsonl").rows == ()


@_slow
@given(st.data(), _TIDY_TABLES, _STYLES)
def test_edits_come_out_as_exactly_those_ids(
    data: st.DataObject, table: Table, style: Style
) -> None:
    removed = data.draw(st.sets(st.sampled_from(sorted(table))))
    edited = data.draw(st.sets(st.sampled_from(sorted(table)))) - removed
    added = data.draw(st.dictionaries(_IDS, st.tuples(_TIDY, _TIDY, _TEXTS), max_size=5))
    after = {item: texts for item, texts in table.items() if item not in removed}
    after |= {item: (trimmed(after[item][0]) + "!", *after[item][1:]) for item in edited}
    new = {item: texts for item, texts in added.items() if item not in table}

    with export() as file:
        first = file.read(as_csv(table, style))
        later = file.read(as_csv(after | new, style), first)

    assert later.ids == sorted(edited | new.keys())
    assert later.missing == tuple(sorted(removed))


@_slow
@given(_TIDY_TABLES, _STYLES, st.data())
def test_any_cut_is_seen_or_falls_between_two_records(
    table: Table, style: Style, data: st.DataObject
) -> None:
    whole = as_csv(table, style)
    cut = data.draw(st.integers(len(whole) // 2, len(whole) - 1))
    with export() as file:
        first = file.read(whole)
        try:
            later = file.read(whole[:cut], first)
        except CatalogError:
            return
    left = dict(list(table.items())[: later.certificate.records])
    if later.certificate.complete:
        assert later.rows == ()
        assert set(later.missing) == table.keys() - left.keys()
        assert whole[:cut] == as_csv(left, style)


_SKUS = st.lists(st.from_regex(r"S-[a-z]{2}-[0-9]", fullmatch=True), min_size=3, unique=True)


@settings(_slow, max_examples=25)
@given(_SKUS, st.sampled_from(["csv", "jsonl"]), _STYLES, st.data())
def test_a_damaged_line_end_never_makes_an_id_missing_that_still_stands_in_the_file(
    skus: list[str], ending: str, style: Style, data: st.DataObject
) -> None:
    table: Table = dict.fromkeys(skus, ("P", "DK", "n"))
    whole = (as_csv if ending == "csv" else as_json_lines)(table, style)
    end = style.line_end.encode()
    above = 1 if ending == "csv" else 0
    lines = whole.split(end)[:-1]
    joint = data.draw(st.integers(above, len(lines) - 2))
    instead = data.draw(st.sampled_from(_JOINTS))
    damaged = end.join(lines[: joint + 1]) + instead + end.join([*lines[joint + 1 :], b""])
    with export() as file:
        first = file.read(whole, ending=ending)
        later = file.read(damaged, first, ending)

    assert first.certificate.complete, first.certificate.doubts
    assert not later.certificate.complete or later.missing == ()


_JOINTS = [
    text.encode()
    for text in ("", " ", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", ",", '"', "x", "\0")
]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_lines_are_counted_alike_in_pieces_of_any_size(content: bytes, size: int) -> None:
    pieces = [content[start : start + size] for start in range(0, len(content), size)]

    assert look_at(pieces, '"') == look_at([content], '"')


@given(_TABLES, _STYLES, st.integers(1, 50))
def test_mending_line_ends_changes_no_value(table: Table, style: Style, size: int) -> None:
    content = as_csv(table, style)
    pieces = [content[start : start + size] for start in range(0, len(content), size)]

    mended = b"".join(with_line_feeds(pieces, '"', b"\v"))

    assert _records(mended) == _records(content)
    assert look_at([mended], '"').outside == len(table) + 1


def _records(content: bytes) -> list[list[str]]:
    dialect = Dialect(Format.CSV, Compression.NONE, ",", '"')
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv_reader(text, dialect, strict=True))
