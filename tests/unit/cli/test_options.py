"""The shared options: wherever they stand, the ones further right win."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from syncd import __version__
from syncd.cli.options import Shared, with_shared_options


def app_that_tells(heard: list[Shared]) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

    def root(shared: Shared, context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            heard.append(shared)

    def tell(shared: Shared, name: str = "nobody") -> None:
        heard.append(shared)

    app.callback()(with_shared_options(root))
    app.command("tell")(with_shared_options(tell))
    return app


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Shared()),
        ("--format json", Shared(format="json")),
        ("--format json tell", Shared(format="json")),
        ("tell --format json", Shared(format="json")),
        ("--format csv tell --format json", Shared(format="json")),
        ("--config a.toml tell --name x", Shared(config=Path("a.toml"))),
        ("tell --name x --output r.html", Shared(output=Path("r.html"))),
        ("-v tell -v", Shared(verbosity=2)),
        ("-vv tell -q", Shared(verbosity=1)),
        ("--no-color tell", Shared(no_color=True)),
        ("--log-format json tell --no-color", Shared(log_format="json", no_color=True)),
    ],
)
def test_shared_options_stand_before_or_after_the_command(line: str, expected: Shared) -> None:
    heard: list[Shared] = []

    result = CliRunner().invoke(app_that_tells(heard), line.split())

    assert result.exit_code == 0, result.output
    assert heard == [expected]


@pytest.mark.parametrize("line", ["--version", "tell --version"])
def test_version_is_told_everywhere(line: str) -> None:
    heard: list[Shared] = []

    result = CliRunner().invoke(app_that_tells(heard), line.split())

    assert result.output == f"syncd {__version__}\n"
    assert heard == []


@pytest.mark.parametrize("line", ["--format yaml", "tell --log-format xml", "tell --colour"])
def test_what_no_option_knows_is_wrong_usage(line: str) -> None:
    result = CliRunner().invoke(app_that_tells([]), line.split())

    assert result.exit_code == 2


def test_what_one_command_learns_to_be_secret_all_know() -> None:
    outer = Shared()

    inner = Shared(format="json").over(outer)
    inner.secrets.add("hush")

    assert outer.secrets == {"hush"}
