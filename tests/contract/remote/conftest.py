"""Both worlds; what the one over HTTP exchanged is checked against the vendor's document."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from syncd.sandbox import SandboxSettings, running_sandbox
from tests.contract.remote.worlds import FakeWorld, HttpWorld, World
from tests.fakes.clocks import LeapingClock
from tests.vendor_document import check_logged, load_vendor_document


@pytest.fixture(params=["over HTTP", "in memory"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "in memory":
        yield FakeWorld()
        return
    with running_sandbox(SandboxSettings(keep_answers=True, rate_limit=0)) as sandbox:
        clock = LeapingClock()
        settings = DigitalRiverSettings(base_url=sandbox.url, api_key=SecretStr("sk_test_contract"))
        remote = DigitalRiver(settings, MemoryPacer(1000, clock, clock.ticks), clock, "0")
        try:
            yield HttpWorld(remote, sandbox)
        finally:
            await remote.aclose()
        document = load_vendor_document()
        if document is not None:
            # a 400 is for a request that a test has made wrong on purpose
            sound = (entry for entry in sandbox.store.requests() if entry.status != 400)
            check_logged(document, sound)
