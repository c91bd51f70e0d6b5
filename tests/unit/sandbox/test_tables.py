"""Records keep their order over removals, gaps and their closing."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.tables import FEWEST_GAPS, Record, Table

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _record(record_id: str) -> Record:
    return Record(record_id, {}, NOW, NOW)


def _newest_first(table: Table) -> list[str]:
    return [record.id for record in table.older_than(None)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef")), max_size=40))
def test_a_table_is_a_dictionary_that_lists_its_newest_first(
    steps: list[tuple[bool, str]],
) -> None:
    table, model = Table(), dict[str, None]()
    for adds, record_id in steps:
        if adds:
            table.put(_record(record_id))
            model.setdefault(record_id)
        else:
            table.remove(record_id)
            model.pop(record_id, None)

        assert _newest_first(table) == list(reversed(model))


def test_closing_the_gaps_changes_no_order_and_no_cursor() -> None:
    table = Table()
    for number in range(3 * FEWEST_GAPS):
        table.put(_record(str(number)))
    for number in range(2 * FEWEST_GAPS):
        table.remove(str(number))
    cursor = table.get(str(2 * FEWEST_GAPS + 5))
    assert cursor is not None

    assert cursor.place < FEWEST_GAPS
    assert [record.id for record in table.older_than(cursor.place)][:2] == ["2004", "2003"]
    assert next(table.newer_than(cursor.place)).id == "2006"
    assert len(_newest_first(table)) == FEWEST_GAPS
