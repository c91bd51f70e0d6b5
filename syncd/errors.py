"""The one tree of errors; each says which thing failed, why, and what to do next."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process tells its caller; 1 goes before 4, 4 before 3 (product.md)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NEEDS_ATTENTION = 3
    GUARD_STOPPED = 4
    CHANGES_FOUND = 5
    INTERRUPTED = 130
    TERMINATED = 143


class SyncdError(Exception):
    """Something a person can act on; shown as one message, never as a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, thing: str, reason: str, next_step: str) -> None:
        """Take the three parts of the message, each without its full stop."""
        super().__init__(thing, reason, next_step)
        self.thing = thing
        self.reason = reason
        self.next_step = next_step

    def __str__(self) -> str:
        """Render `thing: reason. Next step.` as one line of sentences."""
        return f"{self.thing}: {self.reason}. {self.next_step}."


class UsageError(SyncdError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class ConfigurationError(SyncdError):
    """The configuration is wrong or incomplete."""

    exit_code = ExitCode.USAGE


class CatalogError(SyncdError):
    """The catalog could not be read as it should be; nothing was compared or written."""


class VanishedColumnError(CatalogError):
    """No record has a column that is mapped, or the header lacks it."""


class SuspectCatalogError(CatalogError):
    """The catalog is empty or has lost its header: it stops every delete, like a guard."""

    exit_code = ExitCode.GUARD_STOPPED


class StateError(SyncdError):
    """The change-tracking table cannot be opened, read or written."""


class StateBusyError(StateError):
    """Another process holds the state longer than we were willing to wait."""


class StateAwayError(StateError):
    """The state's server does not answer, or has dropped the connection; it may come back."""


class StateMovedError(StateError):
    """The state was moved elsewhere: whoever is pointed at this one has an old configuration."""

    exit_code = ExitCode.USAGE


class LeaseHeldError(StateError):
    """Another cycle is running; the message names its holder."""


class LeaseLostError(StateError):
    """Another process has taken the state over, or may have: this one writes and sends no more."""


class RemoteError(SyncdError):
    """Digital River did not give an answer that can be used."""


class RemoteUnavailableError(RemoteError):
    """The remote is unreachable or keeps failing; nothing is lost, a later run goes on."""


class RemoteUnreachableError(RemoteUnavailableError):
    """No connection came about: whatever else were asked would come no further."""


class KeyRefusedError(RemoteError):
    """The key is wrong, such as after a 401, or not the state's own: no request may follow."""


class ResourceForbiddenError(RemoteError):
    """Digital River answered 403: the key may not use this resource."""


class NotifyError(SyncdError):
    """A message did not reach whom it was for; it is tried again, and holds nothing else up."""


class ReportError(SyncdError):
    """A report or saved plan cannot be read or written where the command line names it."""

    exit_code = ExitCode.USAGE


class UnwrittenReportError(ReportError):
    """A report that was made could not be written after all, such as for want of room."""

    exit_code = ExitCode.FAILED
