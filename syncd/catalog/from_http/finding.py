"""Where the records stand in what an address answers, for who has not said so yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import read_document
from syncd.catalog.from_http.export import Kind, kind_of
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.request import JsonValue, first_requests
from syncd.config import HttpKeys

_DEEPEST: Final = 4
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def places_of_records(settings: HttpKeys, version: str) -> tuple[str, ...]:
    """Ask once, and give the JMESPath expressions of all lists of objects within an object.

    Nothing where the answer is no JSON object: then the records are all that there is. Raises
    `CatalogError` where it does not answer.
    """
    return _Finder(settings, version).places()


class _Finder(HttpFetcher):
    """Asks as a read would, with the same credentials and manners."""

    def places(self) -> tuple[str, ...]:
        request, *_ = first_requests(self._settings)
        with self._line() as line:
            return line.ask(request, self._places_in)

    def _places_in(self, answer: Answer) -> tuple[str, ...]:
        is_json = kind_of(answer, self._settings) is Kind.JSON
        if not is_json or not answer.start.startswith(b"{"):
            return ()
        return tuple(_lists_in(read_document(answer)))


def _lists_in(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Look into objects, and never into the lists themselves."""
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for name, inner in value.items():
            yield from _lists_in(inner, (*path, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield ".".join(one if _PLAIN.fullmatch(one) else json.dumps(one) for one in path)
