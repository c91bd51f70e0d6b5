"""Where a command's result goes: to stdout, which carries nothing else, or into a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from syncd.cli.files import check_writable, write_privately
from syncd.cli.options import Shared
from syncd.errors import ExitCode, UnwrittenReportError

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.report import Format, Listing, Report

_BY_ENDING: Final = {
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".csv": "csv",
}


class Results:
    """Shows what a command found, in the format that was asked for."""

    def __init__(self, shared: Shared) -> None:
        """Raise `ReportError` now where the file could not be written later."""
        self._shared = shared
        if shared.output is not None:
            check_writable(shared.output)

    def report(self, report: Report) -> None:
        """Show a cycle; its exit code is told with it, in the text or on stderr."""
        from syncd.report import print_report, render

        if self._is_for_eyes:
            print_report(report, self._console())
        else:
            self._write(render(report, self._format))
        if not self._is_text_on_stdout:
            tell_exit(report.exit_code)

    def listing(self, listing: Listing) -> None:
        """Show a listing."""
        from syncd.report import print_listing, render_listing

        if self._is_for_eyes:
            print_listing(listing, self._console())
        else:
            self._write(render_listing(listing, self._format))

    def text(self, text: str) -> None:
        """Show what has only this one form."""
        self._write(text)

    @property
    def _format(self) -> Format:
        """What was asked for, or else what the file's ending says."""
        from syncd.report import Format

        ending = self._shared.output.suffix.lower() if self._shared.output else ""
        return Format(self._shared.format or _BY_ENDING.get(ending, "text"))

    @property
    def _is_text_on_stdout(self) -> bool:
        return self._shared.output is None and self._format == "text"

    @property
    def _is_for_eyes(self) -> bool:
        return self._is_text_on_stdout and sys.stdout is not None and sys.stdout.isatty()

    def _console(self) -> Console:
        from rich.console import Console

        return Console(no_color=self._shared.no_color or None)

    def _write(self, text: str) -> None:
        if self._shared.output is None:
            write_to_stdout(text)
        else:
            write_privately(self._shared.output, text)
            tell(f"Written to {self._shared.output}")


def write_to_stdout(text: str) -> None:
    """Write in UTF-8, whatever the terminal's encoding; a reader who has gone is no error."""
    if sys.stdout is None:
        return

    def write() -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        sys.stdout.flush()

    _to_a_reader_who_may_go(write)


def tell(words: str, secrets: Collection[str] = ()) -> None:
    """Say something on stderr without these secrets, and without what looks like one."""
    from syncd.telemetry import redact

    with suppress(OSError):  # nobody is there to hear it
        sys.stderr.write(f"{redact(words, secrets)}\n")
        sys.stderr.flush()


def tell_exit(code: ExitCode, meaning: str = "") -> None:
    """Say on stderr what an exit code that is not 0 means, to a cycle unless told otherwise."""
    from syncd.report.wording import EXIT_MEANINGS

    if code is not ExitCode.OK:
        tell(f"exit {code.value}: {meaning or EXIT_MEANINGS[code]}")


def _to_a_reader_who_may_go(write: Callable[[], None]) -> None:
    try:
        write()
    except BrokenPipeError:
        _lead_stdout_nowhere()
    except OSError as error:
        raise unwritten(error, "Name a file: --output") from error


def unwritten(error: OSError, advice: str) -> UnwrittenReportError:
    """What is to be told where stdout takes no more; it takes everything from then on."""
    _lead_stdout_nowhere()
    reason = f"stdout cannot be written ({error.strerror})"
    return UnwrittenReportError("The result", reason, advice)


def _lead_stdout_nowhere() -> None:
    """Or Python tries to write what is still buffered when it ends, and complains."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
