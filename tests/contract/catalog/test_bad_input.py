"""Bad input from every source that can show it: an error, held rows or a doubt, never a whole read.

Each source begins with three sound products, A, B and C, in pages of two where it has pages.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from syncd.catalog import FetchedSource, Files, FileSource
from syncd.catalog.from_database import SqlFetcher
from syncd.catalog.from_digital_river import SkuFetcher
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.timing import Time
from syncd.config import DigitalRiverCatalog, FileKeys, HttpCatalog, SqlCatalog
from syncd.config.presets import PRESETS
from syncd.domain.rules import RuleBook
from syncd.domain.tracking import Held
from syncd.engine.translate import Translator
from syncd.errors import CatalogError
from syncd.ports import CatalogSource
from tests.contract.catalog import platforms as shops
from tests.contract.catalog.conftest import _now
from tests.contract.catalog.platforms import Platform, PlatformShelf, platforms
from tests.contract.catalog.reads import MAPPING, Known, file_catalog, read
from tests.fakes.skus import FakeSkuListing
from tests.stubs.paged import PagedList
from tests.stubs.raw import Asked, RawServer, Reply
from tests.stubs.serving import serving

FAULTS: Final = (
    *("a renamed column", "a changed type", "a page that repeats", "a cursor that loops"),
    *("a total that shrinks", "the same id with other values", "a field of ten megabytes"),
    *("a NUL", "bytes that are no UTF-8", "an answer cut in half", "nothing at all"),
    "an error page",
)
RULES: Final = RuleBook(frozenset({"DK", "US", "DE"}), frozenset(), frozenset(), frozenset())
HUGE: Final = b"x" * 10_000_000
PAGE: Final = b"<!doctype html><title>Sorry</title><h1>We are being mended</h1>\n"
GOODS: Final = {"A": "DK", "B": "US", "C": "DE"}
Ways = Mapping[str, Callable[[], object]]


@dataclass
class Stand:
    """A source, and the ways to break what it reads; what has none cannot come from there."""

    source: Callable[[], CatalogSource]
    ways: Ways


@dataclass
class Meddler:
    """Stands between a shop and who asks it: changes the answers that hold goods."""

    change: Callable[[bytes], bytes] = bytes
    headers: Mapping[bytes, bytes] = field(default_factory=dict)

    def answer(self, body: bytes) -> bytes:
        return self.change(body) if b'"P-' in body else body

    def around(self, app: Any) -> Any:  # noqa: ANN401 - as ASGI has it
        async def meddled(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - the same
            told: list[Any] = []

            async def keep(message: Any) -> None:  # noqa: ANN401 - the same
                told.append(message)

            await app(scope, receive, keep)
            body = self.answer(b"".join(part.get("body", b"") for part in told[1:]))
            headers = dict(told[0]["headers"]) | {b"content-length": b"%d" % len(body)}
            if b'"P-C"' in body:
                headers |= {name: text for name, text in self.headers.items() if name in headers}
            await send({**told[0], "headers": list(headers.items())})
            await send({"type": "http.response.body", "body": body})

        return meddled


def _replacing(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(old, new)


def _repeating() -> Callable[[bytes], bytes]:
    """Answer with the first page again where the last one is asked for."""
    first: list[bytes] = []

    def answer(body: bytes) -> bytes:
        first.append(body)
        return first[0] if b'"P-C"' in body else body

    return answer


def _shrinking(body: bytes) -> bytes:
    total = re.compile(rb'("total(?:_count)?": ?)3')
    return total.sub(rb"\g<1>2", body) if b'"P-C"' in body else body


JSON_CHANGES: Final[Mapping[str, Callable[[], Callable[[bytes], bytes]]]] = {
    "a renamed column": lambda: _replacing(b'"sku"', b'"article"'),
    "a changed type": lambda: _replacing(b'"P-B"', b'["P-B", {"or": 7}]'),
    "a page that repeats": _repeating,
    "a total that shrinks": lambda: _shrinking,
    "a field of ten megabytes": lambda: _replacing(b'"P-B"', b'"' + HUGE + b'"'),
    "a NUL": lambda: _replacing(b'"P-B"', rb'"P-\u0000B"'),
    "bytes that are no UTF-8": lambda: _replacing(b'"P-B"', b'"P-\xff"'),
    "an answer cut in half": lambda: lambda body: body[: len(body) // 2],
    "an error page": lambda: lambda _: PAGE,
}


# ----------------------------------------------------------------------------------- the stands


def _text_ways(file: Path, id: str) -> Ways:
    """Break a CSV file whose first column is the id."""
    text = file.read_bytes()
    lines = text.splitlines(keepends=True)

    def ending(old: bytes, new: bytes) -> Callable[[], object]:
        return lambda: file.write_bytes(text.replace(old, new))

    value = lines[2].split(b",")[1].strip()
    return {
        "a renamed column": ending(id.encode(), b"article"),
        "the same id with other values": lambda: file.write_bytes(text + b"B,other,CA\n"),
        "a field of ten megabytes": ending(value, HUGE),
        "a NUL": ending(value, b"\0" + value),
        "bytes that are no UTF-8": ending(value, b"\xff" + value),
        "an answer cut in half": lambda: file.write_bytes(text[: len(text) // 2]),
        "nothing at all": lambda: file.write_bytes(lines[0]),
        "an error page": lambda: file.write_bytes(PAGE),
    }


def _file(folder: Path, _: RawServer) -> Stand:
    path = folder / "catalog.csv"
    rows = [f"{item},P-{item},{origin}\n" for item, origin in GOODS.items()]
    path.write_text("".join(["sku,mpn,origin\n", *rows]))
    return Stand(
        lambda: FileSource(file_catalog(path, threads=1), "meaning"), _text_ways(path, "sku")
    )


def _join(folder: Path, _: RawServer) -> Stand:
    """The joined half alone is broken."""
    shop, erp = folder / "catalog.csv", folder / "erp.csv"
    shop.write_text("".join(["sku,mpn\n", *(f"{item},P-{item}\n" for item in GOODS)]))
    erp.write_text("".join(["no,origin\n", *(f"{item},{at}\n" for item, at in GOODS.items())]))
    join = {"name": "erp", "key": "no", "type": "file", "path": str(erp)}
    catalog = file_catalog(
        shop, mapping={"country_of_origin": "erp.origin"}, join=[join], threads=1
    )
    origins = [Files(one) for one in catalog.join if isinstance(one, FileKeys)]
    ways = {**_text_ways(erp, "no,"), "a renamed column": _renamed(erp, b"origin")}
    return Stand(lambda: FileSource(catalog, "meaning", origins), ways)


def _renamed(file: Path, column: bytes) -> Callable[[], object]:
    return lambda: file.write_bytes(file.read_bytes().replace(column, b"article"))


def _database(folder: Path, _: RawServer) -> Stand:
    file = folder / "shop.db"

    def run(statement: str, *values: object) -> Callable[[], object]:
        def run_now() -> None:
            with closing(sqlite3.connect(file)) as connection, connection:
                connection.execute(statement, values)

        return run_now

    run("CREATE TABLE goods (sku TEXT, mpn TEXT, origin)")()
    for item, origin in GOODS.items():
        run("INSERT INTO goods VALUES (?, ?, ?)", item, f"P-{item}", origin)()
    to = "UPDATE goods SET mpn = {} WHERE sku = 'B'"
    ways = {
        "a renamed column": run("ALTER TABLE goods RENAME COLUMN mpn TO article"),
        "a changed type": run("UPDATE goods SET origin = 4.5"),
        "the same id with other values": run("INSERT INTO goods VALUES ('B', 'other', 'DE')"),
        "a field of ten megabytes": run(to.format("?"), HUGE.decode()),
        "a NUL": run(to.format("'P-' || char(0) || 'B'")),
        "bytes that are no UTF-8": run(to.format("CAST(x'50ff' AS TEXT)")),
        "an answer cut in half": lambda: file.write_bytes(file.read_bytes()[:3000]),
        "nothing at all": run("DELETE FROM goods"),
        "an error page": lambda: file.write_bytes(PAGE),
    }
    keys = {
        "type": "sql",
        "url": f"sqlite:///{file}",
        "table": "goods",
        "threads": 1,
        "mapping": MAPPING,
    }
    catalog = SqlCatalog.model_validate(keys)
    return Stand(lambda: FetchedSource(SqlFetcher.of_catalog(catalog), catalog, "meaning"), ways)


def _pages(_: Path, server: RawServer) -> Stand:
    goods = [{"sku": item, "mpn": f"P-{item}", "origin": at} for item, at in GOODS.items()]
    pages, meddler = PagedList(server.url, goods, "cursor"), Meddler()

    def answer(asked: Asked) -> Reply:
        reply = pages(asked)
        return replace(reply, body=meddler.answer(reply.body))

    server.answers(answer)
    catalog = HttpCatalog.model_validate(
        {
            "type": "http",
            "requests_per_second": 1000.0,
            "threads": 1,
            "mapping": MAPPING,
            **pages.settings(),
        }
    )
    unhurried = Time(sleep=lambda _: None)
    looping = _replacing(b'"cursor": null', b'"cursor": "c0"')
    ways = {
        **_json_ways(meddler),
        "a cursor that loops": lambda: setattr(meddler, "change", looping),
        "the same id with other values": lambda: goods.append({**goods[1], "mpn": "P-other"}),
        "nothing at all": goods.clear,
    }
    return Stand(
        lambda: FetchedSource(HttpFetcher(catalog, "0.0.0", unhurried), catalog, "meaning"),
        ways,
    )


def _json_ways(meddler: Meddler) -> Ways:
    def way(change: Callable[[], Callable[[bytes], bytes]]) -> Callable[[], object]:
        return lambda: setattr(meddler, "change", change())

    return {fault: way(change) for fault, change in JSON_CHANGES.items()}


def _skus(_: Path, __: RawServer) -> Stand:
    """What is wrong with whole answers, the client of the API finds, and has tests of its own."""
    skus: list[Any] = [
        {"id": item, "partNumber": f"P-{item}", "countryOfOrigin": at} for item, at in GOODS.items()
    ]
    columns = {"id": "id", "part_number": "partNumber", "country_of_origin": "countryOfOrigin"}
    catalog = DigitalRiverCatalog.model_validate(
        {"type": "digital_river", "threads": 1, "mapping": columns}
    )
    fetcher = SkuFetcher(catalog, FakeSkuListing(skus), "account", _now)

    def set_part(part: object) -> Callable[[], object]:
        return lambda: skus[1].update(partNumber=part)

    ways = {
        "a renamed column": lambda: [sku.update(part=sku.pop("partNumber")) for sku in skus],
        "a changed type": set_part(["P-B", {"or": 7}]),
        "the same id with other values": lambda: skus.append({**skus[1], "partNumber": "other"}),
        "a field of ten megabytes": set_part(HUGE.decode()),
        "a NUL": set_part("P-\0B"),
        "nothing at all": skus.clear,
    }
    return Stand(lambda: FetchedSource(fetcher, catalog, "meaning"), ways)


def _preset(platform: Platform, meddler: Meddler) -> Stand:
    goods: list[tuple[int, str, str, str | None]] = [
        (at, item, f"P-{item}", GOODS[item]) for at, item in enumerate(GOODS, start=1)
    ]
    platform.stock(goods)
    meddler.change, meddler.headers = bytes, {}
    again = [*goods, (4, "B", "P-other", "DE")]

    def shrink() -> None:
        meddler.change, meddler.headers = _shrinking, {b"x-wp-total": b"2"}

    ways = {
        **_json_ways(meddler),
        "a total that shrinks": shrink,
        "the same id with other values": lambda: platform.stock(again),
        "nothing at all": lambda: platform.stock([]),
    }
    for fault in _NOT_AT.get(str(platform.keys["preset"]), ()):
        del ways[fault]
    shelf = PlatformShelf(platform)
    return Stand(lambda: shelf.source, ways)


_NOT_AT: Final = {
    "shopify": ("a page that repeats", "a total that shrinks"),
    "commercetools": ("a total that shrinks",),
}
"""A bulk job's result comes in one piece, with its number of objects; pages by id have no total."""
STANDS: Final[Mapping[str, Callable[[Path, RawServer], Stand]]] = {
    "file": _file,
    "join": _join,
    "sql": _database,
    "http": _pages,
    "digital_river": _skus,
}
CAN_SHOW: Final = {
    "file": 8,
    "join": 8,
    "sql": 9,
    "http": 12,
    "digital_river": 6,
    **dict.fromkeys(PRESETS, 11),
    "shopify": 9,
    "commercetools": 10,
}
"""How many of the faults can come from there: what has no pages has none that repeat."""


# ----------------------------------------------------------------------------------- the tests


@pytest.fixture(scope="module")
def meddled() -> Iterator[tuple[Mapping[str, Platform], Meddler]]:
    """All platforms, behind one who meddles."""
    meddler = Meddler()

    @contextmanager
    def behind(app: Any) -> Iterator[str]:  # noqa: ANN401 - as ASGI has it
        with serving(meddler.around(app)) as url:
            yield url

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shops, "serving", behind)
        with platforms() as served:
            yield served, meddler


@pytest.mark.parametrize("source", CAN_SHOW)
def test_bad_input_is_never_taken_for_a_whole_read(
    request: pytest.FixtureRequest, tmp_path: Path, source: str
) -> None:
    sound = read(_stand(request, source, tmp_path).source(), tmp_path)
    assert (sound.certificate.complete, sound.ids) == (True, list(GOODS))

    found = {}
    for number, fault in enumerate(FAULTS):
        (folder := tmp_path / str(number)).mkdir()
        stand = _stand(request, source, folder)
        if fault in stand.ways:
            stand.ways[fault]()
            found[fault] = _outcome(stand.source(), folder, sound.known)

    assert set(found.values()) <= {"an error", "a doubt", "held rows"}, found
    assert len(found) == CAN_SHOW[source]


def _stand(request: pytest.FixtureRequest, source: str, folder: Path) -> Stand:
    if source in STANDS:
        return STANDS[source](folder, request.getfixturevalue("server"))
    served, meddler = request.getfixturevalue("meddled")
    return _preset(served[source], meddler)


def _outcome(source: CatalogSource, folder: Path, known: list[Known]) -> str:
    try:
        found = read(source, folder, known)
    except CatalogError:
        return "an error"
    if not found.certificate.complete:
        return "a doubt"
    translator = Translator(RULES)
    held = [row for row in found.rows if isinstance(translator.translate(row), Held)]
    return "held rows" if held and not found.missing else f"whole: {found}"[:2000]
