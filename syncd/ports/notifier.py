"""Who is told when something needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncd.domain.message import Message, Target


class Notifier(Protocol):
    """Whoever is to be told when something needs a person."""

    @property
    def targets(self) -> Sequence[Target]:
        """All of them; those of wrong addresses raise `NotifyError` when they are told."""

    def tell(self, target: Target, message: Message) -> None:
        """Tell one of them, which takes up to ten seconds; raises `NotifyError` where it failed.

        Any thread may call it.
        """
