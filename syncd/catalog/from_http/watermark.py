"""Since when changes are wanted: kept in one form, and written as an API wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from syncd.catalog.from_http.request import Request
from syncd.config.http_sections import SINCE, ChangesKeys

_KEPT: Final = "%Y-%m-%dT%H:%M:%SZ"


def watermark_of(began: datetime, overlap: timedelta) -> str:
    """Give the moment from which the next read of changes begins."""
    return (began.astimezone(UTC) - overlap).strftime(_KEPT)


def is_watermark(text: str) -> bool:
    """Whether a text is one of ours."""
    try:
        _moment(text)
    except ValueError:
        return False
    return True


def changes_since(request: Request, watermark: str, settings: ChangesKeys) -> Request:
    """Ask for what has changed from there on alone."""
    since = _written(_moment(watermark), settings.format)
    params = [(name, text.replace(SINCE, since)) for name, text in settings.params.items()]
    changed = request.with_params(params)
    for place, text in settings.body.items():
        changed = changed.with_value(place, text.replace(SINCE, since))
    return changed


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _KEPT).replace(tzinfo=UTC)


def _written(moment: datetime, form: str) -> str:
    match form:
        case "epoch":
            return str(int(moment.timestamp()))
        case "epoch_ms":
            return str(int(moment.timestamp()) * 1000)
        case _:
            return moment.strftime(form)
