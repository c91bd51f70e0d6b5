"""What can go wrong with the sandbox itself, as opposed to what it answers."""

from __future__ import annotations

from syncd.errors import SyncdError, UsageError


class SandboxError(SyncdError):
    """The sandbox cannot start or cannot do what a test asks of it."""


class SandboxSettingsError(SandboxError, UsageError):
    """A setting or a fault was described in a way that cannot be."""
