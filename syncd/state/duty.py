"""Being on duty: of several daemons on one state one works, and the others stand by."""

from __future__ import annotations

from syncd.errors import LeaseHeldError, LeaseLostError


def refusal(name: str, who: str) -> LeaseHeldError:
    """Refuse, for somebody else is on duty."""
    return LeaseHeldError(
        name,
        f"{who} is on duty",
        "Leave it at work, or stop it; another daemon stands by until then",
    )


def lost(name: str, who: str) -> LeaseLostError:
    """Tell who has been relieved."""
    return LeaseLostError(
        name,
        f"{who} has come on duty, for this process stood still",
        "Nothing is lost; this daemon stands by from now on",
    )
