"""SQL makes of every text what the mapping says it means."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog.steps_sql import Target, id_target, layered, value_target
from syncd.config import ColumnMapping
from syncd.data.country_names import country_names
from syncd.data.truth_words import TRUTH_WORDS
from syncd.domain.plain_text import INVISIBLE, WHITE_SPACE
from tests.property.mapping_reference import id_of, value_of

PATTERNS = [
    r"\d+",
    r"^HS\s*(\d{4}\.?\d{2})",
    r"([A-Z]+)-(\w*)",
    r"(a)|b",
    r"[^-]*$",
    r"\S*?x?",
    ".",
]
SPECIAL = "-.,'\"#aAxXßİéÉ\x0b\0" + string.digits + WHITE_SPACE + INVISIBLE
words = st.sampled_from(
    ["HS 6404.20", "SKU-12-EU", "x", "Côte d’Ivoire", "U.S.A.", "DNK", "Ja", "NON", "Korea", "ﬁ"]
)
texts = st.one_of(
    st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(SPECIAL)), max_size=12),
    words,
    st.sampled_from([*country_names(), *TRUTH_WORDS]).map(str.title),
    st.none(),
)
affixes = st.sampled_from(["SKU-", "-EU", "HS", "'", "é"])


@st.composite
def columns(draw: st.DrawFn) -> ColumnMapping:
    """Any steps together."""
    case = draw(st.sampled_from([{}, {"upper": True}, {"lower": True}]))
    several = draw(st.booleans())
    return ColumnMapping.model_validate(
        {
            **({"fields": ["a", "b"], "separator": draw(affixes)} if several else {"field": "a"}),
            "strip": draw(st.sampled_from(["", "'", "#-é", " x"])),
            "strip_affixes": draw(st.lists(affixes, max_size=2)),
            "extract": draw(st.sampled_from([None, *PATTERNS])),
            "values": draw(st.sampled_from([{}, {"1": "one", "": "nothing"}, {"ẞ": "it's"}])),
            "boolean": draw(st.booleans()),
            "countries": draw(st.sampled_from([None, "alpha-3", "names"])),
            "default": draw(st.sampled_from([None, "", "EAR99"])),
            **case,
        }
    )


Make = Callable[[ColumnMapping, Sequence[str]], Target]
Rows = list[tuple[str | None, str | None]]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def _made(
    engine: duckdb.DuckDBPyConnection, make: Make, column: ColumnMapping, rows: Rows
) -> list[str | None]:
    target = make(column, ["f0", "f1"][: len(column.sources)])
    cells = "(SELECT unnest(?::VARCHAR[]) AS f0, unnest(?::VARCHAR[]) AS f1)"
    query = f"SELECT v FROM {layered(cells, {'v': target})}"  # noqa: S608 - made of literals
    found = engine.execute(query, [list(each) for each in zip(*rows, strict=True)]).fetchall()
    return [value for (value,) in found]


@given(column=columns(), rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=20))
@settings(max_examples=30)
def test_values_and_ids_are_what_the_mapping_makes_of_the_cells(
    engine: duckdb.DuckDBPyConnection, column: ColumnMapping, rows: Rows
) -> None:
    width = len(column.sources)

    assert _made(engine, value_target, column, rows) == [
        value_of(column, row[:width]) for row in rows
    ]
    assert _made(engine, id_target, column, rows) == [id_of(column, row[:width]) for row in rows]


def test_every_name_of_a_country_is_found_however_it_is_written(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    column = ColumnMapping(field="a", countries="names")
    names = list(country_names())
    written: Rows = [(name.upper(), None) for name in names]
    written += [(".".join(name), None) for name in names]

    assert _made(engine, value_target, column, written) == 2 * list(country_names().values())
