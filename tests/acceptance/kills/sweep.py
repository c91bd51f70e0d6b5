"""Kills a story's command at one boundary after the other, and looks at what comes of it."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from syncd.errors import ExitCode
from tests.acceptance.kills import evidence
from tests.acceptance.kills.arranged import Arranged, Story
from tests.acceptance.kills.boundaries import is_among
from tests.acceptance.kills.launcher import Ended
from tests.acceptance.kills.leftover import leftover
from tests.acceptance.kills.stage import ANY, KEPT_IN_PLACE, Among, Stage, World

HOUR: Final = 3600.0
"""Seconds that pass before the next run: whatever was under way has landed, back-offs are over."""
NEVER: Final = 0
"""The boundary at which nothing is killed."""
MINUTE: Final = 60.0
"""Seconds from then to the one after it: nothing has come due again."""


@dataclass(frozen=True)
class Part:
    """Every so many-th boundary, from this one on; all parts of a story together leave none out."""

    first: int = 1
    step: int = 1


WHOLE: Final = Part()


@dataclass
class Sweep:
    """One story, arranged once and then told anew for every boundary.

    One that `spares` recovers once from all kills that leave the same behind, such as before and
    after a request that only reads.
    """

    stage: Stage
    arranged: Arranged
    before: World
    entries: int
    spares: bool = True
    quiet: set[str] = field(default_factory=set)
    recovered: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, stage: Stage, story: Story, pace: str) -> Sweep:
        arranged = story(stage, pace)
        return cls(stage, arranged, stage.world(), evidence.last_entry(stage.shop.state))

    def kills(self, part: Part = WHOLE, among: Among = ANY) -> Iterator[Ended]:
        """Kill at this part's boundaries; the last run comes to its end, for it has fewer."""
        for at in itertools.count(part.first, part.step):
            ended = self.killed(at, among)
            self.check(ended)
            yield ended
            if not ended.was_killed:
                assert ended.code == self.arranged.code, ended
                return

    def stops(self, part: Part, among: Among = ANY) -> Iterator[Ended]:
        """Ask to stop at this part's boundaries; whatever was begun is settled by the end."""
        for at in itertools.count(part.first, part.step):
            ended = self._run(at, signal.SIGTERM, among)
            assert ended.code == self.arranged.code, ended
            evidence.check_settled(self.stage.shop.state)
            self.check(ended)
            yield ended
            if len(those(among, ended)) < at:
                return

    def undisturbed(self) -> Ended:
        """Let the command come to its end."""
        return self.killed(NEVER)

    def kills_twice(self) -> Iterator[Ended]:
        """Kill at every boundary, and the run after it at every boundary of its own."""
        for at in itertools.count(1):
            if not self.killed(at).was_killed:
                return
            for again in itertools.count(1):
                ended = self._killed_again(at, again)
                self.check(ended)
                yield ended
                if not ended.was_killed:
                    break

    def _killed_again(self, at: int, again: int) -> Ended:
        self.killed(at)
        return self.stage.run(*self.arranged.recovery[0], kill_at=again, later=HOUR / 2)

    def killed(self, at: int, among: Among = ANY) -> Ended:
        return self._run(at, signal.SIGKILL, among)

    def _run(self, at: int, by: int, among: Among = ANY) -> Ended:
        self.stage.restore(self.before)
        arranged = self.arranged
        ended = self.stage.run(*arranged.line, kill_at=at, among=among, by=by, later=arranged.later)
        self._check_left()
        return ended

    def check(self, ended: Ended) -> None:
        """Recover from where the command was left, and compare everything with everything."""
        try:
            self._check_recovery()
        except AssertionError as error:
            last = ended.boundaries[-1] if ended.boundaries else "the start"
            place = f"boundary {len(ended.boundaries)}: {last}"
            raise AssertionError(f"after the end at {place}\n{error}") from error

    def _check_recovery(self) -> None:
        left = leftover(self.stage, self.entries) if self.spares else ""
        if left in self.recovered:
            return
        self._recover()
        self.check_recovered()
        self._check_quiet()
        if self.spares:
            self.recovered.add(left)

    def _check_left(self) -> None:
        shop = self.stage.shop
        evidence.check_reports(shop.folder)
        left = (*self.stage.launcher.told.iterdir(), *shop.folder.iterdir())
        evidence.check_privacy(path for path in left if path.name not in KEPT_IN_PLACE)
        if self.arranged.writes_nothing:
            state = shop.state
            assert state.read_bytes() == self.before.files[state.name]
            assert evidence.writes_in(self.stage.remote.requests()) == []

    def _recover(self) -> None:
        *first, last = self.arranged.recovery
        for number, line in enumerate(first):
            self.stage.run(*line, later=HOUR + number * MINUTE)
        ended = self.stage.run(*last, later=HOUR + len(first) * MINUTE)
        assert ended.code == (self.arranged.settled if last else ExitCode.TERMINATED), ended

    def check_recovered(self) -> None:
        """Compare remote, journal and state with what they must be after a recovery."""
        arranged, before, state = self.arranged, self.before, self.stage.shop.state
        log = self.stage.remote.requests()
        writes = evidence.writes_in(log)
        evidence.check_remote(arranged, before, self.stage.remote.found())
        evidence.check_writes(arranged, before, writes)
        entries = evidence.journal(state, self.entries)
        evidence.check_journal(entries, writes)
        evidence.check_doubts(entries, log)
        evidence.check_state(state)
        evidence.check_stock(state, arranged)
        evidence.check_history(state)

    def _check_quiet(self) -> None:
        """A second run asks the remote nothing and ends like the first.

        Where the state stands as it did after another kill, it is known to.
        """
        standing = evidence.standing(self.stage.shop.state)
        if standing in self.quiet:
            return
        self.stage.remote.forget_requests()
        ended = self.stage.run("--once", later=HOUR + len(self.arranged.recovery) * MINUTE)
        assert ended.code == self.arranged.settled, ended
        asked = self.stage.remote.requests()
        assert [one for one in asked if one["path"] not in self.arranged.source] == []
        assert evidence.writes_in(asked) == []
        self.quiet.add(standing)


def those(among: Among, ended: Ended) -> list[str]:
    """What a run came by of these."""
    return [name for name in ended.boundaries if is_among(among, name)]
