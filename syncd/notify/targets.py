"""The targets of one configuration; Apprise is imported when the first message goes out."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from syncd.domain.extras import installing
from syncd.domain.message import Message, Target, Urgency
from syncd.errors import ConfigurationError, NotifyError

if TYPE_CHECKING:
    from apprise import NotifyBase

_KEY: Final = "notify.urls"
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LIBRARY: Final = "apprise"
_DIGEST: Final = 8
_SHORTEST_SECRET: Final = 4
_LONGEST_REASON: Final = 200


class AppriseNotifier:
    """Tells by these URLs; `signature` says who tells, and `clean` takes secrets out of words."""

    def __init__(
        self, urls: Sequence[str], signature: str, clean: Callable[[str], str] = str
    ) -> None:
        """Look at nothing yet: what is wrong with a URL is found by `check`, or when it is used."""
        places = {url: urls.index(url) + 1 for url in urls}
        self._urls = {_target(url, place): url for url, place in places.items()}
        self._signature = signature
        self._clean = clean

    @property
    def targets(self) -> Sequence[Target]:
        return tuple(self._urls)

    def check(self) -> None:
        """Raise `ConfigurationError` where one of the URLs can never work."""
        for target, url in self._urls.items():
            try:
                _plugin(target, url)
            except NotifyError as error:
                raise ConfigurationError(error.thing, error.reason, error.next_step) from error

    def tell(self, target: Target, message: Message) -> None:
        url = self._urls[target]
        plugin = _plugin(target, url)
        with _overheard() as said:
            try:
                is_told = plugin.notify(
                    title=self._clean(f"syncd: {message.title}"),
                    body=self._clean(f"{message.body}\n\n{self._signature}"),
                    notify_type=_kind(message.urgency),
                    body_format=_plain_text(),
                )
            except Exception as error:  # noqa: BLE001 - whatever the plugin of a service may raise
                said.append(f"{type(error).__name__}: {error}")
                is_told = False
        if not is_told:
            reason = _without(url, self._clean(said[-1] if said else "it gave no reason"))
            raise NotifyError(target.label, f"it did not take the message: {reason}", _TRY)


_TRY: Final = "Look at the URL and the service behind it, then try with: syncd check --notify"


def missing_extra() -> ConfigurationError | None:
    """What is wrong where messages are wanted and Apprise is not installed."""
    if importlib.util.find_spec(_LIBRARY) is not None:
        return None
    return ConfigurationError(
        _KEY,
        "the messages go out by Apprise, which is not installed",
        installing("notify"),
    )


def _target(url: str, number: int) -> Target:
    """Named by a digest and by where it stands, for the URL itself is a secret as a rule."""
    digest = hashlib.blake2b(url.encode(), digest_size=_DIGEST).hexdigest()
    scheme = _SCHEME.match(url)
    kind = f" ({scheme[1].lower()})" if scheme else ""
    return Target(digest, f"{_KEY}, number {number}{kind}")


def _plugin(target: Target, url: str) -> NotifyBase:
    missing = missing_extra()
    if missing is not None:
        raise NotifyError(missing.thing, missing.reason, missing.next_step)
    from apprise import Apprise, AppriseAsset

    with _overheard():
        asset = AppriseAsset(app_id="syncd", storage_mode="memory")
        plugin = Apprise.instantiate(url, asset=asset)
    if plugin is None:
        raise NotifyError(
            target.label,
            "Apprise cannot do anything with this URL",
            "Correct it: each service and its URLs are described in the documentation of Apprise",
        )
    return plugin


def _kind(urgency: Urgency) -> str:
    from apprise import NotifyType

    return NotifyType(urgency.value)


def _plain_text() -> str:
    from apprise import NotifyFormat

    return NotifyFormat.TEXT


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Hear what Apprise logs in this thread, which is all that it says of a failure."""
    heard: list[str] = []
    thread = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and record.levelno >= logging.WARNING:
                heard.append(record.getMessage())

    library, ear = logging.getLogger(_LIBRARY), Ear()
    library.propagate = False  # or what it says would stand in the log as it is
    library.addHandler(ear)
    try:
        yield heard
    finally:
        library.removeHandler(ear)


def _without(url: str, reason: str) -> str:
    """Leave out of one line whatever stands in the URL beyond its scheme."""
    _, _, rest = url.partition(":")
    pieces = sorted(re.split(r"[^\w.~-]+", rest), key=len, reverse=True)
    for piece in pieces:
        if len(piece) >= _SHORTEST_SECRET:
            reason = reason.replace(piece, "***")
    return " ".join(reason.split())[:_LONGEST_REASON].rstrip(".")
