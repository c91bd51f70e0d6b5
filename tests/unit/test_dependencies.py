"""The ranges in pyproject.toml say what was tested: what the lock files install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_HASHED = re.compile(r"^[A-Za-z0-9._-]+==[^\n]+\\\n    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)


def locked(name: str) -> Mapping[str, Version]:
    """The versions that a lock file installs, by name."""
    pinned = _PINNED.findall((ROOT / name).read_text())
    return {canonicalize_name(package): Version(found) for package, found in pinned}


def everywhere() -> Mapping[str, Version]:
    """What both install; where they share a package, they agree on it."""
    return {**locked("requirements.lock"), **locked("tests/requirements.lock")}


def project() -> Mapping[str, list[Requirement]]:
    """What pyproject.toml asks for: by extra, and under "" what syncd always needs."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": table["dependencies"], **table["optional-dependencies"]}
    return {extra: [Requirement(line) for line in lines] for extra, lines in groups.items()}


DATA = frozenset({"tzdata"})
"""Packages of data alone, where the newest is always the best."""
RUNTIME = [(extra, one) for extra, all_of in project().items() if extra != "test" for one in all_of]
OF_TESTS = project()["test"]
ALL = [one for all_of in project().values() for one in all_of]


def _bound(requirement: Requirement) -> Version:
    (bound,) = (Version(one.version) for one in requirement.specifier if one.operator == ">=")
    return bound


@pytest.mark.parametrize(("extra", "requirement"), RUNTIME, ids=str)
def test_a_range_begins_with_the_very_version_that_every_test_runs_on(
    extra: str, requirement: Requirement
) -> None:
    found = everywhere()[canonicalize_name(requirement.name)]

    assert _bound(requirement) == found, extra
    assert requirement.specifier.contains(found)


@pytest.mark.parametrize("requirement", OF_TESTS, ids=str)
def test_what_only_tests_need_begins_with_the_minor_version_that_is_locked(
    requirement: Requirement,
) -> None:
    found = everywhere()[canonicalize_name(requirement.name)]
    bound = _bound(requirement)

    assert requirement.specifier.contains(found)
    assert found.release[: len(bound.release)] == bound.release


@pytest.mark.parametrize(("extra", "requirement"), RUNTIME, ids=str)
def test_no_range_is_open_to_a_version_that_nobody_has_tried(
    extra: str, requirement: Requirement
) -> None:
    is_closed = any(one.operator == "<" for one in requirement.specifier)
    assert is_closed != (requirement.name in DATA)


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_the_tests_run_on_what_is_locked(requirement: Requirement) -> None:
    if requirement.marker is None or requirement.marker.evaluate():
        found = everywhere()[canonicalize_name(requirement.name)]
        assert Version(version(requirement.name)) == found


def test_both_locks_agree_and_hash_everything() -> None:
    runtime, tests = locked("requirements.lock"), locked("tests/requirements.lock")

    assert {name: tests[name] for name in runtime if name in tests} == {
        name: found for name, found in runtime.items() if name in tests
    }
    for name in ("requirements.lock", "tests/requirements.lock"):
        text = (ROOT / name).read_text()
        assert len(_HASHED.findall(text)) == len(_PINNED.findall(text)) > 0
