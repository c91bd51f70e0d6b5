"""Carries messages to their targets, each in a thread of its own: none holds another up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from syncd.domain.message import Target
from syncd.errors import NotifyError
from syncd.ports import Notifier
from syncd.service.outbox import Posted, Receipt

ENOUGH: Final = 5.0
"""Seconds after which one target is given no further message in this round."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Courier:
    """Calls `when_done` whenever a target's round is over, from that target's thread.

    A target that hangs keeps its thread, which does not keep the process from ending, and gets no
    other until it is done.
    """

    notifier: Notifier
    when_done: Callable[[], None] = lambda: None
    _busy: set[str] = field(default_factory=set)
    _receipts: list[Receipt] = field(default_factory=list)
    _change: threading.Condition = field(default_factory=threading.Condition)

    @property
    def targets(self) -> Sequence[Target]:
        """Everybody who is to be told."""
        return self.notifier.targets

    @property
    def is_busy(self) -> bool:
        """Whether any target's round goes on."""
        with self._change:
            return bool(self._busy)

    def send(self, due: Sequence[Posted]) -> None:
        """Send each message to whom it is left for, and return at once."""
        for target in self.targets:
            for_them = [one for one in due if target.id in one.left]
            if for_them and self._may_begin(target):
                threading.Thread(target=self._carry, args=(target, for_them), daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Wait until all rounds are over, or so long."""
        with self._change:
            self._change.wait_for(lambda: not self._busy, seconds)

    def receipts(self) -> list[Receipt]:
        """Hand over what has become of messages since the last time."""
        with self._change:
            receipts, self._receipts = self._receipts, []
        return receipts

    def _may_begin(self, target: Target) -> bool:
        with self._change:
            if target.id not in self._busy:
                self._busy.add(target.id)
                return True
        _log.warning("notify.no_answer", target=target.label)
        return False

    def _carry(self, target: Target, messages: Sequence[Posted]) -> None:
        end = time.monotonic() + ENOUGH
        try:
            for number, posted in enumerate(messages, 1):
                receipt = self._carried(target, posted)
                is_over = receipt.reason is not None or time.monotonic() > end
                rest = messages[number:] if is_over else ()
                with self._change:
                    self._receipts += [receipt, *(_untried(target, one) for one in rest)]
                if is_over:
                    return
        finally:
            with self._change:
                self._busy.discard(target.id)
                self._change.notify_all()
            self.when_done()

    def _carried(self, target: Target, posted: Posted) -> Receipt:
        try:
            self.notifier.tell(target, posted.message)
        except NotifyError as error:
            _log.warning(
                "notify.failed",
                target=target.label,
                title=posted.message.title,
                tries=posted.tries,
                reason=error.reason,
            )
            return Receipt(posted.key, target.id, error.reason)
        return Receipt(posted.key, target.id)


def _untried(target: Target, posted: Posted) -> Receipt:
    return Receipt(posted.key, target.id, untried=posted.tries)
