"""What `syncd status` says of guards, and which commands it names."""

from __future__ import annotations

from datetime import UTC, datetime

from syncd.cli.shown.status import _commands, _guards
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from syncd.ports import Census
from syncd.service.inquiry import Status

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_RAN = CycleResult(CycleId("c"), Mode.SCHEDULED, NOON, NOON, None)


def test_a_stop_is_listed_though_a_cycle_over_some_skus_came_after_it() -> None:
    stop = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "12 deletes are stopped.")
    hook = CycleResult(CycleId("hook"), Mode.SCHEDULED, NOON, NOON, None, partial=True)

    listing = _guards(Status(NOON, Census({}, 0), hook, None, (), (), stops=(stop,)))

    assert listing is not None
    assert listing.rows == (("max_delete", "12 deletes are stopped."),)


def test_the_id_that_is_named_to_ask_about_is_one() -> None:
    held = tuple(HeldSku(id, Held("id", id, "no id", 2)) for id in ("", "..", "a b", "A-1", "A-2"))

    assert list(_commands(Status(NOON, Census({}, 0), _RAN, None, held, ()))) == ["syncd why A-1"]
    assert not list(_commands(Status(NOON, Census({}, 0), _RAN, None, held[:3], ())))


def test_an_id_that_looks_like_an_option_is_asked_about_as_an_id() -> None:
    held = (HeldSku("-A", Held("mpn", "", "no part number", 2)),)

    found = list(_commands(Status(NOON, Census({}, 0), _RAN, None, held, ())))

    assert found == ["syncd why -- -A"]
