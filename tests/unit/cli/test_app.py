"""What every command does with errors."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from syncd.cli import app, commands
from syncd.cli.app import main
from syncd.cli.options import Shared
from syncd.cli.stopping import SIGNALS
from syncd.errors import ConfigurationError

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what a command does to its process."""
    monkeypatch.setattr(app, "search_seldom", lambda: None)
    monkeypatch.setenv(*app.NO_PLUGINS)  # which is undone, as what the command sets would not be
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def _raising(error: Exception) -> Callable[[], Callable[..., None]]:
    def run(*, obj: Shared) -> None:
        obj.secrets.add(SECRET)
        raise error

    return lambda: run


def test_an_error_of_ours_is_one_line_and_the_code_with_its_meaning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ConfigurationError("config.toml", f"it has {SECRET} in it", "Take it out")
    monkeypatch.setattr(commands, "build_app", _raising(error))

    with pytest.raises(SystemExit) as left:
        main()

    told = capsys.readouterr()
    assert left.value.code == 2
    assert told.out == ""
    assert told.err.splitlines() == [
        "config.toml: it has *** in it. Take it out.",
        "exit 2: wrong usage or configuration",
    ]


def test_a_mistake_of_ours_shows_its_traceback_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "build_app", _raising(RuntimeError(f"lost {SECRET}")))

    with pytest.raises(SystemExit) as left:
        main()

    told = capsys.readouterr().err
    assert left.value.code == 1
    assert "RuntimeError: lost ***" in told
    assert SECRET not in told
    assert "mistake in syncd" in told
