"""Nothing that outlives a process hangs on the order of a set, which is another in each process."""

from __future__ import annotations

from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, writes


def test_a_run_under_another_seed_finds_nothing_to_do(shop: Shop, sandbox: SandboxProcess) -> None:
    assert shop.run("--once").code == 0
    _turn(shop)
    assert shop.run("--once").code == 0
    copies = _copies(shop)
    assert copies
    sandbox.clear_requests()

    _turn(shop)
    turned = shop.run("--once", "-vv", PYTHONHASHSEED="1")
    shop.catalog.touch()
    touched = shop.run("--once", "-vv", PYTHONHASHSEED="2")

    assert "catalog.read" in turned.stderr, "in another order they are other bytes"
    assert "catalog.same_bytes" in touched.stderr
    for run in (turned, touched):
        assert "create=0 delete=0 update=0" in run.stderr
        assert "canary" not in run.stdout + run.stderr
    assert writes(sandbox) == []
    assert _copies(shop) == copies, "the copy of fingerprints is still good"


def _turn(shop: Shop) -> None:
    """Have the same rows stand in the opposite order."""
    head, *rows = shop.catalog.read_text().splitlines(keepends=True)
    shop.catalog.write_text("".join([head, *reversed(rows)]))


def _copies(shop: Shop) -> list[tuple[str, int, int]]:
    found = shop.folder.glob("*.fingerprints.parquet")
    return [(one.name, one.stat().st_ino, one.stat().st_mtime_ns) for one in found]
