"""What is remembered of a read, given what was remembered of the one before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.domain.snapshot import Certificate, HeldSku, Position, Reading
from syncd.domain.tracking import Held
from syncd.engine.reading import (
    STRAYS_KEPT,
    Strays,
    beginning,
    changed_by,
    is_the_same,
    judged,
    repeated,
    succeeded,
    with_changes,
)

NOW = datetime(2026, 11, 21, 21, tzinfo=UTC)
HERE = Position("written-1", "meaning-1")
LATER = NOW + timedelta(minutes=5)
REWRITTEN = Position("written-2", "meaning-1")
OF_OTHER_MEANING = Position("written-2", "meaning-2")
SHY = Position("", "meaning-1")
CERTIFICATE = Certificate("shop", rows=100, records=120, joined={"erp": 90})
LAST = Reading(
    HERE,
    "digest-1",
    CERTIFICATE,
    NOW,
    complete_reads=3,
    yardstick=100,
    watermark="w-1",
    joined_yardsticks={"erp": 90},
)


def looked(position: Position = REWRITTEN, doubts: tuple[str, ...] = (), **changed: str) -> Reading:
    certificate = replace(CERTIFICATE, rows=95, doubts=doubts, joined={"erp": 80})
    return Reading(position, changed.get("digest", "digest-2"), certificate, LATER, absent=5)


def stray(value: str, row: int) -> HeldSku:
    return HeldSku("", Held("id", value, "every row needs an id", row))


class TestWhereChangesBegin:
    def test_at_the_watermark_of_the_last_read(self) -> None:
        assert beginning(LAST, REWRITTEN) == "w-1"

    @pytest.mark.parametrize(
        ("last", "position"),
        [
            (None, HERE),
            (replace(LAST, watermark=None), REWRITTEN),
            (replace(LAST, stopped=True), REWRITTEN),
            (LAST, OF_OTHER_MEANING),
        ],
    )
    def test_nowhere_without_one_that_is_still_good(
        self, last: Reading | None, position: Position
    ) -> None:
        assert beginning(last, position) is None


class TestTheSameBytes:
    @pytest.mark.parametrize(
        ("last", "position", "digest", "same"),
        [
            (LAST, REWRITTEN, "digest-1", True),
            (LAST, REWRITTEN, "digest-2", False),
            (LAST, OF_OTHER_MEANING, "digest-1", False),
            (replace(LAST, digest=""), REWRITTEN, "", False),
        ],
    )
    def test_are_known_by_digest_and_meaning(
        self, last: Reading, position: Position, digest: str, same: bool
    ) -> None:
        assert is_the_same(last, position, digest) is same

    @pytest.mark.parametrize(
        ("last", "position", "reads"),
        [
            (LAST, REWRITTEN, 4),
            (LAST, HERE, 3),
            (replace(LAST, position=SHY), SHY, 4),
            (replace(LAST, stopped=True), REWRITTEN, 3),
            (replace(LAST, certificate=replace(CERTIFICATE, doubts=("cut",))), REWRITTEN, 3),
        ],
    )
    def test_count_once_more_where_the_source_was_written_or_may_have_been(
        self, last: Reading, position: Position, reads: int
    ) -> None:
        again = repeated(last, position, LATER, "w-2")

        assert again.complete_reads == reads
        assert (again.position, again.at, again.watermark) == (position, LATER, "w-2")
        assert (again.digest, again.yardstick) == ("digest-1", 100)

    def test_leave_the_watermark_where_they_cannot_tell_a_new_one(self) -> None:
        assert repeated(LAST, REWRITTEN, LATER, None).watermark == "w-1"


class TestAWholeRead:
    def test_that_counts_is_the_new_yardstick(self) -> None:
        read = judged(succeeded(looked(), LAST), LAST, stopped=False)

        assert read.complete_reads == 4
        assert (read.yardstick, read.joined_yardsticks, read.absent) == (95, {"erp": 80}, 0)

    @pytest.mark.parametrize(
        ("doubts", "stopped"), [(("cut",), False), ((), True), (("cut",), True)]
    )
    def test_that_does_not_count_leaves_yardsticks_and_numbers_as_they_were(
        self, doubts: tuple[str, ...], stopped: bool
    ) -> None:
        read = judged(succeeded(looked(doubts=doubts), LAST), LAST, stopped=stopped)

        assert (read.complete_reads, read.yardstick, read.absent) == (3, 100, 5)
        assert read.joined_yardsticks == {"erp": 90}
        assert read.stopped is stopped

    def test_of_an_untouched_source_is_not_counted_again(self) -> None:
        assert judged(looked(HERE), LAST, stopped=False).complete_reads == 3
        shy = replace(LAST, position=SHY)
        assert judged(looked(SHY), shy, stopped=False).complete_reads == 4

    @pytest.mark.parametrize(
        ("between", "stopped"),
        [
            (looked(OF_OTHER_MEANING, ("cut",)), False),
            (looked(OF_OTHER_MEANING), True),
            (looked(HERE, ("cut",)), False),
        ],
    )
    def test_of_an_untouched_source_is_not_counted_after_others_that_did_not_count(
        self, between: Reading, *, stopped: bool
    ) -> None:
        first = judged(succeeded(looked(HERE), None), None, stopped=False)
        last = judged(succeeded(between, first), first, stopped=stopped)
        same = repeated(last, last.position, LATER, None)

        again = judged(succeeded(looked(HERE), same), same, stopped=False)
        rewritten = replace(HERE, identity="written-3")

        assert (again.complete_reads, again.counted) == (1, HERE)
        assert judged(looked(rewritten), same, stopped=False).complete_reads == 2

    def test_after_one_of_an_older_version_that_did_not_count_is_counted(self) -> None:
        stopped = replace(LAST, stopped=True)

        read = judged(succeeded(looked(HERE), stopped), stopped, stopped=False)

        assert (read.complete_reads, read.counted) == (4, HERE)

    def test_with_the_bytes_of_the_last_is_not_counted_once_more_at_the_same_place(self) -> None:
        again = repeated(LAST, REWRITTEN, LATER, None)

        assert judged(looked(REWRITTEN), again, stopped=False).complete_reads == 4

    def test_is_the_first_of_all_where_there_was_none(self) -> None:
        read = judged(succeeded(looked(), None), None, stopped=False)

        assert (read.complete_reads, read.yardstick, read.watermark) == (1, 95, None)

    @pytest.mark.parametrize(
        ("found", "position", "kept"),
        [
            ("w-2", REWRITTEN, "w-2"),
            (None, REWRITTEN, "w-1"),
            (None, OF_OTHER_MEANING, None),
            ("w-2", OF_OTHER_MEANING, "w-2"),
        ],
    )
    def test_moves_the_watermark_or_keeps_the_one_of_the_same_meaning(
        self, found: str | None, position: Position, kept: str | None
    ) -> None:
        assert succeeded(replace(looked(position), watermark=found), LAST).watermark == kept

    def test_keeps_an_acceptance_of_these_very_bytes_alone(self) -> None:
        accepted = replace(LAST, accepted_until=LATER)

        same = succeeded(looked(digest="digest-1"), accepted)
        assert same.accepted_until == LATER
        assert succeeded(looked(), accepted).accepted_until is None
        assert succeeded(looked(digest=""), replace(accepted, digest="")).accepted_until is None


class TestChanges:
    def test_leave_all_but_time_and_watermark_as_the_last_whole_read_had_it(self) -> None:
        assert with_changes(LAST, LATER, "w-2") == replace(LAST, at=LATER, watermark="w-2")
        assert with_changes(LAST, LATER, None).watermark == "w-1"

    def test_that_were_recorded_end_what_digest_and_identity_say(self) -> None:
        reading = changed_by(LAST, Strays())

        assert reading == replace(LAST, digest="", position=replace(LAST.position, identity=""))
        assert not reading.name
        assert not LAST.position.is_as(reading.position)

    def test_add_strays_that_were_not_there_wherever_they_stand(self) -> None:
        last = replace(LAST, strays=(stray("", 7),), stray_count=1)

        reading = changed_by(last, Strays((stray("", 2), stray("a\0", 3)), 2))

        assert reading.strays == (stray("", 7), stray("a\0", 3))
        assert reading.stray_count == 2

    def test_keep_no_more_strays_than_others_do(self) -> None:
        last = replace(LAST, strays=tuple(stray(str(n), n) for n in range(STRAYS_KEPT)))

        assert len(changed_by(last, Strays((stray("x", 1),), 1)).strays) == STRAYS_KEPT
