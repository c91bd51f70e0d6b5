"""Which page answers where."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Final, TypeAlias

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from syncd.domain.attributes import ItemId
from syncd.domain.canonical import are_ids, checked_id
from syncd.domain.cycle import CycleId
from syncd.domain.plain_text import Breach
from syncd.engine.standing import exit_code
from syncd.errors import StateBusyError, StateError, UsageError
from syncd.report import Report, html
from syncd.report.wording import visible
from syncd.service.board import read_board
from syncd.service.explanation import explain
from syncd.service.inquiry import is_under_way
from syncd.service.past import past_cycle
from syncd.service.stock import courses
from syncd.web.pages import problems
from syncd.web.pages.assets import PATH, asset
from syncd.web.pages.home import home
from syncd.web.pages.lists import KINDS, found, list_page
from syncd.web.pages.remembered import Seen, inquiry
from syncd.web.pages.rendering import Frame, shown
from syncd.web.pages.sku import sku_page
from syncd.web.pages.stock import stock_page
from syncd.web.pages.watch import watch
from syncd.web.security import CONTENT_POLICY, content_policy

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from syncd.web.desk import Desk

Page: TypeAlias = "Callable[[Request], Response]"

AT_ONCE: Final = 8
"""Pages that are made at the same time."""
PATIENCE: Final = 2.0
"""Seconds that another one waits for its turn."""
_HOME: Final = "/"
_SKU: Final = "/sku/"
_SEE_OTHER: Final = 303


class Pages:
    """Every page, over one desk; each is made in a thread, so that the others need not wait."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen = Seen(desk)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        """Where they are."""
        pages: dict[str, Page] = {
            _HOME: self._home,
            "/search": self._search,
            "/stock": self._stock,
            f"{_SKU}{{id}}": self._sku,
            "/cycle/{id}": self._cycle,
            **{f"/{name}": self._list for name in KINDS},
        }
        shown_at = [Route(path, self._safely(page)) for path, page in pages.items()]
        return [*shown_at, Route(f"{PATH}{{name}}", asset)]

    def _safely(self, page: Page) -> Page:
        """Say what is wrong where the state cannot be read, or what is asked for is not there."""

        @wraps(page)
        def answer(request: Request) -> Response:
            try:
                with self._turn():
                    return page(request)
            except StateError as error:
                return problems.unreadable(self._desk, request.url.path, error)
            except UsageError as error:
                return problems.not_found(self._desk, error)
            except Exception as bug:  # noqa: BLE001 - one page's mistake is told on that page
                return problems.mistaken(self._desk, request.url.path, bug)

        return answer

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Be one of a few pages at work: where the state hangs, no more threads hang in it."""
        if not self._turns.acquire(timeout=PATIENCE):
            raise StateBusyError(
                "The state",
                f"it has answered none of {AT_ONCE} pages for a while",
                "See what keeps its disk or database from answering",
            )
        try:
            yield
        finally:
            self._turns.release()

    def _home(self, _: Request) -> Response:
        with self._desk.state() as state:
            board = read_board(state, self._desk.now(), self._desk.settings().schedule.rolling)
        view = home(board, watch(self._desk, board.census))
        return shown("home.html", self._frame(view.headline.words), view)

    def _list(self, request: Request) -> Response:
        kind = KINDS[request.url.path.removeprefix("/")]
        after = request.query_params.get("after")
        with self._desk.state() as state:
            view = list_page(state, kind, ItemId(after) if after else None, self._desk.now())
        return shown("list.html", self._frame(kind.title), view)

    def _stock(self, _: Request) -> Response:
        with self._desk.state() as state:
            view = stock_page(state, self._desk.now())
        return shown("stock.html", self._frame("Stock"), view)

    def _search(self, request: Request) -> Response:
        searched = request.query_params.get("q", "").strip()
        with self._desk.state() as state:
            view = found(state, searched, self._desk.now())
        if len(view.rows) == 1 and are_ids([view.rows[0].id]):
            return RedirectResponse(f"{_SKU}{view.rows[0].id}", _SEE_OTHER)
        return shown("search.html", self._frame("Search", visible(searched)), view)

    def _sku(self, request: Request) -> Response:
        item = _read_id(request.path_params["id"])
        looks = request.query_params.getlist("look") if request.state.of_its_own else ()
        if "remote" in looks:
            self._seen.look_at_remote(item)
        if "catalog" in looks:
            self._seen.look_into_catalog(item)
        seen = self._seen.of(item)
        with inquiry(self._desk) as (ports, terms):
            told = explain(ports, terms, item, seen)
            course = next(courses(ports.state, [item], self._desk.now()), None)
        return shown("sku.html", self._frame(item, item), sku_page(told, seen, course))

    def _cycle(self, request: Request) -> Response:
        with self._desk.state() as state:
            result = past_cycle(state, CycleId(request.path_params["id"]))
            newest = next(iter(state.cycles(1)), result)
            goes_on = newest.id == result.id and is_under_way(state, newest)
        if goes_on:
            return problems.unfinished(self._desk, request.url.path)
        page = html.report_page(Report.of(result, None, exit_code(result)), _HOME)
        policy = content_policy([html.inline_script()], [html.inline_style()])
        return HTMLResponse(page, headers={CONTENT_POLICY: policy})

    def _frame(self, title: str, searched: str = "") -> Frame:
        return Frame(title, self._desk.account_words, self._desk.version, searched)


def _read_id(text: str) -> ItemId:
    item = checked_id(text)
    if isinstance(item, Breach):
        raise UsageError(f"Id {text!r}", item.rule, "Correct it, or search for how it begins")
    return item
