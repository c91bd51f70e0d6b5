"""Colours that can be read, marks that can be told apart."""

from __future__ import annotations

import re

import pytest

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.tracking import SkuState
from syncd.report.tokens import (
    LOOKS,
    NEUTRALS,
    STATE_ROLES,
    Look,
    Role,
    Shade,
    css_variables,
    role_of_change,
    role_of_word,
)

SCHEMES = ("light", "dark")


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shade(of: Look | Shade, scheme: str) -> str:
    return of.light if scheme == "light" else of.dark


def test_black_on_white_is_as_far_as_contrast_goes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_every_state_can_be_read_on_every_ground(scheme: str, role: Role, ground: str) -> None:
    assert contrast(shade(LOOKS[role], scheme), shade(NEUTRALS[ground], scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", ["text", "muted"])
@pytest.mark.parametrize("ground", ["background", "surface", "changed", "stop-background"])
def test_text_can_be_read_on_every_ground(scheme: str, text: str, ground: str) -> None:
    assert contrast(shade(NEUTRALS[text], scheme), shade(NEUTRALS[ground], scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("role", list(Role))
def test_labels_can_be_read_inside_a_bar(scheme: str, role: Role) -> None:
    assert contrast(shade(NEUTRALS["on-state"], scheme), shade(LOOKS[role], scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_guard_stop_can_be_read_on_its_own_ground(scheme: str) -> None:
    stop = shade(LOOKS[Role.STOPPED], scheme)
    assert contrast(stop, shade(NEUTRALS["stop-background"], scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("edge", ["control", "focus"])
def test_edges_of_controls_can_be_seen(scheme: str, edge: str) -> None:
    assert contrast(shade(NEUTRALS[edge], scheme), shade(NEUTRALS["background"], scheme)) >= 3


def test_every_state_has_a_role_and_every_role_a_mark_of_its_own() -> None:
    assert set(STATE_ROLES) == set(SkuState)
    assert set(LOOKS) == set(Role)
    assert len({look.mark for look in LOOKS.values()}) == len(Role)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("in_sync", Role.IN_SYNC),
        ("In flight", Role.PENDING),
        ("done", Role.IN_SYNC),
        ("blue", None),
    ],
)
def test_finds_the_role_of_a_word(word: str, role: Role | None) -> None:
    assert role_of_word(word) is role


@pytest.mark.parametrize(
    ("action", "outcome", "role"),
    [
        (Action.DELETE, ChangeOutcome.PLANNED, Role.MISSING),
        (Action.DELETE, ChangeOutcome.STOPPED, Role.STOPPED),
        (Action.CREATE, ChangeOutcome.PLANNED, Role.PENDING),
        (Action.UPDATE, ChangeOutcome.DONE, Role.IN_SYNC),
        (Action.UPDATE, ChangeOutcome.FAILED, Role.FAILED),
    ],
)
def test_a_change_has_the_colour_of_what_became_of_it(
    action: Action, outcome: ChangeOutcome, role: Role
) -> None:
    assert role_of_change(action, outcome) is role


def test_both_schemes_define_the_same_variables() -> None:
    light, dark = css_variables().split("@media")
    names = [re.findall(r"--[\w-]+", scheme) for scheme in (light, dark)]
    assert names[0] == names[1]
    assert "--in-sync" in names[0]
