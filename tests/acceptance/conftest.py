"""The installed command as a process, and the sandbox as another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.kills.launcher import Launcher, launching
from tests.acceptance.kills.stage import Remote, Stage
from tests.sandbox_process import SandboxProcess
from tests.shared_sandbox import sandbox, sandbox_of_session
from tests.shop import Shop, row

__all__ = ["sandbox", "sandbox_of_session"]


@pytest.fixture
def shop(tmp_path: Path, sandbox: SandboxProcess) -> Shop:
    """A shop that is configured, with twelve sound rows."""
    shop = Shop(tmp_path, sandbox.url)
    shop.configure()
    shop.stock([row(number) for number in range(12)])
    return shop


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """The process that forks quick runs of the command, one for all tests of a worker."""
    with launching(tmp_path_factory.mktemp("told")) as launcher:
        yield launcher


@pytest.fixture
def stage(tmp_path: Path, sandbox: SandboxProcess, launcher: Launcher) -> Iterator[Stage]:
    """A shop's folder, an empty sandbox, and runs that are forked, under a clock that leaps."""
    with closing(Remote(sandbox.url)) as remote:
        yield Stage(Shop(tmp_path, sandbox.url), remote, launcher)
