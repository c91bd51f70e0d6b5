"""`syncd audit` as a command: what it shows, how it exits, and what it asks the remote for."""

from __future__ import annotations

import csv
import io

import pytest

from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.shop import row, writes

ITEMS = 12


@pytest.fixture
def kept(shop: ShopHere, sandbox: SandboxProcess) -> ShopHere:
    """A shop in sync, which other hands have edited, robbed and filled."""
    assert shop.run("--once").code == 0
    items = sandbox.items()
    edited = {**items["SKU-0001"], "id": "SKU-0001", "countryOfOrigin": "CA"}
    sandbox.reset()
    sandbox.seed_items(
        [{**item, "id": id_} for id_, item in items.items() if id_ not in {"SKU-0001", "SKU-0002"}]
    )
    sandbox.seed_items([edited, {"id": "stranger", "partNumber": "X-1"}])
    return shop


def test_it_tells_exactly_what_other_hands_did_and_sends_gets_alone(
    kept: ShopHere, sandbox: SandboxProcess
) -> None:
    run = kept.run("audit", "--format", "json")

    assert run.code == 0, run.stderr
    shown = run.json()
    drift, vanished = shown["findings"]
    assert {name: drift[name] for name in ("id", "finding", "attribute")} == {
        "id": "SKU-0001",
        "finding": "drifted",
        "attribute": "countryOfOrigin",
    }
    assert (drift["wanted"], drift["known"], drift["observed"]) == ("DK", "DK", "CA")
    assert None not in {drift["changed"], drift["written"], drift["seen"]}
    assert (vanished["id"], vanished["finding"]) == ("SKU-0002", "vanished")
    assert [(one["id"], one["finding"]) for one in shown["left"]] == [("stranger", "foreign")]
    assert [one["count"] for one in shown["summary"]] == [1, 1, 0, 0, 0, 1, 0, 0]
    assert shown["audit"][0]["listed"] == ITEMS
    assert writes(sandbox) == []


@pytest.mark.parametrize("format_name", ["text", "html", "markdown", "csv"])
def test_every_format_shows_the_same(kept: ShopHere, format_name: str) -> None:
    run = kept.run("audit", "--format", format_name)

    assert run.code == 0, run.stderr
    for word in ("SKU-0001", "countryOfOrigin", "DK", "CA", "SKU-0002", "vanished"):
        assert word in run.stdout
    if format_name == "csv":
        assert len(list(csv.reader(io.StringIO(run.stdout)))) == 3
    else:
        assert "To mend: 1 changed by another hand and 1 vanished." in run.stdout
        assert "stranger" in run.stdout
        assert "syncd audit --repair" in run.stdout
        assert "syncd why SKU-0001" in run.stdout


def test_with_exit_code_it_says_whether_anything_is_to_be_mended(
    kept: ShopHere, shop: ShopHere
) -> None:
    found = kept.run("audit", "--exit-code")
    assert (found.code, found.stderr.splitlines()[-1]) == (
        5,
        "exit 5: the audit found something to mend",
    )
    assert kept.run("audit", "--repair").code == 0
    assert kept.run("audit", "--exit-code").code == 0


def test_a_repair_mends_exactly_that_and_leaves_foreign_items_alone(
    kept: ShopHere, sandbox: SandboxProcess
) -> None:
    sandbox.clear_requests()
    run = kept.run("audit", "--repair", "--format", "json")

    assert run.code == 0, run.stderr
    assert [(one["id"], one["outcome"]) for one in run.json()["findings"]] == [
        ("SKU-0001", "updated"),
        ("SKU-0002", "created"),
    ]
    assert {(one["method"], one["path"]) for one in writes(sandbox)} == {
        ("POST", "/inventory-items/SKU-0001"),
        ("POST", "/inventory-items"),
    }
    assert sandbox.items()["SKU-0001"]["countryOfOrigin"] == "DK"
    assert "Nothing is to be mended" in kept.run("audit").stdout


def test_a_guard_stops_a_mass_repair(kept: ShopHere, sandbox: SandboxProcess) -> None:
    kept.configure("[guards]\nmax_update = 1\nmax_create = 1\n")
    sandbox.seed_items(
        [{"id": f"SKU-{number:04}", "partNumber": "wrong"} for number in range(3, ITEMS)]
    )
    sandbox.clear_requests()

    run = kept.run("audit", "--repair")

    assert run.code == 4
    assert "syncd approve" in run.stdout
    assert "update stopped" in run.stdout
    assert "/inventory-items/SKU-0001" not in {one["path"] for one in writes(sandbox)}


def test_a_sample_looks_at_so_many(kept: ShopHere, sandbox: SandboxProcess) -> None:
    sandbox.clear_requests()
    run = kept.run("audit", "--sample", "5")

    assert "5 known items looked up" in run.stdout
    assert {one["path"] for one in sandbox.requests()} <= {"/inventory-items", "/skus"}


def test_status_states_the_bound(kept: ShopHere) -> None:
    before = kept.run("status").stdout
    assert "none so far; with the daemon on duty, any drift is found within 7 d" in before

    kept.run("audit")
    after = kept.run("status", "--format", "json").json()
    (last,) = after["last_audit"]
    assert (last["listed"], last["to_mend"]) == (ITEMS, 2)
    assert last["bound_seconds"] >= 7 * 86_400
    assert "any drift is found within 7 d" in kept.run("status").stdout


def test_status_names_what_the_audit_found_until_it_is_mended(kept: ShopHere) -> None:
    assert "Nothing needs you." in kept.run("status").stdout
    kept.run("audit")

    found = kept.run("status").stdout
    assert "For you to look at: 2 SKUs to mend, as the last audit found." in found
    assert "syncd audit --repair" in found
    kept.run("audit", "--repair")
    assert "Nothing needs you." in kept.run("status").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--repair", "--exit-code"), "a repair exits as a run does"),
        (("--wait", "1m"), "waits for nothing"),
        (("--sample", "0"), "--sample"),
    ],
)
def test_contradictions_are_refused(shop: ShopHere, arguments: tuple[str, ...], words: str) -> None:
    run = shop.run("audit", *arguments)

    assert (run.code, words in run.stderr) == (2, True), run.stderr


def test_a_remote_that_cannot_be_read_ends_it_with_1(
    shop: ShopHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.digital_river.reader._TRIES", 1)
    shop.configure(url="http://127.0.0.1:9")

    run = shop.run("audit")

    assert run.code == 1
    assert "Digital River" in run.stderr


def test_a_key_of_another_account_ends_it_with_4(kept: ShopHere, sandbox: SandboxProcess) -> None:
    sandbox.reset()
    kept.configuration.write_text(
        kept.configuration.read_text().replace("sk_test_", "sk_test_another_")
    )

    run = kept.run("audit", "--repair")

    assert run.code == 4
    assert "another account" in run.stdout
    assert writes(sandbox) == []


def test_why_tells_what_the_last_audit_saw_until_it_is_mended(kept: ShopHere) -> None:
    kept.run("audit")

    assert "drifted on" in kept.run("why", "SKU-0001").stdout
    assert "vanished on" in kept.run("why", "SKU-0002").stdout
    kept.run("audit", "--repair")
    assert "drifted on" not in kept.run("why", "SKU-0001").stdout


def test_before_any_run_everything_is_foreign(shop: ShopHere, sandbox: SandboxProcess) -> None:
    sandbox.seed_items([{"id": row(1)["sku"], "partNumber": "P-1"}])

    run = shop.run("audit", "--exit-code", "--format", "json")

    assert (run.code, [one["finding"] for one in run.json()["left"]]) == (0, ["foreign"])
