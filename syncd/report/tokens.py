"""The one visual language of look.md as data: colours in both schemes, marks and words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncd.domain.audit import FindingKind
from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.tracking import SkuState


class Role(StrEnum):
    """What a colour and a mark stand for; colour means this and nothing else."""

    IN_SYNC = "in-sync"
    PENDING = "pending"
    HELD = "held"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    MISSING = "missing"
    FOREIGN = "foreign"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Look:
    """One role in both schemes; `ansi` leaves the exact shade to the terminal's own theme."""

    role: Role
    light: str
    dark: str
    mark: str
    ansi: str


@dataclass(frozen=True, slots=True)
class Shade:
    """One neutral colour in both schemes."""

    light: str
    dark: str


LOOKS: Final = {
    Role.IN_SYNC: Look(Role.IN_SYNC, "#1a7f4b", "#4cc38a", "●", "green"),
    Role.PENDING: Look(Role.PENDING, "#2563c9", "#7ab0ff", "◔", "blue"),
    Role.HELD: Look(Role.HELD, "#9a5b00", "#f0b429", "▲", "yellow"),
    Role.QUARANTINED: Look(Role.QUARANTINED, "#b42318", "#ff8a7a", "■", "red"),
    # Their side as well, but it passes: the colour of quarantine with a mark of its own.
    Role.FAILED: Look(Role.FAILED, "#b42318", "#ff8a7a", "✕", "red"),
    Role.MISSING: Look(Role.MISSING, "#6b4fbb", "#b7a3ff", "◇", "magenta"),
    Role.FOREIGN: Look(Role.FOREIGN, "#5f6b7a", "#9aa7b5", "○", "bright_black"),
    Role.STOPPED: Look(Role.STOPPED, "#b42318", "#ff8a7a", "⛔", "bold red"),
}

NEUTRALS: Final = {
    "background": Shade("#ffffff", "#12161c"),
    "surface": Shade("#f6f7f9", "#1a2028"),
    "text": Shade("#1b2430", "#e6eaf0"),
    "muted": Shade("#5b6675", "#9aa7b5"),
    "hairline": Shade("#dfe3e8", "#2c343f"),
    "control": Shade("#8a94a2", "#6a7686"),
    "focus": Shade("#2563c9", "#7ab0ff"),
    "changed": Shade("#e8ecf1", "#2f3946"),
    "on-state": Shade("#ffffff", "#12161c"),
    "stop-background": Shade("#fdecea", "#3a1a17"),
}

STATE_ROLES: Final = {
    SkuState.IN_SYNC: Role.IN_SYNC,
    SkuState.PENDING: Role.PENDING,
    SkuState.IN_FLIGHT: Role.PENDING,
    SkuState.HELD: Role.HELD,
    SkuState.QUARANTINED: Role.QUARANTINED,
    SkuState.MISSING: Role.MISSING,
    SkuState.FOREIGN: Role.FOREIGN,
}
OUTCOME_ROLES: Final = {
    ChangeOutcome.PLANNED: Role.PENDING,
    ChangeOutcome.DONE: Role.IN_SYNC,
    ChangeOutcome.FAILED: Role.FAILED,
    ChangeOutcome.STOPPED: Role.STOPPED,
    ChangeOutcome.QUARANTINED: Role.QUARANTINED,
}
FINDING_ROLES: Final = {
    FindingKind.DRIFTED: Role.PENDING,
    FindingKind.VANISHED: Role.FAILED,
    FindingKind.UNADOPTED: Role.PENDING,
    FindingKind.ORPHANED: Role.MISSING,
    FindingKind.MANAGED: Role.FOREIGN,
    FindingKind.FOREIGN: Role.FOREIGN,
}


def role_of_change(action: Action, outcome: ChangeOutcome) -> Role:
    """Tell a change's role: a delete that is planned or done has the colour of missing ones."""
    passed = outcome in {ChangeOutcome.PLANNED, ChangeOutcome.DONE}
    return Role.MISSING if passed and action is Action.DELETE else OUTCOME_ROLES[outcome]


def role_of_word(word: str) -> Role | None:
    """Find the role of a state's or an outcome's word, such as `in_sync` or `in sync`."""
    key = word.strip().lower().replace(" ", "_")
    by_word: dict[str, Role] = {str(state): role for state, role in STATE_ROLES.items()}
    by_word |= {str(outcome): role for outcome, role in OUTCOME_ROLES.items()}
    by_word |= {str(finding): role for finding, role in FINDING_ROLES.items()}
    return by_word.get(key)


def css_variables() -> str:
    """Spell every token as a CSS variable, light first and dark by `prefers-color-scheme`."""
    light = _declarations("light")
    dark = _declarations("dark")
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def _declarations(scheme: str) -> str:
    shades: dict[str, Look | Shade] = {**NEUTRALS, **{str(role): LOOKS[role] for role in LOOKS}}
    return "".join(
        f"--{name}:{shade.light if scheme == 'light' else shade.dark};"
        for name, shade in shades.items()
    )
