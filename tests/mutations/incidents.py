"""For each incident a bug that lets it do harm; the whole command shows it, as a process."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

_INCIDENTS: Final = "tests/acceptance/incidents/"
_EXPORTS: Final = f"{_INCIDENTS}test_exports.py::"
_HOSTS: Final = f"{_INCIDENTS}test_hosts.py::"
_KEYS: Final = f"{_INCIDENTS}test_keys.py::"
_WRONG_COLUMN: Final = f"{_EXPORTS}test_a_wrong_column_mapped_writes_nothing"
_TRUNCATED: Final = "test_an_upload_that_stays_truncated_is_told_every_night_and_deletes_nothing"
_EMPTY: Final = (
    "test_an_empty_export_after_an_upstream_outage_deletes_nothing_however_long_it_lasts"
)
_RESTORED: Final = "test_a_restored_old_backup_of_the_state_does_no_harm_and_catches_up"
_TWO_HOSTS: Final = "test_two_hosts_started_by_mistake_make_nothing_twice_and_end_equal"
_LIVE_KEY: Final = "test_a_live_key_swapped_in_does_not_travel_with_a_state_made_with_a_test_key"
_TEST_KEY: Final = "test_a_test_key_swapped_in_does_nothing_to_a_state_that_was_made_live"

INCIDENTS: Final = (
    Mutation(
        name="incident-empty-export",
        file="engine/read_guard.py",
        old="    if certificate.rows:\n        return None\n",
        new="    if certificate.rows or not certificate.records:\n        return None\n",
        caught_by=(f"{_EXPORTS}{_EMPTY}",),
    ),
    Mutation(
        name="incident-truncated-upload",
        file="catalog/certificate.py",
        old="if index in evidence.cut:",
        new="if index in ():",
        caught_by=(f"{_EXPORTS}{_TRUNCATED}",),
    ),
    Mutation(
        name="incident-truncated-between-rows",
        file="engine/read_guard.py",
        old="tuple(_shrunk(reading, limits))",
        new="tuple(_shrunk(reading, limits))[1:]",
        caught_by=(
            f"{_EXPORTS}test_rows_lost_cleanly_in_the_middle_of_an_export_are_told_and_deleted_by_nobody",
        ),
    ),
    Mutation(
        name="incident-wrong-column",
        file="engine/guard.py",
        old="    _same_change,\n",
        new="",
        caught_by=(_WRONG_COLUMN,),
    ),
    Mutation(
        name="incident-wrong-column-of-other-values",
        file="engine/guard.py",
        old="    _canary,\n",
        new="",
        caught_by=(_WRONG_COLUMN,),
    ),
    Mutation(
        name="incident-live-key-for-a-test-state",
        file="service/account.py",
        old="not in {None, terms.key_kind}",
        new='not in {None, terms.key_kind, "test"}',
        caught_by=(f"{_KEYS}{_LIVE_KEY}",),
    ),
    Mutation(
        name="incident-test-key-for-a-live-state",
        file="service/account.py",
        old="not in {None, terms.key_kind}",
        new='not in {None, terms.key_kind, "live"}',
        caught_by=(f"{_KEYS}{_TEST_KEY}",),
    ),
    Mutation(
        name="incident-restored-backup",
        file="state/fence.py",
        old="return 0 < standing(connection).number < seen",
        new="return 0 > standing(connection).number > seen",
        caught_by=(f"{_HOSTS}{_RESTORED}",),
    ),
    Mutation(
        name="incident-two-hosts",
        file="domain/delivery.py",
        old='_ALREADY_EXISTS: Final = "already_exists"',
        new='_ALREADY_EXISTS: Final = "exists_already"',
        caught_by=(f"{_HOSTS}{_TWO_HOSTS}",),
    ),
    Mutation(
        name="incident-two-processes",
        file="state/sqlite/lease.py",
        old="if not lock.is_locked_by_me():\n                return self._taken_over",
        new="if lock.is_locked_by_me() is None:\n                return self._taken_over",
        caught_by=(f"{_HOSTS}test_two_processes_on_one_state_take_turns",),
    ),
    Mutation(
        name="incident-filter-matches-nothing",
        file="engine/read_guard.py",
        old="    if certificate.rows:\n        return None\n",
        new="    if certificate.rows or certificate.records:\n        return None\n",
        caught_by=(f"{_EXPORTS}test_a_filter_typo_that_matches_nothing_deletes_nothing",),
    ),
    Mutation(
        name="incident-filter-matches-a-few",
        file="engine/read_guard.py",
        old="lost = yardstick - rows",
        new="lost = (yardstick - rows) // yardstick",
        caught_by=(f"{_EXPORTS}test_a_filter_typo_that_matches_a_few_deletes_nothing",),
    ),
)
