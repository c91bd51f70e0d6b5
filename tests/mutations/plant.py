"""Plants one mutation into the module that it is for, as that is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import NAMED_BY, SOWN_AT, Mutation


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the mutated source, and keeps it out of every cache."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__(mutation.module, str(mutation.path))
        self._mutation = mutation

    def get_code(self, fullname: str) -> CodeType:
        source = self._mutation.applied_to(self._mutation.path.read_text(encoding="utf-8"))
        Path(os.environ[SOWN_AT]).touch()
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


def plant() -> None:
    """Have the mutation that the environment names imported in this process, and told."""
    mutation = next(one for one in MUTATIONS if one.name == os.environ[NAMED_BY])
    assert mutation.module not in sys.modules, "it was imported before it could be mutated"
    sys.meta_path.insert(0, _Finder(mutation))
