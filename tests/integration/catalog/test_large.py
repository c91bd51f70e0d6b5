"""Files that DuckDB reads in several pieces, where it was seen to lose records."""

from __future__ import annotations

import pytest

from tests.contract.catalog.reads import origin_of
from tests.integration.catalog.conftest import HEADER, Catalog

ROWS = 40_000
LONG = "x" * 500


def test_rejected_records_cost_no_others_their_place(catalog: Catalog) -> None:
    lines = [
        f"A{number},{LONG}" if number % 5 == 0 else f'A{number},"{LONG}",DK'
        for number in range(ROWS)
    ]
    catalog.write("sku,mpn,origin\n" + "\n".join(lines) + "\n")

    found = catalog.read()

    assert {row.id: row.row for row in found.rows} == {
        f"A{number}": number + 2 for number in range(ROWS)
    }
    broken = {row.id for row in found.rows if row.defect}
    assert broken == {f"A{number}" for number in range(0, ROWS, 5)}
    assert found.certificate.complete, found.certificate.doubts


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_inside_values_never_become_records(catalog: Catalog, line_end: str) -> None:
    decoy = f"B1,decoy,US{line_end}"
    lines = [
        f'A{number},"{LONG}{line_end}{decoy if number % 3 == 0 else ""}",DK'
        for number in range(ROWS)
    ]
    catalog.write(line_end.join(["sku,mpn,origin", *lines, ""]))

    found = catalog.read()

    assert {row.id: row.row for row in found.rows} == {
        f"A{number}": number + 2 for number in range(ROWS)
    }
    assert {origin_of(row) for row in found.rows} == {"DK"}
    assert found.certificate.complete, found.certificate.doubts


def test_the_same_change_in_many_rows_comes_out_of_each(catalog: Catalog) -> None:
    """Fingerprints are combined in parts of the ids: like changes must not cancel out there."""
    lines = [f"A{number},{number},DK\n" for number in range(20_000)]
    catalog.write("sku,mpn,origin\n" + "".join(lines))
    known = catalog.read().known
    catalog.write("sku,mpn,origin\n" + "".join(line.replace("DK", "DE") for line in lines))

    assert len(catalog.read(known=known).rows) == 20_000


def test_a_few_changes_among_many_rows_come_out_alone(catalog: Catalog) -> None:
    lines = [f"A{number},{number},DK\n" for number in range(20_000)]
    catalog.write("sku,mpn,origin\n" + "".join(lines))
    known = catalog.read().known
    lines[7] = "A7,changed,DK\n"
    lines[9] = "new,9,DK\n"
    lines.append("A11,11,DK\n")
    catalog.write("sku,mpn,origin\n" + "".join(lines))

    found = catalog.read(known=known)

    assert (found.ids, found.missing) == (["A11", "A7", "new"], ("A9",))
    assert found.rule("A11") == "the id stands in rows 13 and 20002"


def test_little_memory_is_enough(catalog: Catalog) -> None:
    lines = [f"A{number},{LONG},DK\n" for number in range(ROWS)]
    catalog.write(HEADER.decode() + "".join(lines))

    found = catalog.read(memory_limit="64MB", threads=1)

    assert len(found.rows) == ROWS
