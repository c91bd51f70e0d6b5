"""Bad input and faults: one clear message, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.sandbox_process import SandboxProcess
from tests.shop import COLUMNS, Run, Shop, row, running, wait_until, writes


def _configuration(old: str, new: str) -> Callable[[Shop], None]:
    def damage(shop: Shop) -> None:
        text = shop.configuration.read_text()
        assert old in text
        shop.configuration.write_text(text.replace(old, new))

    return damage


def _catalog(content: bytes) -> Callable[[Shop], None]:
    def damage(shop: Shop) -> None:
        shop.catalog.write_bytes(content)

    return damage


def _without_a_column(shop: Shop) -> None:
    shop.stock([row(0)], [column for column in COLUMNS if column != "mpn"])


def _spreadsheet(shop: Shop) -> None:
    _configuration('"catalog.csv"', '"catalog.xlsx"')(shop)
    shop.catalog.rename(shop.folder / "catalog.xlsx")


def _no_catalog(shop: Shop) -> None:
    shop.catalog.unlink()


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (_configuration("[state]", "[sate]"), 2, "sate"),
        (_configuration('hs_code = "hs"', 'hs_cod = "hs"'), 2, "hs_code"),
        (_configuration("= 900", '= "fast"'), 2, "requests_per_second"),
        (_configuration('timeout = "5s"', "timeout = 5"), 2, "timeout"),
        (_configuration('path = "catalog.csv"', ""), 2, "path"),
        (_configuration("[catalog]", "[catalog"), 2, "line 1"),
        (_configuration('type = "file"', 'type = "carrier pigeon"'), 2, "type"),
        (_spreadsheet, 1, "catalog.format"),
        (
            _configuration('"sqlite:///state.db"', '"sqlite:///no/such/folder/state.db"'),
            1,
            "folder",
        ),
        (_no_catalog, 1, "catalog.csv"),
        (_without_a_column, 1, "mpn"),
        (_catalog(b""), 4, "catalog.csv"),
        (_catalog(b"a,b,c\n1,2,3\n"), 4, "catalog.csv"),
        (_catalog(f"{','.join(COLUMNS)}\nÄ".encode("utf-16")), 1, "UTF-8"),
        (_catalog(f"{','.join(COLUMNS)}\nA-1,m,\xe4,DK,,,\n".encode("latin-1")), 3, "UTF-8"),
    ],
)
def test_bad_input_is_told_once_and_changes_nothing(
    shop: Shop, sandbox: SandboxProcess, damage: Callable[[Shop], None], code: int, words: str
) -> None:
    damage(shop)

    run = shop.run("--once")

    assert run.code == code, run
    assert words.lower() in (run.stdout + run.stderr).lower()
    assert sandbox.items() == {}


def test_a_configuration_that_is_not_there_is_told(shop: Shop) -> None:
    shop.configuration.unlink()

    run = shop.run("--once")

    assert run.code == 2
    assert "config.example.toml" in run.stderr


def test_an_emptied_catalog_deletes_nothing(shop: Shop, sandbox: SandboxProcess) -> None:
    shop.configure('[guards]\ndelete_after = "0"\ndelete_reads = 1\n')
    assert shop.run("--once").code == 0
    shop.stock([])

    assert shop.run("--once").code == 4
    assert len(sandbox.items()) == 12

    shop.stock([row(number) for number in range(12)])
    assert shop.run("--once").code == 0


def test_a_catalog_cut_short_deletes_nothing(shop: Shop, sandbox: SandboxProcess) -> None:
    shop.configure('[guards]\ndelete_after = "0"\ndelete_reads = 1\nmax_shrink = 1.0\n')
    assert shop.run("--once").code == 0
    whole = shop.catalog.read_bytes()
    shop.catalog.write_bytes(whole[:-100])

    run = shop.run("--once")

    assert run.code == 4, run
    assert len(sandbox.items()) == 12
    shop.catalog.write_bytes(whole)
    assert shop.run("--once").code == 0


def test_a_row_gone_for_good_is_deleted_after_enough_reads(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    shop.configure('[guards]\ndelete_after = "0"\ndelete_reads = 2\n')
    assert shop.run("--once").code == 0
    for reads in (1, 2):
        assert "SKU-0011" in sandbox.items(), f"after {reads - 1} reads"
        shop.stock([row(number) for number in range(11)])
        assert shop.run("--once").code == 0

    assert "SKU-0011" not in sandbox.items()


# ------------------------------------------------------------------------------- the state


def _damage_state(shop: Shop, state: Path) -> None:
    state.write_bytes(b"This is no database at all, and long enough to be looked at twice." * 20)


def _newer_state(shop: Shop, state: Path) -> None:
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize("damage", [_damage_state, _newer_state])
@pytest.mark.parametrize("line", ["--once", "--dry-run", "status", "why SKU-0001"])
def test_a_state_that_cannot_be_used_is_told_and_left_alone(
    shop: Shop, sandbox: SandboxProcess, damage: Callable[[Shop, Path], None], line: str
) -> None:
    assert shop.run("--once").code == 0
    damage(shop, shop.state)
    before = shop.state.read_bytes()
    sandbox.clear_requests()

    run = shop.run(*line.split())

    assert run.code == 1, run
    assert "state.db" in run.stderr
    assert shop.state.read_bytes() == before
    assert sandbox.requests() == []


def test_a_state_that_is_locked_is_waited_for_and_then_told(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    assert shop.run("--once").code == 0
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=0.5, method="POST")])
    shop.stock([*(row(number, origin="SE") for number in range(3)), *map(row, range(3, 12))])

    with running(shop.start("--once")) as busy:
        wait_until(lambda: writes(sandbox) != [])
        waiting = shop.run("--once")
        assert busy.wait(30) == 0

    assert waiting.code == 0, waiting.stderr


# ------------------------------------------------------------------------------ the remote


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.STATUS, status=502, html=True, method="POST"),
        Fault(kind=FaultKind.HALF, method="POST"),
        Fault(kind=FaultKind.LOST, method="POST"),
        Fault(kind=FaultKind.DROP, method="POST"),
        Fault(kind=FaultKind.STATUS, status=504, carried_out=True, method="POST"),
    ],
    ids=["html", "half a body", "no answer", "a broken connection", "done and denied"],
)
def test_an_answer_that_tells_nothing_loses_nothing(
    shop: Shop, sandbox: SandboxProcess, fault: Fault
) -> None:
    sandbox.set_faults([fault])
    assert shop.run("--once", "--wait", "0").code == 1

    sandbox.set_faults([])
    run = shop.run("--once", "--wait", "10s")

    assert run.code == 0, run
    assert len(sandbox.items()) == 12


def test_an_answer_with_other_values_is_quarantined_with_both(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.OTHER, method="POST", id="SKU-0003")])

    run = shop.run("--once", "--format", "json")

    assert run.code == 3
    [refused] = run.json()["quarantined"]
    assert refused["id"] == "SKU-0003"
    assert "DK" in refused["message"]
    assert "CA" in refused["message"]


# ------------------------------------------------------------------------------ the result


@pytest.mark.parametrize("place", ["no/such/folder/report.json", "."])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_done(
    shop: Shop, sandbox: SandboxProcess, place: str
) -> None:
    run = shop.run("--once", "--output", place)

    assert run.code == 2
    assert sandbox.requests() == []


def _refused(run: Run) -> bool:
    return run.code == 2 and "plan" in run.stderr


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": 2}', b"\xff\xfe", b"{" * 2000])
def test_what_is_no_plan_is_not_applied(
    shop: Shop, sandbox: SandboxProcess, content: bytes
) -> None:
    (shop.folder / "plan.json").write_bytes(content)

    assert _refused(shop.run("apply", "plan.json"))
    assert sandbox.requests() == []


def test_a_report_of_what_was_done_is_no_plan(shop: Shop) -> None:
    assert shop.run("--once", "--output", "done.json").code == 0

    assert _refused(shop.run("apply", "done.json"))
