"""A client whose requests a mock answers, and whose waits are over at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import respx
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from tests.fakes.clocks import LeapingClock

BASE_URL = "https://api.example.com"
KEY = "sk_test_very-secret"


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
async def pacer(clock: LeapingClock) -> MemoryPacer:
    return MemoryPacer(1000, clock, clock.ticks)


@pytest.fixture
async def remote(
    api: respx.MockRouter, pacer: MemoryPacer, clock: LeapingClock
) -> AsyncIterator[DigitalRiver]:
    settings = DigitalRiverSettings(base_url=BASE_URL, api_key=SecretStr(KEY), max_in_flight=8)
    client = DigitalRiver(settings, pacer, clock, "1.2.3")
    yield client
    await client.aclose()
