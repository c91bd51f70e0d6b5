"""One suite for the real notifier, over a real socket, and for the fake one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from syncd.domain.message import Message, Target, Urgency
from syncd.errors import NotifyError
from syncd.notify import AppriseNotifier
from syncd.ports import Notifier
from tests.fakes.notifier import FakeNotifier
from tests.receiver import Receiver, receiving

NEWS = Message("News & more", "There are <some>.\nAnd some.", Urgency.WARNING)


class Place(Protocol):
    """A notifier of one target, and what that target has got."""

    notifier: Notifier

    def got(self) -> list[str]: ...

    def refuse(self) -> None: ...


class RealPlace:
    def __init__(self, receiver: Receiver) -> None:
        self.notifier: Notifier = AppriseNotifier([receiver.url], "From a test")
        self._receiver = receiver

    def got(self) -> list[str]:
        return self._receiver.titles

    def refuse(self) -> None:
        self._receiver.status = 500


class FakePlace:
    def __init__(self) -> None:
        self._fake = FakeNotifier("one")
        self.notifier: Notifier = self._fake

    def got(self) -> list[str]:
        return self._fake.titles("one")

    def refuse(self) -> None:
        self._fake.deaf.add("one")


@pytest.fixture(params=["real", "fake"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "fake":
        yield FakePlace()
        return
    with receiving() as receiver:
        yield RealPlace(receiver)


def test_a_target_gets_what_it_is_told(place: Place) -> None:
    (target,) = place.notifier.targets
    place.notifier.tell(target, NEWS)
    assert place.got() == ["News & more"]


def test_a_target_that_refuses_is_named(place: Place) -> None:
    (target,) = place.notifier.targets
    place.refuse()
    with pytest.raises(NotifyError) as refused:
        place.notifier.tell(target, NEWS)
    assert refused.value.thing == target.label


def test_a_target_has_one_name_for_good(place: Place) -> None:
    assert list(place.notifier.targets) == list(place.notifier.targets)
    assert isinstance(place.notifier.targets[0], Target)
