"""The operating system's calls on the files of one folder, told before they are made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reached = Callable[[str], None]


class Files:
    """Wraps calls of the operating system on the files of one folder."""

    def __init__(self, folder: Path, reached: Reached) -> None:
        self._folder = folder
        self._reached = reached

    def by_name(self, call: Callable[..., Any], deed: str) -> Callable[..., Any]:
        """Wrap a call whose first argument is a path."""

        def watched(path: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - the system's own
            if self._is_ours(path) and Path(path).exists():
                self._reached(f"{Path(path).name} is {deed}")
            return call(path, *rest, **options)

        return watched

    def by_number(self, call: Callable[..., Any], deed: str) -> Callable[..., Any]:
        """Wrap a call whose first argument is an open file."""

        def watched(file: int, *rest: Any) -> Any:  # noqa: ANN401 - the system's own
            path = _path_of(file)
            if self._is_ours(path):
                self._reached(f"{path.name} is {deed}")
            return call(file, *rest)

        return watched

    def replacing(self, call: Callable[..., None]) -> Callable[..., None]:
        """Wrap the call that puts a file in the place of another."""

        def watched(source: Any, target: Any, **options: Any) -> None:  # noqa: ANN401 - the system's own
            ours = self._is_ours(target)
            if ours:
                self._reached(f"{Path(target).name} is replaced")
            call(source, target, **options)
            if ours:
                self._reached(f"{Path(target).name} has been replaced")

        return watched

    def opening(self, call: Callable[..., int]) -> Callable[..., int]:
        """Wrap the call that may make a file."""

        def watched(path: Any, flags: int, *rest: Any, **options: Any) -> int:  # noqa: ANN401 - the system's own
            if flags & os.O_CREAT and self._is_ours(path) and not Path(path).exists():
                self._reached(f"{Path(path).name} is made")
            return call(path, flags, *rest, **options)

        return watched

    def _is_ours(self, path: Any) -> bool:  # noqa: ANN401 - whatever the system takes as one
        return Path(os.fsdecode(path)).parent == self._folder


def watch_files(files: Files) -> None:
    os.open = files.opening(os.open)
    os.replace = files.replacing(os.replace)
    os.rename = files.replacing(os.rename)
    os.unlink = files.by_name(os.unlink, "removed")
    os.remove = files.by_name(os.remove, "removed")
    os.fsync = files.by_number(os.fsync, "brought to the disk")
    os.ftruncate = files.by_number(os.ftruncate, "cut")
    os.pwrite = files.by_number(os.pwrite, "written to")


def _path_of(file: int) -> Path:
    return Path(f"/proc/self/fd/{file}").readlink()
