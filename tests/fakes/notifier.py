"""A notifier in memory, which fails when it is asked to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from syncd.domain.message import Message, Target
from syncd.errors import NotifyError


class FakeNotifier:
    """Its targets are named by these ids; those in `deaf` take nothing, those in `slow` hang."""

    def __init__(self, *ids: str) -> None:
        self.targets: Sequence[Target] = [Target(id_, f"target {id_}") for id_ in ids]
        self.told: list[tuple[str, Message]] = []
        self.deaf: set[str] = set()
        self.slow: set[str] = set()
        self.released = threading.Event()
        self.on_tell: Callable[[], None] = lambda: None

    def tell(self, target: Target, message: Message) -> None:
        self.on_tell()
        if target.id in self.slow:
            self.released.wait(30)
        if target.id in self.deaf:
            raise NotifyError(target.label, "it does not listen", "Knock")
        self.told.append((target.id, message))

    def titles(self, id_: str) -> list[str]:
        return [message.title for target, message in self.told if target == id_]
