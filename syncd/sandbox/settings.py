"""What a sandbox can be told before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.sandbox.errors import SandboxSettingsError
from syncd.sandbox.faults import Fault

ITEMS = "inventory-items"
SKUS = "skus"
LEVELS = "inventory-levels"
EVENTS = "events"
RESOURCES = frozenset({ITEMS, SKUS, LEVELS, EVENTS})
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """How the stand-in behaves; the defaults are the vendor's, on a free port.

    `keys` empty accepts every key that begins with `sk_`. `rate_limit` is requests per key in a
    rolling second: None for the vendor's (25 for sk_test_, 250 for the rest), 0 for none;
    `retry_after=False` leaves the header off its 429. `forbidden` names resources (`skus`,
    `inventory-items`, `inventory-levels`, `events`) that every key is refused. `unknown_parts` are
    globs of `manufacturerId/partNumber` that do not exist at Digital River. With
    `null_clears=False` a null is answered with 400, the other reading of the document. The log
    keeps `log_size` requests, with `keep_answers` their answers too.
    """

    host: str = "127.0.0.1"
    port: int = 0
    keys: frozenset[str] = frozenset()
    rate_limit: int | None = None
    retry_after: bool = True
    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0
    seed: int = 0
    forbidden: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    unknown_parts: tuple[str, ...] = ("unknown*/*",)
    null_clears: bool = True
    log_size: int = 20_000
    keep_answers: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be, with a SandboxSettingsError."""
        if self.host not in LOOPBACK_HOSTS:
            raise _wrong(
                f"host {self.host!r}",
                "is not this machine alone",
                "Use 127.0.0.1, ::1 or localhost",
            )
        if not 0 <= self.port <= LAST_PORT:
            raise _wrong(f"port {self.port}", "does not exist", "Use 0 for any free one")
        if min(self.latency_seconds, self.jitter_seconds, self.rate_limit or 0) < 0:
            raise _wrong("latency, jitter and rate", "cannot be negative", "Use 0 or more")
        for resource in sorted(self.forbidden - RESOURCES):
            raise _wrong(
                f"forbidden resource {resource!r}",
                "is not one of the sandbox's",
                f"Use one of {', '.join(sorted(RESOURCES))}",
            )


def _wrong(thing: str, reason: str, next_step: str) -> SandboxSettingsError:
    return SandboxSettingsError(f"Sandbox {thing}", reason, next_step)
