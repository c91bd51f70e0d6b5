"""Which call a method and a path mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from syncd.sandbox.answers import Answer, Problem, RefusedError, error_answer
from syncd.sandbox.calls import Call
from syncd.sandbox.events import Events
from syncd.sandbox.items import ItemCalls
from syncd.sandbox.levels import LevelCalls
from syncd.sandbox.settings import EVENTS, ITEMS, LEVELS, SKUS, SandboxSettings
from syncd.sandbox.skus import SkuCalls
from syncd.sandbox.tables import Tables

OnCollection: TypeAlias = Callable[[Call], Answer]
OnResource: TypeAlias = Callable[[Call, str], Answer]


class Api:
    """The vendor's calls over one account's tables."""

    def __init__(
        self, tables: Tables, settings: SandboxSettings, now: Callable[[], datetime]
    ) -> None:
        items = ItemCalls(tables, settings, now)
        events = Events(tables.events, now)
        skus = SkuCalls(tables, settings, now, events)
        self._collections: Mapping[str, Mapping[str, OnCollection]] = {
            ITEMS: {"GET": items.list, "POST": items.create},
            SKUS: {"GET": skus.list, "POST": skus.create},
            LEVELS: {"GET": LevelCalls(tables).list},
            EVENTS: {"GET": events.list},
        }
        self._resources: Mapping[str, Mapping[str, OnResource]] = {
            ITEMS: {"GET": items.read, "POST": items.update, "DELETE": items.delete},
            SKUS: {
                "GET": skus.read,
                "POST": skus.update,
                "PUT": skus.upsert,
                "DELETE": skus.delete,
            },
            EVENTS: {"GET": events.read},
        }

    def answer(self, call: Call) -> Answer:
        """Carry the request out; RefusedError where the vendor would refuse it."""
        if call.stray:
            raise _no_such_path(call)
        if call.id is None:
            on_collection = self._collections.get(call.resource)
            if on_collection is None:
                raise _no_such_path(call)
            collection_call = on_collection.get(call.method)
            return collection_call(call) if collection_call else _not_allowed(call, on_collection)
        on_resource = self._resources.get(call.resource)
        if on_resource is None:
            raise _no_such_path(call)
        resource_call = on_resource.get(call.method)
        return resource_call(call, call.id) if resource_call else _not_allowed(call, on_resource)


def _no_such_path(call: Call) -> RefusedError:
    return RefusedError(404, Problem("not_found", f"Nothing is at '{call.path}'."))


def _not_allowed(call: Call, known: Mapping[str, object]) -> Answer:
    problem = Problem("method_not_allowed", f"'{call.path}' does not take {call.method}.")
    return error_answer(405, [problem], {"allow": ", ".join(known)})
