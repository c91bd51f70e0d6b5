"""What is told in Prometheus form: readable, named by its conventions, and true."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Resource
from syncd.domain.cycle import ChangeResult, CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.delivery import Verb
from syncd.domain.tracking import SkuState
from syncd.ports import State
from syncd.service.pulse import Trouble
from syncd.web import glimpse
from tests.contract.state.examples import put, sku
from tests.integration.web.queries import query_of
from tests.integration.web.room import NOON, Room, room_in, visited

if TYPE_CHECKING:
    import httpx
    from prometheus_client.samples import Sample

OPEN = {"Accept": "application/openmetrics-text; version=1.0.0"}
OF_THE_SCRAPE = {"instance", "job"}
"""Labels that Prometheus itself adds."""
_LISTED = re.compile(r"label_values\((.*),\s*\w+\)")
"""Grafana's own, around a query: the values that a label has."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One of which there is something to tell under every name."""
    with room_in(tmp_path_factory.mktemp("room")) as room:
        _let_much_happen(room)
        yield room


@pytest.fixture(scope="module")
def client(room: Room) -> Iterator[httpx.Client]:
    with visited(room) as client:
        client.post("/webhooks/digital-river")
        yield client


def _let_much_happen(room: Room) -> None:
    put(room.state, [sku("a", SkuState.IN_SYNC, owned=True), sku("b"), sku("c")])
    room.pulse.beat()
    change = Change(ItemId("a"), Action.UPDATE, 1, {})
    stop = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "Deletes are stopped.")
    cycle = CycleResult(CycleId("c"), Mode.SCHEDULED, NOON, NOON + timedelta(seconds=4), None)
    outcomes = (ChangeOutcome.DONE, ChangeOutcome.DONE, ChangeOutcome.QUARANTINED)
    changes = tuple(ChangeResult(change, outcome) for outcome in outcomes)
    room.pulse.ended(replace(cycle, changes=changes, guards=(stop,), states={SkuState.PENDING: 2}))
    room.traffic.departed()
    room.traffic.answered(Verb.UPDATE, Resource.INVENTORY_ITEM, 200, 0.2)
    room.traffic.answered(Verb.UPDATE, Resource.INVENTORY_ITEM, 429, 0.02)
    room.pulse.trouble(Trouble.KEY, "The key was refused. Put the right one in.")
    room.seconds = 1.5


def told(client: httpx.Client) -> dict[str, float]:
    """Each sample by its name and labels, such as `syncd_pairs{state=held}`."""
    return {
        f"{one.name}{{{labels_of(one)}}}": one.value
        for family in read_plain(client.get("/metrics").text)
        for one in family.samples
    }


def labels_of(sample: Sample) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))


def test_what_is_told_is_what_has_happened(client: httpx.Client) -> None:
    found = told(client)
    expected = {
        "syncd_build_info{version=1.2.3}": 1,
        "syncd_healthy{}": 1,
        "syncd_ready{}": 0,
        "syncd_standby{}": 0,
        "syncd_obstacle{cause=key}": 1,
        "syncd_obstacle{cause=guard}": 1,
        "syncd_obstacle{cause=catalog}": 0,
        "syncd_guard_stopped{guard=max_delete}": 1,
        "syncd_guard_stopped{guard=canary}": 0,
        "syncd_pairs{state=in_sync}": 1,
        "syncd_pairs{state=pending}": 2,
        "syncd_pairs{state=held}": 0,
        "syncd_owned_pairs{}": 1,
        "syncd_oldest_pending_change_seconds{}": 1.5,
        "syncd_last_success_age_seconds{}": 1.5,
        "syncd_last_success_age_limit_seconds{}": 600,
        "syncd_start_time_seconds{}": NOON.timestamp(),
        "syncd_writes_total{action=update,outcome=done}": 2,
        "syncd_writes_total{action=update,outcome=quarantined}": 1,
        "syncd_cycle_duration_seconds_bucket{le=1.0,outcome=stopped}": 0,
        "syncd_cycle_duration_seconds_bucket{le=5.0,outcome=stopped}": 1,
        "syncd_cycle_duration_seconds_count{outcome=stopped}": 1,
        "syncd_cycle_duration_seconds_sum{outcome=stopped}": 4,
        "syncd_throttled_requests_total{}": 1,
        "syncd_requests_per_second{}": 1,
        "syncd_requests_per_second_limit{}": 25,
        "syncd_state_readable{}": 1,
        "syncd_hooks_total{receipt=refused,source=digital_river}": 1,
    }

    assert {name: found.get(name) for name in expected} == expected
    assert found["process_resident_memory_bytes{}"] > 10_000_000
    assert found["process_open_fds{}"] > 3
    assert found["process_cpu_seconds_total{}"] > 0.1
    requests = "resource=inventory_item,status=2xx,verb=update"
    buckets = [f"syncd_request_duration_seconds_bucket{{le={le},{requests}}}" for le in (0.1, 0.25)]
    assert [found[one] for one in buckets] == [0, 1]


def test_it_is_readable_in_both_forms_and_says_so(client: httpx.Client) -> None:
    plain, open_ = client.get("/metrics"), client.get("/metrics", headers=OPEN)

    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert open_.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    names = [
        {one.name for one in read_plain(plain.text)},
        {one.name for one in read_open(open_.text)},  # type: ignore[no-untyped-call] # it has none
    ]
    assert names[0] == names[1]
    assert len(names[0]) > 20


def test_names_keep_to_the_conventions(client: httpx.Client) -> None:
    families = [
        one for one in read_plain(client.get("/metrics").text) if not one.name.startswith("process")
    ]
    for one in families:
        assert re.fullmatch(r"syncd(_[a-z]+)+", one.name), one.name
        assert one.documentation.endswith("."), one.name
        assert not one.name.endswith(("_total", "_count", "_sum", "_bucket", "_ms")), one.name
        if one.type == "histogram" or "age" in one.name or "silence" in one.name:
            assert "_seconds" in one.name
    labels = {label for one in families for sample in one.samples for label in sample.labels}
    assert labels == {
        *("version", "cause", "guard", "state", "action", "outcome", "le"),
        *("verb", "resource", "status", "source", "receipt"),
    }


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "alert-rules.yml"])
def test_all_that_dashboard_and_alerts_ask_for_is_told(client: httpx.Client, file: str) -> None:
    """As Prometheus itself would read it: a word that it does not know fails here."""
    told = {
        sample.name: sample.labels.keys()
        for family in read_plain(client.get("/metrics").text)
        for sample in family.samples
    }
    labels = {label for one in told.values() for label in one}
    queries = [query_of(text) for text in _expressions(files("syncd.data") / file)]

    assert queries
    for query in queries:
        assert query.names, query.text
        assert query.names - told.keys() == set(), query.text
        assert query.labels - labels - OF_THE_SCRAPE == set(), query.text


def test_every_label_in_dashboard_and_alerts_is_told(client: httpx.Client) -> None:
    families = list(read_plain(client.get("/metrics").text))
    values = {
        (label, value)
        for family in families
        for one in family.samples
        for label, value in one.labels.items()
    }
    for file in ("grafana-dashboard.json", "alert-rules.yml"):
        asked = {
            one
            for expression in _expressions(files("syncd.data") / file)
            for one in re.findall(r'(\w+)="([^"$]+)"', expression)
        }
        assert asked
        assert asked - values == set()


@pytest.mark.parametrize(
    "text", ["sum(rate(syncd_pairs[5m])", "syncd_pairs{state=held}", "syncd_pairs by (state)"]
)
def test_what_prometheus_would_not_take_is_no_query(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        query_of(text)


def _expressions(file: Traversable) -> list[str]:
    """The queries of either file, and where labels are listed."""
    text = file.read_text()
    if not text.startswith("{"):
        return re.findall(r"expr: (.*)", text)
    dashboard = json.loads(text)
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    listed = [one["query"]["query"] for one in dashboard["templating"]["list"][1:]]
    return [*panels, *(_LISTED.sub(r"\1", one) for one in listed)]


def test_the_dashboard_has_a_place_for_each_panel() -> None:
    dashboard = json.loads(files("syncd.data").joinpath("grafana-dashboard.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = files("syncd.data").joinpath("alert-rules.yml").read_text().split("- alert: ")[1:]
    names = [rule.split()[0] for rule in rules]

    assert len(set(names)) == len(names) > 10
    for rule in rules:
        assert re.search(r"severity: (critical|warning|info)", rule), rule
        assert re.search(r"summary: .", rule), rule
        assert re.search(r"description: .", rule), rule


# ----------------------------------------------------------- a state that does not answer


def test_a_state_that_is_gone_takes_its_own_figures_along(tmp_path: Path) -> None:
    with room_in(tmp_path) as room, visited(room) as client:
        room.work_well()
        assert client.get("/readyz").status_code == 200
        room.state.close()
        (tmp_path / "state.db").write_bytes(b"this is no database, and was never one" * 99)
        found = told(client)
        ready = client.get("/readyz")

    assert (found["syncd_state_readable{}"], found["syncd_ready{}"]) == (0, 0)
    assert [name for name in found if "pairs" in name] == []
    assert ready.status_code == 503
    assert "state" in ready.text


def test_a_state_that_hangs_keeps_nobody_waiting_and_piles_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glimpse, "PATIENCE", 0.05)
    go_on, looks = threading.Event(), list[threading.Thread]()
    with room_in(tmp_path) as room:

        @contextmanager
        def hanging() -> Iterator[State]:
            looks.append(threading.current_thread())
            go_on.wait(60)
            yield room.state

        room.work_well()
        with visited(room, replace(room.desk(), state=hanging)) as client:
            answers = [client.get("/readyz") for _ in range(5)]
            assert {answer.status_code for answer in answers} == {503}
            assert "no answer" in answers[0].text
            assert client.get("/healthz").status_code == 200
            assert told(client)["syncd_state_readable{}"] == 0
            assert len(looks) == 1
            go_on.set()
            looks[0].join()
            monkeypatch.setattr(glimpse, "PATIENCE", 60.0)
            assert client.get("/readyz").status_code == 200
