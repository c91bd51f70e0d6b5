"""`/metrics` in Prometheus form: made from what is known anyway whenever somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.routing import Route

from syncd.domain.cycle import Guard
from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.service.readiness import Cause, Obstacle, ailments, longest_wait, obstacles
from syncd.web import process

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from syncd.domain.cycle import GuardStop
    from syncd.service.histogram import Histogram
    from syncd.web.desk import Desk
    from syncd.web.glimpse import Glimpse
    from syncd.web.hooks import Hooks

_MORE: Final = "+Inf"
_Values: TypeAlias = Mapping[tuple[str, ...], float]
"""Numbers by the values of their labels."""


class Metrics:
    """All that is told, over one desk; each scrape makes its own, and keeps nothing."""

    def __init__(self, desk: Desk, glimpse: Glimpse, hooks: Hooks) -> None:
        self._desk = desk
        self._glimpse = glimpse
        self._hooks = hooks

    def routes(self) -> list[BaseRoute]:
        """Where they are scraped."""
        return [Route("/metrics", self._scraped)]

    async def _scraped(self, request: Request) -> Response:
        found = await self._glimpse.census()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        told = encode(_Told(self._families(found)))
        return Response(told, headers={"Content-Type": content_type})

    def _families(self, found: Census | str) -> Iterator[Metric]:
        yield from self._standing(found)
        yield from self._work()
        yield from self._traffic()
        yield from self._receipts()
        yield from process.families()

    # ---------------------------------------------------------------------- how it stands

    def _standing(self, found: Census | str) -> Iterator[Metric]:
        desk, pulse = self._desk, self._desk.pulse
        schedule, unreadable = desk.settings().schedule, found if isinstance(found, str) else None
        reasons = obstacles(pulse, schedule, unreadable)
        yield _gauge("build_info", "The version that runs.", 1, version=desk.version)
        yield _gauge("start_time_seconds", "When it started.", pulse.started.timestamp())
        yield _gauge("healthy", "Whether it lives, as /healthz says.", not ailments(pulse))
        yield _gauge("ready", "Whether its work can be counted on, as /readyz says.", not reasons)
        yield _obstacles(reasons)
        yield _gauge("standby", "Whether another is on duty.", pulse.stands_by_for is not None)
        yield _gauge("loop_silence_seconds", "Time since the loop's last beat.", pulse.silence())
        yield _gauge(
            "last_success_age_seconds",
            "Time since a cycle came through, or since the start where none has.",
            pulse.since_success(),
        )
        yield _gauge(
            "last_success_age_limit_seconds",
            "The age from which it counts as late: two intervals.",
            longest_wait(pulse, schedule).total_seconds(),
        )
        yield _stops(pulse.stops)
        yield _gauge("state_readable", "Whether the state answers.", unreadable is None)
        if isinstance(found, Census):
            yield from self._pairs(found)

    def _pairs(self, census: Census) -> Iterator[Metric]:
        states: _Values = {(state.value,): census.states.get(state, 0) for state in SkuState}
        yield _labelled("pairs", "SKUs by state.", ("state",), states)
        yield _gauge("owned_pairs", "SKUs whose items are ours.", census.owned)
        since = self._desk.pulse.pending_since(census)
        age = 0.0 if since is None else (self._desk.now() - since).total_seconds()
        yield _gauge(
            "oldest_pending_change_seconds", "For how long some change has waited.", max(age, 0.0)
        )

    # --------------------------------------------------------------------- what it has done

    def _work(self) -> Iterator[Metric]:
        tally = self._desk.pulse.tally
        yield _counter(
            "writes",
            "Writes that were tried by this process, counted at the end of their cycle.",
            ("action", "outcome"),
            {(action.value, end.value): count for (action, end), count in tally.writes.items()},
        )
        yield _durations(
            "cycle_duration_seconds",
            "How long cycles took, by how they ended.",
            ("outcome",),
            {(end.value,): taken for end, taken in tally.cycles.items()},
        )

    def _traffic(self) -> Iterator[Metric]:
        traffic, rate = self._desk.traffic, self._desk.settings().digital_river.rate
        kinds = traffic.latencies().items()
        yield _durations(
            "request_duration_seconds",
            "How long Digital River took to answer, by what was asked and the answer's class.",
            ("verb", "resource", "status"),
            {(kind.verb.value, kind.resource.value, kind.status): taken for kind, taken in kinds},
        )
        yield _counter(
            "throttled_requests", "Answers with status 429.", (), {(): traffic.throttled}
        )
        yield _gauge("requests_per_second", "Requests sent in the last second.", traffic.rate())
        yield _gauge("requests_per_second_limit", "What the key allows.", rate)

    def _receipts(self) -> Iterator[Metric]:
        counts = self._hooks.receipts.items()
        yield _counter(
            "hooks",
            "What others have sent, by who sent it and what became of it.",
            ("source", "receipt"),
            {(source.value, receipt.value): count for (source, receipt), count in counts},
        )


class _Told(Collector):
    """Gives once what was made for one scrape."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _obstacles(reasons: tuple[Obstacle, ...]) -> Metric:
    present = {one.cause for one in reasons}
    causes: _Values = {(cause.value,): int(cause in present) for cause in Cause}
    return _labelled("obstacle", "What keeps it from being ready.", ("cause",), causes)


def _stops(stops: Iterable[GuardStop]) -> Metric:
    stopped = {stop.guard for stop in stops}
    guards: _Values = {(guard.value,): int(guard in stopped) for guard in Guard}
    words = "Whether this guard keeps something back."
    return _labelled("guard_stopped", words, ("guard",), guards)


def _gauge(name: str, words: str, value: float, **labels: str) -> Metric:
    return _labelled(name, words, tuple(labels), {tuple(labels.values()): value})


def _labelled(name: str, words: str, labels: tuple[str, ...], values: _Values) -> Metric:
    family = GaugeMetricFamily(f"syncd_{name}", words, labels=labels)
    for one, value in values.items():
        family.add_metric(one, float(value))
    return family


def _counter(name: str, words: str, labels: tuple[str, ...], values: _Values) -> Metric:
    family = CounterMetricFamily(f"syncd_{name}", words, labels=labels)
    for one, value in values.items():
        family.add_metric(one, value)
    return family


def _durations(
    name: str, words: str, labels: tuple[str, ...], taken: Mapping[tuple[str, ...], Histogram]
) -> Metric:
    family = HistogramMetricFamily(f"syncd_{name}", words, labels=labels)
    for one, histogram in taken.items():
        bounds = [*(str(bound) for bound in histogram.bounds), _MORE]
        buckets = list(zip(bounds, accumulate(histogram.counts), strict=True))
        family.add_metric(one, buckets, histogram.total)
    return family
