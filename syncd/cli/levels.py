"""`syncd levels`: the stock of items, by location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import UsageError

if TYPE_CHECKING:
    from syncd.domain.attributes import ItemId
    from syncd.service.levels import Wanted

Ids: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="These items; all that are ours.")
]
ShipTo: TypeAlias = Annotated[
    str | None,
    typer.Option("--ship-to", metavar="CC", help="Of locations that ship to this country."),
]
Available: TypeAlias = Annotated[bool, typer.Option("--available", help="Only what is there.")]
UpdatedSince: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--updated-since",
        metavar="WHEN",
        help="Only what changed since then, such as 24h or 2026-11-21T17:00Z.",
    ),
]
Low: TypeAlias = Annotated[
    float | None, typer.Option("--low", metavar="N", min=0, help="Only where at most N are left.")
]
History: TypeAlias = Annotated[
    bool,
    typer.Option("--history", help="How it went, from the snapshots of schedule.levels."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which items and levels the command is to tell, as it was written."""

    ids: tuple[str, ...]
    ship_to: str | None
    available: bool
    updated_since: str | None
    low: float | None

    def refuse_what_history_cannot_tell(self) -> None:
        if self.ship_to is not None or self.updated_since is not None:
            raise UsageError(
                "--history with --ship-to or --updated-since",
                "it tells of all locations together, day by day",
                "Leave these out, or leave out --history",
            )

    def items(self) -> Sequence[ItemId]:
        """No id means all that are ours."""
        from syncd.cli.session import read_ids

        return read_ids(self.ids)

    def wanted(self, now: datetime) -> Wanted:
        from syncd.domain.level import LevelFilter
        from syncd.service.levels import Wanted

        since = None if self.updated_since is None else _moment(self.updated_since, now)
        country = None if self.ship_to is None else _country(self.ship_to)
        return Wanted(LevelFilter(country, self.available, since), self.low)


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("levels")(with_shared_options(_levels))


def _levels(
    shared: Shared,
    ids: Ids = None,
    ship_to: ShipTo = None,
    available: Available = False,
    updated_since: UpdatedSince = None,
    low: Low = None,
    history: History = False,
) -> None:
    """List what each location has of each item, and when more comes."""
    asked = Asked(
        ids=tuple(ids or ()),
        ship_to=ship_to,
        available=available,
        updated_since=updated_since,
        low=low,
    )
    if history:
        asked.refuse_what_history_cannot_tell()
        _tell_history(shared, asked)
    else:
        _tell(shared, asked)


def _tell(shared: Shared, asked: Asked) -> None:
    from syncd.cli.inquiries import ask, looking
    from syncd.cli.results import Results
    from syncd.cli.shown.levels import levels_listing
    from syncd.service.levels import take_stock

    results, items = Results(shared), asked.items()
    with looking(shared) as wired:
        now = wired.clock.now()
        wanted = asked.wanted(now)
        found = ask(wired, lambda _: take_stock(wired.state, wired.on_demand, items, wanted))
    results.listing(levels_listing(found, now))


def _tell_history(shared: Shared, asked: Asked) -> None:
    """Tell what the state has kept; Digital River is not asked."""
    from syncd.cli.inquiries import looking
    from syncd.cli.results import Results
    from syncd.cli.shown.stock import stock_listing
    from syncd.service.stock import courses, last_shot

    results, items = Results(shared), asked.items()
    with looking(shared) as wired:
        now = wired.clock.now()
        wanted = asked.wanted(now)
        found = [one for one in courses(wired.state, items, now) if wanted.admits_point(one.now)]
        listing = stock_listing(found, last_shot(wired.state), now)
    results.listing(listing)


def _country(text: str) -> str:
    from syncd.domain.country import canonical_country

    code = canonical_country(text.strip())
    if code is None:
        raise UsageError(f"--ship-to {text}", "it is no ISO 3166-1 alpha-2 code", "Write it as DE")
    return code


def _moment(text: str, now: datetime) -> datetime:
    """Read a time, or a duration that ends now; raises `UsageError`."""
    from syncd.config.values import read_duration

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - read_duration(text)
        except ValueError:
            raise UsageError(
                f"--updated-since {text}",
                "it is neither a duration nor a time",
                "Write 24h, or 2026-11-21T17:00Z",
            ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
