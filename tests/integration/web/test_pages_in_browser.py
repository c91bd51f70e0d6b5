"""The pages in a real Chromium: for every eye and width, and better with scripts than without."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, expect

from syncd.domain.tracking import SkuState
from syncd.service import looks
from syncd.web.app import application
from syncd.web.server import serving
from tests.contract.state.examples import put
from tests.contract.state.examples import sku as row_of
from tests.integration.web import scenes
from tests.integration.web.browsing import EVERY, Visit, chromium, visiting
from tests.integration.web.room import TOKEN, Room, room_in, visited
from tests.ports import free_port
from tests.sandbox_process import sandbox_process

PATHS = ("/", "/held", "/quarantined", "/search?q=D", "/sku/DUE-00000", "/nowhere")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Much trouble, and a Digital River of our own that has one item."""
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "catalog.csv").write_text("sku,mpn\nSKU-00001,PN-00001\nDUE-00000,PN-9\n")
    with room_in(folder) as room, sandbox_process("--rate", "0") as sandbox:
        scenes.much_trouble(room)
        scenes.at(room, sandbox.url)
        sandbox.seed_items([{"id": "DUE-00000", "partNumber": "PN-00000", "eccn": "5A992"}])
        yield room


@pytest.fixture(scope="module")
def base(room: Room) -> Iterator[str]:
    with visited(room) as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def visit(browser: Browser, base: str) -> Iterator[Visit]:
    with visiting(browser, base) as visit:
        yield visit


# ---------------------------------------------------------------------------------- for every eye


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_and_use_every_page(
    browser: Browser, base: str, scheme: Literal["light", "dark"]
) -> None:
    with visiting(browser, base, color_scheme=scheme) as visit:
        faults = {path: visit.faults_of(path) for path in PATHS}
        ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert faults == {path: [] for path in PATHS}
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]


def test_every_page_fits_every_width(visit: Visit) -> None:
    too_wide = []
    for path in PATHS:
        page = visit.go(path)
        for width in (1280, 390, 360):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((path, width))

    assert too_wide == []


def test_a_table_that_goes_on_beyond_the_edge_shows_that_it_does(visit: Visit) -> None:
    page = visit.go("/sku/DUE-00000")
    box = page.locator(".table", has=page.locator("table.values"))
    fading = "box => getComputedStyle(box).maskImage !== 'none'"
    assert box.evaluate(fading) is False
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => done(true)))")
    assert box.evaluate(fading) is True


def test_the_keyboard_leads_to_the_content_and_to_the_search(visit: Visit) -> None:
    page = visit.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("/")
    expect(page.locator(":focus")).to_have_id("q")
    page.keyboard.type("DUE-00030")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Pending.")


def test_a_command_is_copied_whole(visit: Visit) -> None:
    page = visit.go("/")
    button = page.locator("#needs .advice button")
    button.click()

    expect(button).to_have_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "syncd approve 20261121T115800Z-003d"


def test_every_number_that_is_not_good_leads_to_its_list(visit: Visit) -> None:
    page = visit.go("/")
    for word in ("pending", "held", "quarantined", "missing", "foreign"):
        page.locator(f"a.tile[href='/{word}']").click()
        expect(page.locator("h1")).to_contain_text(word.capitalize())
        page.go_back()


def test_a_cycle_leads_to_its_report_and_back(visit: Visit) -> None:
    page = visit.go("/")
    page.locator(".cycles tbody tr", has_text="ended early").first.locator("a").click()
    expect(page.locator("h1")).to_contain_text("ended early")
    expect(page.locator("html")).to_have_class("has-script")
    page.get_by_role("link", name="Status").click()
    expect(page.locator("h1")).to_contain_text("Digital River cannot be reached.")


# --------------------------------------------------------------------------------- in its place


def test_what_changes_is_brought_up_to_date_where_it_stands(visit: Visit, room: Room) -> None:
    page = visit.go("/")
    page.set_viewport_size({"width": 390, "height": 700})
    page.fill("#q", "half an i")
    page.evaluate(
        """() => {
          window.kept = document.querySelector(".cycles");
          window.kept.scrollLeft = 80;
          document.getElementById("q").setSelectionRange(2, 6);
          scrollTo(0, 640);
          window.seen = document.elementFromPoint(100, 300);
        }"""
    )
    before = page.evaluate("window.seen.getBoundingClientRect().top")
    room.pulse.cycle.phase("writing down the outcomes", 50)
    visit.refresh()

    expect(page.locator(".answer")).to_contain_text("Now: writing down the outcomes, 0 of 50")
    assert page.evaluate("window.kept === document.querySelector('.cycles')")
    after = page.evaluate("window.seen.getBoundingClientRect().top")
    assert after == pytest.approx(before, abs=1)  # the browser scrolls by whole pixels
    assert page.evaluate("[window.kept.scrollLeft, document.activeElement.id]") == [80, "q"]
    assert page.evaluate("[q.value, q.selectionStart, q.selectionEnd]") == ["half an i", 2, 6]


def test_what_somebody_has_marked_stays_marked(visit: Visit, room: Room) -> None:
    page = visit.go("/")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#needs .guard p'))")
    before = page.evaluate("String(getSelection())")
    room.pulse.cycle.phase("reading the catalog", None)
    visit.refresh()

    expect(page.locator(".answer")).to_contain_text("Now: reading the catalog")
    assert page.evaluate("String(getSelection())") == before != ""


def test_a_page_that_nobody_sees_asks_nothing(visit: Visit) -> None:
    page = visit.go("/")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true })"
    )
    page.evaluate("window.away = true")
    visit.asked.clear()
    page.clock.run_for(4 * EVERY)
    assert visit.asked == []

    with page.expect_response(f"{visit.base}/"):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_a_server_that_is_gone_is_missed_until_it_is_back(browser: Browser, room: Room) -> None:
    address = f"127.0.0.1:{free_port()}"
    app = application(room.desk())
    with ExitStack() as first:
        first.enter_context(serving(app, address))
        with visiting(browser, f"http://{address}") as visit:
            page = visit.go("/")
            first.close()
            page.clock.run_for(EVERY)
            gone = page.locator("#gone")
            expect(gone).to_contain_text("syncd does not answer. What you see is from")
            expect(gone).to_have_role("status")
            with serving(app, address):
                visit.refresh()
                expect(gone).to_have_text("")
            assert page.locator("h1").is_visible()
            visit.complaints.clear()


def test_a_state_that_comes_back_shows_by_itself(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lost")
    with room_in(folder) as room, visited(room) as client:
        scenes.nothing_yet(room)
        put(room.state, [row_of("a", SkuState.HELD)])
        with visiting(browser, str(client.base_url).rstrip("/")) as visit:
            page = visit.go("/")
            good = room.settings
            room.settings = scenes.with_state(good, folder / "nowhere" / "state.db")
            visit.refresh()
            expect(page.locator("h1")).to_contain_text("The state cannot be read.")
            expect(page).to_have_title("The state cannot be read · syncd")
            room.settings = good
            visit.refresh()
            expect(page.locator("h1")).to_contain_text("1 SKU waits for you.")


def test_who_has_to_sign_in_again_sees_where(browser: Browser, room: Room, base: str) -> None:
    good = room.settings
    with visiting(browser, base) as visit:
        page = visit.go("/")
        room.settings = scenes.with_token(good, TOKEN)
        try:
            page.clock.run_for(EVERY)
            expect(page.locator("input[type=password]")).to_be_visible()
        finally:
            room.settings = good
    assert page.url == f"{base}/login?next=/"


# ----------------------------------------------------------------------------------- one SKU


def test_the_item_is_asked_for_after_the_page_is_there(visit: Visit) -> None:
    page = visit.go("/sku/DUE-00000")
    observed = page.locator("table.values tr", has_text="eccn").locator("td").nth(3)

    expect(observed).to_have_text("5A992")
    expect(page.locator("table.values tr", has_text="eccn")).to_have_class("first differs")
    asked = [url for url in visit.asked if "look=remote" in url]
    visit.refresh()
    expect(observed).to_have_text("5A992")
    assert [url for url in visit.asked if "look=remote" in url] == asked


def test_the_catalog_is_read_when_somebody_asks_for_it(visit: Visit) -> None:
    page = visit.go("/sku/DUE-00000")
    in_catalog = page.locator("table.values tr", has_text="partNumber").locator("td").first
    expect(in_catalog).to_have_text("–")
    page.get_by_text("Read the whole catalog for its row").click()

    expect(in_catalog).to_have_text("PN-9")
    expect(page.locator("dl.facts")).to_contain_text("row 3")


def test_neither_a_silent_remote_nor_a_lost_catalog_keeps_a_page_from_showing(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "OBSERVE_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        room_in(tmp_path) as room,
        visited(room) as client,
    ):
        scenes.nothing_yet(room)
        scenes.at(room, f"http://127.0.0.1:{silent.getsockname()[1]}")
        put(room.state, [scenes.sku(1)])
        with visiting(browser, str(client.base_url).rstrip("/")) as visit:
            page = visit.go("/sku/SKU-00001?look=catalog")
            expect(page.locator("h1")).to_contain_text("In sync.")
            facts = page.locator("dl.facts")
            expect(facts).to_contain_text("catalog.csv: there is no such file.")
            expect(facts).to_contain_text("gave no usable answer within 0.2 s")


# ------------------------------------------------------------------------------ without scripts


def test_without_scripts_everything_is_there(browser: Browser, base: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/")
    expect(page.locator("h1")).to_contain_text("412 stopped changes and 74 SKUs wait for you.")
    expect(page.locator("button[data-copy]").first).not_to_be_visible()
    page.fill("#q", "DUE-0000")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="DUE-00000", exact=True).click()
    page.get_by_role("link", name="Ask Digital River for its item").or_(
        page.get_by_role("link", name="ask again")
    ).click()
    expect(page.locator("table.values tr", has_text="eccn")).to_contain_text("5A992")
    context.close()


def test_the_page_of_a_busy_moment_is_small(base: str) -> None:
    assert len(httpx.get(f"{base}/").content) < 60_000
