"""The key appears nowhere: not in output, reports, state or logs, whatever goes wrong."""

from __future__ import annotations

import subprocess

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.kills.stage import Stage
from tests.environment import clean_environment
from tests.sandbox_process import SandboxProcess
from tests.shop import KEY, SYNCD, Shop, row

SECRET = KEY.removeprefix("sk_test_").encode()


def holds_the_key(shop: Shop) -> list[str]:
    """The files beside the configuration that hold the key."""
    files = [each for each in shop.folder.rglob("*") if each.is_file()]
    return [
        str(file) for file in files if file != shop.configuration and SECRET in file.read_bytes()
    ]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_run_leaves_the_key_anywhere(shop: Shop, stage: Stage, log_format: str) -> None:
    shop.stock([row(0), row(1, origin="UK"), row(2, maker="unknown")])
    lines = [
        ("--dry-run", "--output", "dry.html"),
        ("--once", "--output", "once.json"),
        ("plan", "--out", "plan.json"),
        ("check",),
        ("status",),
        ("why", "SKU-0001"),
        ("items",),
    ]

    for line in lines:
        run = stage.run(*line, "-vv", "--log-format", log_format)

        assert run.code in {0, 3}, run.stderr
        assert SECRET.decode() not in run.stdout + run.stderr
    assert holds_the_key(shop) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.STATUS, status=401),
        Fault(kind=FaultKind.STATUS, status=403),
        Fault(kind=FaultKind.STATUS, status=502, html=True),
        Fault(kind=FaultKind.DROP, method="POST"),
    ],
)
def test_no_failure_leaves_the_key_anywhere(
    shop: Shop, stage: Stage, sandbox: SandboxProcess, fault: Fault
) -> None:
    sandbox.set_faults([fault])

    run = stage.run("--once", "--wait", "0", "-vv", "--output", "report.json")

    assert run.code == 1
    assert SECRET.decode() not in run.stdout + run.stderr
    assert holds_the_key(shop) == []


def test_a_configuration_that_is_wrong_does_not_tell_the_key(shop: Shop) -> None:
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace(f'"{KEY}"', f'"{KEY} with a space"'))

    run = shop.run("--once")

    assert run.code == 2
    assert SECRET.decode() not in run.stdout + run.stderr


def test_a_key_from_the_environment_is_as_secret(shop: Shop) -> None:
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace(f'api_key = "{KEY}"\n', ""))

    run = shop.run("--once", "-vv", SYNCD_DIGITAL_RIVER__API_KEY=KEY)

    assert run.code == 0
    assert SECRET.decode() not in run.stdout + run.stderr
    assert holds_the_key(shop) == []


def test_no_command_tells_the_key(stage: Stage) -> None:
    stage.shop.configure("[guards]\nmax_update = 1\n")
    stage.shop.stock([row(0), row(1), row(2, maker="unknown")])
    first = stage.well("--once", "--format", "json", code=3).json()["cycle"]
    stage.shop.stock([row(0, origin="SE"), row(1, origin="SE"), row(2, maker="unknown")])
    stopped = stage.well("--once", "--format", "json", code=4).json()["cycle"]
    key_file = stage.shop.folder / "key"
    key_file.write_text(KEY)

    for line, code in (
        (("approve", stopped), 0),
        (("--once",), 3),
        (("history",), 0),
        (("history", stopped, "--output", "past.html"), 0),
        (("history", "--verify"), 0),
        (("revert", first, "--dry-run"), 0),
        (("revert", first), 3),
        (("release", "--all"), 0),
        (("quarantine", "list", "--format", "csv"), 0),
        (("quarantine", "retry", "--all"), 0),
        (("items", "--part-number", "P-1"), 0),
        (
            (
                "init",
                "--catalog",
                "catalog.csv",
                "--yes",
                *("--out", "made", "--api-key-file", "key"),
            ),
            0,
        ),
        (("nothing-of-the-kind", KEY), 2),
    ):
        run = stage.run(*line, "-vv")

        assert run.code == code, (line, run)
        assert SECRET.decode() not in run.stdout + run.stderr, line
    key_file.unlink()
    assert holds_the_key(stage.shop) == []


def test_whatever_the_umask_nobody_else_may_read_what_syncd_writes(shop: Shop) -> None:
    ours = {*shop.folder.iterdir()}
    for line in (("--once", "--output", "report.html"), ("plan", "--out", "plan.json")):
        subprocess.run(
            [SYNCD, *line],
            cwd=shop.folder,
            env=clean_environment(),
            umask=0,
            capture_output=True,
            check=True,
            timeout=60,
        )

    written = {file.name: file.stat().st_mode & 0o777 for file in {*shop.folder.iterdir()} - ours}

    assert {"state.db", "state.db.lock", "state.db.pacer", "report.html", "plan.json"} <= set(
        written
    )
    assert set(written.values()) == {0o600}, written
