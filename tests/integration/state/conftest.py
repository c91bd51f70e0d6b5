"""A state on a file, and ways to meet it as others would."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest

from syncd.ports import State
from syncd.state import open_state

StartProcess: TypeAlias = Callable[[str], AbstractContextManager["subprocess.Popen[str]"]]
WithoutRights: TypeAlias = Callable[[int, int], AbstractContextManager[None]]

_SOMEBODY = 65534
"""The user that owns nothing on most systems."""


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder that every user may enter, which those of pytest are not."""
    with TemporaryDirectory(prefix="syncd-test-") as folder:
        ground = Path(folder)
        ground.chmod(0o755)
        yield ground


@pytest.fixture
def file(ground: Path) -> Path:
    """Where the state stands; nothing is there yet."""
    folder = ground / "it's 100% [here]"
    folder.mkdir()
    return folder / "syncd.db"


@pytest.fixture
def url(file: Path) -> str:
    """The same as a URL; what is special in a URL is escaped."""
    return f"sqlite:///{file}"


@pytest.fixture
def state(url: str) -> Iterator[State]:
    """An empty state, open for writing."""
    state = open_state(url)
    yield state
    state.close()


@pytest.fixture(autouse=True)
def temporary(
    ground: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of temporary files during a test."""
    tmp_path_factory.getbasetemp()  # which pytest makes when it is first asked, wherever that is
    folder = ground / "temporary"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def start_process(url: str, project_root: Path) -> StartProcess:
    """Run a script that has `state` open, as far as the line it prints first."""

    @contextmanager
    def start(script: str) -> Iterator[subprocess.Popen[str]]:
        head = f"from syncd.state import open_state\nstate = open_state({url!r})\n"
        command = [sys.executable, "-c", head + script]
        with subprocess.Popen(
            command, cwd=project_root, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
            process.kill()

    return start


@pytest.fixture
def without_rights(file: Path) -> WithoutRights:
    """Run a block as a user who has just these rights to the folder of the state and its files."""

    @contextmanager
    def run(files: int, folder: int) -> Iterator[None]:
        for path in file.parent.iterdir():
            path.chmod(files)
        file.parent.chmod(folder)
        try:
            with _as_somebody():
                yield
        finally:
            file.parent.chmod(0o755)

    return run


@contextmanager
def _as_somebody() -> Iterator[None]:
    """Root may read and write everything, whatever the rights say: be somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_SOMEBODY)
    try:
        yield
    finally:
        os.seteuid(0)
