"""What a report counts and says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleResult, Mode
from syncd.domain.delivery import Failure
from syncd.domain.tracking import SkuState
from syncd.errors import ExitCode
from syncd.report import Format, Report, Summary, render, sentence
from syncd.report.parts import PartKey, failures_first, part_of_change, parts_of
from tests.unit.report.samples import created, planned, quiet, report, stopped

PLANNED = (
    "12 items would be created, 31 updated, 2 deleted. 3 rows are held. 1 SKU is quarantined. "
    "Nothing was written."
)
STOPPED = (
    "8 items were created, 20 updated. 412 deletes were stopped by max_delete. "
    "1 write failed and will be tried again. 3 rows are held. 1 SKU is quarantined."
)


def unheard(result: CycleResult) -> ChangeResult:
    """One of the cycle's changes, whose answer had not come when it was stopped."""
    lost = Failure(None, "unanswered", "its answer had not come")
    return replace(result.changes[0], outcome=ChangeOutcome.FAILED, failure=lost)


def test_counts_what_is_planned_apart_from_what_stays() -> None:
    assert report(planned()).summary == Summary(
        create=12,
        update=31,
        delete=2,
        unchanged=12_364,
        held=3,
        quarantined=1,
        missing=2,
        requests=2,
    )


def test_a_written_sku_is_in_sync_but_not_unchanged() -> None:
    summary = report(stopped()).summary
    assert (summary.create, summary.update, summary.delete) == (8, 20, 0)
    assert (summary.failed, summary.stopped) == (1, 412)
    assert summary.unchanged == 614 - 28


def test_a_cycle_without_a_certificate_names_its_source_and_is_not_complete() -> None:
    result = replace(quiet(), certificate=None, error="The state is locked. Try again.")
    catalog = Report.of(result, "catalog.csv", ExitCode.FAILED).catalog
    assert (catalog.source, catalog.complete, catalog.rows) == ("catalog.csv", False, 0)
    assert catalog.doubts


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (planned(), PLANNED),
        (stopped(), STOPPED),
        (quiet(), "Nothing had to be written: 12,408 SKUs are in sync."),
        (
            replace(quiet(), mode=Mode.DRY_RUN),
            "Nothing would change: 12,408 SKUs are in sync. Nothing was written.",
        ),
        (
            replace(quiet(), changes=planned().changes[:1], adopted=1),
            "1 item would be updated. 1 item was adopted. Nothing was written.",
        ),
        (
            replace(quiet(), changes=(unheard(stopped()),), writes_due=1),
            "1 write was not answered; the next run looks it up.",
        ),
        (
            replace(quiet(), states={SkuState.IN_SYNC: 1}, adopted=1),
            "Nothing had to be written: 1 SKU is in sync. 1 item was adopted.",
        ),
        (
            replace(quiet(), changes=planned().changes[:1], mode=Mode.PLAN),
            "1 item would be updated. Nothing was written.",
        ),
        (
            replace(quiet(), states={SkuState.IN_SYNC: 5, SkuState.MISSING: 2}),
            (
                "Nothing had to be written: 5 SKUs are in sync. "
                "2 SKUs are missing and not due to be deleted."
            ),
        ),
        (
            replace(quiet(), writes_due=4),
            "Nothing had to be written: 12,408 SKUs are in sync. 4 writes are still due.",
        ),
        (
            replace(quiet(), error="catalog.csv: it is not there. Look at the path."),
            (
                "The cycle ended early: catalog.csv: it is not there. Look at the path. "
                "Nothing was written."
            ),
        ),
        (
            replace(quiet(), guards=stopped().guards),
            "Nothing had to be written: 12,408 SKUs are in sync. max_delete stopped the plan.",
        ),
    ],
)
def test_says_the_answer_in_words(result: CycleResult, words: str) -> None:
    assert sentence(report(result)) == words


def test_says_what_a_partial_read_means() -> None:
    certificate = planned().certificate
    assert certificate is not None
    result = replace(planned(), certificate=replace(certificate, doubts=("No line end.",)))
    assert "not proven complete, so nothing counts as missing" in sentence(report(result))


@pytest.mark.parametrize("result", [planned(), stopped(), quiet()])
def test_the_tiles_count_what_their_filter_shows(result: CycleResult) -> None:
    made = report(result)
    shown = [part_of_change(one) for one in made.changes]
    filters = {PartKey.CREATE, PartKey.UPDATE, PartKey.DELETE, PartKey.STOPPED, PartKey.FAILED}
    for part in parts_of(made):
        if part.key in filters:
            assert part.count == shown.count(part.key)


def test_the_parts_add_up_to_all_skus() -> None:
    total = sum(part.count for part in parts_of(report(planned())))
    assert total == sum(planned().states.values())


def test_pending_and_foreign_skus_outside_the_plan_are_parts_of_their_own() -> None:
    states = {**planned().states, SkuState.PENDING: 50, SkuState.FOREIGN: 4, SkuState.MISSING: 7}
    counts = {part.key: part.count for part in parts_of(report(replace(planned(), states=states)))}
    assert counts[PartKey.PENDING] == 50 - 43
    assert counts[PartKey.FOREIGN] == 4
    assert counts[PartKey.MISSING] == 7 - 2


def test_failures_come_first_and_the_rest_keeps_its_order() -> None:
    changes = stopped().changes
    ordered = failures_first(changes)
    assert [one.outcome.value for one in ordered[:2]] == ["failed", "quarantined"]
    assert ordered[2:] == [one for one in changes if one not in ordered[:2]]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("stale", "2 writes of the plan left out as stale."),
        ("managed", "2 writes given up, for Digital River took the fulfilment over."),
        ("unseen", "2 writes of the plan left out, for their items could not be looked up."),
        ("orchestrated", "2 writes not made, for Digital River keeps the items itself."),
        ("not_sent", "2 writes were not begun."),
        ("not_begun", "2 writes were not begun."),
        ("timed_out", "2 writes failed and will be tried again."),
    ],
)
def test_a_write_that_was_not_made_is_called_failed_only_where_it_was_tried(
    code: str, said: str
) -> None:
    left = tuple(
        ChangeResult(created(number), ChangeOutcome.FAILED, Failure(None, code, "why"))
        for number in range(2)
    )
    made = replace(quiet(), changes=left)

    assert said in sentence(report(made))
    assert ("failed" in sentence(report(made))) == (code == "timed_out")


@pytest.mark.parametrize("form", Format)
def test_every_format_tells_how_the_read_was_proven(form: Format) -> None:
    certificate = planned().certificate

    told = " ".join(render(report(planned()), form).split())

    assert certificate is not None
    assert certificate.evidence
    assert all(sentence.removesuffix(".") in told for sentence in certificate.evidence)
