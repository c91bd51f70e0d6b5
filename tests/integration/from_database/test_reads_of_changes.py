"""Reads of changes: what has changed since the watermark, and nothing that changed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.catalog.from_database import siblings
from syncd.catalog.from_database.siblings import Siblings
from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError
from tests.integration.from_database.conftest import COLUMNS, KINDS, Got, Shop

TIMES = "CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), changed {moment}, gone {moment})"


@pytest.fixture
def dated_shop(shop: Shop) -> Shop:
    """Three products, changed at three times."""
    shop.run(TIMES)
    for id, hour in (("A", "09"), ("B", "10"), ("C", "11")):
        shop.fill((id, f"P-{id}", shop.time(f"2026-11-21 {hour}:00:00"), None))
    return shop


def change(shop: Shop, id: str, time: str, part: str = "new") -> None:
    shop.run(
        "UPDATE products SET mpn = :part, changed = :time WHERE sku = :id",
        part=part,
        time=shop.time(time),
        id=id,
    )


def poll(
    shop: Shop, since: str | None, overlap: object = "0", id: str | None = "sku", **keys: object
) -> Got:
    return shop.read(since, COLUMNS, id, updated_column="changed", overlap=overlap, **keys)


def test_only_what_has_changed_comes(dated_shop: Shop) -> None:
    first = poll(dated_shop, None)
    change(dated_shop, "A", "2026-11-21 11:30:00")

    second = poll(dated_shop, first.fetched.watermark)

    assert first.fetched.scope is Scope.WHOLE
    assert second.fetched.scope is Scope.CHANGES
    assert {"sku": "A", "mpn": "new"} in second.rows
    assert "B" not in second.ids
    assert second.fetched.doubts == ()
    assert second.fetched.evidence[1] == (
        "count(*) in the same transaction is 2, as many as were read"
    )


def test_nothing_new_is_no_rows_and_the_same_watermark(dated_shop: Shop) -> None:
    dated_shop.run("UPDATE products SET mpn = 'x' WHERE sku = 'C'")
    first = poll(dated_shop, None)

    second = poll(dated_shop, first.fetched.watermark)
    third = poll(dated_shop, second.fetched.watermark)

    assert second.ids == third.ids == ["C"]
    assert first.fetched.watermark == second.fetched.watermark == third.fetched.watermark


def test_a_watermark_never_goes_back(dated_shop: Shop) -> None:
    first = poll(dated_shop, None)
    dated_shop.run("DELETE FROM products WHERE sku = 'C'")

    second = poll(dated_shop, first.fetched.watermark)

    assert second.ids == []
    assert second.fetched.watermark == first.fetched.watermark


def test_a_row_changed_at_the_watermarks_own_time_is_read_again(dated_shop: Shop) -> None:
    first = poll(dated_shop, None)
    change(dated_shop, "A", "2026-11-21 11:00:00")

    assert poll(dated_shop, first.fetched.watermark).ids == ["A", "C"]


def test_a_change_that_was_committed_late_is_found_within_the_overlap(dated_shop: Shop) -> None:
    first = poll(dated_shop, None)
    change(dated_shop, "A", "2026-11-21 10:56:00")
    change(dated_shop, "B", "2026-11-21 10:54:00")

    second = poll(dated_shop, first.fetched.watermark, overlap="5m")

    assert second.ids == ["A", "C"]


def test_a_row_without_a_time_is_read_every_time(dated_shop: Shop) -> None:
    dated_shop.fill(("N", "P-N", None, None))
    first = poll(dated_shop, None)

    assert poll(dated_shop, first.fetched.watermark).ids == ["C", "N"]


def test_a_time_in_the_future_hides_no_later_change(dated_shop: Shop) -> None:
    dated_shop.fill(("F", "P-F", dated_shop.time("2099-01-01 00:00:00"), None))
    first = poll(dated_shop, None)
    change(dated_shop, "A", "2026-11-21 11:30:00")

    second = poll(dated_shop, first.fetched.watermark)

    assert second.ids == ["A", "C", "F"]
    assert "2099" not in str(second.fetched.watermark)


def test_without_a_watermark_all_of_it_comes(dated_shop: Shop) -> None:
    assert poll(dated_shop, None).ids == ["A", "B", "C"]


@pytest.mark.parametrize("since", ["what another version wrote", "2026-99-99", "0x0", "''"])
def test_a_watermark_that_cannot_be_read_makes_a_whole_read(dated_shop: Shop, since: str) -> None:
    got = poll(dated_shop, since)

    assert got.fetched.scope is Scope.WHOLE
    assert got.ids == ["A", "B", "C"]


def test_ids_of_deleted_rows_come_apart(dated_shop: Shop) -> None:
    first = poll(dated_shop, None, deleted_column="gone")
    time = dated_shop.time("2026-11-21 11:30:00")
    dated_shop.run("UPDATE products SET changed = :t, gone = :t WHERE sku = 'B'", t=time)

    second = poll(dated_shop, first.fetched.watermark, deleted_column="gone")

    assert second.ids == ["C"]
    assert second.removed == ["B"]


def test_an_id_under_which_another_row_lives_is_not_removed(dated_shop: Shop) -> None:
    first = poll(dated_shop, None, deleted_column="gone")
    time = dated_shop.time("2026-11-21 11:30:00")
    for id in ("A", "X"):
        dated_shop.fill((id, "old", time, time))

    second = poll(dated_shop, first.fetched.watermark, deleted_column="gone")

    assert second.removed == ["X"]


def test_without_an_id_of_one_column_nothing_is_called_removed(dated_shop: Shop) -> None:
    first = poll(dated_shop, None, deleted_column="gone")
    time = dated_shop.time("2026-11-21 11:30:00")
    dated_shop.run("UPDATE products SET changed = :t, gone = :t WHERE sku = 'B'", t=time)

    second = poll(dated_shop, first.fetched.watermark, deleted_column="gone", id=None)

    assert second.removed is None
    assert second.ids == ["C"]


SECOND = "2026-11-21 11:30:00"


@pytest.mark.parametrize(
    ("index", "found"),
    [
        ("CREATE INDEX by_sku ON products (sku, changed)", ["A", "A"]),
        ("CREATE INDEX by_time ON products (changed, sku)", ["A"]),
    ],
)
def test_a_row_that_has_not_changed_comes_with_a_second_one_of_its_id(
    dated_shop: Shop, index: str, found: list[str]
) -> None:
    """Both together are held as a whole read holds them; the table is not searched for that."""
    first = poll(dated_shop, None)
    dated_shop.run(index)
    dated_shop.fill(("A", "second", dated_shop.time(SECOND), None))

    second = poll(dated_shop, first.fetched.watermark, deleted_column="gone")

    assert [id for id in second.ids if id == "A"] == found
    assert ("P-A" in {row["mpn"] for row in second.rows}) == (len(found) > 1)
    assert "B" not in second.ids
    assert second.fetched.doubts == ()
    assert second.fetched.evidence[1].startswith("count(*) in the same transaction is 2,")
    said = "rows that share an id with one of these were read as well: 1"
    assert (said in second.fetched.evidence) == (len(found) > 1)


def test_a_row_that_was_deleted_is_no_second_one(dated_shop: Shop) -> None:
    dated_shop.run("CREATE INDEX by_sku ON products (sku)")
    first = poll(dated_shop, None)
    gone = dated_shop.time("2026-11-21 08:00:00")
    dated_shop.run("UPDATE products SET gone = :gone WHERE sku = 'A'", gone=gone)
    dated_shop.fill(("A", "second", dated_shop.time(SECOND), None))

    second = poll(dated_shop, first.fetched.watermark, deleted_column="gone")

    assert {"sku": "A", "mpn": "second"} in second.rows
    assert second.ids == ["A", "C"]
    assert second.removed == []


@pytest.mark.parametrize(("unique", "table"), [("UNIQUE", "products"), ("", "shown")])
def test_only_tables_in_which_an_id_may_stand_twice_are_looked_at(
    dated_shop: Shop, unique: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where a unique index rules it out, nor where a view hides what indexes there are."""
    dated_shop.run(
        f"CREATE {unique} INDEX by_sku ON products (sku)",
        "CREATE VIEW shown AS SELECT * FROM products",
    )
    first = poll(dated_shop, None, table=table)
    monkeypatch.setattr(Siblings, "beside", None)
    change(dated_shop, "A", SECOND)

    second = poll(dated_shop, first.fetched.watermark, table=table)

    assert second.ids == ["A", "C"]


@pytest.mark.parametrize("kind", ["BIGINT", "NUMERIC(20)", "CHAR(12)"])
def test_ids_of_any_type_lead_to_the_rows_beside_them(shop: Shop, kind: str) -> None:
    shop.run(
        f"CREATE TABLE products (sku {kind}, mpn VARCHAR(20), changed {{moment}})",
        "CREATE INDEX by_sku ON products (sku)",
    )
    ids = [str(id) if "CHAR" in kind else id for id in (7, 2**33, 7, 2**33)]
    for id, time in zip(ids, ("09", "10", "11", "12"), strict=True):
        shop.fill((id, f"at {time}", shop.time(f"2026-11-21 {time}:00:00")))

    since = {
        "sqlite": "'2026-11-21 10:30:00'",
        "postgresql": "2026-11-21T10:30:00+00:00",
        "mariadb": "2026-11-21T10:30:00",
    }
    found = poll(shop, since[shop.kind])

    assert sorted(row["mpn"] for row in found.rows) == ["at 09", "at 10", "at 11", "at 12"]


def test_where_many_have_changed_the_database_compares_the_ids_itself(
    dated_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siblings, "_MOST", 0)
    dated_shop.run("CREATE INDEX by_sku ON products (sku)")
    first = poll(dated_shop, None)
    dated_shop.fill(("A", "second", dated_shop.time(SECOND), None))

    assert poll(dated_shop, first.fetched.watermark).ids == ["A", "A", "C"]


def test_days_are_read_again_as_a_whole(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), changed DATE)")
    shop.run("INSERT INTO products VALUES ('A', 'P', '2026-11-19'), ('B', 'P', '2026-11-20')")
    shop.run("INSERT INTO products VALUES ('C', 'P', '2026-11-21')")
    first = poll(shop, None)

    assert poll(shop, first.fetched.watermark).ids == ["C"]
    assert poll(shop, first.fetched.watermark, overlap="5m").ids == ["B", "C"]


def test_numbers_overlap_by_a_count(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), changed BIGINT)")
    shop.fill(("A", "P", 2**40), ("B", "P", 2**40 + 5), ("C", "P", 2**40 + 9))
    first = poll(shop, None, overlap=4)
    shop.run("INSERT INTO products VALUES ('D', 'P', :n)", n=2**40 + 20)

    assert first.fetched.watermark == str(2**40 + 9)
    assert poll(shop, first.fetched.watermark, overlap=4).ids == ["B", "C", "D"]


def test_bytes_that_count_upwards_are_a_watermark(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), changed {bytes})")
    for id, number in (("A", 7), ("B", 250), ("C", 300)):
        shop.fill((id, "P", number.to_bytes(8)))
    first = poll(shop, None, overlap=60)

    assert first.fetched.watermark == "0x000000000000012c"
    assert poll(shop, first.fetched.watermark, overlap=60).ids == ["B", "C"]


@pytest.mark.parametrize(
    ("kind", "value", "overlap", "said"),
    [
        ("INTEGER", 5, "5m", "holds numbers and no times"),
        ("{moment}", "2026-11-21 10:00:00", 10, "holds times and no numbers"),
        ("VARCHAR(20)", "yesterday", "5m", 'the text "yesterday", which is no time'),
    ],
)
def test_a_column_without_an_order_is_refused(
    shop: Shop, kind: str, value: object, overlap: object, said: str
) -> None:
    kind = kind.format_map(KINDS[shop.kind])
    shop.run(f"CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), changed {kind})")
    shop.fill(("A", "P", shop.time(str(value)) if ":" in str(value) else value))

    with pytest.raises(CatalogError, match=said) as caught:
        poll(shop, None, overlap=overlap)

    assert 'its column "changed"' in str(caught.value)


def test_a_mark_of_deletion_that_may_mean_anything_is_refused(dated_shop: Shop) -> None:
    dated_shop.run("ALTER TABLE products ADD COLUMN status VARCHAR(20)")
    dated_shop.run("UPDATE products SET status = 'archived'")

    with pytest.raises(CatalogError, match='"status" holds "archived", which may mean'):
        poll(dated_shop, None, deleted_column="status")


def test_a_late_commit_is_found_though_a_whole_read_went_before(dated_shop: Shop) -> None:
    """The overlap counts from the greatest time, whichever read has seen it."""
    first = poll(dated_shop, None, overlap="30m")
    dated_shop.now += timedelta(minutes=5)
    change(dated_shop, "A", "2026-11-21 10:45:00")

    assert "A" in poll(dated_shop, first.fetched.watermark, overlap="30m").ids
