"""From the SKUs of an account to its inventory items, by the command line alone."""

from __future__ import annotations

import json
import ssl
from contextlib import closing
from typing import Any

import httpx
import pytest

from syncd.sandbox import Fault, FaultKind
from syncd.service.account import KEY_KIND
from syncd.state import open_state
from tests.integration.cli.conftest import ShopHere
from tests.sandbox_process import SandboxProcess
from tests.shop import KEY, LONGEST

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates would take longer
OTHER_KEY = "sk_test_another-account"
CONFIGURATION = """
[catalog]
type = "digital_river"
overlap = "1h"
{catalog}
[digital_river]
base_url = "{remote}"
api_key = "{key}"
requests_per_second = 900
[state]
url = "sqlite:///state.db"
[guards]
delete_after = "0"
delete_reads = 1
max_delete = 1.0
max_update = 1.0
max_same_change = 1.0
max_shrink = 1.0
min_items_for_share = 0
keep_stocked = false
"""
SKU: dict[str, Any] = {
    "name": "Shoe",
    "countryOfOrigin": "DK",
    "eccn": "EAR99",
    "taxCode": "55101.000_A",
    "manufacturerId": "acme",
    "hsCode": "6404.20",
}
CARD = {"id": "card", **SKU, "taxCode": "4323.310_A", "partNumber": "C"}
KEPT = {"id": "kept", **SKU, "partNumber": "K", "managedFulfillment": "DRGlobalFulfillment"}
BARE = {"id": "bare", "name": "Boot", "partNumber": "B", "skuGroupId": "boots"}


def skus(count: int) -> list[dict[str, Any]]:
    return [{"id": f"S-{number}", **SKU, "partNumber": f"P-{number}"} for number in range(count)]


@pytest.fixture
def account(shop: ShopHere, sandbox: SandboxProcess) -> ShopHere:
    """An account with a dozen shoes, and one of each other kind of SKU."""
    configure(shop)
    sandbox.seed_skus([*skus(12), CARD, KEPT, BARE])
    return shop


def configure(shop: ShopHere, catalog: str = "") -> None:
    text = CONFIGURATION.format(catalog=catalog, remote=shop.url, key=KEY)
    shop.configuration.write_text(text, encoding="utf-8")


def send(shop: ShopHere, method: str, path: str, body: object = None) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=shop.url, headers=headers, verify=NO_TLS, timeout=LONGEST) as http:
        answer = http.request(method, path, json=body)
    assert answer.is_success, answer.text


def test_each_physical_sku_gets_its_item_and_what_is_left_out_is_said(
    account: ShopHere, sandbox: SandboxProcess
) -> None:
    run = account.run("--once", "--format", "json")

    assert run.code == 0, run.stderr
    items = sandbox.items()
    assert items.keys() == {"bare", *(sku["id"] for sku in skus(12))}
    assert {name: items["S-7"][name] for name in ("partNumber", "hsCode", "manufacturerId")} == {
        "partNumber": "P-7",
        "hsCode": "6404.20",
        "manufacturerId": "acme",
    }
    assert "countryOfOrigin" not in items["bare"]
    told = json.dumps(run.json()["catalog"])
    assert "Digital River fulfils them itself (managedFulfillment)" in told
    assert "for they are not physical" in told
    assert "15 SKUs came in one list, each read to its end" in told
    assert run.json()["catalog"]["complete"] is True
    managed = "1 SKU left out, for Digital River fulfils them itself (managedFulfillment)"
    assert managed in account.run("--dry-run").stdout
    assert managed in account.run("check").stdout.replace("\n", " ")


def test_changes_and_deletes_follow_and_only_a_whole_read_leads_to_a_delete(
    account: ShopHere, sandbox: SandboxProcess
) -> None:
    assert account.run("--once").code == 0
    send(account, "POST", "/skus/S-7", {"countryOfOrigin": "PT"})
    send(account, "DELETE", "/skus/S-8")
    sandbox.clear_requests()

    poll = account.run("--once", "--incremental")

    assert poll.code == 0, poll.stderr
    assert sandbox.items()["S-7"]["countryOfOrigin"] == "PT"
    assert any("updatedTime" in asked["query"] for asked in sandbox.requests())
    assert "missing" in account.run("why", "S-8").stdout

    assert account.run("--once").code == 0
    assert "S-8" not in sandbox.items()


def test_a_read_that_fails_leads_to_no_delete(account: ShopHere, sandbox: SandboxProcess) -> None:
    assert account.run("--once").code == 0
    before = sandbox.items().keys()
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, path="/skus", status=400, nth=2)])

    run = account.run("--once")

    assert run.code == 1
    assert "GET /skus" in run.stderr
    assert sandbox.items().keys() == before


def test_an_emptied_account_stops_every_delete(account: ShopHere, sandbox: SandboxProcess) -> None:
    assert account.run("--once").code == 0
    for sku in sandbox.skus():
        send(account, "DELETE", f"/skus/{sku}")

    run = account.run("--once")

    assert run.code == 4, run.stderr
    assert len(sandbox.items()) == 13


def test_a_dry_run_sends_nothing_but_questions(account: ShopHere, sandbox: SandboxProcess) -> None:
    sandbox.clear_requests()

    run = account.run("--dry-run", "--format", "json")

    assert run.json()["summary"]["create"] == 13
    assert sandbox.statistics()["by_method"].keys() == {"GET"}


def test_another_account_may_hold_the_skus(account: ShopHere, sandbox: SandboxProcess) -> None:
    (account.folder / "catalog-key").write_text(f"{OTHER_KEY}\n", encoding="utf-8")
    configure(account, 'api_key_file = "catalog-key"')

    run = account.run("--dry-run", "--format", "json")

    assert run.json()["summary"]["create"] == 13
    assert OTHER_KEY not in run.stdout + run.stderr
    assert len(list(account.folder.glob("state.db.pacer-*"))) == 1


def test_the_main_key_is_not_sent_for_skus_where_the_state_was_made_with_another_kind(
    account: ShopHere, sandbox: SandboxProcess
) -> None:
    assert account.run("--once").code == 0
    with closing(open_state(f"sqlite:///{account.state}")) as state, state.transaction() as change:
        change.remember(KEY_KIND, "live")
    sandbox.clear_requests()

    told = account.run("why", "S-1")

    assert "it is a test key, and this state was made with a live key" in told.stdout + told.stderr
    assert not [one for one in sandbox.requests() if one["path"] == "/skus"]


def test_skus_may_be_joined_to_another_catalog(account: ShopHere) -> None:
    (account.folder / "catalog.csv").write_text("sku,mpn\nS-1,X\nS-2,Y\n", encoding="utf-8")
    text = CONFIGURATION.format(catalog="", remote=account.url, key=KEY)
    join = """[catalog]
type = "file"
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
hs_code = "dr.hsCode"
[[catalog.join]]
name = "dr"
key = "id"
type = "digital_river"
"""
    text = join + text[text.index("[digital_river]") :]
    account.configuration.write_text(text, encoding="utf-8")

    changes = account.run("--dry-run", "--format", "json").json()["changes"]

    assert {one["id"]: one["attributes"]["hsCode"]["to"] for one in changes} == {
        "S-1": "6404.20",
        "S-2": "6404.20",
    }


def test_check_and_init_need_no_more_than_the_key(account: ShopHere) -> None:
    (account.folder / "key").write_text(f"{KEY}\n", encoding="utf-8")
    account.configuration.unlink()
    where = {
        "SYNCD_DIGITAL_RIVER__BASE_URL": account.url,
        "SYNCD_DIGITAL_RIVER__REQUESTS_PER_SECOND": "900",
    }

    made = account.run(
        "init", "--catalog", "digital_river", "--yes", "--api-key-file", "key", **where
    )
    assert made.code == 0, made.stderr
    checked = account.run("check", **where)
    assert checked.code == 0, checked.stdout + checked.stderr
    run = account.run("--dry-run", "--format", "json", **where)
    assert run.json()["summary"]["create"] == 13, account.configuration.read_text()
