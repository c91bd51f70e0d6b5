"""By which clock a source's changes are read: that of the state, as all else that is shared."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.config import load
from syncd.wiring import Wired
from tests.fakes.state import FakeState
from tests.stubs.raw import Reply, raw_server

LONG_AGO = datetime(2020, 3, 1, 12, tzinfo=UTC)
"""What the clock of the state says, by which this machine's own is years ahead."""


class OldState(FakeState):
    def now(self) -> datetime:
        return LONG_AGO


def watermark_of(catalog: str, folder: Path) -> datetime:
    """Where the next read of changes begins."""
    file = folder / "config.toml"
    text = f'[catalog]\n{catalog}\n[catalog.mapping]\nid = "id"\npart_number = "mpn"\n'
    file.write_text(f'{text}[digital_river]\napi_key = "sk_test_1"\n')
    with Wired(load(file), OldState()).catalog.read(None) as snapshot:
        assert snapshot.watermark is not None
        return datetime.fromisoformat(snapshot.watermark.strip("'"))


def test_a_web_address_that_does_not_tell_the_time_is_asked_by_it(tmp_path: Path) -> None:
    with raw_server() as server:
        server.answers(lambda _: Reply(body=b'[{"id": "a", "mpn": "P"}]'))
        asked = 'updated_since.params = { after = "{since}" }'
        catalog = f'type = "http"\nurl = "{server.url}/"\n{asked}'
        begins = watermark_of(catalog, tmp_path)

    assert LONG_AGO - timedelta(days=1) < begins <= LONG_AGO


def test_of_a_database_only_what_is_past_by_it_counts(tmp_path: Path) -> None:
    """One date that is mistyped would else hide all changes until then."""
    changed = ["2020-03-01 11:00:00Z", "2020-04-01 11:00:00Z"]
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop, shop:
        shop.execute("CREATE TABLE products (id, mpn, changed)")
        rows = zip("ab", changed, strict=True)
        shop.executemany("INSERT INTO products VALUES (?, 'P', ?)", rows)
    catalog = (
        f'type = "sql"\nurl = "sqlite:///{tmp_path}/shop.db"\ntable = "products"\n'
        'updated_column = "changed"'
    )

    assert watermark_of(catalog, tmp_path) == datetime.fromisoformat(changed[0])
