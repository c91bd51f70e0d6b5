"""A real browser, and a report opened in it from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from syncd.domain.cycle import CycleResult
from syncd.report import Format, render
from tests.unit.report.samples import report

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Opened:
    """One open page, everything it asked for beside itself, and everything it complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[[CycleResult], Opened]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def scheme() -> Literal["light", "dark"]:
    return "light"


@pytest.fixture
def width() -> int:
    return 1200


@pytest.fixture
def javascript() -> bool:
    return True


@pytest.fixture
def context(
    browser: Browser, scheme: Literal["light", "dark"], width: int, javascript: bool
) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=javascript,
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context
    context.close()


@pytest.fixture
def open_report(context: BrowserContext, tmp_path: Path) -> Iterator[Open]:
    """Open a report and check at the end that it asked for nothing and complained of nothing."""
    every: list[Opened] = []

    def opener(result: CycleResult) -> Opened:
        file = tmp_path / "report.html"
        file.write_text(render(report(result), Format.HTML), encoding="utf-8")
        opened = Opened(context.new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(file.as_uri())
        every.append(opened)
        return opened

    yield opener
    for opened in every:
        outside = [url for url in opened.requests if not url.startswith(("file:", "blob:file:"))]
        outside = [url for url in outside if url != "data:,"]
        assert outside == []
        assert opened.complaints == []
