"""The commands that only look: they answer before any cycle, after one, and in every format."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, item_of, row, writes


def facts(told: dict[str, Any]) -> dict[str, Any]:
    return {fact["what"]: fact["is"] for fact in told["facts"]}


@pytest.fixture
def worked_shop(shop: Shop) -> Shop:
    """A shop after one cycle: ten rows in sync, one held, one quarantined."""
    rows = [row(number) for number in range(10)]
    shop.stock([*rows, row(10, origin="UK"), row(11, maker="unknown")])
    assert shop.run("--once").code == 3
    return shop


@pytest.mark.parametrize("line", ["status", "history", "quarantine", "quarantine list"])
def test_an_empty_state_is_told_and_none_is_made(
    shop: Shop, sandbox: SandboxProcess, line: str
) -> None:
    run = shop.run(*line.split())

    assert run.code == 0, run.stderr
    assert run.stdout != ""
    assert not shop.state.exists()
    assert sandbox.requests() == []


FORMATS = ("text", "json", "html", "markdown", "csv")


@pytest.mark.parametrize(
    "line", ["status", "history", "quarantine list", "why SKU-0010", "items SKU-0001", "check"]
)
def test_every_answer_comes_in_every_format(worked_shop: Shop, line: str) -> None:
    answers = {shown: worked_shop.run(*line.split(), "--format", shown) for shown in FORMATS}

    assert {run.code for run in answers.values()} == {0}
    assert isinstance(answers["json"].json(), dict)
    records = list(csv.reader(io.StringIO(answers["csv"].stdout)))
    assert len({len(record) for record in records}) == 1
    assert answers["html"].stdout.lstrip().lower().startswith("<!doctype html>")
    assert len(answers["markdown"].stdout.splitlines()) > 1
    assert len(answers["text"].stdout.splitlines()) > 1


def test_status_counts_every_state_without_a_remote(worked_shop: Shop) -> None:
    worked_shop.configure(url="http://127.0.0.1:9")

    told = worked_shop.run("status", "--format", "json").json()

    counts = {entry["state"]: entry["count"] for entry in told["states"]}
    assert (counts["in_sync"], counts["held"], counts["quarantined"]) == (10, 1, 1)
    assert [entry["id"] for entry in told["held"]] == ["SKU-0010"]
    assert [entry["id"] for entry in told["quarantined"]] == ["SKU-0011"]


def test_why_puts_the_four_values_side_by_side(worked_shop: Shop, sandbox: SandboxProcess) -> None:
    sandbox.seed_items([{"id": "SKU-0001", **item_of(row(1, hs="6404.11"))}])
    worked_shop.stock([row(number, hs="640419") for number in range(10)])

    told = worked_shop.run("why", "SKU-0001", "--format", "json").json()

    [hs_code] = [entry for entry in told["values"] if entry["attribute"] == "hsCode"]
    assert hs_code == {
        "attribute": "hsCode",
        "catalog": "640419",
        "wanted": "6404.19",
        "known": "6404.20",
        "observed": "6404.11",
    }
    assert "the next one takes that in" in facts(told)["next"]
    assert [entry["deed"] for entry in told["history"]] == ["create"]
    assert told["history"][0]["request_id"]


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("SKU-0000", "is in sync"),
        ("SKU-0010", "is held"),
        ("SKU-0011", "is quarantined"),
        ("SKU-9999", "is unknown"),
    ],
)
def test_why_says_the_state_in_words(worked_shop: Shop, id: str, words: str) -> None:
    run = worked_shop.run("why", id)

    assert run.code == 0, run.stderr
    assert f"{id} {words}" in run.stdout.splitlines()[0]


def test_why_works_without_catalog_and_remote(worked_shop: Shop) -> None:
    worked_shop.configure(url="http://127.0.0.1:9")
    worked_shop.catalog.unlink()

    run = worked_shop.run("why", "SKU-0000", "--format", "json")

    assert run.code == 0, run.stderr
    told = facts(run.json())
    assert "catalog.csv" in told["catalog row"]
    assert "Digital River" in told["at Digital River"]


def test_a_released_sku_is_tried_again_by_the_next_cycle(
    worked_shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.clear_requests()
    assert worked_shop.run("--once").code == 3
    assert writes(sandbox) == []

    released = worked_shop.run("quarantine", "retry", "SKU-0011", "--format", "json")

    assert released.json()["released"] == [{"id": "SKU-0011"}]
    assert worked_shop.run("--once").code == 3
    assert len(writes(sandbox)) == 1


def test_all_or_none_are_released(worked_shop: Shop) -> None:
    run = worked_shop.run("quarantine", "retry", "SKU-0011", "SKU-0001", "SKU-9999")

    assert run.code == 2
    assert "SKU-0001 (in sync), SKU-9999 (unknown)" in run.stderr
    listed = worked_shop.run("quarantine", "list", "--format", "json").json()
    assert [entry["id"] for entry in listed["quarantined"]] == ["SKU-0011"]
    assert worked_shop.run("quarantine", "retry", "--all").code == 0
    assert "SKU-0011" not in worked_shop.run("quarantine").stdout


def test_items_are_retrieved_and_searched(worked_shop: Shop) -> None:
    found = worked_shop.run("items", "SKU-0001", "SKU-0002", "nobody", "--format", "json").json()
    assert [item["id"] for item in found["items"]] == ["SKU-0001", "SKU-0002"]
    assert found["absent"] == [{"id": "nobody"}]

    by_part = worked_shop.run("items", "--part-number", "P-3", "--format", "json").json()
    assert [item["id"] for item in by_part["items"]] == ["SKU-0003"]

    limited = worked_shop.run("items", "--manufacturer", "acme", "--limit", "4", "--format", "json")
    assert len(limited.json()["items"]) == 4


def test_check_names_every_part_and_the_rows_it_would_hold(worked_shop: Shop) -> None:
    told = worked_shop.run("check", "--format", "json").json()

    parts = {entry["part"]: entry["health"] for entry in told["parts"]}
    assert parts == {
        "configuration": "ok",
        "credentials": "ok",
        "catalog": "look",
        "state": "ok",
        "remote": "ok",
    }
    assert [entry["row"] for entry in told["held"]] == [12]


@pytest.mark.parametrize(
    ("damage", "failing"),
    [
        ("catalog", {"catalog": "failed"}),
        ("state", {"state": "failed"}),
        ("remote", {"remote": "failed", "credentials": "unchecked"}),
        ("key", {"credentials": "failed"}),
    ],
)
def test_check_says_what_is_not_well_and_goes_on(
    shop: Shop, sandbox: SandboxProcess, damage: str, failing: dict[str, str]
) -> None:
    match damage:
        case "catalog":
            shop.catalog.unlink()
        case "state":
            shop.state.write_bytes(b"no database" * 100)
        case "remote":
            shop.configure(url="http://127.0.0.1:9")
        case _:
            sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])

    run = shop.run("check", "--format", "json")

    assert run.code == 1, run.stderr
    parts = {entry["part"]: entry["health"] for entry in run.json()["parts"]}
    assert parts == dict.fromkeys(parts, "ok") | failing
    assert all(entry["next_step"] for entry in run.json()["parts"] if entry["health"] == "failed")


def test_check_says_what_the_key_may_not_read(shop: Shop, sandbox: SandboxProcess) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=403, path="/skus*")])

    run = shop.run("check", "--format", "json")

    assert run.code == 0
    [credentials] = [one for one in run.json()["parts"] if one["part"] == "credentials"]
    assert "may not read SKUs" in credentials["words"]


def test_check_of_a_wrong_configuration_leaves_the_rest_unchecked(shop: Shop) -> None:
    shop.configure("[gards]\n")

    run = shop.run("check", "--format", "json")

    assert run.code == 2
    parts = {entry["part"]: entry["health"] for entry in run.json()["parts"]}
    assert parts["configuration"] == "failed"
    assert set(parts.values()) == {"failed", "unchecked"}
