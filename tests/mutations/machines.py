"""Deliberate bugs in what several processes share, on one machine or many."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

_THERE: Final = "tests/integration/postgres_state/"

AMONG_MACHINES: Final = (
    Mutation(
        name="whoever-lost-the-lease-still-writes",
        file="state/postgres/database.py",
        old="self.leases.lease.guard(connection)",
        new="pass",
        caught_by=(f"{_THERE}test_lease.py",),
    ),
    Mutation(
        name="lease-of-the-dead-is-never-free",
        file="state/postgres/signs.py",
        old="self.holder is None or self.holder.ended or self.silent > term",
        new="self.holder is None or self.holder.ended",
        caught_by=(f"{_THERE}test_duty.py",),
    ),
    Mutation(
        name="nobody-is-relieved-at-once",
        file="state/postgres/duty.py",
        old="self._beat(ended=True)",
        new="self._beat()",
        caught_by=(f"{_THERE}test_duty.py::test_who_ends_is_relieved_at_once",),
    ),
    Mutation(
        name="two-claim-the-same",
        file="state/postgres/offers.py",
        old='" AND claimant IS NULL ORDER BY turn LIMIT %(most)s FOR UPDATE SKIP LOCKED)"',
        new='" AND claimant IS NULL ORDER BY turn LIMIT %(most)s)"',
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="claims-wait-for-each-other",
        file="state/postgres/offers.py",
        old='" AND claimant IS NULL ORDER BY turn LIMIT %(most)s FOR UPDATE SKIP LOCKED)"',
        new='" AND claimant IS NULL ORDER BY turn LIMIT %(most)s FOR UPDATE)"',
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="helper-writes-under-a-fence-that-is-no-more",
        file="state/postgres/help.py",
        old="if standing.number != self._invitation.fence:",
        new="if standing.number < self._invitation.fence:",
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="helper-that-stood-still-sends",
        file="state/postgres/help.py",
        old="if self._timing.seconds() >= self._leave_until:",
        new="if self._leave_until < 0:",
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="lease-is-taken-while-helpers-send",
        file="state/postgres/lease.py",
        old=" or self._has_helpers(connection):",
        new=":",
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="help-with-what-is-taken-away",
        file="state/postgres/offers.py",
        old=" AND is_open FOR KEY SHARE",
        new=" AND is_open",
        caught_by=(f"{_THERE}test_sharing.py",),
    ),
    Mutation(
        name="slots-are-handed-out-twice",
        file="state/postgres/pace.py",
        old="greatest(pace.next_slot - ({back}), {now} + %(lead)s, {settled})",
        new="greatest({now} + %(lead)s, {settled})",
        caught_by=(f"{_THERE}test_pacing.py",),
    ),
    Mutation(
        name="others-do-not-pause",
        file="state/postgres/pacing.py",
        old="self._thread.submit(self._tell, length)",
        new="self._thread.submit(int, length)",
        caught_by=(f"{_THERE}test_pacing.py",),
    ),
    Mutation(
        name="connection-still-sees-the-account-before",
        file="state/postgres/pool.py",
        old="if seen[_SEES] == place.schema:",
        new="if seen[_SEES]:",
        caught_by=(f"{_THERE}test_kept_connections.py",),
    ),
    Mutation(
        name="rollback-goes-back-to-the-account-before",
        file="state/postgres/pool.py",
        old="            with _outside_transactions(driver_of(connection)) as driver:\n",
        new="            for driver in [driver_of(connection)]:\n",
        caught_by=(f"{_THERE}test_kept_connections.py",),
    ),
    Mutation(
        name="stop-ends-what-is-quick",
        file="state/postgres/in_use.py",
        old="self.waits_since = time.monotonic()",
        new="self.waits_since = self.waits_since or time.monotonic() - LEAST",
        caught_by=(f"{_THERE}test_in_a_hurry.py",),
    ),
    Mutation(
        name="moved-rows-are-not-compared",
        file="state/moving.py",
        old="if line is None or line != other:",
        new="if line is None:",
        caught_by=(f"{_THERE}test_moving.py",),
    ),
    Mutation(
        name="two-errands-of-one-account-at-once",
        file="fleet/queue.py",
        old="            lock=errand.account,\n            queueing_lock=errand.name,\n",
        new="            queueing_lock=errand.name,\n",
        caught_by=("tests/integration/fleet/test_queue.py",),
    ),
    Mutation(
        name="two-files-with-one-state",
        file="fleet/roll.py",
        old="        self._part_twins()\n",
        new="",
        caught_by=("tests/unit/fleet/test_roll.py",),
    ),
)
