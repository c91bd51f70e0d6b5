"""Lists that come in pages, each way of paging, with and without a total."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeAlias

from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.timing import Time
from syncd.config import HttpCatalog
from tests.property.broken_reads.trial import COLUMNS, IDS, Case, Filter, Rig, stays_sound
from tests.stubs.paged import Kind, PagedList
from tests.stubs.raw import Asked, Reply

KINDS: tuple[Kind, ...] = ("page", "offset", "cursor", "link", "next_url")
HTML = Reply(body=b"<html>Sorry!</html>", headers={"content-type": "text/html"})
OTHER_TOTAL = "another total"
PASSING = 0.3
"""The share of faults that happen once, beside those that could not be told otherwise."""
IDLE = 0.3
"""The share of records without a row that a list keeps."""
_LONG = 20
Row: TypeAlias = dict[str, Any]
Break: TypeAlias = Callable[["Fault", PagedList, int], Reply]
Blind: TypeAlias = Callable[[PagedList, int], bool]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a page, once or at every look.

    Where it is `blind`, what goes wrong every time is the list for all that anybody can see, unless
    a total tells: so it goes wrong once. The numbers of pages count from 0.
    """

    name: str
    act: Break
    blind: Blind = lambda _shop, _number: False
    kinds: tuple[Kind, ...] = KINDS
    first: int = 0
    chance: Random = Random()  # noqa: RUF009 - replaced by that of each case
    passes: bool = False

    def __call__(self, shop: PagedList, _: Asked, number: int) -> Reply:
        if self.passes:
            del shop.faults[number]
        return self.act(self, shop, number)


@dataclass(frozen=True)
class Shape:
    """How rows lie in records, beside others that are none, and what finds them there."""

    name: str
    records: Callable[[list[str], Random], list[Row]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    filter: Filter = field(default_factory=dict)


def list_case(rig: Rig, chance: Random) -> Case:
    """Make a list, and break some of its pages."""
    present = chance.sample(IDS, chance.randint(1, len(IDS)))
    shape = chance.choice(SHAPES)
    shop = PagedList(
        rig.server.url,
        shape.records(present, chance),
        chance.choice(KINDS),
        chance.randint(1, 4),
        declares=chance.random() < 0.5,
        silent=chance.random() < 0.5,
    )
    faults = _faults(shop, chance)
    shop.faults = dict(faults)
    rig.server.answers(shop)
    told = {number: fault.name for number, fault in faults.items()}
    words = (
        f"{shop.kind}, {shape.name} of {len(present)} ids, {len(shop.records)} records by"
        f" {shop.size}, total {shop.declares}, {told}"
    )
    fetcher = http_fetcher(shop.settings() | {**shape.settings})
    sound = not faults and _vouched(shop)
    ids = frozenset(present)
    return Case(
        words, fetcher, ids, sound, filter=shape.filter, gone=lambda: {*ids} - _ids_in(shop)
    )


def _ids_in(shop: PagedList) -> set[str]:
    """Give the ids of the rows that the shop has by now."""
    rows = (row for record in shop.records for row in record.get("variants", [record]))
    return {row["id"] for row in rows}


def rows_of(ids: list[str]) -> list[Row]:
    """Write records as shops do."""
    return [{"id": item, "mpn": f"P-{item[4:]}", "origin": "DK"} for item in ids]


def http_fetcher(settings: dict[str, Any]) -> HttpFetcher:
    """Read from there, without ever waiting."""
    given = {"type": "http", "requests_per_second": 1000.0, "mapping": COLUMNS, **settings}
    keys = HttpCatalog.model_validate(given)
    passed = iter(range(0, 10**12, 600))  # seconds go by quickly, or some jobs would never end
    return HttpFetcher(keys, "0.0.0", Time(ticks=lambda: next(passed), sleep=lambda _: None))


def _vouched(shop: PagedList) -> bool:
    """Whether an unbroken read can be proven; without a total an end needs another witness."""
    if shop.declares or shop.kind in {"page", "offset"}:
        return True
    if shop.last == 0 and len(shop.records) >= shop.size:
        return False
    return not shop.silent or len(shop.records) % shop.size > 0


def _faults(shop: PagedList, chance: Random) -> dict[int, Fault]:
    """Choose up to three; without a total one, which passes where reading is blind to it."""
    if stays_sound(chance):
        return {}
    found: dict[int, Fault] = {}
    while not found:
        for _ in range(chance.randint(1, 3) if shop.declares else 1):
            number, fault = chance.randint(0, shop.last), chance.choice(FAULTS)
            fits = shop.kind in fault.kinds and number >= fault.first
            if fits:
                must_pass = not shop.declares and fault.blind(shop, number)
                passes = must_pass or chance.random() < PASSING
                found[number] = replace(fault, chance=chance, passes=passes)
    others = [number for number, fault in found.items() if fault.name == OTHER_TOTAL]
    return {others[0]: found[others[0]]} if others else found


# ------------------------------------------------------------------------------- the shapes


def _among_others(ids: list[str], chance: Random, others: list[Row]) -> list[Row]:
    """Put records between the rows that are none of the catalog's."""
    records = rows_of(ids)
    for other in others[: chance.randint(0, len(others))]:
        records.insert(chance.randint(0, len(records)), other)
    return records


def _families(ids: list[str], chance: Random) -> list[Row]:
    """Divide rows among records, some of which get none."""
    records: list[Row] = [{"name": f"F{number}", "variants": []} for number in range(8)]
    for row in rows_of(ids):
        chance.choice(records)["variants"].append(row)
    return [record for record in records if record["variants"] or chance.random() < IDLE]


SHAPES: tuple[Shape, ...] = (
    Shape("rows", lambda ids, _: rows_of(ids)),
    Shape("rows", lambda ids, _: rows_of(ids)),
    Shape("families", _families, {"nested": "variants"}),
    Shape(
        "rows among those without an id",
        lambda ids, chance: _among_others(
            ids, chance, [{"id": None, "mpn": f"N-{number}"} for number in range(4)]
        ),
        {"only": "id"},
    ),
    Shape(
        "rows among those left out",
        lambda ids, chance: [
            {"kind": "box", **row}
            for row in _among_others(
                ids, chance, [{"id": f"V-{number}", "kind": "air"} for number in range(4)]
            )
        ],
        filter={"kind": ["box"]},
    ),
)


# ------------------------------------------------------------------------------- the faults


def _is_last(shop: PagedList, number: int) -> bool:
    return 0 < number == shop.last


def _is_last_by_its_word(shop: PagedList, number: int) -> bool:
    """Whether an empty last page looks like the end of a list whose pages were all full."""
    return _is_last(shop, number) and (shop.kind in {"page", "offset"} or not shop.silent)


def _has_no_peer(shop: PagedList, number: int) -> bool:
    """Whether no full page beside it shows that it is too short."""
    return number == shop.last or shop.last < 2


def _later(shop: PagedList, number: int) -> bool:
    return 0 < number < shop.last


def _items(shop: PagedList, number: int) -> list[Row]:
    found: list[Row] = json.loads(shop.page(number).body)["items"]
    return found


def _with(shop: PagedList, number: int, **fields: object) -> Reply:
    page = shop.page(number)
    return replace(page, body=json.dumps(json.loads(page.body) | fields).encode())


def _without(shop: PagedList, number: int, *fields: str) -> Reply:
    page = shop.page(number)
    kept = {name: value for name, value in json.loads(page.body).items() if name not in fields}
    return replace(page, body=json.dumps(kept).encode(), headers={})


def _other_total(fault: Fault, shop: PagedList, number: int) -> Reply:
    """Declare more or fewer; fewer are believed where nothing but them leads from page to page."""
    fewer = () if shop.kind in {"page", "offset"} else (-2, -1)
    return _with(shop, number, total=len(shop.records) + fault.chance.choice((*fewer, 1, 2)))


def _cut_body(fault: Fault, shop: PagedList, number: int) -> Reply:
    page = shop.page(number)
    return replace(page, body=page.body[: fault.chance.randrange(len(page.body))])


def _cut_connection(fault: Fault, shop: PagedList, number: int) -> Reply:
    page = shop.page(number)
    return replace(page, cut=fault.chance.randrange(len(page.body)))


def _cut_gzip(fault: Fault, shop: PagedList, number: int) -> Reply:
    page = shop.page(number)
    packed = gzip.compress(page.body)
    return replace(page, body=packed[: fault.chance.randrange(3, len(packed))])


def _spoilt(fault: Fault, shop: PagedList, number: int) -> Reply:
    page, bad = shop.page(number), fault.chance.choice((b"\xff", b"\0", b"\xed\xa0\x80"))
    at = fault.chance.randrange(len(page.body))
    return replace(page, body=page.body[:at] + bad + page.body[at + 1 :])


def _shuffled(fault: Fault, shop: PagedList, number: int) -> Reply:
    return _with(shop, number, items=fault.chance.sample(items := _items(shop, number), len(items)))


def _shifted(shop: PagedList, number: int, by: int) -> Reply:
    start = number * shop.size + by
    return shop.page(number, shop.records[start : start + shop.size])


def _turned(shop: PagedList, number: int) -> Reply:
    """Let all pages from here on come from the list in another order."""
    shop.records = list(reversed(shop.records))
    shop.faults = {}
    return shop.page(number)


def _deleted(fault: Fault, shop: PagedList, number: int, *others: Row) -> Reply:
    """Take a record out of the pages before, for good, and put others at the end."""
    at = fault.chance.randrange(number * shop.size)
    shop.records = [*shop.records[:at], *shop.records[at + 1 :], *others]
    return shop.page(number)


def _unheeded(fault: Fault, shop: PagedList, number: int) -> Reply:
    """Send the first page in the place of all from here on, each time in other bytes."""
    again = replace(fault, passes=False)
    shop.faults = shop.faults | dict.fromkeys(range(number, number + _LONG), again)
    items = _items(shop, 0)
    return _with(shop, number, items=fault.chance.sample(items, len(items)), served=number)


def _renamed(shop: PagedList, number: int) -> Reply:
    field = {"cursor": "nextCursor", "next_url": "nextLink"}[shop.kind]
    document = json.loads(shop.page(number).body)
    token = document.pop("cursor", None) or document.pop("onward", None)
    return Reply(body=json.dumps(document | {field: token}).encode())


def _own_next(shop: PagedList, number: int) -> Reply:
    there = f"{shop.url}/list?at=c{number}"
    page = _with(shop, number, cursor=f"c{number}", onward=there)
    return replace(page, headers={"Link": f'<{there}>; rel="next"'})


def _null_next(shop: PagedList, number: int) -> Reply:
    page = _with(shop, number, cursor=None, onward=None)
    return replace(page, headers={"Link": '</list?at=c0>; rel="first"'})


def _page_before(shop: PagedList, number: int) -> Reply:
    return _with(shop, number, items=_items(shop, number - 1))


_BY_TOKEN: tuple[Kind, ...] = ("cursor", "link", "next_url")
_BY_FIELD: tuple[Kind, ...] = ("cursor", "next_url")
FAULTS: tuple[Fault, ...] = (
    Fault(OTHER_TOTAL, _other_total, lambda *_: True),
    Fault("cut body", _cut_body),
    Fault("cut connection", _cut_connection),
    Fault("cut gzip", _cut_gzip),
    Fault("spoilt byte", _spoilt),
    Fault("breakdown", lambda *_: Reply(500)),
    Fault("refusal", lambda *_: Reply(403, b"{}")),
    Fault("not there", lambda *_: Reply(404, b"{}")),
    Fault("nothing at all", lambda *_: Reply(204)),
    Fault("web page", lambda *_: HTML),
    Fault("error in 200", lambda *_: Reply(body=b'{"error": "rebuilding"}')),
    Fault("login", lambda *_: Reply(302, headers={"location": "/login"})),
    Fault("records null", lambda _, shop, at: _with(shop, at, items=None)),
    Fault("records an object", lambda _, shop, at: _with(shop, at, items={"0": {}})),
    Fault("no total", lambda _, shop, at: _without(shop, at, "total"), _later),
    Fault("some lost", lambda _, shop, at: shop.page(at, _items(shop, at)[1:]), _has_no_peer),
    Fault("all lost", lambda _, shop, at: shop.page(at, []), _is_last_by_its_word),
    Fault("the page before", lambda _, shop, at: _page_before(shop, at), first=1),
    Fault("back to the start", lambda _, shop, __: shop.page(0), first=1),
    Fault("shuffled", _shuffled),
    Fault("one put in front", lambda _, shop, at: _shifted(shop, at, -1), first=1),
    Fault("one taken in front", lambda _, shop, at: _shifted(shop, at, 1), lambda *_: True),
    Fault("one deleted in front", _deleted, first=1),
    Fault(
        "one deleted in front, one new",
        lambda fault, shop, at: _deleted(fault, shop, at, *rows_of(["NEW-1"])),
        first=1,
    ),
    Fault("page not heeded", _unheeded, first=1),
    Fault("list turned round", lambda _, shop, at: _turned(shop, at), first=1),
    Fault(
        "next forgotten",
        lambda _, shop, at: _without(shop, at, "cursor", "onward"),
        kinds=_BY_TOKEN,
    ),
    Fault("next renamed", lambda _, shop, at: _renamed(shop, at), kinds=_BY_FIELD),
    Fault("next null", lambda _, shop, at: _null_next(shop, at), _later, kinds=_BY_TOKEN),
    Fault("next itself", lambda _, shop, at: _own_next(shop, at), kinds=_BY_TOKEN),
)
