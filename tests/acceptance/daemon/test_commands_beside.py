"""Every command works beside a daemon, between its cycles; neither gets into the other's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from syncd.domain.cycle import CycleId, CycleResult, Mode
from syncd.state import open_existing_read_only
from tests.acceptance.daemon.served import ROWS, Served, schedule, serving
from tests.sandbox_process import SandboxProcess
from tests.shop import Run, Shop, row, wait_until

GUARDS = "[guards]\nmax_update = 3\nmax_same_change = 1.0\n"
MOVED = [row(number, origin="SE") if number < 6 else row(number) for number in range(12)]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, sandbox_of_session: SandboxProcess
) -> Iterator[Shop]:
    """One whose daemon has, in the end, had no trouble with anybody."""
    sandbox_of_session.reset()
    shop = Shop(tmp_path_factory.mktemp("house"), sandbox_of_session.url)
    shop.stock(ROWS)
    schedule(shop, poll="1s", extra=GUARDS)
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox_of_session.items()) == 12)
        yield shop
        _goes_on(daemon)
        assert daemon.stop().code == 143
    assert daemon.logs("daemon.bug") == []
    assert [one for one in daemon.logs("daemon.trouble") if one["kind"] != "lease"] == []


def _goes_on(daemon: Served) -> None:
    daemon.wait_for("STATUS=waiting", times=daemon.count("STATUS=waiting") + 1)


def _runs(shop: Shop, *arguments: str, code: int = 0) -> Run:
    run = shop.run(*arguments)
    assert run.code == code, (arguments, run.stderr)
    return run


def _cycle(shop: Shop, is_wanted: Callable[[CycleResult], bool]) -> CycleId:
    """The last cycle that is such a one, once there is one."""
    found: list[CycleId] = []

    def is_there() -> bool:
        with closing(open_existing_read_only(f"sqlite:///{shop.state}")) as state:
            found.extend(one.id for one in state.cycles(20) if is_wanted(one))
        return bool(found)

    wait_until(is_there)
    return found[0]


def _origins(sandbox: SandboxProcess) -> set[Any]:
    items = sandbox.items()
    return {items[f"SKU-{number:04}"]["countryOfOrigin"] for number in range(6)}


def test_a_run_finds_that_all_is_done(shop: Shop) -> None:
    assert _runs(shop, "--once", "--format", "json").json()["summary"]["unchanged"] == 12


def test_a_plan_is_carried_out_but_for_what_the_daemon_was_quicker_with(
    shop: Shop, sandbox_of_session: SandboxProcess
) -> None:
    shop.stock([*ROWS, row(20)])
    _runs(shop, "plan", "--out", "plan.json")
    wait_until(lambda: "SKU-0020" in sandbox_of_session.items())
    _runs(shop, "apply", "plan.json")


def test_it_is_audited_and_mended(shop: Shop, sandbox_of_session: SandboxProcess) -> None:
    items = sandbox_of_session.items()
    items["SKU-0003"]["countryOfOrigin"] = "CA"
    sandbox_of_session.seed_items([{**item, "id": id_} for id_, item in items.items()])

    _runs(shop, "audit", "--exit-code", code=5)
    _runs(shop, "audit", "--repair")
    assert sandbox_of_session.items()["SKU-0003"]["countryOfOrigin"] == "DK"
    _runs(shop, "levels", "SKU-0003")


def test_what_its_guard_stops_is_approved_and_undone(
    shop: Shop, sandbox_of_session: SandboxProcess
) -> None:
    shop.stock(MOVED)
    _runs(shop, "approve", _cycle(shop, lambda one: bool(one.guards)))
    wait_until(lambda: _origins(sandbox_of_session) == {"SE"})
    wrote = _cycle(shop, lambda one: one.counts is not None and one.counts.update == 6)
    assert shop.run("revert", wrote).code == 4  # an undoing is a plan like any other
    _runs(shop, "approve", _cycle(shop, lambda one: one.mode is Mode.REVERT))
    wait_until(lambda: _origins(sandbox_of_session) == {"DK"})
