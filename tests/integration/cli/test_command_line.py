"""The command line itself: help, shared options, and where results go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.cli.conftest import ShopHere
from tests.shop import Shop

COMMANDS = (
    "plan",
    "apply",
    "status",
    "history",
    "why",
    "items",
    "metrics",
    "check",
    "init",
    "sandbox",
    "demo",
    "quarantine",
    "state",
    "fleet",
)
EVERYWHERE = (
    "--version",
    "--config",
    "--format",
    "--output",
    "--log-format",
    "--verbose",
    "--quiet",
    "--no-color",
)


def test_help_names_every_command(shop: Shop) -> None:
    run = shop.run("--help")

    assert run.code == 0
    assert all(f"  {command} " in run.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    "command", [*COMMANDS, "quarantine list", "quarantine retry", "state migrate", "state reclaim"]
)
def test_every_command_has_the_shared_options(shop: Shop, command: str) -> None:
    run = shop.run(*command.split(), "--help")

    assert run.code == 0
    assert all(option in run.stdout for option in EVERYWHERE)


def test_stdout_carries_the_result_alone(shop: Shop) -> None:
    run = shop.run("--once", "-vv", "--format", "json")

    assert run.json()["mode"] == "once"
    assert "catalog.read" in run.stderr


def test_quiet_means_nothing_on_stderr(shop: Shop) -> None:
    assert shop.run("--once", "-qq").stderr == ""


def test_the_ending_of_the_file_says_its_format(shop: Shop) -> None:
    run = shop.run("--once", "--output", "report.html")

    assert run.stdout == ""
    report = shop.folder / "report.html"
    assert report.read_text().lstrip().lower().startswith("<!doctype html>")
    assert report.stat().st_mode & 0o077 == 0


def test_the_configuration_may_come_from_elsewhere(shop: ShopHere, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = replace(shop, folder=elsewhere)

    assert there.run("--once", "--config", str(shop.configuration)).code == 0
    assert shop.state.exists()
    assert there.run("status", SYNCD_CONFIG=str(shop.configuration)).code == 0
    assert list(elsewhere.iterdir()) == []


def test_the_demo_leaves_a_folder_of_somebody_else_alone(shop: Shop) -> None:
    theirs = shop.folder / "syncd-demo" / "notes.txt"
    theirs.parent.mkdir()
    theirs.write_text("mine")

    run = shop.run("demo")

    assert run.code == 2
    assert [each.name for each in theirs.parent.iterdir()] == ["notes.txt"]
