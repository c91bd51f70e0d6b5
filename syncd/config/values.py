"""How the texts and numbers of a configuration become durations, limits, paces and windows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr

from syncd.domain.eccn import canonical_eccn
from syncd.domain.plain_text import trimmed
from syncd.domain.policy import Limit as DomainLimit

_AMOUNT: Final = r"([0-9]+(?:\.[0-9]+)?)"
_DURATION: Final = re.compile(
    rf"(?:{_AMOUNT}d)?(?:{_AMOUNT}h)?(?:{_AMOUNT}m(?!s))?(?:{_AMOUNT}s)?(?:{_AMOUNT}ms)?"
)
_UNITS: Final = ("days", "hours", "minutes", "seconds", "milliseconds")
_DURATION_WANTED: Final = 'must be a duration such as "5m", "24h", "1h30m", "500ms" or "0"'
_PACE_WANTED: Final = (
    'must be a duration such as "5m", or a cron expression of five fields such as "0 4 * * sun",'
    ' with a time zone behind it where it is not UTC: "0 4 * * sun Europe/Berlin"'
)
_LIMIT_WANTED: Final = (
    "must be a share of the owned items such as 0.1, or a count such as 10, without quotes"
)
_CRON_FIELDS: Final = 5
_DAY: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_DAYS: Final = rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_WINDOW: Final = re.compile(rf"(?:{_DAYS} )?{_TIME}-{_TIME}")
_MEMORY: Final = re.compile(r"[1-9][0-9]*(?:\.[0-9]+)? ?[KMGT]i?B")
_LISTEN: Final = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:\[\]/]+):([0-9]{1,5})")
_LAST_PORT: Final = 65535
_SHORTEST_TOKEN: Final = 16
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
OFF: Final = "off"
"""Where nothing listens."""


def read_duration(value: object) -> timedelta:
    """Read text such as `1h30m`; units fall from days to milliseconds, each at most once."""
    if isinstance(value, timedelta):
        return value
    if value == "0" or (type(value) is int and value == 0):
        return timedelta()
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(_DURATION_WANTED)
    amounts = {
        unit: float(amount)
        for unit, amount in zip(_UNITS, match.groups(), strict=True)
        if amount is not None
    }
    try:
        return timedelta(**amounts)
    except OverflowError:
        raise ValueError(_DURATION_WANTED) from None


def read_overlap(value: object) -> timedelta | int:
    """Tell a duration from a count: a bare number, in quotes or without, is a count."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if type(value) is int and value >= 0:
        return value
    try:
        return read_duration(value)
    except ValueError:
        raise ValueError('must be a duration such as "5m", or a count such as 1000') from None


def read_limit(value: object) -> DomainLimit:
    """Tell a share from a count by the number's own form: `1.0` is all of them, `1` is one."""
    if isinstance(value, float):
        if not 0.0 < value <= 1.0:
            raise ValueError(
                "must be at most 1.0 and above 0.0, for a decimal point makes it a share;"
                " a count such as 10 has none, and the count 0 allows nothing"
            )
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("must not be below 0, which allows nothing")
        return value
    raise ValueError(_LIMIT_WANTED)


def read_pace(value: object) -> timedelta | str:
    """Read how often something happens: a duration, or a cron expression as it was written."""
    if isinstance(value, str) and len(value.split()) > 1:
        return _read_cron(value)
    try:
        return _above_zero(read_duration(value))
    except ValueError:
        raise ValueError(_PACE_WANTED) from None


def _read_cron(text: str) -> str:
    """Refuse numbered weekdays: 0 is Sunday to cron and Monday to the scheduler we use."""
    from apscheduler.triggers.cron import CronTrigger

    expression, zone = cron_and_zone(text)
    fields = expression.split()
    if len(fields) != _CRON_FIELDS:
        raise ValueError(_PACE_WANTED)
    if re.search(r"(?<![/0-9])[0-9]", fields[-1]):
        raise ValueError(
            'must name the days of the week (mon, tue, …, as in "0 4 * * sun"),'
            " for their numbers are read in two ways"
        )
    try:
        CronTrigger.from_crontab(expression, timezone=_zone(zone))  # type: ignore[no-untyped-call] # it has no types
    except (ValueError, KeyError) as error:
        raise ValueError(f"is no cron expression that can be followed: {error}") from error
    return text


def cron_and_zone(text: str) -> tuple[str, str]:
    """Part a cron expression from the time zone behind it, which is UTC where none is named."""
    expression, _, last = text.rpartition(" ")
    return (expression, last) if "/" in last and last[0].isalpha() else (text, "UTC")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'names a time zone that is not known here: "{name}"') from None


def _above_zero(duration: timedelta) -> timedelta:
    if duration <= timedelta():
        raise ValueError('must be longer than "0"')
    return duration


def _read_window(text: str) -> str:
    if not _WINDOW.fullmatch(text):
        raise ValueError('must be hours in UTC such as "22:00-05:00" or "mon-fri 20:00-06:00"')
    return text


def _read_memory(text: str) -> str:
    if not _MEMORY.fullmatch(text):
        raise ValueError('must be an amount of memory such as "256MB" or "1GB"')
    return text


def _read_listen(text: str) -> str:
    match = _LISTEN.fullmatch(text)
    if text != OFF and (match is None or not 0 < int(match[1]) <= _LAST_PORT):
        raise ValueError(
            'must be a host and a port such as "127.0.0.1:9464" or "[::1]:9464",'
            f' or "{OFF}" for nothing'
        )
    return text


def _read_token(secret: SecretStr) -> SecretStr:
    """Check that nobody can guess it, and that it can stand in a header."""
    text = secret.get_secret_value()
    if len(text) < _SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"must be at least {_SHORTEST_TOKEN} letters, digits and signs without spaces;"
            " openssl rand -hex 24 makes a good one"
        )
    return secret


def _read_notify_url(secret: SecretStr) -> SecretStr:
    """Look at its form alone: which services there are is known to Apprise, which loads slowly."""
    if not _SCHEME.match(secret.get_secret_value()):
        raise ValueError('must be an Apprise URL such as "mailto://user:password@example.com"')
    return secret


def read_secrets(value: object) -> object:
    """Take text, as from a file of secrets, for one secret a line."""
    return tuple(value.split()) if isinstance(value, str) else value


def _read_eccn(text: str) -> str:
    if canonical_eccn(trimmed(text)) is None:
        raise ValueError('must be an ECCN such as "5A992" or "5A992.c"')
    return text


def read_word(value: object) -> str:
    """Take a number or a truth value for the text that stands in a catalog: `true`, `1`, `0.5`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return value
    raise ValueError("must be text, a number or a truth value")


def read_words(value: object) -> tuple[str, ...]:
    """Read one word or a list of them."""
    words = value if isinstance(value, list | tuple) else (value,)
    if not words:
        raise ValueError('must name at least one value, such as ["true", "1"]')
    return tuple(read_word(word) for word in words)


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(read_duration)]
Overlap: TypeAlias = Annotated[timedelta | int, BeforeValidator(read_overlap)]
PositiveDuration: TypeAlias = Annotated[
    timedelta, BeforeValidator(read_duration), AfterValidator(_above_zero)
]
Limit: TypeAlias = Annotated[DomainLimit, BeforeValidator(read_limit)]
Pace: TypeAlias = Annotated[timedelta | str, BeforeValidator(read_pace)]
Window: TypeAlias = Annotated[str, AfterValidator(_read_window)]
Memory: TypeAlias = Annotated[str, AfterValidator(_read_memory)]
Listen: TypeAlias = Annotated[str, AfterValidator(_read_listen)]
NotifyUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_read_notify_url)]
Token: TypeAlias = Annotated[SecretStr, AfterValidator(_read_token)]
Eccn: TypeAlias = Annotated[str, AfterValidator(_read_eccn)]
