"""Both halves of each pair: made, changed, mended and taken away in their order, and no more."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.kills.stage import Stage
from tests.acceptance.pairs import GUARDS, configure, pair, sku_of, stock
from tests.sandbox_process import SandboxProcess
from tests.shop import KEY, Shop, item_of, row, writes


def calls(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    return [(one["method"], one["path"]) for one in writes(sandbox)]


@pytest.fixture
def pairs(stage: Stage) -> Stage:
    """A shop that keeps pairs, with three rows, whose runs are forked."""
    configure(stage.shop)
    stock(stage.shop, [pair(number) for number in range(3)])
    return stage


def limit(shop: Shop, guard: str, allowed: str) -> None:
    text = shop.configuration.read_text()
    shop.configuration.write_text(text.replace(f"{guard} = 1.0", f"{guard} = {allowed}"))


def once(shop: Shop | Stage, *more: str) -> Any:  # noqa: ANN401 - the report's own
    run = shop.run("--once", "--format", "json", *more)
    assert run.code == 0, run.stdout + run.stderr
    return run.json()


def test_pairs_are_made_sku_first_and_left_alone(pairs: Stage, sandbox: SandboxProcess) -> None:
    report = once(pairs)

    for number in range(3):
        assert sandbox.items()[f"SKU-000{number}"] == item_of(row(number))
        assert sandbox.skus()[f"SKU-000{number}"] == sku_of(pair(number))
    assert calls(sandbox) == [*[("POST", "/skus")] * 3, *[("POST", "/inventory-items")] * 3]
    assert report["summary"]["create"] == 3
    told = [(one["id"], one["resource"], one["outcome"]) for one in report["changes"]]
    assert told[:2] == [
        ("SKU-0000", "sku", "done"),
        ("SKU-0000", "inventory_item", "done"),
    ]
    sandbox.clear_requests()
    stock(pairs.shop, [pair(number) for number in range(3)])
    assert once(pairs)["changes"] == []
    assert sandbox.requests() == []


def test_only_what_changed_is_sent_to_each_half(pairs: Stage, sandbox: SandboxProcess) -> None:
    once(pairs)
    sandbox.clear_requests()
    stock(pairs.shop, [pair(0, title="Boot"), pair(1, oversell="true"), pair(2, origin="CA")])

    report = once(pairs)

    changed = {(one["id"], one["resource"]): one["attributes"] for one in report["changes"]}
    origin = {"countryOfOrigin": {"from": "DK", "to": "CA"}}
    assert changed == {
        ("SKU-0000", "sku"): {"name": {"from": "Shoe 0", "to": "Boot"}},
        ("SKU-0001", "inventory_item"): {"allowOversell": {"from": False, "to": True}},
        ("SKU-0002", "sku"): origin,
        ("SKU-0002", "inventory_item"): origin,
    }
    assert report["summary"]["update"] == 3
    assert len(writes(sandbox)) == 4
    assert sandbox.skus()["SKU-0002"]["countryOfOrigin"] == "CA"
    assert sandbox.items()["SKU-0002"]["countryOfOrigin"] == "CA"


def test_what_a_dry_run_says_of_both_halves_is_what_is_done(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    sandbox.seed_skus([{"id": "SKU-0001", **sku_of(pair(1)), "name": "Old"}])
    sandbox.seed_skus([{"id": "SKU-0002", **sku_of(pair(2))}])

    planned = pairs.run("--dry-run", "--format", "json").json()
    done = once(pairs)

    assert writes(sandbox)[0]["method"] == "POST"
    assert [one | {"outcome": ""} for one in planned["changes"]] == [
        one | {"outcome": ""} for one in done["changes"]
    ]
    told = [(one["id"][-1], one["action"], one["resource"]) for one in done["changes"]]
    assert told == [
        ("0", "create", "sku"),
        ("0", "create", "inventory_item"),
        ("1", "update", "sku"),
        ("1", "create", "inventory_item"),
        ("2", "create", "inventory_item"),
    ]


def test_a_saved_plan_of_pairs_is_carried_out_whole(pairs: Stage, sandbox: SandboxProcess) -> None:
    assert pairs.run("plan", "--out", "plan.json").code == 0

    run = pairs.run("apply", "plan.json", "--format", "json")

    assert run.code == 0, run.stdout + run.stderr
    assert len(sandbox.skus()) == len(sandbox.items()) == 3


def test_a_sku_stays_when_its_item_is_deleted_unless_it_may_go(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    stock(pairs.shop, [pair(number) for number in range(2)])
    once(pairs)
    assert sorted(sandbox.items()) == ["SKU-0000", "SKU-0001"]
    assert len(sandbox.skus()) == 3

    configure(pairs.shop, "[policy]\ndelete_skus = true\n")
    once(pairs)
    sandbox.clear_requests()
    stock(pairs.shop, [pair(0)])
    report = once(pairs)

    assert calls(sandbox) == [
        ("DELETE", "/inventory-items/SKU-0001"),
        ("DELETE", "/skus/SKU-0001"),
    ]
    assert sorted(sandbox.skus()) == ["SKU-0000", "SKU-0002"]
    assert report["summary"]["delete"] == 1


def test_a_sku_that_may_no_longer_go_leaves_nothing_behind(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    configure(pairs.shop, "[policy]\ndelete_skus = true\n")
    once(pairs)
    stock(pairs.shop, [pair(number) for number in range(2)])
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=429, method="DELETE", path="/skus/*")])
    assert pairs.run("--once", "--wait", "0s").code == 1
    assert len(sandbox.items()) == 2

    sandbox.set_faults([])
    configure(pairs.shop)
    once(pairs)
    sandbox.clear_requests()

    assert once(pairs)["summary"]["missing"] == 0
    assert len(sandbox.skus()) == 3
    assert sandbox.requests() == []


def test_a_refused_half_quarantines_the_pair_and_names_it(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults(
        [Fault(kind=FaultKind.STATUS, status=400, method="POST", path="/skus", count=1)]
    )

    run = pairs.run("--once", "--format", "json")

    assert run.code == 3, run.stdout + run.stderr
    (refused,) = run.json()["quarantined"]
    assert refused["message"].startswith("the SKU: ")
    assert refused["id"] not in sandbox.items()
    assert len(sandbox.items()) == 2


def test_a_managed_sku_is_foreign_and_never_written(pairs: Stage, sandbox: SandboxProcess) -> None:
    managed = {**sku_of(pair(1)), "managedFulfillment": "DRGlobalFulfillment", "name": "Theirs"}
    sandbox.seed_skus([{"id": "SKU-0001", **managed}])

    once(pairs)

    assert sandbox.skus()["SKU-0001"]["name"] == "Theirs"
    assert all("SKU-0001" not in str(one) for one in writes(sandbox))


def test_a_sku_that_became_managed_is_left_before_anything_is_sent(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    managed = {**sku_of(pair(1)), "managedFulfillment": "DRGlobalFulfillment"}
    sandbox.seed_skus([{"id": "SKU-0001", **managed}])
    sandbox.clear_requests()
    audit = pairs.run("audit", "--format", "json").json()
    assert [(one["id"], one["finding"]) for one in audit["findings"]] == [("SKU-0001", "managed")]

    for origin in ("CA", "SE"):
        stock(pairs.shop, [pair(0), pair(1, origin=origin), pair(2)])
        assert once(pairs)["changes"] == []

    assert calls(sandbox) == []
    assert "managedFulfillment" in pairs.run("why", "SKU-0001").stdout


def test_a_key_that_may_not_read_skus_still_brings_known_items_in_line(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    stock(pairs.shop, [pair(0, oversell="true"), pair(1), pair(2), pair(3)])
    sandbox.clear_requests()
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=403, path="/skus*")])

    run = pairs.run("--once", "--format", "json")

    assert run.code == 1, run.stdout + run.stderr
    assert "right to skus" in run.json()["error"]
    assert calls(sandbox) == [("POST", "/inventory-items/SKU-0000")]
    check = pairs.run("check")
    assert check.code == 1
    assert "the key may not read SKUs" in check.stdout


def test_skus_without_items_are_foretold_and_count_as_owned_by_the_guards(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    text = pairs.shop.configuration.read_text()
    pairs.shop.configuration.write_text(text.replace(GUARDS, ""))
    stock(pairs.shop, [pair(number) for number in range(10)])
    there = [{"id": f"SKU-000{number}", **sku_of(pair(number))} for number in range(9)]
    old = [{**one, "name": "Old"} for one in there[:4]]
    theirs = {**there[0], "id": "SKU-0009", "managedFulfillment": "DRGlobalFulfillment"}
    sandbox.seed_skus([*old, *there[4:], theirs])

    foreseen = pairs.run("adopt", "--format", "json").json()

    told = {(one["id"], one["attribute"], one["observed"]) for one in foreseen["differing"]}
    assert told == {(one["id"], "SKU name", "Old") for one in old}
    assert [one["id"] for one in foreseen["left"]] == ["SKU-0009"]
    counts = {one["what"]: one["count"] for one in foreseen["summary"]}
    assert counts["taken over as they are"] == 5
    assert counts["created"] == 9
    assert counts["ours already"] == 0
    once(pairs)  # four of nine are fewer than half, as guards.max_update has it by itself
    assert len(sandbox.items()) == 9
    assert sandbox.skus()["SKU-0000"] == sku_of(pair(0))


def test_a_key_that_may_not_use_skus_writes_no_pair(pairs: Stage, sandbox: SandboxProcess) -> None:
    once(pairs)
    sandbox.clear_requests()
    stock(pairs.shop, [pair(0, title="Boot"), pair(1, oversell="true")])
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=403, path="/skus*")])

    run = pairs.run("--once", "--format", "json")

    assert run.code == 1
    assert "SKUs" in run.json()["error"]
    assert len(sandbox.items()) == len(sandbox.skus()) == 3
    assert sandbox.items()["SKU-0001"]["allowOversell"] is True


def test_skus_that_may_not_be_deleted_stay_until_they_may(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    configure(pairs.shop, "max_shrink = 1.0\n[policy]\ndelete_skus = true\n")
    once(pairs)
    stock(pairs.shop, [pair(0)])
    fault = Fault(kind=FaultKind.STATUS, status=403, method="DELETE", path="/skus*")
    sandbox.set_faults([fault])

    refused = pairs.run("--once", "--format", "json")

    assert refused.code == 1
    assert "no delete was begun any more" in refused.json()["error"]
    assert len(sandbox.items()) == 2, "one pair goes ahead of the others"
    assert len(sandbox.skus()) == 3
    assert pairs.run("--once").code == 1
    assert len(sandbox.items()) == 2, "what is left of it is tried first"
    sandbox.set_faults([])
    once(pairs)
    assert list(sandbox.skus()) == list(sandbox.items()) == ["SKU-0000"]


def test_an_audit_tells_of_each_pair_three_ways_and_mends_both_halves(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    sku, item = sku_of(pair(0)), item_of(row(1))
    sandbox.seed_skus([{"id": "SKU-0000", **sku, "hsCode": "6404.11", "name": "Theirs"}])
    sandbox.seed_items([{"id": "SKU-0001", **item, "countryOfOrigin": "SE"}])
    sandbox.seed_skus([{"id": "ALONE", **sku_of(pair(9))}])

    audit = pairs.run("audit", "--format", "json").json()

    told = {(one["id"], one["attribute"]): one for one in audit["pairs"]}
    assert set(told) == {("SKU-0000", "hsCode"), ("SKU-0001", "countryOfOrigin"), ("ALONE", None)}
    three = {"catalog": "6404.20", "sku": "6404.11", "item": "6404.20"}
    assert told["SKU-0000", "hsCode"].items() >= three.items()
    drifted = {(one["id"], one["attribute"]) for one in audit["findings"]}
    assert drifted == {
        ("SKU-0000", "SKU hsCode"),
        ("SKU-0000", "SKU name"),
        ("SKU-0001", "countryOfOrigin"),
    }
    assert pairs.run("audit", "--repair").code == 0
    assert sandbox.skus()["SKU-0000"] == sku
    assert sandbox.items()["SKU-0001"] == item
    assert pairs.run("audit", "--format", "json").json()["findings"] == []


def test_pairs_are_told_of_where_items_alone_are_managed(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    once(shop)
    sandbox.seed_skus([{"id": "SKU-0003", **sku_of(pair(3)), "eccn": "5A991"}])
    sandbox.clear_requests()

    audit = shop.run("audit", "--format", "json").json()

    told = [(one["id"], one["attribute"], one["sku"]) for one in audit["pairs"]]
    assert ("SKU-0003", "eccn", "5A991") in told
    assert len(told) == 12  # the other eleven have no SKU
    assert audit["findings"] == []
    assert writes(sandbox) == []


def test_half_of_a_pair_that_was_deleted_by_hand_is_made_again(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    for number, resource in enumerate(("skus", "inventory-items")):
        gone = f"{sandbox.url}/{resource}/SKU-000{number}"
        httpx.delete(gone, headers={"Authorization": f"Bearer {KEY}"}).raise_for_status()

    for resource in ("skus", "inventory-items"):
        gone = f"{sandbox.url}/{resource}/SKU-0002"
        httpx.delete(gone, headers={"Authorization": f"Bearer {KEY}"}).raise_for_status()

    audit = pairs.run("audit", "--repair", "--format", "json").json()

    assert [(one["id"], one["finding"]) for one in audit["findings"]] == [
        (f"SKU-000{number}", "vanished") for number in range(3)
    ]
    assert [(one["id"], one["reason"]) for one in audit["pairs"]] == [
        ("SKU-0000", "an item is there without a SKU"),
        ("SKU-0001", "a SKU is there without an item"),
    ]
    assert sandbox.skus() == {f"SKU-000{number}": sku_of(pair(number)) for number in range(3)}
    assert sandbox.items() == {f"SKU-000{number}": item_of(row(number)) for number in range(3)}
    why = pairs.run("why", "SKU-0000").stdout
    assert "SKU name" in why
    assert pairs.run("revert", "whatever").code == 2


def test_skus_that_are_lost_in_mass_are_not_made_again_unasked(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    limit(pairs.shop, "max_update", "2")
    for number in range(3):
        gone = f"{sandbox.url}/skus/SKU-000{number}"
        httpx.delete(gone, headers={"Authorization": f"Bearer {KEY}"}).raise_for_status()
    sandbox.clear_requests()

    repair = pairs.run("audit", "--repair", "--format", "json")

    assert repair.code == 4, repair.stdout
    assert writes(sandbox) == []
    stopped = pairs.run("--once", "--format", "json")
    assert stopped.code == 4
    (stop,) = stopped.json()["guards"]
    assert (stop["guard"], stop["actual"], stop["stopped"]) == ("max_update", 3, ["create"])
    assert "3 owned items or SKUs are gone" in stop["message"]
    assert pairs.run("approve", stopped.json()["cycle"]).code == 0
    once(pairs)
    assert sandbox.skus() == {f"SKU-000{number}": sku_of(pair(number)) for number in range(3)}


def test_skus_that_are_lost_bit_by_bit_count_together(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    limit(pairs.shop, "max_update", "2")
    codes = []
    for number in range(3):
        gone = f"{sandbox.url}/skus/SKU-000{number}"
        httpx.delete(gone, headers={"Authorization": f"Bearer {KEY}"}).raise_for_status()
        codes.append(pairs.run("audit", "--repair").code)

    assert codes == [0, 0, 4]
    assert sorted(sandbox.skus()) == ["SKU-0000", "SKU-0001"]


def test_an_unknown_answer_about_a_sku_is_looked_up_and_not_repeated(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.LOST, method="POST", path="/skus", count=1)])

    once(pairs)

    assert calls(sandbox).count(("POST", "/skus")) == 3
    assert len(sandbox.items()) == len(sandbox.skus()) == 3


def test_a_guard_counts_a_pair_once_and_an_approval_lets_both_halves_through(
    pairs: Stage, sandbox: SandboxProcess
) -> None:
    once(pairs)
    limit(pairs.shop, "max_update", "2")
    stock(pairs.shop, [pair(number, origin="CA") for number in range(2)])
    sandbox.clear_requests()
    stock(pairs.shop, [pair(0, origin="CA"), pair(1, origin="CA"), pair(2, origin="CA")])

    stopped = pairs.run("--once", "--format", "json")

    assert stopped.code == 4, stopped.stdout
    assert stopped.json()["guards"][0]["actual"] == 3
    assert stopped.json()["summary"]["stopped"] == 3
    assert writes(sandbox) == []
    assert pairs.run("approve", stopped.json()["cycle"]).code == 0
    once(pairs)
    assert {one["countryOfOrigin"] for one in sandbox.skus().values()} == {"CA"}
    assert {one["countryOfOrigin"] for one in sandbox.items().values()} == {"CA"}
