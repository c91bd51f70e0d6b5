"""Long lists are split by creation time, and every object comes once whatever its time."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import httpx
import pytest
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.line import Line
from syncd.digital_river.pacer import MemoryPacer
from syncd.digital_river.reader import Reader
from syncd.digital_river.transport import Transport
from syncd.digital_river.windows import Window, WindowedList
from syncd.digital_river.wire import WireWholeSku
from syncd.domain.change import Resource
from syncd.domain.listing import CountedSpan
from syncd.errors import RemoteUnavailableError
from tests.fakes.clocks import LeapingClock

from .conftest import BASE_URL, KEY

if TYPE_CHECKING:
    import respx

Shown: TypeAlias = Mapping[str, str]
START = datetime(2024, 2, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Account:
    """A list of SKUs as the API answers for it, newest first, and how it can be wrong."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.created = {f"sku-{number}": at(each) for number, each in enumerate(seconds)}
        self.keeps_to_filters = True
        self.newest_first = True
        self.tells_times = True
        self.tells_more = True
        self.most = 100
        self.requests = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        query = dict(request.url.params.multi_items())
        ids = sorted(self._found(query), key=lambda item: (self.created[item], item))
        ids = ids[::-1] if self.newest_first else ids
        after = ids.index(query["startingAfter"]) + 1 if "startingAfter" in query else 0
        limit = min(int(query["limit"]), self.most)
        body: dict[str, object] = {"data": [self._shown(item) for item in ids[after:][:limit]]}
        if self.tells_more:
            body["hasMore"] = len(ids) > after + limit
        return httpx.Response(200, json=body)

    def _found(self, query: Mapping[str, str]) -> list[str]:
        start = datetime.fromisoformat(query.get("createdTime[gte]", "1900-01-01T00:00:00Z"))
        end = datetime.fromisoformat(query.get("createdTime[lt]", "3000-01-01T00:00:00Z"))
        if not self.keeps_to_filters:
            return list(self.created)
        return [item for item, moment in self.created.items() if start <= moment < end]

    def _shown(self, item: str) -> dict[str, str]:
        times = {"createdTime": text(self.created[item])} if self.tells_times else {}
        return {"id": item, **times}


class Reading:
    """What came of reading the list, page by page."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.spans: Sequence[CountedSpan] = ()

    def take(self, page: Sequence[WireWholeSku]) -> None:
        self.ids += [sku.id for sku in page]


@pytest.fixture
async def reader(pacer: MemoryPacer, clock: LeapingClock) -> AsyncIterator[Reader]:
    settings = DigitalRiverSettings(base_url=BASE_URL, api_key=SecretStr(KEY))
    line = Line(Transport(settings, "1.2.3"), pacer, clock)
    yield Reader(line, live=False)
    await line.aclose()


async def read(reader: Reader, api: respx.MockRouter, account: Account) -> Reading:
    api.get("/skus").mock(side_effect=account.answer)
    reading = Reading()
    windows = WindowedList(reader, Resource.SKU, WireWholeSku)
    reading.spans = await windows.read(reading.take)
    return reading


def _bursts() -> list[float]:
    return [burst * 40_000_000 + number / 7 for burst in range(3) for number in range(150)]


DISTRIBUTIONS: Mapping[str, Sequence[float]] = {
    "none": [],
    "one page": [float(number) for number in range(99)],
    "a full page and nothing else": [float(number) for number in range(100)],
    "one more than a page": [float(number) for number in range(101)],
    "one each day": [86_400.0 * number for number in range(350)],
    "bursts years apart": _bursts(),
    "all in one second": [0.0] * 250,
    "a second that ends a page": [*([0.0] * 150), *(1.0 + number for number in range(99))],
    "fractions that are not shown": [number / 60 for number in range(400)],
    "before anything was thought possible": [-900_000_000.0 - number for number in range(250)],
    "an old one under many new": [-900_000_000.0, *(60.0 * number for number in range(250))],
    "in a future by a wrong clock": [900_000_000.0 + number for number in range(250)],
}


@pytest.mark.parametrize("seconds", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())
async def test_every_object_comes_once_and_is_counted(
    reader: Reader, api: respx.MockRouter, seconds: Sequence[float]
) -> None:
    account = Account(seconds)

    reading = await read(reader, api, account)

    assert sorted(reading.ids) == sorted(account.created)
    assert sum(span.count for span in reading.spans) == len(seconds)
    years_in_seconds = math.log2(86_400 * 366 * 80)
    assert account.requests <= math.ceil(len(seconds) / 100) + years_in_seconds + 32


async def test_windows_meet_and_leave_nothing_out(reader: Reader, api: respx.MockRouter) -> None:
    reading = await read(reader, api, Account(DISTRIBUTIONS["one each day"]))

    spans = reading.spans
    assert (spans[0].start, spans[-1].end) == (None, None)
    assert len(spans) > 1
    closed = [span for span in spans if span.start is not None]
    assert all(span.end is None or span.start < span.end for span in closed if span.start)


async def test_where_nothing_says_that_there_is_more_a_full_page_does(
    reader: Reader, api: respx.MockRouter
) -> None:
    account = Account(DISTRIBUTIONS["bursts years apart"])
    account.tells_more = False

    assert len((await read(reader, api, account)).ids) == len(account.created)


BULK: Mapping[str, Sequence[float]] = {
    "spread over a year": [7_884.0 * number for number in range(4_000)],
    "as fast as a key allows": [number / 250 for number in range(4_000)],
    "in bursts months apart": [
        7_776_000.0 * burst + number / 250 for burst in range(4) for number in range(1_000)
    ],
}


@pytest.mark.parametrize("seconds", BULK.values(), ids=BULK.keys())
async def test_a_long_list_takes_hardly_more_requests_than_it_has_pages(
    reader: Reader, api: respx.MockRouter, seconds: Sequence[float]
) -> None:
    account = Account(seconds)
    api.get("/skus").mock(side_effect=account.answer)
    reading = Reading()

    spans = await WindowedList(reader, Resource.SKU, WireWholeSku, lanes=8).read(reading.take)

    assert len(set(reading.ids)) == len(reading.ids) == len(seconds)
    assert len(spans) > 1
    assert account.requests <= 1.2 * len(seconds) / 100 + math.log2(86_400 * 366 * 80)


REFUSAL = httpx.Response(400, json={"type": "bad_request", "errors": []})
NOTHING = httpx.Response(200, json={"hasMore": False, "data": []})


@pytest.mark.parametrize("lanes", [1, 32], ids=["paged through", "split"])
@pytest.mark.parametrize("said", [REFUSAL, NOTHING], ids=["refused", "nothing after it"])
async def test_a_cursor_that_was_deleted_meanwhile_gives_way_to_the_one_before(
    reader: Reader, api: respx.MockRouter, said: httpx.Response, lanes: int
) -> None:
    account = Account([0.0] * 250)
    gone: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("startingAfter")
        if cursor is not None and not gone:
            gone.append(cursor)
            del account.created[cursor]
        if cursor in gone:
            return said
        return account.answer(request)

    api.get("/skus").mock(side_effect=answer)
    reading = Reading()
    spans = await WindowedList(reader, Resource.SKU, WireWholeSku, lanes=lanes).read(reading.take)

    assert len(gone) == 1
    assert sorted(reading.ids) == sorted([*account.created, *gone])
    assert sum(span.count for span in spans) == 250


@pytest.mark.parametrize("lanes", [1, 32], ids=["paged through", "split"])
async def test_an_empty_page_after_a_cursor_that_is_still_there_is_asked_for_once_more(
    reader: Reader, api: respx.MockRouter, lanes: int
) -> None:
    account = Account([float(number) for number in range(250)])
    lapses: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if "startingAfter" in request.url.params and not lapses:
            lapses.append(str(request.url))
            return NOTHING
        return account.answer(request)

    api.get("/skus").mock(side_effect=answer)
    reading = Reading()
    spans = await WindowedList(reader, Resource.SKU, WireWholeSku, lanes=lanes).read(reading.take)

    assert len(lapses) == 1
    assert sorted(reading.ids) == sorted(account.created)
    assert sum(span.count for span in spans) == 250


@pytest.mark.parametrize("tells_more", [True, False])
@pytest.mark.parametrize("lanes", [1, 32], ids=["paged through", "split"])
async def test_a_list_of_which_nothing_comes_after_any_cursor_is_never_taken_for_whole(
    reader: Reader, api: respx.MockRouter, lanes: int, *, tells_more: bool
) -> None:
    account = Account([float(number) for number in range(250)])
    account.tells_more = tells_more

    def answer(request: httpx.Request) -> httpx.Response:
        return NOTHING if "startingAfter" in request.url.params else account.answer(request)

    api.get("/skus").mock(side_effect=answer)
    with pytest.raises(RemoteUnavailableError, match="pages end before the list does"):
        await WindowedList(reader, Resource.SKU, WireWholeSku, lanes=lanes).read(lambda _: None)


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_pages_shorter_than_was_asked_for_are_read_on_from(
    reader: Reader, api: respx.MockRouter, most: int
) -> None:
    account = Account([86_400.0 * number for number in range(12)])
    account.most = most

    reading = await read(reader, api, account)

    assert sorted(reading.ids) == sorted(account.created)


@pytest.mark.parametrize("flaw", ["tells_times", "newest_first"])
async def test_a_list_that_cannot_be_split_is_paged_through(
    reader: Reader, api: respx.MockRouter, flaw: str
) -> None:
    account = Account([float(number) for number in range(250)])
    setattr(account, flaw, False)

    reading = await read(reader, api, account)

    assert sorted(reading.ids) == sorted(account.created)
    assert [span.count for span in reading.spans] == [250]


async def test_filters_that_are_not_kept_to_end_the_read(
    reader: Reader, api: respx.MockRouter
) -> None:
    account = Account([86_400.0 * number for number in range(250)])
    account.keeps_to_filters = False

    with pytest.raises(RemoteUnavailableError, match="other times of creation than were asked"):
        await read(reader, api, account)
    assert account.requests <= 3


async def test_one_page_that_fails_for_good_fails_the_whole(
    reader: Reader, api: respx.MockRouter
) -> None:
    account = Account(DISTRIBUTIONS["one each day"])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if account.requests > 3 else account.answer(request)

    api.get("/skus").mock(side_effect=answer)
    with pytest.raises(RemoteUnavailableError, match="GET /skus: failed"):
        await WindowedList(reader, Resource.SKU, WireWholeSku).read(lambda _: None)


async def test_a_page_that_promises_more_and_is_empty_is_an_error(
    reader: Reader, api: respx.MockRouter
) -> None:
    api.get("/skus").respond(json={"hasMore": True, "data": []})

    with pytest.raises(RemoteUnavailableError, match="lead back"):
        await WindowedList(reader, Resource.SKU, WireWholeSku).read(lambda _: None)


@pytest.mark.parametrize(
    ("window", "oldest", "parts", "cuts"),
    [
        (Window(at(0), at(100)), at(59), 2, [30]),
        (Window(at(0), at(100)), at(59), 4, [45, 30, 15]),
        (Window(at(0), at(100)), at(99.5), 2, [50]),
        (Window(at(0), at(100)), at(99.5), 3, [67, 34]),
        (Window(at(0), at(100)), at(99.5), 1, []),
        (Window(at(0), at(2)), at(1), 2, [1]),
        (Window(at(0), at(3)), at(2), 9, [2, 1]),
        (Window(at(0), at(3)), at(0), 2, []),
        (Window(at(0), at(1)), at(0), 2, []),
        (Window(None, None), datetime(2005, 1, 1, tzinfo=UTC), 2, []),
    ],
)
def test_what_is_left_of_a_window_is_cut_evenly(
    window: Window, oldest: datetime, parts: int, cuts: Sequence[float]
) -> None:
    moments = window.evenly(oldest, parts)

    assert moments == [at(seconds) for seconds in cuts]
    assert window.cut(moments)[0].end == window.end
    assert window.cut(moments)[-1].start == window.start


@pytest.mark.parametrize(
    ("window", "first", "away"),
    [
        (Window(at(0), at(100)), 5, [5, 20, 80]),
        (Window(at(0), at(100)), 0.5, [1, 4, 16, 64]),
        (Window(at(20), None), 40, [40]),
        (Window(at(20), None), 80, []),
        (Window(at(99), at(100)), 1, []),
    ],
)
def test_steps_grow_until_the_start(window: Window, first: float, away: Sequence[float]) -> None:
    steps = window.steps(at(99.5), timedelta(seconds=first))

    assert steps == [at(100 - seconds) for seconds in away]


async def test_a_void_of_years_is_crossed_in_few_requests(
    reader: Reader, api: respx.MockRouter
) -> None:
    account = Account([number / 250 for number in range(4_000)])
    in_the_void: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        in_the_void.append(request.url.params.get("createdTime[lt]", "9") <= text(at(0)))
        return account.answer(request)

    api.get("/skus").mock(side_effect=answer)
    await WindowedList(reader, Resource.SKU, WireWholeSku).read(lambda _: None)

    assert 0 < sum(in_the_void) <= 16
