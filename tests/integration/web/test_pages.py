"""The pages as they are served: what stands there, for whom, and what becomes of mistakes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from syncd.domain.cycle import UNFINISHED, CycleId
from syncd.domain.tracking import SkuState
from syncd.ports import State
from syncd.service.pulse import Trouble
from syncd.web.app import application
from syncd.web.desk import Desk
from syncd.web.pages import places
from syncd.web.pages.remembered import Seen
from syncd.web.server import serving
from tests.contract.state.examples import put
from tests.contract.state.examples import sku as row_of
from tests.contract.state.histories import result
from tests.integration.web import scenes
from tests.integration.web.room import Room, room_in, visited
from tests.ports import free_port
from tests.unit.report.hostile import PAYLOADS, hostile

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room_in(tmp_path_factory.mktemp("trouble")) as room:
        scenes.much_trouble(room)
        yield room


@pytest.fixture(scope="module")
def client(room: Room) -> Iterator[httpx.Client]:
    with visited(room) as client:
        client.headers.update(HTML)
        yield client


@contextmanager
def served(desk: Desk) -> Iterator[httpx.Client]:
    """Serve a desk that is not quite as its room would have it."""
    address = f"127.0.0.1:{free_port()}"
    with (
        serving(application(desk), address),
        httpx.Client(base_url=f"http://{address}", headers=HTML, timeout=30) as client,
    ):
        yield client


def test_the_first_page_tells_all_that_needs_somebody(client: httpx.Client) -> None:
    page = client.get("/").text

    for words in (
        "Digital River cannot be reached. 300 pairs in sync, 31 pending.",
        "412 stopped changes and 74 SKUs wait for you.",
        "it has answered 503 for 12 min",
        "syncd approve 20261121T115800Z-003d",
        "409 invalid_parameter on manufacturerId",
        "f0a4c9e1-7f1b-4f6e-9a55-0d2c6d8f1be2",
        "syncd quarantine retry REFUSED-00000",
        "countryOfOrigin: not an assigned ISO 3166-1 code; did you mean GB?",
        "17/s",
    ):
        assert words in page, words


@pytest.mark.parametrize("path", ["/", "/held", "/search?q=x", "/sku/SKU-00001", "/nowhere"])
def test_every_page_names_the_account_and_the_version(client: httpx.Client, path: str) -> None:
    page = client.get(path).text

    assert "test · api.digitalriver.com · v1.2.3" in page


def test_no_page_has_anything_inline_that_the_policy_would_refuse(client: httpx.Client) -> None:
    for path in ("/", "/held", "/sku/DUE-00000", "/search?q=REF", "/nowhere"):
        answer = client.get(path)
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_assets_are_kept_and_change_their_address_with_what_is_in_them(
    client: httpx.Client,
) -> None:
    page = client.get("/").text
    for name in ("style.css", "htmx.js", "morph.js", "pages.js"):
        address = page[page.index(f"/static/{name}?") :].split('"')[0]
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/static/../places.py").status_code == 404
    assert client.get("/static/nothing.js").status_code == 404


def test_the_list_of_the_refused_is_walked_by_id(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        put(room.state, [row_of(f"R{n:03}", SkuState.QUARANTINED) for n in range(150)])
        with visited(room) as client:
            first = client.get("/quarantined").text
            second = client.get("/quarantined?after=R099").text

    assert "/quarantined?after=R099" in first
    assert "R099" in first
    assert "R100" not in first
    assert "R100" in second
    assert "R149" in second
    assert "R099" not in second


def test_one_id_that_begins_so_is_shown_at_once(client: httpx.Client) -> None:
    answer = client.get("/search", params={"q": "DUE-00030"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sku/DUE-00030")


def test_a_search_in_vain_leads_to_a_look_outside(client: httpx.Client) -> None:
    page = client.get("/search", params={"q": "NEW-1"}).text

    assert "No id begins with NEW-1." in page
    assert 'href="/sku/NEW-1"' in page


def test_what_the_catalog_calls_an_id_and_is_none_leads_to_no_page(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        put(room.state, [row_of(id, SkuState.HELD) for id in ("A/1", "B#2", "C%41", "..", "D-4")])
        with visited(room) as client:
            pages = [client.get(path, headers=HTML) for path in ("/", "/held", "/search?q=B")]

    told = "".join(page.text for page in pages)
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert set(re.findall(r'href="/sku/([^"]*)"', told)) == {"D-4"}
    for id in ("A/1", "B#2", "C%41", ".."):
        assert f"<code>{id}</code>" in told


def test_an_id_that_cannot_be_is_not_found(client: httpx.Client) -> None:
    answer = client.get("/sku/a%20b")

    assert answer.status_code == 404
    assert "an id has only letters and digits" in answer.text


def test_a_past_cycle_shows_its_report(client: httpx.Client, room: Room) -> None:
    cycle = room.state.cycles(3)[2].id
    answer = client.get(f"/cycle/{cycle}")

    assert answer.status_code == 200
    assert cycle in answer.text
    assert '<a href="/">Status</a>' in answer.text
    assert "sha256-" in answer.headers["Content-Security-Policy"]


def test_a_cycle_that_goes_on_has_no_report_yet(tmp_path: Path) -> None:
    with room_in(tmp_path) as room, visited(room) as client:
        with room.state.lease("a cycle", timedelta()):
            cycle = result(CycleId("20261121T2"), error=UNFINISHED)
            goes_on = replace(cycle, started=datetime.now(UTC))
            with room.state.transaction() as transaction:
                transaction.record_cycle(goes_on)
            room.pulse.cycle.phase("delivering", 12)
            before = client.get(f"/cycle/{goes_on.id}").text
        killed = client.get(f"/cycle/{goes_on.id}").text

    assert "This cycle is still going on." in before
    assert "Now: delivering, 0 of 12." in before
    assert "it did not finish: the process ended" in killed


def test_a_cycle_that_is_not_there_is_not_found(client: httpx.Client) -> None:
    answer = client.get("/cycle/nothing")

    assert answer.status_code == 404
    assert "there is no such cycle" in answer.text


@pytest.mark.parametrize(
    ("headers", "looked"),
    [
        ({}, 2),
        ({"Sec-Fetch-Site": "same-origin"}, 2),
        ({"Sec-Fetch-Site": "none"}, 2),
        ({"Sec-Fetch-Site": "cross-site"}, 0),
        ({"Sec-Fetch-Site": "same-site"}, 0),
        ({"Origin": "https://evil.example"}, 0),
    ],
)
def test_a_page_of_somebody_else_has_nothing_looked_up(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], looked: int
) -> None:
    looks: list[str] = []
    for name in ("look_into_catalog", "look_at_remote"):
        monkeypatch.setattr(Seen, name, lambda _, item: looks.append(item))

    answer = client.get("/sku/SKU-00001?look=catalog&look=remote", headers=headers)

    assert answer.status_code == 200
    assert len(looks) == looked


def test_programs_are_told_in_a_line(client: httpx.Client) -> None:
    answer = client.get("/nowhere", headers={"Accept": "*/*"})

    assert (answer.status_code, answer.text.count("\n")) == (404, 1)
    assert "<" not in answer.text


def test_no_text_of_anybody_becomes_markup(tmp_path: Path) -> None:
    everything = " ".join(PAYLOADS)
    evil = hostile()
    with room_in(tmp_path) as room:
        refusal = replace(scenes.NO_PAIR, message=everything, request_id=everything)
        held = replace(scenes.NO_COUNTRY, value=everything, rule=everything, file=everything)
        put(room.state, [scenes.held(1, held), scenes.refused(1, refusal)])
        with room.state.transaction() as transaction:
            transaction.record_cycle(replace(evil, changes=(), error=None))
        room.pulse.trouble(Trouble.CATALOG, everything)
        room.pulse.stands_by_for = None
        with visited(room) as client:
            pages = [
                client.get(path, headers=HTML).text
                for path in (
                    "/",
                    "/held",
                    "/quarantined",
                    "/sku/HELD-00001",
                    "/sku/REFUSED-00001",
                    f"/cycle/{evil.id}",
                )
            ]
            searched = client.get("/search", params={"q": everything}).text
    for page in (*pages, searched):
        assert "&lt;img src=x onerror" in page
        assert "<img" not in page
        assert "<svg onload" not in page
        assert "<script>window" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page


# ------------------------------------------------------------------------------ when it is not well


def test_a_state_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        room.work_well()
        room.pulse.trouble(Trouble.KEY, "The key was refused.")
        room.state.close()
        for file in tmp_path.glob("state.db*"):
            file.unlink()
        (tmp_path / "state.db").write_bytes(b"not a database" * 999)
        with visited(room) as client:
            answers = [client.get(path, headers=HTML) for path in ("/", "/held", "/sku/a")]

    for answer in answers:
        assert answer.status_code == 503
        assert "not a SQLite database" in answer.text
        assert "syncd check" in answer.text
        assert "The key was refused." in answer.text


def test_a_mistake_of_ours_is_one_of_that_page_alone(room: Room) -> None:
    def broken() -> AbstractContextManager[State]:
        raise ZeroDivisionError

    with served(replace(room.desk(), state=broken)) as client:
        answer = client.get("/")
        sku = client.get("/sku/SKU-00001")

    assert answer.status_code == 500
    assert "That is a mistake in syncd; its work goes on." in answer.text
    assert "ZeroDivision" not in answer.text
    assert sku.status_code == 200


def test_a_state_that_hangs_takes_a_few_threads_and_no_more(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PATIENCE", 0.1)
    hanging, over = threading.Semaphore(0), threading.Event()

    @contextmanager
    def stuck() -> Iterator[State]:
        hanging.release()
        over.wait(90)
        yield room.state

    with (
        served(replace(room.desk(), state=stuck)) as client,
        ThreadPoolExecutor(places.AT_ONCE) as threads,
    ):
        try:
            stuck_ones = [threads.submit(client.get, "/held") for _ in range(places.AT_ONCE)]
            for _ in stuck_ones:
                assert hanging.acquire(timeout=60)
            answer = client.get("/held")
        finally:
            over.set()
        assert [one.result().status_code for one in stuck_ones] == [200] * places.AT_ONCE
        monkeypatch.setattr(places, "PATIENCE", 60.0)
        assert client.get("/held").status_code == 200

    assert answer.status_code == 503
    assert "it has answered none of 8 pages for a while" in answer.text


def test_a_daemon_in_its_first_seconds(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        scenes.nothing_yet(room)
        with visited(room) as client:
            page = client.get("/").text

    for words in ("No cycle has run yet.", "Nothing needs you.", "any moment", "None yet."):
        assert words in page


def test_a_daemon_that_stands_by_says_who_is_on_duty(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        scenes.standby(room)
        with visited(room) as client:
            page = client.get("/").text

    assert "Standing by: another daemon is on duty. 500 pairs in sync." in page
    assert "process 4711 on shop-1" in page
