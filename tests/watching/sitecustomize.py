"""Has a syncd that a test starts as a process of its own tell what it sends, to whomever.

Python imports this at its start where the folder is in PYTHONPATH. What costs time waits until the
module is there that speaks HTTP.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_TOLD: Final = os.environ.get("TOLD_BY_SYNCD")
_SPEAKS_HTTP: Final = "syncd.digital_river.transport"


class _Finder:
    """Finds that one module, and wraps what it writes requests with."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, _: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == _SPEAKS_HTTP else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def executed(module: ModuleType) -> None:
            execute(module)
            _tell_all(module.Transport)

        spec.loader.exec_module = executed  # type: ignore[method-assign]  # around it
        return spec


def _tell_all(transport: Any) -> None:  # noqa: ANN401 - the class, which is not to be imported here
    import json

    write = transport._written  # noqa: SLF001 - every request passes there
    told = os.open(str(_TOLD), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def written(*asked: Any) -> Any:  # noqa: ANN401 - its own
        request = write(*asked)
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = "Bearer …"
        one = [request.method, str(request.url), headers, request.content.decode()]
        os.write(told, json.dumps(one).encode() + b"\n")
        return request

    transport._written = written  # noqa: SLF001 - around it


if _TOLD is not None:
    sys.meta_path.insert(0, _Finder)
