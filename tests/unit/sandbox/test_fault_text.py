"""Faults as the command line writes them."""

from __future__ import annotations

import pytest

from syncd.sandbox import Fault, FaultKind, SandboxSettingsError, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("503:0.01", Fault(kind=FaultKind.STATUS, status=503, probability=0.01)),
        ("400", Fault(kind=FaultKind.STATUS, status=400)),
        ("502=html:1", Fault(kind=FaultKind.STATUS, status=502, html=True)),
        (
            "429=3:0.005",
            Fault(kind=FaultKind.STATUS, status=429, retry_after=3, probability=0.005),
        ),
        ("503=9", Fault(kind=FaultKind.STATUS, status=503, retry_after=9)),
        ("lost:0.02", Fault(kind=FaultKind.LOST, probability=0.02)),
        ("drop:0", Fault(kind=FaultKind.DROP, probability=0.0)),
        ("half", Fault(kind=FaultKind.HALF)),
        ("other:1.0", Fault(kind=FaultKind.OTHER)),
        ("slow=2s:0.1", Fault(kind=FaultKind.SLOW, seconds=2.0, probability=0.1)),
        ("slow=500ms", Fault(kind=FaultKind.SLOW, seconds=0.5)),
        ("slow=1.5:1", Fault(kind=FaultKind.SLOW, seconds=1.5)),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither a status"),
        ("storm:1", "'storm'"),
        ("status:1", "'status'"),
        ("599:0.1", "599"),
        ("200", "200"),
        ("503:", "'' is not a probability"),
        ("503:often", "'often'"),
        ("503:1.5", "1.5"),
        ("503:-1", "-1"),
        ("503:nan", "nan"),
        ("500=3", "'3'"),
        ("500=html", "'html'"),
        ("429=html", "'html'"),
        ("lost=3:1", "takes no value"),
        ("slow:0.1", "'' is not a delay"),
        ("slow=soon", "'soon'"),
        ("slow=-1s", "-1s"),
        ("slow=inf", "inf"),
    ],
)
def test_a_text_that_is_no_fault_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(SandboxSettingsError) as caught:
        parse_fault(text)

    assert reason in str(caught.value)
    assert repr(text) in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "wrong", [{"status": 200}, {"probability": 1.1}, {"seconds": -1.0}], ids=str
)
def test_a_fault_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SandboxSettingsError):
        Fault(kind=FaultKind.STATUS, **wrong)  # type: ignore[arg-type]
