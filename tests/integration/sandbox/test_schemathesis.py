"""The sandbox answers what nobody has thought of as the vendor's document says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncd.sandbox.items import ItemCalls
from tests.conformance.trial import Amount, Verdict, tried

from .conftest import Connect

if TYPE_CHECKING:
    import pytest
    from openapi_core import OpenAPI

A_LITTLE = Amount("examples,coverage", examples=5)


def _tried(connect: Connect, folder: Path, amount: Amount = A_LITTLE) -> Verdict:
    return tried(connect().sandbox, amount, seed=1, folder=folder)


def test_the_sandbox_conforms(connect: Connect, document: OpenAPI, tmp_path: Path) -> None:
    verdict = _tried(connect, tmp_path)

    assert verdict.passed, verdict.said
    assert "Tested: 14" in verdict.said


def test_a_sandbox_that_answers_otherwise_is_found(
    connect: Connect, document: OpenAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(record: Any, call: Any) -> dict[str, object]:  # noqa: ANN401 - the sandbox's own
        return {**record.as_json(), "partNumber": 7}

    monkeypatch.setitem(ItemCalls.create.__globals__, "_shown", odd)
    verdict = _tried(connect, tmp_path, Amount("examples", examples=1))

    assert not verdict.passed
