"""Notices that what decides the plan has changed since the last plan that passed."""

from __future__ import annotations

import json
from typing import Final

import structlog

from syncd.service.terms import Ports, Terms

MEANING: Final = "meaning"
"""The name of the fact that holds the digests of the parts, by name."""
NEW_STATE: Final = "This state is new, so guards.canary does not hold its first plan back."

_log = structlog.get_logger()


class Canary:
    """Compares the meaning of now with the one that is remembered, for one cycle."""

    def __init__(self, ports: Ports, terms: Terms) -> None:
        """Look at nothing yet: `changed_parts` does."""
        self._ports = ports
        self._terms = terms
        self._on_new_state = False

    def changed_parts(self) -> tuple[str, ...]:
        """The parts of the meaning that are not as they were; none where nothing is remembered."""
        before = self._ports.state.remembered(MEANING)
        if before is None:
            self._on_new_state = bool(self._terms.meaning)
            return ()
        digests = json.loads(before)
        now = self._terms.meaning
        return tuple(part for part in now if now[part] != digests.get(part))

    def passed(self) -> None:
        """Remember the meaning of now: a whole plan has passed under it."""
        meaning = json.dumps(dict(self._terms.meaning), sort_keys=True)
        if not self._terms.meaning or self._ports.state.remembered(MEANING) == meaning:
            return
        with self._ports.state.transaction() as transaction:
            transaction.remember(MEANING, meaning)
        _log.info("canary.passed", parts=sorted(self._terms.meaning))

    def notes(self) -> tuple[str, ...]:
        """What a report should say of it."""
        return (NEW_STATE,) if self._on_new_state else ()
