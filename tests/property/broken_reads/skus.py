"""The SKUs of an account whose answers go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from pydantic import SecretStr

from syncd.catalog.from_digital_river import SkuFetcher
from syncd.config import DigitalRiverKeys, DigitalRiverSettings
from syncd.digital_river.pacer import MemoryPacer
from syncd.digital_river.sku_listing import AccountSkus
from tests.fakes.clocks import LeapingClock
from tests.property.broken_reads.pages import HTML
from tests.property.broken_reads.trial import IDS, Case, Rig, stays_sound
from tests.stubs.raw import Asked, Reply

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_START = datetime(2026, 11, 1, tzinfo=UTC)
Page: TypeAlias = dict[str, Any]


@dataclass
class Account:
    """Answers for the SKUs, newest first; the request with the number `at` goes wrong."""

    skus: list[dict[str, Any]]
    fault: Fault | None
    at: int
    chance: Random
    asked: int = 0

    def __call__(self, asked: Asked) -> Reply:
        self.asked += 1
        cursor = asked.query.get("startingAfter")
        if cursor is not None and cursor not in {one["id"] for one in self.skus}:
            return Reply(400, b"{}")
        page = self.page(asked)
        if self.fault is None or self.asked != self.at:
            return _json(page)
        return self.fault(self, page)

    def page(self, asked: Asked) -> Page:
        query = asked.query
        found = [one for one in self.skus if self._is_asked_for(one, query)]
        if "startingAfter" in query:
            ids = [one["id"] for one in self.skus]
            behind = set(ids[ids.index(query["startingAfter"]) + 1 :])
            found = [one for one in found if one["id"] in behind]
        limit = int(query["limit"])
        return {"hasMore": len(found) > limit, "data": found[:limit]}

    def _is_asked_for(self, sku: dict[str, Any], query: dict[str, str]) -> bool:
        created = str(sku["createdTime"])
        after = query.get("createdTime[gte]", "") <= created
        before = created < query.get("createdTime[lt]", "9")
        return after and before and query.get("updatedTime[gte]", "") <= created


Fault: TypeAlias = Callable[[Account, Page], Reply]


def sku_case(rig: Rig, chance: Random) -> Case:
    """Break one answer of an account."""
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    sound = stays_sound(chance)
    name = None if sound else chance.choice(list(FAULTS))
    fault = FAULTS[name] if name is not None else None
    account = Account([_sku(item, chance) for item in ids], fault, chance.randint(1, 3), chance)
    account.skus.sort(key=lambda one: str(one["createdTime"]), reverse=True)
    rig.server.answers(account)
    words = f"{len(ids)} SKUs, answer {account.at}: {name}"
    columns = {"id": "id", "part_number": "partNumber", "country_of_origin": "countryOfOrigin"}
    return Case(words, _fetcher(rig), frozenset(ids), sound, columns=columns)


def _sku(item: str, chance: Random) -> dict[str, Any]:
    moment = (_START + timedelta(seconds=chance.randint(0, 40))).strftime(_FORM)
    return {
        "id": item,
        "partNumber": item,
        "createdTime": moment,
        "updatedTime": moment,
        "liveMode": False,
        "physical": True,
    }


def _fetcher(rig: Rig) -> SkuFetcher:
    clock = LeapingClock(_START + timedelta(days=1))
    settings = DigitalRiverSettings(base_url=rig.server.url, api_key=SecretStr("sk_test_1"))
    listing = AccountSkus(settings, lambda: MemoryPacer(1000.0, clock), clock, "0.0.0")
    keys = DigitalRiverKeys(type="digital_river", overlap=timedelta())
    return SkuFetcher(keys, listing, "account", clock.now)


# ------------------------------------------------------------------------------- the faults


def _json(document: object) -> Reply:
    return Reply(body=json.dumps(document).encode())


def _cut_body(account: Account, page: Page) -> Reply:
    whole = _json(page)
    return replace(whole, body=whole.body[: account.chance.randrange(len(whole.body))])


def _cut_connection(account: Account, page: Page) -> Reply:
    whole = _json(page)
    return replace(whole, cut=account.chance.randrange(len(whole.body)))


def _spoilt(account: Account, page: Page) -> Reply:
    body = _json(page).body
    at = account.chance.randrange(len(body))
    return Reply(body=body[:at] + account.chance.choice((b"\xff", b"\0")) + body[at + 1 :])


def _emptied(_: Account, page: Page) -> Reply:
    return _json(page | {"data": [], "hasMore": True})


def _endless(_: Account, page: Page) -> Reply:
    return _json(page | {"hasMore": True})


def _from_the_start(account: Account, _: Page) -> Reply:
    return _json({"hasMore": True, "data": account.skus[:3]})


def _without_ids(_: Account, page: Page) -> Reply:
    data = [{name: value for name, value in one.items() if name != "id"} for one in page["data"]]
    return _json(page | {"data": data or [{}]})


def _of_other_times(_: Account, page: Page) -> Reply:
    data = [one | {"createdTime": "2031-01-01T00:00:00Z"} for one in page["data"]]
    return _json(page | {"data": data or [{"id": "X", "liveMode": False}]})


def _of_live_data(_: Account, page: Page) -> Reply:
    data = [one | {"liveMode": True} for one in page["data"]]
    return _json(page | {"data": data or [{"id": "X", "liveMode": True}]})


FAULTS: dict[str, Fault] = {
    "cut body": _cut_body,
    "cut connection": _cut_connection,
    "spoilt byte": _spoilt,
    "breakdown": lambda *_: Reply(500),
    "wrong request": lambda *_: Reply(400, b"{}"),
    "refusal": lambda *_: Reply(403, b"{}"),
    "wrong key": lambda *_: Reply(401, b"{}"),
    "web page": lambda *_: HTML,
    "nothing": lambda *_: Reply(204),
    "no list": lambda *_: _json({"hasMore": False, "data": None}),
    "no answer at all": lambda *_: _json({}),
    "emptied, with more to come": _emptied,
    "more to come without end": _endless,
    "the first page again": _from_the_start,
    "objects without ids": _without_ids,
    "objects of other times": _of_other_times,
    "live data": _of_live_data,
}
