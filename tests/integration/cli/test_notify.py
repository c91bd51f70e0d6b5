"""Commands tell whom it concerns: `--once` and `apply` what they came to, `check` that it works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.receiver import Receiver, receiving
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row

NOTIFY = '\n[notify]\nurls = ["{url}"]\n[guards]\nmax_update = 1\nmax_same_change = 1.0\n'
CHANGED = [row(number, origin="SE") for number in range(12)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def told(shop: Shop, receiver: Receiver) -> Shop:
    """A shop that tells the receiver."""
    shop.configure(NOTIFY.format(url=receiver.url))
    return shop


def test_a_stop_is_told_once_and_its_end_and_a_dry_run_tells_nobody(
    told: Shop, receiver: Receiver
) -> None:
    assert told.run("--once").code == 0
    told.stock(CHANGED)
    assert told.run("--dry-run").code == 0
    assert receiver.messages == []
    for _ in range(2):
        run = told.run("--once", "--format", "json")
        assert run.code == 4
    assert receiver.titles == ["A guard has stopped something: max_update"]
    approve = next(
        line.partition(": ")[2]
        for line in receiver.messages[0]["message"].splitlines()
        if "syncd approve" in line
    )
    assert told.run(*approve.split()[1:]).code == 0
    assert told.run("--once").code == 0
    assert receiver.titles[1:] == ["Nothing is stopped any more by max_update"]


def test_a_refused_key_is_told_by_the_run_that_met_it_and_its_acceptance_too(
    told: Shop, receiver: Receiver, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])
    for _ in range(2):
        assert told.run("--once").code == 1
    sandbox.set_faults([])
    assert told.run("--once").code == 0
    assert receiver.titles == [
        "Digital River refuses the key",
        "Digital River takes the key again",
    ]


def test_an_applied_plan_tells_of_refused_skus(told: Shop, receiver: Receiver) -> None:
    told.stock([row(0), row(1, maker="unknown"), row(2, maker="unknown")])
    assert told.run("plan", "--out", "plan.json").code == 0
    assert told.run("apply", "plan.json").code == 3
    assert receiver.titles == ["2 SKUs newly refused by Digital River"]


def test_what_did_not_get_through_stands_in_the_status_and_spoils_no_run(
    told: Shop, receiver: Receiver
) -> None:
    receiver.status = 500
    told.stock([row(0), row(1, maker="unknown")])
    run = told.run("--once")
    assert run.code == 3
    assert "notify.failed" in run.stderr
    status = told.run("status", "--format", "json").json()
    assert [(one["title"], one["tries"]) for one in status["undelivered"]] == [
        ("1 SKU newly refused by Digital River", 1)
    ]
    assert "messages that did not get through" in told.run("status").stdout


def test_a_check_sends_nothing_unless_it_is_asked_to(told: Shop, receiver: Receiver) -> None:
    run = told.run("check", "--format", "json")
    assert (run.code, receiver.messages) == (0, [])
    assert run.json()["parts"][-1]["words"] == "1 target, to which nothing was sent"
    run = told.run("check", "--notify", "--format", "json")
    assert (run.code, receiver.titles) == (0, ["A test"])
    assert run.json()["parts"][-1]["words"] == "it took a test message"


def test_a_check_says_of_each_target_whether_it_took_the_test(
    told: Shop, receiver: Receiver
) -> None:
    text = told.configuration.read_text()
    told.configuration.write_text(text.replace("urls = [", 'urls = ["json://127.0.0.1:1", '))
    run = told.run("check", "--notify", "--format", "json")
    assert run.code == 1
    one, other = run.json()["parts"][-2:]
    assert (one["part"], one["health"]) == ("notify.urls, number 1 (json)", "failed")
    assert (other["part"], other["health"]) == ("notify.urls, number 2 (json)", "ok")


def test_a_check_names_a_url_that_can_never_work(told: Shop) -> None:
    text = told.configuration.read_text()
    told.configuration.write_text(text.replace("urls = [", 'urls = ["slack://s3cret", '))
    run = told.run("check")
    assert run.code == 1
    assert "notify.urls, number 1 (slack)" in run.stdout
    assert "s3cret" not in run.stdout + run.stderr


def test_a_check_of_nobody_says_so(shop: Shop) -> None:
    run = shop.run("check", "--notify", "--format", "json")
    assert run.code == 0
    assert run.json()["parts"][-1]["words"] == "notify.urls names nobody to tell"


def test_a_service_that_could_never_tell_does_not_begin(told: Shop) -> None:
    text = told.configuration.read_text()
    told.configuration.write_text(text.replace("urls = [", 'urls = ["slack://s3cret", '))
    run = told.run()
    assert run.code == 2
    assert "notify.urls, number 1 (slack)" in run.stderr
    assert "s3cret" not in run.stdout + run.stderr
