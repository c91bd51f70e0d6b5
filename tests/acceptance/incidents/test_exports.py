"""The export is not what it was: nothing may be deleted, or overwritten, because of that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.incidents.unharmed import DAY, ROWS, in_order, lifted, told
from tests.acceptance.kills.stage import Stage

HEADER: Final = "sku,maker,mpn,origin,eccn,hs,oversell"


@pytest.mark.parametrize(
    ("export", "why"),
    [
        ("", "it is an empty file"),
        (f"{HEADER}\n", "had 30 rows and has none"),
        (HEADER, "had 30 rows and has none"),
        ("error: upstream timed out\n", "it has lost its header"),
        ("<html><body>502 Bad Gateway</body></html>", "it has lost its header"),
    ],
)
def test_an_empty_export_after_an_upstream_outage_deletes_nothing_however_long_it_lasts(
    stage: Stage, export: str, why: str
) -> None:
    order = in_order(stage, lifted())

    for night in range(3):
        stage.shop.catalog.write_text(export)
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == 4
        told(ended, r"catalog\.csv", why, "Mend the catalog", "syncd check")
    order.untouched()
    order.well_again(later=3 * DAY)


def cuts(whole: bytes) -> Iterator[bytes]:
    """What an upload may leave: cut in the header, in rows, in values, and between rows."""
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    middle, last = ends[ROWS // 2], ends[-2]
    for place in (10, ends[0], ends[1] + 4, middle - 8, middle - 1, middle, last, last + 20):
        yield whole[:place]
    yield whole[: middle - 12] + b"\n"
    yield whole[:-1]


def test_a_truncated_upload_deletes_and_overwrites_nothing_wherever_it_was_cut(
    stage: Stage,
) -> None:
    order = in_order(stage)
    whole = stage.shop.catalog.read_bytes()

    for cut in cuts(whole):
        stage.shop.catalog.write_bytes(cut)
        assert stage.run("--once").code in {0, 1, 3, 4}, cut
        order.untouched()
    order.well_again()


def test_an_upload_that_stays_truncated_is_told_every_night_and_deletes_nothing(
    stage: Stage,
) -> None:
    order = in_order(stage, lifted())
    whole = stage.shop.catalog.read_bytes()

    for night in range(3):
        stage.shop.catalog.write_bytes(whole[: len(whole) // 2])
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == 4
        told(ended, r"catalog\.csv", "is not proven complete", "does not end with a line end")
        told(ended, "Have the catalog exported whole, then run again", "syncd --once")
    order.untouched()
    order.well_again(later=3 * DAY)


def test_rows_lost_cleanly_in_the_middle_of_an_export_are_told_and_deleted_by_nobody(
    stage: Stage,
) -> None:
    order = in_order(stage, lifted("max_shrink"))

    for night in range(3):
        stage.shop.stock(order.rows[: ROWS // 2])
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == 4
        told(ended, r"catalog\.csv has 15 rows after the filter, 15 fewer than the 30", "approve")
    order.untouched()
    order.well_again(later=3 * DAY)


@pytest.mark.parametrize(
    ("right", "wrong", "limit", "code", "words"),
    [
        ("mpn", '"maker"', "max_same_change", 4, "would get the same partNumber, acme"),
        ("mpn", '"sku"', "canary", 4, "the mapping has changed"),
        ("hs", '"empty"', "max_same_change", 4, "would get the same hsCode, no value"),
        ("origin", '"eccn"', "", 3, "a country of origin is a two-letter"),
        ("mpn", '"mnp"', "", 1, '"mnp".*"mpn"'),
    ],
)
def test_a_wrong_column_mapped_writes_nothing(
    stage: Stage, right: str, wrong: str, limit: str, code: int, words: str
) -> None:
    """One limit alone is in its way, or none."""
    order = in_order(stage, lifted(limit))
    text = stage.shop.configuration.read_text()
    assert text.count(f'= "{right}"') == 1
    if wrong == '"empty"':  # a column without values is there, too
        lines = stage.shop.catalog.read_text().splitlines()
        columns = [f"{lines[0]},empty", *(f"{line}," for line in lines[1:])]
        stage.shop.catalog.write_text("".join(f"{line}\n" for line in columns))

    stage.shop.configuration.write_text(text.replace(f'= "{right}"', f"= {wrong}"))
    for night in range(3):
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == code, ended
        told(ended, words)
    order.untouched()

    stage.shop.configuration.write_text(text)
    order.well_again(later=3 * DAY)


def test_a_filter_typo_that_matches_nothing_deletes_nothing(stage: Stage) -> None:
    order = in_order(stage, lifted())
    text = stage.shop.configuration.read_text()
    typo = '[catalog.filter]\nmaker = ["acne"]\n[digital_river]'

    stage.shop.configuration.write_text(text.replace("[digital_river]", typo))
    for night in range(3):
        stage.shop.stock(order.rows)
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == 4
        told(
            ended,
            "empty_catalog and partial_read stopped the plan",
            "lets none of its 30 records through",
        )
    order.untouched()

    stage.shop.configuration.write_text(text)
    order.well_again(later=3 * DAY)


def test_a_filter_typo_that_matches_a_few_deletes_nothing(stage: Stage) -> None:
    order = in_order(stage, lifted("max_shrink"))
    text = stage.shop.configuration.read_text()
    typo = '[catalog.filter]\nmpn = ["P-1", "P-2"]\n[digital_river]'

    stage.shop.configuration.write_text(text.replace("[digital_river]", typo))
    for night in range(3):
        stage.shop.stock(order.rows)
        ended = stage.run("--once", later=night * DAY)

        assert ended.code == 4
        told(ended, "has 2 rows after the filter, 28 fewer than the 30", "approve the cycle")
    order.untouched()

    stage.shop.configuration.write_text(text)
    order.well_again(later=3 * DAY)


def _closed(catalog: Path) -> None:
    catalog.write_text(HEADER)
    catalog.chmod(0)


@pytest.mark.parametrize(
    ("put_in_its_place", "words"),
    [
        (Path.mkdir, ("it is a folder", "name a file")),
        (os.mkfifo, ("it is no regular file", "name a file")),
        (_closed, ("it cannot be read", "Let the user who runs syncd read the file")),
        (lambda catalog: catalog.symlink_to("nowhere"), ("no such file|there is no", "")),
        (lambda _: None, ("no such file|there is no", "")),
    ],
)
def test_a_catalog_that_is_no_file_any_more_ends_the_cycle_and_nothing_else(
    stage: Stage, put_in_its_place: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    order = in_order(stage)
    stage.shop.catalog.unlink()
    put_in_its_place(stage.shop.catalog)

    ended = stage.run("--once", heeds_rights=True)

    assert ended.code == 1
    told(ended, r"catalog\.csv", *words)
    order.untouched()
    if stage.shop.catalog.is_dir():
        stage.shop.catalog.rmdir()
    stage.shop.catalog.unlink(missing_ok=True)
    order.well_again()
