"""A list of products behind each way of paging, with a fault on any page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tests.stubs.raw import Asked, Reply

Kind: TypeAlias = Literal["page", "offset", "cursor", "link", "next_url"]
Fault: TypeAlias = Callable[["PagedList", Asked, int], Reply]
"""Answers in the place of a page; its number counts from 0."""


@dataclass
class PagedList:
    """Pages of `size` records; `declares` says whether each of them tells the total.

    The last page names no next one: by `null`, by a `Link` header with the first page alone, or,
    where it is `silent`, not at all.
    """

    url: str
    records: Sequence[dict[str, Any]]
    kind: Kind = "page"
    size: int = 2
    declares: bool = True
    faults: dict[int, Fault] = field(default_factory=dict)
    elsewhere: Reply = field(default_factory=lambda: Reply(404))
    total: dict[int, int] = field(default_factory=dict)
    silent: bool = False

    @property
    def last(self) -> int:
        return max(0, (len(self.records) - 1) // self.size)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path != "/list":
            return self.elsewhere
        number = self.number_of(asked)
        fault = self.faults.get(number)
        return fault(self, asked, number) if fault else self.page(number)

    def number_of(self, asked: Asked) -> int:
        query = asked.query
        match self.kind:
            case "page":
                return int(query.get("page", 1)) - 1
            case "offset":
                return -(-int(query.get("offset", 0)) // self.size)
            case _:
                return int(query.get("at", "c0")[1:])

    def page(self, number: int, records: Sequence[Any] | None = None) -> Reply:
        start = number * self.size
        held = self.records[start : start + self.size] if records is None else records
        document: dict[str, Any] = {"items": held}
        if self.declares:
            document["total"] = self.total.get(number, len(self.records))
        headers = {}
        onward = f"c{number + 1}" if number < self.last else None
        match self.kind:
            case _ if onward is None and self.silent:
                pass
            case "cursor":
                document["cursor"] = onward
            case "next_url":
                document["onward"] = onward and f"{self.url}/list?at={onward}"
            case "link":
                onward_link = f'</list?at={onward}>; rel="next", ' if onward else ""
                headers["Link"] = f'{onward_link}</list?at=c0>; rel="first"'
            case _:
                pass
        return Reply(body=json.dumps(document).encode(), headers=headers)

    def settings(self) -> dict[str, Any]:
        """How `[catalog]` describes this list."""
        paging: dict[str, Any] = {"type": self.kind}
        match self.kind:
            case "page" | "offset":
                paging |= {"parameter": self.kind, "size_parameter": "limit", "size": self.size}
            case "cursor":
                paging |= {"parameter": "at", "next": "cursor", "size": self.size}
            case "next_url":
                paging |= {"next": "onward", "size": self.size}
            case "link":
                paging |= {"size": self.size}
        total = {"total": "total"} if self.declares else {}
        return {"url": f"{self.url}/list", "records": "items", "paging": paging, **total}
