"""Where it is served and who gets in: both change at once, never one by the other's rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncd.errors import ConfigurationError
from syncd.web.server import Serving, serving

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from syncd.config import ServiceSettings


class Doorway:
    """`service` is what holds for whoever asks at this moment, whatever is configured meanwhile."""

    def __init__(self, service: ServiceSettings) -> None:
        self.service = service
        self._serving: Serving | None = None

    @contextmanager
    def open(self, app: ASGIApp) -> Iterator[None]:
        """Serve until the block ends, as `Serving.begin_at` does."""
        with serving(app, self.service.listen) as self._serving:
            yield

    def change(self, service: ServiceSettings) -> None:
        """Go by other settings; `ConfigurationError` where that cannot be, and all stays.

        Nothing is served while the address changes: a token that is no longer asked for belongs to
        the new address, and one that is asked for from now on protects it from its first moment.
        """
        former, moves = self.service, service.listen != self.service.listen
        if self._serving is None or not moves:
            self.service = service
            return
        self._serving.stop()
        self.service = service
        try:
            self._serving.move_to(service.listen)
        except ConfigurationError:
            self.service = former
            self._serving.begin_at(former.listen)
            raise
