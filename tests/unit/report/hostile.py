"""A cycle whose every text tries to be more than text."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleResult, QuarantinedSku
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from tests.unit.report.samples import STARTED, stopped

PAYLOADS: Final = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "' onfocus=window.hacked=1 autofocus='",
    "<!--<script>",
    "]]><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }}",
    "\u2028window.hacked=1\u2029",
    "[click](javascript:window.hacked=1) **bold** `code` | cell | @everyone #1 https://evil.test",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
)


def hostile() -> CycleResult:
    everything = " ".join(PAYLOADS)
    failure = Failure(409, everything, everything, everything, everything)
    return replace(
        stopped(),
        changes=tuple(
            ChangeResult(_change(payload, action), outcome, failure)
            for payload in PAYLOADS
            for action in Action
            for outcome in (ChangeOutcome.FAILED, ChangeOutcome.DONE)
        ),
        guards=tuple(
            replace(stop, message=everything, examples=tuple(map(ItemId, PAYLOADS)))
            for stop in stopped().guards
        ),
        held=tuple(
            HeldSku(payload, Held(payload, payload, payload, 7, payload)) for payload in PAYLOADS
        ),
        quarantined=tuple(
            QuarantinedSku(ItemId(payload), failure, STARTED) for payload in PAYLOADS
        ),
        notes=PAYLOADS,
        error=everything,
    )


def _change(payload: str, action: Action) -> Change:
    values = {Attribute.PART_NUMBER: AttributeChange(payload, f"{payload}x")}
    return Change(ItemId(payload), action, 1, values)
