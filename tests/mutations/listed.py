"""The list of deliberate bugs, room by room."""

from __future__ import annotations

from typing import Final

from tests.mutations.incidents import INCIDENTS
from tests.mutations.machines import AMONG_MACHINES
from tests.mutations.mutation import Mutation

_ENGINE: Final = "tests/unit/engine/"
_SERVICE: Final = "tests/integration/service/"
_STATE: Final = "tests/integration/state/"
_WEB: Final = "tests/integration/web/"

_MADE_AGAIN: Final = "test_an_item_made_again_counts_although_its_first_create_is_forgotten"
_NOT_RECORDED: Final = "TestTheWatermark::test_stays_where_the_rows_could_not_be_recorded"

_IN_THE_DOMAIN: Final = (
    Mutation(
        name="clear-what-was-never-ours",
        file="domain/attributes.py",
        old="return known is not None and attribute in sent",
        new="return known is not None",
        caught_by=("tests/unit/domain/test_attributes.py",),
    ),
    Mutation(
        name="approval-without-revision",
        file="domain/approval.py",
        old="return change in (self.change, self.change.then)",
        new="return self.change.id == change.id",
        caught_by=(f"{_ENGINE}test_guard_approvals.py",),
    ),
    Mutation(
        name="unnamed-conflict-is-permanent",
        file="domain/delivery.py",
        old="(code or _UNNAMED.get(verb)) == _ALREADY_EXISTS",
        new="code == _ALREADY_EXISTS",
        caught_by=("tests/unit/domain/test_delivery.py",),
    ),
    Mutation(
        name="lost-sku-counts-as-new",
        file="engine/plan.py",
        old="return tracked.lost_sku",
        new="return False",
        caught_by=(f"{_ENGINE}test_pairs.py",),
    ),
    Mutation(
        name="refused-sku-ends-no-deletes",
        file="service/lanes.py",
        old="return self.shut is not None and is_about_it",
        new="return False",
        caught_by=("tests/integration/service/test_passes.py",),
    ),
    Mutation(
        name="sku-goes-unasked",
        file="engine/plan.py",
        old="policy.delete_skus and not tracked.keeps_sku:",
        new="not tracked.keeps_sku:",
        caught_by=(f"{_ENGINE}test_pairs.py",),
    ),
    Mutation(
        name="half-of-a-pair-is-enough",
        file="domain/tracking.py",
        old="return all(map(self.has_equal, halves))",
        new="return self.has_equal(halves[0])",
        caught_by=(f"{_ENGINE}test_pairs.py",),
    ),
    Mutation(
        name="server-error-is-permanent",
        file="domain/delivery.py",
        old="""if status // 100 == 5:  # noqa: PLR2004 - the class of server errors
        return Kind.UNKNOWN""",
        new="""if status // 100 == 5:
        return Kind.REFUSED""",
        caught_by=("tests/unit/domain/test_delivery.py",),
    ),
    Mutation(
        name="stopped-read-counts",
        file="domain/snapshot.py",
        old="return self.certificate.complete and not self.stopped",
        new="return self.certificate.complete",
        caught_by=(f"{_ENGINE}test_reading.py", f"{_SERVICE}test_reads.py"),
    ),
)

_IN_THE_ENGINE: Final = (
    Mutation(
        name="settle-without-the-revision",
        file="engine/settle.py",
        old="return row.revision == change.revision",
        new="return bool(change)",
        caught_by=(f"{_ENGINE}test_settle_newer_wish.py",),
    ),
    Mutation(
        name="collides-for-ever",
        file="engine/settle.py",
        old="row.attempts + 1 < MOST_COLLISIONS",
        new="row.attempts + 1 < 1_000 * MOST_COLLISIONS",
        caught_by=(f"{_ENGINE}test_settle.py",),
    ),
    Mutation(
        name="asked-wait-is-not-heeded",
        file="engine/settle.py",
        old="if outcome.retry_after is None or not _is_current(row, change):",
        new="if outcome:",
        caught_by=(f"{_ENGINE}test_settle.py",),
    ),
    Mutation(
        name="delete-after-one-read",
        file="engine/plan.py",
        old="reads >= policy.delete_reads",
        new="reads >= 1",
        caught_by=(f"{_ENGINE}test_plan.py",),
    ),
    Mutation(
        name="delete-at-once",
        file="engine/plan.py",
        old="now >= missing.since + policy.delete_after",
        new="now >= missing.since",
        caught_by=(f"{_ENGINE}test_plan.py",),
    ),
    Mutation(
        name="foreign-is-written",
        file="engine/plan.py",
        old=" and not tracked.is_foreign",
        new="",
        caught_by=(f"{_ENGINE}test_plan.py",),
    ),
    Mutation(
        name="repeated-without-a-look-up",
        file="engine/plan.py",
        old="tracked.delivery is Delivery.SETTLED and",
        new="tracked.delivery is not Delivery.IN_DOUBT and",
        caught_by=(f"{_ENGINE}test_plan.py",),
    ),
    Mutation(
        name="quarantine-ends-by-itself",
        file="engine/plan.py",
        old="if tracked.was_answered_otherwise and not tracked.is_missing:",
        new="if False:",
        caught_by=(f"{_ENGINE}test_plan.py",),
    ),
    Mutation(
        name="budget-ignores-the-journal",
        file="engine/guard.py",
        old="actual = len(case.situation.written.get(action, frozenset()).union(ids))",
        new="actual = len(ids)",
        caught_by=(f"{_ENGINE}test_guard.py", f"{_ENGINE}test_guard_window.py"),
    ),
    Mutation(
        name="canary-is-ignored",
        file="engine/guard.py",
        old="    _canary,\n",
        new="",
        caught_by=(f"{_ENGINE}test_guard_canary.py",),
    ),
    Mutation(
        name="lost-rows-are-no-shrink",
        file="engine/read_guard.py",
        old="return lost if lost > allowed else 0",
        new="return lost if lost > 2 * allowed else 0",
        caught_by=(f"{_ENGINE}test_read_guard.py",),
    ),
    Mutation(
        name="managed-is-adopted",
        file="engine/observe.py",
        old="if observation.managed:",
        new="if observation.managed and observation.item is None:",
        caught_by=(f"{_ENGINE}test_observe.py",),
    ),
    Mutation(
        name="sku-of-ours-is-left-behind",
        file="engine/observe.py",
        old="return tracked.may_have_written_to(Resource.SKU)",
        new="return tracked.may_have_written_to(Resource.INVENTORY_ITEM)",
        caught_by=("tests/property/test_pair_lives.py", f"{_ENGINE}test_pairs.py"),
    ),
    Mutation(
        name="back-but-still-missing",
        file="engine/absorb.py",
        old="        missing=None,\n        attempts=0,",
        new="        attempts=0,",
        caught_by=(f"{_ENGINE}test_absorb.py",),
    ),
    Mutation(
        name="outage-is-never-noticed",
        file="engine/breaker.py",
        old="failures < FAILURES_TO_OPEN",
        new="failures < 1_000 * FAILURES_TO_OPEN",
        caught_by=(f"{_ENGINE}test_breaker.py",),
    ),
    Mutation(
        name="revert-holds-nothing",
        file="engine/revert.py",
        old="        reverted=Reverted(occasion.cycle, _catalog_wish(row), keeps_sku),\n",
        new="",
        caught_by=(f"{_ENGINE}test_revert.py",),
    ),
)

_IN_THE_SERVICE: Final = (
    Mutation(
        name="partial-read-makes-missing",
        file="service/recording.py",
        old="if reading.counts:",
        new="if reading.certificate.rows:",
        caught_by=(f"{_SERVICE}test_reads.py::TestAPartialRead",),
    ),
    Mutation(
        name="watermark-moved-early",
        file="service/read.py",
        old="            reading = self._recorder().changes(comparison, reading)\n",
        new="""            with self.ports.state.transaction() as transaction:
                transaction.record_reading(reading)
            reading = self._recorder().changes(comparison, reading)
""",
        caught_by=(f"{_SERVICE}test_changes.py::{_NOT_RECORDED}",),
    ),
    Mutation(
        name="intent-is-not-kept",
        file="service/deliver.py",
        old="""        with self._ports.state.transaction() as transaction:
            return self._writes.begin(transaction, part)""",
        new="""        with (
            self._ports.state.overlay() as aside,
            aside.transaction() as transaction,
        ):
            return self._writes.begin(transaction, part)""",
        caught_by=(f"{_SERVICE}test_delivery.py",),
    ),
    Mutation(
        name="in-flight-is-not-marked",
        file="service/writes.py",
        old="transaction.put([claim(rows[change.id], change) for change in current])",
        new="transaction.put([rows[change.id] for change in current if not claim])",
        caught_by=(f"{_SERVICE}test_delivery.py", f"{_SERVICE}test_outages.py"),
    ),
    Mutation(
        name="same-id-twice-in-flight",
        file="service/supply.py",
        old="self._part = Plan(self._part.changes[most:],",
        new="self._part = Plan(self._part.changes[max(1, len(given.changes) - 1) :],",
        caught_by=(f"{_SERVICE}test_delivery.py",),
    ),
    Mutation(
        name="moved-on-and-sent-all-the-same",
        file="service/writes.py",
        old="return row is not None and row.revision == change.revision",
        new="return row is not None and row.revision >= change.revision",
        caught_by=("tests/unit/service/test_moved_on.py",),
    ),
    Mutation(
        name="made-again-and-not-noted",
        file="service/writes.py",
        old="recreates=recreates(rows[one.id], one),",
        new="recreates=False,",
        caught_by=(f"{_SERVICE}test_pruning.py::{_MADE_AGAIN}",),
    ),
    Mutation(
        name="made-again-a-few-at-a-time",
        file="service/situation.py",
        old="recreated_before=state.recreated_since(since) if recreated else frozenset(),",
        new="recreated_before=frozenset(),",
        caught_by=(f"{_SERVICE}test_repair.py",),
    ),
    Mutation(
        name="restored-backup-is-told-at-every-cycle",
        file="service/restored.py",
        old='transaction.remember(DOUBTED, "0")',
        new="transaction.forget([])",
        caught_by=(f"{_SERVICE}test_restored_backup.py",),
    ),
    Mutation(
        name="stopped-until-the-next-pass",
        file="service/passes.py",
        old=".without(self.results.ids(ChangeOutcome.STOPPED))",
        new=".without(frozenset())",
        caught_by=(f"{_SERVICE}test_passes.py",),
    ),
    Mutation(
        name="canary-is-appeased-by-a-later-pass",
        file="service/passes.py",
        old="all(stop.guard is not Guard.CANARY for stop in self.stops)",
        new="all(stop.guard is not Guard.CANARY for stop in verdict.stops)",
        caught_by=(f"{_SERVICE}test_canary.py",),
    ),
    Mutation(
        name="unsent-counts-as-done",
        file="service/results.py",
        old="""        case Accepted():
            return ChangeOutcome.DONE""",
        new="""        case Accepted() | Transient(in_doubt=False):
            return ChangeOutcome.DONE""",
        caught_by=("tests/unit/service/test_results.py",),
    ),
    Mutation(
        name="stocked-is-deleted",
        file="service/spare.py",
        old="return {**dict.fromkeys(stocked, STOCKED), **dict.fromkeys(hidden, STOCK_HIDDEN)}",
        new="return dict.fromkeys(hidden, STOCK_HIDDEN)",
        caught_by=(f"{_SERVICE}test_deletes.py",),
    ),
    Mutation(
        name="another-account-is-not-noticed",
        file="service/account.py",
        old="    if absent:\n",
        new="    if len(absent) > len(owned):\n",
        caught_by=(f"{_SERVICE}test_account.py",),
    ),
    Mutation(
        name="dry-run-writes-the-state",
        file="service/cycle.py",
        old="private = replace(ports, state=overlay)",
        new="private = replace(ports, state=ports.state if overlay else overlay)",
        caught_by=(f"{_SERVICE}test_rehearsal.py",),
    ),
    Mutation(
        name="what-still-lands-is-not-awaited",
        file="service/orphans.py",
        old="return min(sent_until or begun, ports.clock.now()) + terms.request_timeout",
        new="return min(sent_until or begun, ports.clock.now())",
        caught_by=(f"{_SERVICE}test_orphans.py",),
    ),
    Mutation(
        name="what-was-told-is-not-remembered",
        file="service/telling.py",
        old="remembered.remember(transaction, *planned.after)",
        new="remembered.remember(transaction, Told(), planned.after[1])",
        caught_by=(f"{_SERVICE}test_telling.py",),
    ),
    Mutation(
        name="message-that-failed-counts-as-got",
        file="service/outbox.py",
        old="for one in receipts if one.is_got}",
        new="for one in receipts if one.key}",
        caught_by=("tests/unit/service/test_outbox.py",),
    ),
    Mutation(
        name="every-hiccup-is-told",
        file="service/announce.py",
        old="return wrong.since if subject in NEEDS_SOMEBODY else wrong.since + patience",
        new="return wrong.since",
        caught_by=("tests/unit/service/test_announce.py",),
    ),
)

_IN_THE_ADAPTERS: Final = (
    Mutation(
        name="pacer-takes-a-window-for-none",
        file="digital_river/ledger.py",
        old="return self._cells.read(_HEAD + oldest, 1)[0] + self._pace.window",
        new="return self._cells.read(_HEAD + oldest, 1)[0]",
        caught_by=("tests/unit/digital_river/test_pacer.py",),
    ),
    Mutation(
        name="shorter-pause-ends-a-longer-one",
        file="digital_river/ledger.py",
        old="paused_until=max(end, head.paused_until)",
        new="paused_until=end",
        caught_by=("tests/unit/digital_river/test_pacer.py",),
    ),
    Mutation(
        name="outage-is-probed-by-many",
        file="digital_river/outage.py",
        old="            await probe.over.wait()\n",
        new="            return None\n",
        caught_by=("tests/unit/digital_river/test_outage.py",),
    ),
    Mutation(
        name="refused-key-is-tried-again",
        file="digital_river/refusals.py",
        old="return not self.for_good and not _NO_REST < rest <= LONGEST_REST",
        new="return not self.for_good and bool(rest)",
        caught_by=("tests/unit/digital_river/test_refusals.py",),
    ),
    Mutation(
        name="refused-key-is-given-up",
        file="digital_river/refusals.py",
        old="if refusal is None or not self._may_ask(request):",
        new="if refusal is None or request:",
        caught_by=("tests/unit/digital_river/test_refusals.py",),
    ),
    Mutation(
        name="answer-about-another-item",
        file="digital_river/outcomes.py",
        old="return found if found.id == item else",
        new="return found if found.id else",
        caught_by=("tests/unit/digital_river/test_outcomes.py",),
    ),
    Mutation(
        name="lease-is-not-taken",
        file="state/sqlite/lease.py",
        old="if not lock.is_locked_by_me():\n                return self._taken_over",
        new="if lock.is_locked_by_me() is None:\n                return self._taken_over",
        caught_by=(f"{_STATE}test_lease.py",),
    ),
    Mutation(
        name="fence-is-not-heeded",
        file="state/turns.py",
        old="if self._latest is not None:",
        new="if self._latest is None and connection is None:",
        caught_by=(f"{_STATE}test_lease.py",),
    ),
    Mutation(
        name="notes-wait-for-their-own-cycle",
        file="state/adapter.py",
        old="        if self._has_lease:\n            yield\n            return\n",
        new="",
        caught_by=("tests/contract/state/test_alongside.py",),
    ),
    Mutation(
        name="doubtful-write-is-no-part-of-a-budget",
        file="state/journal.py",
        old="NOT_CARRIED_OUT: Final = frozenset({",
        new="NOT_CARRIED_OUT: Final = frozenset({Kind.UNKNOWN, ",
        caught_by=("tests/contract/state/test_journal.py",),
    ),
    Mutation(
        name="approval-never-expires",
        file="state/approvals.py",
        old="expiry = approval.c.expires > codec.moment_of(moment)",
        new="expiry = approval.c.expires != codec.moment_of(moment)",
        caught_by=(
            "tests/contract/state/test_approvals.py::test_an_approval_is_in_force_until_it_expires",
        ),
    ),
    Mutation(
        name="stale-copy-is-taken-for-fresh",
        file="state/transaction.py",
        old="if self._stamps is None and self._would_show(rows):",
        new="if not rows and self._would_show(rows):",
        caught_by=(f"{_STATE}test_fingerprint_copy.py",),
    ),
)

_IN_THE_FLEET: Final = (
    Mutation(
        name="errand-of-the-dead-is-struck-out",
        file="fleet/queue.py",
        old="await manager.retry_job(job, retry_at=self._base.now())",
        new="await manager.finish_job(job, status=Status.FAILED, delete_job=True)",
        caught_by=("tests/acceptance/kills/test_fleet.py",),
    ),
    Mutation(
        name="errand-that-was-not-done-is-forgotten",
        file="fleet/queue.py",
        old="await self.put_for(errand, self._base.now() + wait, attempts + 1)",
        new="await asyncio.sleep(0 * wait.seconds)",
        caught_by=("tests/acceptance/kills/test_fleet.py",),
    ),
)

_IN_THE_WEB: Final = (
    Mutation(
        name="part-of-the-work-hides-a-stall",
        file="service/pulse.py",
        old="if is_whole and result.error is None",
        new="if result.error is None",
        caught_by=("tests/unit/service/test_readiness.py",),
    ),
    Mutation(
        name="webhook-of-long-ago",
        file="web/signature.py",
        old="or not _is_timely(timestamp, now)",
        new="or now is None",
        caught_by=("tests/unit/web/test_signature.py",),
    ),
    Mutation(
        name="event-is-taken-again",
        file="web/hooks.py",
        old="if not is_news:",
        new="if is_news is None:",
        caught_by=(f"{_WEB}test_webhooks.py",),
    ),
    Mutation(
        name="served-under-any-name",
        file="web/gate.py",
        old="if not _is_meant(service, request):",
        new="if service is None:",
        caught_by=(f"{_WEB}test_endpoints.py",),
    ),
)

MUTATIONS: Final = (
    *_IN_THE_DOMAIN,
    *_IN_THE_ENGINE,
    *_IN_THE_SERVICE,
    *_IN_THE_ADAPTERS,
    *_IN_THE_FLEET,
    *AMONG_MACHINES,
    *_IN_THE_WEB,
    *INCIDENTS,
)
