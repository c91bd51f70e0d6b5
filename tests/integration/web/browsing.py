"""Pages in a real browser: what they ask for and complain of, and what all of them keep to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.integration.report.conftest import ARGUMENTS, CHROMIUM

_CHECKS: Final = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")
EVERY: Final = 5_000
"""Milliseconds between two refreshes."""
PATIENCE: Final = 60_000
"""Milliseconds that a busy machine may take."""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One open page, and all that it asked for and complained of; time is the test's to move."""

    page: Page
    base: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Note what the browser warns of, but for statuses that a page is meant to have."""
        if message.type in {"error", "warning"} and "Failed to load" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.base}{path}")
        return self.page

    def refresh(self) -> None:
        """Let the time pass after which the page asks anew, and wait for the answer."""
        with self.page.expect_response(lambda answer: answer.request.method == "GET"):
            self.page.clock.run_for(EVERY)
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def faults_of(self, path: str) -> list[str]:
        """What keeps somebody from using this page who cannot see it, or not well."""
        self.go(path)
        found: list[str] = self.page.evaluate(_CHECKS)
        return found


@contextmanager
def visiting(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:  # noqa: ANN401 - Playwright's own
    """Open a page; at its end it must have asked nobody else, and complained of nothing."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        **options,
    )
    try:
        visit = Visit(context.new_page(), base)
        page = visit.page
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("console", visit.hear)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.clock.install()
        yield visit
        outside = [url for url in visit.asked if not url.startswith((base, "data:"))]
        assert not outside, outside
        assert not visit.complaints, visit.complaints
    finally:
        context.close()
