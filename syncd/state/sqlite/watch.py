"""Looking for signs of life in a lock file, by one's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.state.lock_file import Sight, look_at

if TYPE_CHECKING:
    from syncd.state.holding import Grounds


class Watch:
    """Whether a holder still shows signs of life: clocks that differ or jump do not matter."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._since = 0.0
        self.seen = Sight(None)

    def shows_no_life(self) -> bool:
        """Whether what is seen has stayed the same for longer than a lease lasts."""
        now, sight = self._grounds.timing.seconds(), look_at(self._grounds.path)
        if sight != self.seen:
            self.seen, self._since = sight, now
        if sight.is_mute:
            return False
        return now - self._since > self._grounds.timing.term
