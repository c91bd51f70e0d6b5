"""Logs as structured events on one stream, with all that is secret taken out beforehand."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TextIO
from urllib.parse import quote

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

_MASK: Final = "***"
_SHORTEST_SECRET: Final = 4
_PATTERNS: Final = (
    (re.compile(r"sk_(test|live)_[\w-]{3,}"), rf"sk_\1_{_MASK}"),
    (re.compile(r"(?<![A-Za-z0-9])sk_[\w-]{8,}"), f"sk_{_MASK}"),
    (re.compile(r"\b(Bearer)\s+[^\s\"',;]+", re.IGNORECASE), rf"\1 {_MASK}"),
    (re.compile(r"(://[^\s/:@\"'<>]{0,256}:)[^\s\"'<>]{0,512}@"), rf"\1{_MASK}@"),
)
_SECRET_NAMES: Final = frozenset({"api_key", "authorization", "password", "secret"})
_LARGEST_JSON_INTEGER: Final = 2**63 - 1
_LEVELS: Final = ("debug", "info", "warning", "error")
_JOURNAL_PRIORITY: Final = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
_INFORMATIONAL: Final = 6


def configure(
    format: Literal["console", "json"],  # noqa: A002 - the configuration's own word
    level: str,
    stream: TextIO | None = None,
    *,
    colors: bool = False,
    secrets: Collection[str] = (),
) -> None:
    """Send structlog's events, and the warnings of libraries, to `stream` (stderr unless given).

    May be called again, for one set-up replaces the other. `secrets` never appear in what is
    written, whole or inside other text; whatever looks like a key or a password in a URL does not
    appear either.
    """
    import structlog

    number = logging.getLevelNamesMapping()[level.upper()]
    sink = _Sink(stream or sys.stderr)
    finishing = _finishing(_renderer(format, sink, colors=colors), secrets)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_stamping(), *finishing],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(sink, finishing, max(number, logging.WARNING))


def level_for(verbosity: int, configured: str) -> str:
    """Go from the configured level one step further for each `-v`, one back for each `-q` (< 0)."""
    step = _LEVELS.index(configured) - verbosity
    return _LEVELS[min(max(step, 0), len(_LEVELS) - 1)]


def redact(text: str, secrets: Collection[str] = ()) -> str:
    """Take out these secrets, in whatever way they are quoted, and all that looks like one."""
    return Redaction(secrets).text(text)


class Redaction:
    """Takes secrets out of texts and events.

    A given secret of fewer than four characters is left to the patterns: taken out everywhere, it
    would make the rest unreadable.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        """Take the secrets as they are written in the configuration."""
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(filter(_is_long_enough, forms), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def text(self, text: str) -> str:
        """One text without secrets, and free of what cannot be written as UTF-8."""
        text = text.encode("utf-8", "backslashreplace").decode()
        text = self._known.sub(_MASK, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: object) -> object:
        """Any value as one that JSON knows, without secrets at any depth."""
        match value:
            case None | bool():
                return value
            case int() | float() if self._is_harmless(value):
                return value
            case Mapping():
                return {self.text(str(key)): self._entry(key, one) for key, one in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(one) for one in value]
            case _:
                return self.text(_as_text(value))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {self.text(str(key)): self._entry(key, one) for key, one in event.items()}

    def _entry(self, key: object, value: object) -> object:
        return _MASK if str(key).lower() in _SECRET_NAMES else self.value(value)

    def _is_harmless(self, number: float) -> bool:
        """Whether JSON can hold the number, and it spells no secret, there or on a console."""
        if not abs(number) <= _LARGEST_JSON_INTEGER:
            return False
        spelt = f"{number} {_in_json(number)}"
        return self.text(spelt) == spelt


def _in_json(number: float) -> str:
    import orjson

    return orjson.dumps(number).decode()


class _Sink:
    """Writes line after line; a stream that is gone must never stop a cycle."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a broken pipe, a closed file
            self.stream.write(f"{line}\n")
            self.stream.flush()

    debug = info = warning = warn = error = critical = fatal = exception = msg


class _LibraryHandler(logging.Handler):
    """Takes what libraries log by way of the standard library to the same sink."""

    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        self._sink.msg(self.format(record))


def _stamping() -> list[Processor]:
    from structlog import processors

    return [processors.add_log_level, processors.TimeStamper(fmt="iso", utc=True)]


def _finishing(renderer: Processor, secrets: Collection[str]) -> list[Processor]:
    """Turn tracebacks into text before the redaction, so that they go through it as well."""
    from structlog import processors

    return [
        processors.StackInfoRenderer(),
        processors.format_exc_info,
        Redaction(secrets),
        renderer,
    ]


def _renderer(format: str, sink: _Sink, *, colors: bool) -> Processor:  # noqa: A002 - as above
    import orjson
    from structlog import dev, processors

    is_journal = _is_journal(sink.stream)
    if format == "json":
        lines = processors.JSONRenderer(lambda event, **_options: orjson.dumps(event).decode())
        return _with_priority(lines) if is_journal else lines
    console = dev.ConsoleRenderer(
        colors=colors and not is_journal, exception_formatter=dev.plain_traceback
    )
    return _with_priority(_without_time(console)) if is_journal else console


def _adopt_libraries(sink: _Sink, finishing: list[Processor], number: int) -> None:
    from structlog.stdlib import ProcessorFormatter, add_logger_name

    handler = _LibraryHandler(sink)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[add_logger_name, *_stamping()],
            processors=[ProcessorFormatter.remove_processors_meta, *finishing],
        )
    )
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _LibraryHandler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(number)


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd says that this very stream goes to the journal (`JOURNAL_STREAM`)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _with_priority(renderer: Processor) -> Processor:
    """Begin each line with its priority, which the journal takes off again."""

    def render(logger: WrappedLogger, method: str, event: EventDict) -> str:
        priority = _JOURNAL_PRIORITY.get(str(event.get("level")), _INFORMATIONAL)
        lines = str(renderer(logger, method, event)).splitlines()
        return "\n".join(f"<{priority}>{line}" for line in lines)

    return render


def _without_time(renderer: Processor) -> Processor:
    """The journal shows people its own."""

    def render(logger: WrappedLogger, method: str, event: EventDict) -> str:
        event.pop("timestamp", None)
        return str(renderer(logger, method, event))

    return render


def _as_text(value: object) -> str:
    match value:
        case bytes() | bytearray():
            return value.decode("utf-8", "backslashreplace")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as it stands inside quoted text and URLs."""
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}


def _is_long_enough(secret: str) -> bool:
    return len(secret) >= _SHORTEST_SECRET
