"""The page of a fleet in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from syncd.config import ServiceSettings
from syncd.service.fleet_standing import FleetStanding, Posted
from syncd.service.pulse import Pulse
from syncd.web import fleet
from syncd.web.fleet import FleetDesk, fleet_application
from syncd.web.server import serving
from tests.integration.web.browsing import chromium, visiting
from tests.ports import free_port

_LINES = """cell => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  return words.getClientRects().length;
}"""
"""How many lines a cell's words take."""
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _posted(*troubles: str) -> Posted:
    states = {"in_sync": 40, "quarantined": 2}
    standing = FleetStanding(
        "poll", "process 1234 on worker-1", 600.0, "c", states, troubles=troubles
    )
    return Posted(standing, NOON, NOON)


@pytest.fixture
def board() -> dict[str, Posted]:
    return {"acme": _posted(), "beta": _posted()}


@pytest.fixture
def base(board: dict[str, Posted]) -> Iterator[str]:
    service = ServiceSettings(listen=f"127.0.0.1:{free_port()}")
    desk = FleetDesk(
        names=lambda: ("acme", "beta"),
        problems=dict,
        board=lambda: board,
        errands=lambda: {"todo": 4, "doing": 1},
        command=lambda account, words: f"syncd {words} --config {account}.toml",
        pulse=Pulse(lambda: NOON),
        service=service,
        now=lambda: NOON,
        version="1",
    )
    with serving(fleet_application(desk), service.listen):
        yield f"http://{service.listen}"


def test_it_is_brought_up_to_date_by_itself_and_read_by_everybody(
    board: dict[str, Posted], base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "REFRESH", 1)
    with chromium() as browser:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{base}/")
        expect(page.locator("h1")).to_contain_text("2 accounts, all well.")
        board["beta"] = _posted("The catalog is away.")
        expect(page.locator("h1")).to_contain_text("2 accounts, 1 of them to look at.")
        expect(page.locator("tbody tr").first).to_contain_text("The catalog is away.")

        page.close()  # else it might be brought up to date just when the link is clicked
        monkeypatch.setattr(fleet, "REFRESH", 1000)
        page = context.new_page()
        page.goto(f"{base}/")
        page.get_by_role("row", name="beta").get_by_role("link", name="2").click()
        expect(page).to_have_url(f"{base}/#helps-beta")
        expect(page.locator("#helps-beta + p")).to_contain_text(
            "syncd quarantine --config beta.toml"
        )

        with visiting(browser, base) as visit:
            assert visit.faults_of("/") == []

        page.set_viewport_size({"width": 390, "height": 800})
        who = page.get_by_role("cell", name="process 1234 on worker-1")
        assert [cell.evaluate(_LINES) for cell in who.all()] == [1, 1]
