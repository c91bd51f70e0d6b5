"""The audit as an installed command: a stop ends it at once, and it leaves nothing half done."""

from __future__ import annotations

import signal

from syncd.sandbox import Fault, FaultKind
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, ended, item_of, row, running, wait_until, writes


def test_a_signal_ends_the_audit_and_nothing_is_claimed(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    numbers = range(350)
    sandbox.seed_items([{"id": row(number)["sku"], **item_of(row(number))} for number in numbers])
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=2.0, path="/inventory-items")])

    with running(shop.start("audit", "--repair")) as process:
        wait_until(lambda: len(sandbox.requests()) > 0)
        process.send_signal(signal.SIGTERM)
        run = ended(process)

    assert (run.code, run.stdout) == (143, "")
    assert run.stderr.splitlines()[-1].startswith("exit 143: stopped by SIGTERM")
    assert writes(sandbox) == []
    assert "none so far" in shop.run("status").stdout
