"""How to get what is not installed is told for the Python that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.domain.extras import installing

if TYPE_CHECKING:
    import pytest


def test_the_command_names_the_python_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/opt/our shop/bin/python")

    assert installing("mysql") == (
        "Install it: '/opt/our shop/bin/python' -m pip install 'syncd[mysql]'"
    )
