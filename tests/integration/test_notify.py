"""Apprise, over a real socket: what goes out, what is said of a failure, and which URLs pass."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from syncd.domain.message import Message, Urgency
from syncd.errors import ConfigurationError, NotifyError
from syncd.notify import AppriseNotifier, targets
from tests.receiver import Receiver, receiving

NEWS = Message("News", "sk_test_abcdef is the key.\n@everyone look", Urgency.FAILURE)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_title_body_and_urgency_arrive_and_who_tells(receiver: Receiver) -> None:
    notifier = AppriseNotifier([receiver.url], "From syncd on a host")
    notifier.tell(notifier.targets[0], NEWS)
    (got,) = receiver.messages
    assert got["title"] == "syncd: News"
    assert got["message"].endswith("@everyone look\n\nFrom syncd on a host")
    assert got["type"] == "failure"


def test_every_word_is_cleaned_of_secrets(receiver: Receiver) -> None:
    notifier = AppriseNotifier([receiver.url], "", lambda text: text.replace("sk_test_abcdef", "*"))
    notifier.tell(notifier.targets[0], NEWS)
    assert "* is the key" in receiver.messages[0]["message"]


def test_a_failure_says_why_without_what_stands_in_the_url(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 404
    notifier = AppriseNotifier([receiver.url.replace("//", "//user:pa55word@")], "")
    with caplog.at_level(logging.WARNING), pytest.raises(NotifyError) as refused:
        notifier.tell(notifier.targets[0], NEWS)
    assert "404" in refused.value.reason
    for secret in ("s3cret", "pa55word"):
        assert secret not in str(refused.value) + caplog.text


def test_a_reason_that_names_the_address_is_told_without_it(receiver: Receiver) -> None:
    notifier = AppriseNotifier([f"json://127.0.0.1:1/{'s3cret' * 3}?rto=9"], "")
    with pytest.raises(NotifyError, match="onnection") as refused:
        notifier.tell(notifier.targets[0], NEWS)
    assert "s3cret" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize("url", ["nothing://x", "slack://too-short", "json://", "mailto:"])
def test_a_url_that_can_never_work_is_named_by_its_place_alone(url: str) -> None:
    notifier = AppriseNotifier(["json://127.0.0.1", url], "")
    with pytest.raises(ConfigurationError, match=r"notify\.urls, number 2") as refused:
        notifier.check()
    assert "too-short" not in str(refused.value)


def test_urls_that_can_work_pass() -> None:
    AppriseNotifier(["json://127.0.0.1", "mailto://user:password@example.com"], "").check()


def test_a_target_keeps_its_name_wherever_it_stands_in_the_list() -> None:
    first, second = AppriseNotifier(["json://one", "json://two"], "").targets
    moved, _ = AppriseNotifier(["json://two", "json://one"], "").targets
    assert (moved.id, first.id != second.id) == (second.id, True)
    assert "two" not in f"{moved.id} {moved.label}"


def test_a_url_that_stands_there_twice_is_one_target() -> None:
    labels = [
        one.label for one in AppriseNotifier(["json://a", "json://a", "json://b"], "").targets
    ]
    assert labels == ["notify.urls, number 1 (json)", "notify.urls, number 3 (json)"]


def test_where_apprise_is_missing_the_way_to_get_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "_LIBRARY", "apprise_is_not_there")
    notifier = AppriseNotifier(["json://127.0.0.1"], "")
    with pytest.raises(ConfigurationError, match=r"pip install 'syncd\[notify\]'"):
        notifier.check()
    with pytest.raises(NotifyError, match=r"pip install 'syncd\[notify\]'"):
        notifier.tell(notifier.targets[0], NEWS)


def test_apprise_is_imported_by_no_more_than_the_first_message() -> None:
    program = (
        "import sys; from syncd.notify import AppriseNotifier\n"
        "AppriseNotifier(['json://127.0.0.1'], '').targets\n"
        "sys.exit('apprise' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
