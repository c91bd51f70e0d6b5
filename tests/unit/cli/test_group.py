"""`--only` takes several ids, and only the command that is asked for is loaded."""

from __future__ import annotations

import pytest
from typer import Context
from typer.main import get_command
from typer.testing import CliRunner

from syncd.cli.commands import build_app
from syncd.cli.group import RootGroup, spread_only


@pytest.fixture
def group() -> RootGroup:
    built = get_command(build_app())
    assert isinstance(built, RootGroup)
    return built


@pytest.fixture
def context(group: RootGroup) -> Context:
    return Context(group)


def test_the_command_that_is_asked_for_brings_its_module_and_no_other(
    group: RootGroup, context: Context
) -> None:
    assert group.get_command(context, "why") is not None
    assert set(group.commands) == {"status", "history", "why", "items"}


def test_every_module_has_the_commands_that_are_told_of_it(
    group: RootGroup, context: Context
) -> None:
    assert group.get_command(context, "wherefore") is None  # every one is looked at
    assert set(group.commands) == set(group.list_commands(context))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ""),
        ("status", "status"),
        ("--once --only A", "--once --only A"),
        ("--once --only A B C", "--once --only A --only B --only C"),
        ("--only A B --once", "--only A --only B --once"),
        ("--only A --only B C", "--only A --only B --only C"),
        ("--only=A B", "--only=A --only B"),
        ("--only A --wait 5m", "--only A --wait 5m"),
        ("--config x.toml status", "--config x.toml status"),
    ],
)
def test_ids_after_only_are_read_up_to_the_next_option(line: str, expected: str) -> None:
    assert list(spread_only(line.split())) == expected.split()


@pytest.mark.parametrize("line", ["--format xml", "--format xml status", "status --format xml"])
def test_a_value_that_cannot_be_is_refused_without_the_name_of_an_exception(line: str) -> None:
    result = CliRunner().invoke(build_app(), line.split())

    assert result.exit_code == 2
    assert "Invalid value for '--format': 'xml' is not one of 'text'," in result.stderr
