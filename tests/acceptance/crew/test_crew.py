"""Eight processes on one account: whatever befalls them, nothing is done twice or too fast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.crew.crew import MEMBERS, Crew, crew, ship
from tests.acceptance.crew.storm import weather
from tests.postgres_states import new_account
from tests.sandbox_process import SandboxProcess
from tests.servers import own_postgres
from tests.shop import Shop

SKUS = 96


@pytest.fixture
def aboard(shop: Shop, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setenv("CACHE_DIRECTORY", str(Path(shop.folder, "cache")))
    with (
        ship() as launched,
        own_postgres(connections=20 * MEMBERS) as server,
        new_account(server) as account,
        crew(shop, sandbox, account, launched) as found,
    ):
        yield found


@pytest.mark.timeout(180)
def test_a_crew_converges_whatever_befalls_it(aboard: Crew) -> None:
    weather(aboard, SKUS)
