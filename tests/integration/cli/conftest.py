"""A shop whose commands run in this process, which costs a tenth of a process of their own."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
import typer.main

from syncd.cli import app, commands
from syncd.cli.app import main
from syncd.cli.stopping import SIGNALS
from tests.sandbox_process import SandboxProcess
from tests.shared_sandbox import sandbox, sandbox_of_session
from tests.shop import KEY, Run, Shop, row

__all__ = ["sandbox", "sandbox_of_session"]


@dataclass(frozen=True)
class ShopHere(Shop):
    """Calls `main` as the installed command does."""

    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def run(self, *arguments: str, **environment: str) -> Run:
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["syncd", *arguments])
            for name, value in environment.items():
                patch.setenv(name, value)
            self.capture.readouterr()
            code = _code_of_main()
        out, err = self.capture.readouterr()
        assert KEY not in out + err
        assert "Traceback" not in err, err
        return Run(code, out, err)


def _code_of_main() -> int:
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0


@pytest.fixture(scope="package", autouse=True)
def _one_tree() -> Iterator[None]:
    """Build the tree of commands once, and not for every run; nothing in it remembers a run."""
    built, make = commands.build_app(), typer.main.get_command
    tree = make(built)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "build_app", lambda: built)
        patch.setattr(typer.main, "get_command", lambda each: tree if each is built else make(each))
        yield


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what a command does to its process, and keep it from what would come at its end.

    The last words of pytest itself would be lost, like those of the engine.
    """
    monkeypatch.setattr(app, "search_seldom", lambda: None)
    monkeypatch.setenv(*app.NO_PLUGINS)  # which is undone, as what the command sets would not be
    for name in os.environ:
        if name.startswith("SYNCD_"):
            monkeypatch.delenv(name)
    handlers = {each: signal.getsignal(each) for each in SIGNALS}
    root = logging.getLogger()
    level, listeners = root.level, list(root.handlers)
    yield
    for each, handler in handlers.items():
        signal.signal(each, handler)
    root.setLevel(level)
    root.handlers[:] = listeners
    structlog.reset_defaults()


@pytest.fixture
def shop(
    tmp_path: Path,
    sandbox: SandboxProcess,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> ShopHere:
    """A shop that is configured, with twelve sound rows."""
    shop = ShopHere(tmp_path, sandbox.url, capture=capfd, patch=monkeypatch)
    shop.configure()
    shop.stock([row(number) for number in range(12)])
    return shop
