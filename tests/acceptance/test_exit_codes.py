"""The exit code of the process describes the standing state; the tables are in the integration."""

from __future__ import annotations

from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row


def test_one_shop_through_all_exit_codes(shop: Shop, sandbox: SandboxProcess) -> None:
    shop.configure("[guards]\nmax_update = 3\n")
    assert shop.run("--dry-run", "--exit-code").code == 5
    assert shop.run("--once").code == 0

    shop.stock([row(0, origin="UK"), *map(row, range(1, 12))])
    assert shop.run("--once").code == 3

    shop.stock([row(number, mpn=f"Q-{number}") for number in range(12)])
    assert shop.run("--once").code == 4

    shop.catalog.unlink()
    assert shop.run("--once").code == 1

    assert shop.run("--once", "--dry-run").code == 2
    assert sandbox.items()["SKU-0001"]["partNumber"] == "P-1"
