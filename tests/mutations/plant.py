"""A plugin for pytest that plants one mutation into the module it is for, as that is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Final

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import NAMED_BY, Mutation

if TYPE_CHECKING:
    import pytest

NOT_PLANTED: Final = 70
"""The exit code of a run that never imported what was to be mutated."""


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the mutated source, and keeps it out of every cache."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__(mutation.module, str(mutation.path))
        self._mutation = mutation

    def get_code(self, fullname: str) -> CodeType:
        source = self._mutation.applied_to(self._mutation.path.read_text(encoding="utf-8"))
        return self.source_to_code(source.encode(), self.path)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that is mutated."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._mutation.module:
            return None
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(self._mutation), origin=str(self._mutation.path)
        )


def _plant() -> Mutation:
    mutation = next(one for one in MUTATIONS if one.name == os.environ[NAMED_BY])
    assert mutation.module not in sys.modules, "it was imported before it could be mutated"
    sys.meta_path.insert(0, _Finder(mutation))
    return mutation


_PLANTED: Final = _plant()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _PLANTED.module not in sys.modules:
        session.exitstatus = NOT_PLANTED
