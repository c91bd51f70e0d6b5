"""Whoever is told when something needs a person, by Apprise: mail, chats, pagers."""

from __future__ import annotations

from syncd.notify.targets import AppriseNotifier, missing_extra

__all__ = ["AppriseNotifier", "missing_extra"]
