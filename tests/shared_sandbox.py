"""A sandbox as a process that tests share, each of which finds it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox_process import SandboxProcess, sandbox_process


@pytest.fixture(scope="session")
def sandbox_of_session() -> Iterator[SandboxProcess]:
    with sandbox_process("--rate", "0") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_of_session: SandboxProcess) -> SandboxProcess:
    """A sandbox that is empty and does as it should."""
    sandbox_of_session.reset()
    return sandbox_of_session
