"""Exports that an API prepares first: started, waited for, downloaded, and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncd.errors import CatalogError, SuspectCatalogError
from tests.integration.catalog.from_http.conftest import Reader, ids_of, products, rows_of
from tests.stubs.raw import Asked, RawServer, Reply, raw_server

BULK = {
    "start": {"query": "export everything"},
    "job": "job.id",
    "refused": "errors[].message",
    "poll": {"ask": "after", "job": "{job}"},
    "done": "status == 'done'",
    "failed": "status == 'failed'",
    "result": "url",
    "count": "count",
}


@pytest.fixture(scope="module")
def store() -> Iterator[RawServer]:
    """Where exports lie: on another host than the API."""
    with raw_server() as server:
        yield server


@dataclass
class Exporter:
    """Prepares an export, which takes `turns` questions."""

    store: RawServer
    lines: list[dict[str, Any]]
    turns: int = 2
    answers: dict[str, object] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        body = json.loads(asked.body)
        if "query" in body:
            return _json(self.answers.get("start", {"job": {"id": 7}}))
        assert body == {"ask": "after", "job": "7"}
        self.turns -= 1
        if self.turns > 0:
            return _json({"status": "running"})
        done = {"status": "done", "url": f"{self.store.url}/export", "count": str(len(self.lines))}
        return _json(self.answers.get("done", done))

    def stored(self) -> Reply:
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        return Reply(body=text.encode(), headers={"content-type": "application/jsonl"})


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode())


def _settings(server: RawServer, **bulk: object) -> dict[str, Any]:
    auth = {"type": "bearer", "secret": "s3cret"}
    return {"url": server.url, "method": "POST", "auth": auth, "bulk": {**BULK, **bulk}}


def test_a_job_is_started_waited_for_and_downloaded(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    exporter = Exporter(store, products(3))
    server.answers(exporter)
    store.answers(lambda _: exporter.stored())

    fetched = reader.fetch(**_settings(server, every="5s"))

    assert ids_of(fetched) == ["P1", "P2", "P3"]
    assert fetched.doubts == ()
    assert "3 records declared, as many as came" in fetched.evidence
    assert 5.0 in reader.glass.slept


def test_credentials_do_not_go_to_where_the_export_lies(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    exporter = Exporter(store, products(1))
    server.answers(exporter)
    store.answers(lambda _: exporter.stored())

    reader.fetch(**_settings(server))

    assert all("authorization" in asked.headers for asked in server.asked)
    assert not any("authorization" in asked.headers for asked in store.asked)


@pytest.mark.parametrize("lost", range(3))
def test_lines_that_are_missing_leave_a_doubt(
    server: RawServer, store: RawServer, reader: Reader, lost: int
) -> None:
    exporter = Exporter(store, products(3))
    server.answers(exporter)
    whole = exporter.stored()
    lines = whole.body.splitlines(keepends=True)
    cut = b"".join(lines[:lost] + lines[lost + 1 :])
    store.answers(lambda _: Reply(body=cut, headers=whole.headers))

    assert reader.fetch(**_settings(server)).doubts == ("2 records came, but 3 were declared",)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"start": {"errors": [{"message": "One runs already."}]}}, "One runs already"),
        ({"start": {"job": None}}, "names no job"),
        ({"done": {"status": "failed"}}, "failed there"),
        ({"done": {"status": "done", "url": None, "count": 3}}, "does not say where"),
        ({"done": {"status": "done", "url": "http://example.com/x"}}, "without encryption"),
        ({"done": {"status": "done", "url": "file:///etc/passwd"}}, "without encryption"),
        ({"done": {"status": "done", "url": "http://[/x"}}, "no address"),
        ({"done": {"status": "done", "url": "http://127.0.0.1/\udcff"}}, "no address"),
    ],
)
def test_a_job_that_goes_wrong_is_an_error(
    server: RawServer, store: RawServer, reader: Reader, answers: dict[str, object], reason: str
) -> None:
    server.answers(Exporter(store, products(3), answers=answers))

    with pytest.raises(CatalogError, match=reason):
        reader.fetch(**_settings(server))


def test_a_job_that_made_nothing_is_suspect(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    answers: dict[str, object] = {"done": {"status": "done", "url": None, "count": 0}}
    server.answers(Exporter(store, [], answers=answers))

    with pytest.raises(SuspectCatalogError):
        reader.fetch(**_settings(server))


def test_a_job_that_never_ends_is_given_up(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    server.answers(Exporter(store, products(3), turns=10_000))

    with pytest.raises(CatalogError, match="not done after 0:10:00"):
        reader.fetch(**_settings(server, patience="10m", every="1m"))
    assert len(server.asked) < 20


def test_a_download_that_breaks_off_is_tried_again(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    exporter = Exporter(store, products(3))
    server.answers(exporter)
    whole = exporter.stored()
    replies = [Reply(body=whole.body, headers=whole.headers, cut=30), Reply(503), whole]
    store.answers(lambda _: replies.pop(0))

    assert ids_of(reader.fetch(**_settings(server))) == ["P1", "P2", "P3"]


def test_lines_belong_to_those_that_they_name(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    lines: list[dict[str, Any]] = [
        {"id": "product/1", "vendor": {"name": "Acme"}},
        {"id": "S", "mpn": "A-S", "__parentId": "product/1"},
        {"id": "product/2", "vendor": {"name": "Bolt"}},
        {"id": "L", "mpn": "A-L", "__parentId": "product/1"},
        {"id": "M", "mpn": "B-M", "__parentId": "product/2"},
    ]
    exporter = Exporter(store, lines)
    server.answers(exporter)
    store.answers(lambda _: exporter.stored())
    settings = _settings(server, parent="__parentId") | {"carry": {"vendor": "vendor.name"}}

    fetched = reader.fetch(**settings)

    assert [(row["id"], row["vendor"]) for row in rows_of(fetched)] == [
        ("S", "Acme"),
        ("L", "Acme"),
        ("M", "Bolt"),
    ]
    assert fetched.doubts == ()


def test_a_line_whose_parent_did_not_come_leaves_a_doubt_and_no_row(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    lines: list[dict[str, Any]] = [
        {"id": "p"},
        {"id": "S", "__parentId": "p"},
        {"id": "X", "__parentId": "lost"},
    ]
    exporter = Exporter(store, lines)
    server.answers(exporter)
    store.answers(lambda _: exporter.stored())

    fetched = reader.fetch(**_settings(server, parent="__parentId"))

    assert ids_of(fetched) == ["S"]
    assert fetched.doubts == ("1 of its lines belong to others that did not come before",)


def test_jobs_may_be_asked_after_by_their_address(
    server: RawServer, store: RawServer, reader: Reader
) -> None:
    exporter = Exporter(store, products(2))
    store.answers(lambda _: exporter.stored())

    def exports(asked: Asked) -> Reply:
        if asked.method == "POST":
            assert asked.path == "/exports"
            return Reply(202, json.dumps({"job": {"id": "a7"}}).encode())
        assert asked.path == "/exports/a7"
        return _json({"status": "done", "url": f"{store.url}/export"})

    server.answers(exports)

    fetched = reader.fetch(
        **_settings(server, start_path="/exports", poll_path="/exports/{job}", poll={})
    )

    assert ids_of(fetched) == ["P1", "P2"]
