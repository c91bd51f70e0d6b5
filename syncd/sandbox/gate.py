"""Whom the sandbox lets in: keys, versions, accepted forms, rates and restricted resources."""

from __future__ import annotations

from syncd.sandbox.answers import Problem, RefusedError
from syncd.sandbox.calls import Call
from syncd.sandbox.rate import RateLimiter
from syncd.sandbox.settings import SandboxSettings

API_VERSION = "2021-12-13"
KEY_FORM = "sk_"
ACCEPTED_FORMS = ("*/*", "application/*", "application/json")


class Gate:
    """Checks what comes before any resource is looked at."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._limiter = RateLimiter(settings.rate_limit)

    def admit(self, call: Call) -> str:
        """Return the key of a request that may go on; RefusedError for any other."""
        key = self._key(call)
        wait = self._limiter.admit(key, call.arrived)
        if wait is not None:
            raise RefusedError(
                429,
                Problem("too_many_requests", "This key sent too many requests."),
                retry_after=wait if self._settings.retry_after else None,
            )
        return key

    def check(self, call: Call) -> None:
        """Refuse a version, a form or a resource that this request cannot have."""
        version = call.headers.get("digitalriver-version", API_VERSION)
        if version != API_VERSION:
            message = f"The sandbox speaks {API_VERSION} alone, not '{version}'."
            raise RefusedError(400, Problem("invalid_parameter", message, "DigitalRiver-Version"))
        accepted = call.headers.get("accept", "*/*")
        if not any(form in accepted for form in ACCEPTED_FORMS):
            raise RefusedError(406, Problem("not_acceptable", "Answers are application/json."))
        if call.resource in self._settings.forbidden:
            message = f"This key may not use '{call.resource}'."
            raise RefusedError(403, Problem("forbidden", message))

    def begin_storm(self, call: Call, seconds: int) -> None:
        self._limiter.begin_storm(call.key or "", call.arrived, seconds)

    def _key(self, call: Call) -> str:
        key, accepted = call.key, self._settings.keys
        if key is None:
            raise _unauthorized("No API key was sent as 'Authorization: Bearer KEY'.")
        if key not in accepted if accepted else not key.startswith(KEY_FORM):
            raise _unauthorized("The API key is not valid.")
        return key


def _unauthorized(message: str) -> RefusedError:
    return RefusedError(401, Problem("unauthorized", message))
