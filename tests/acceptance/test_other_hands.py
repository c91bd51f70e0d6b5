"""What other hands have edited, half deleted and half filled is told and mended exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.hands import TO_ITEMS, TO_PAIRS, Deed, Hands, Told
from tests.acceptance.kills.stage import Objects, Stage
from tests.acceptance.pairs import configure, pair, sku_of, stock
from tests.sandbox_process import SandboxProcess
from tests.shop import Row, item_of, writes

ROUNDS = 4
THEIRS = 30
LENIENT = """
[guards]
max_delete = 1.0
max_update = 1.0
max_same_change = 1.0
max_shrink = 1.0
"""


@dataclass(frozen=True)
class Account:
    """What is kept, and the deeds that other hands do to it, one after the other."""

    stage: Stage
    deeds: Sequence[Deed]
    has_skus: bool

    @property
    def done(self) -> list[tuple[Deed, Row]]:
        deeds = [deed for deed in self.deeds for _ in range(ROUNDS)]
        return [(deed, pair(number)) for number, deed in enumerate(deeds)]

    def stock(self, rows: Sequence[Row]) -> None:
        if self.has_skus:
            stock(self.stage.shop, rows)
        else:
            self.stage.shop.stock(rows)

    def wanted(self) -> tuple[Objects, Objects]:
        """The items and SKUs that are to be there, but for those that nobody writes."""
        kept = [row for deed, row in self.done if not (deed.orphaned or deed.managed)]
        items = {row["sku"]: item_of(row) for row in kept}
        return items, {row["sku"]: sku_of(row) for row in kept} if self.has_skus else {}


@pytest.fixture(params=["items", "pairs"])
def account(request: pytest.FixtureRequest, stage: Stage) -> Account:
    """An account in sync, of which some rows have then left the catalog."""
    has_skus = request.param == "pairs"
    if has_skus:
        configure(stage.shop)
        text = stage.shop.configuration.read_text()
        stage.shop.configuration.write_text(text.replace('"0s"', '"24h"') + "max_shrink = 1.0\n")
    else:
        stage.shop.configure(LENIENT)
    account = Account(stage, TO_PAIRS if has_skus else TO_ITEMS, has_skus)
    account.stock([row for _, row in account.done])
    assert stage.run("--once").code == 0
    account.stock([row for deed, row in account.done if not deed.orphaned])
    assert stage.run("--once").code == 0
    return account


@pytest.fixture
def hands(sandbox: SandboxProcess) -> Iterator[Hands]:
    with closing(Hands(sandbox.url)) as hands:
        yield hands


def cells(rows: Sequence[dict[str, Any]], *names: str) -> list[Told]:
    return sorted((tuple(row[name] for name in names) for row in rows), key=repr)


def in_order(rows: Sequence[Told]) -> list[Told]:
    return sorted(rows, key=repr)


def test_what_others_did_is_told_and_mended_exactly(
    account: Account, hands: Hands, sandbox: SandboxProcess
) -> None:
    for deed, row in account.done:
        hands.do(deed, row)
    left = list(hands.fill(THEIRS))
    left += [(row["sku"], "orphaned") for deed, row in account.done if deed.orphaned]
    pairs = list(hands.fill_pairs()) if account.has_skus else []
    before = sandbox.items(), sandbox.skus()
    sandbox.clear_requests()

    told = account.stage.run("audit", "--format", "json").json()
    mended = account.stage.run("audit", "--repair", "--format", "json")

    _is_told(account, told, left, pairs)
    assert mended.code == 0, mended.stderr
    wanted = account.wanted()
    for now, then, theirs in zip((sandbox.items(), sandbox.skus()), before, wanted, strict=True):
        ours = {id_: {name: now[id_][name] for name in theirs[id_]} for id_ in theirs}
        assert ours == theirs
        untouched = {id_: one for id_, one in then.items() if id_ not in theirs}
        assert {id_: one for id_, one in now.items() if id_ not in theirs} == untouched
    named = {one["path"].rsplit("/", 1)[-1] for one in writes(sandbox)}
    assert named <= {"inventory-items", "skus", *wanted[0]}
    again = account.stage.run("audit", "--exit-code", "--format", "json")
    assert (again.code, again.json()["findings"]) == (0, [])


def _is_told(account: Account, told: Any, left: Sequence[Told], pairs: Sequence[Told]) -> None:  # noqa: ANN401 - the report's own
    findings = [one for deed, row in account.done for one in deed.findings(row)]
    shown = ("id", "finding", "attribute", "wanted", "known", "observed")
    assert cells(told["findings"], *shown) == in_order(findings)
    assert cells(told["left"], "id", "finding") == in_order(left)
    if account.has_skus:
        pairs = [*pairs, *(one for deed, row in account.done for one in deed.pairs(row))]
    sides = ("id", "attribute", "catalog", "sku", "item", "reason")
    assert cells(told.get("pairs", ()), *sides) == in_order(pairs)
    for one in told["findings"]:
        if one["finding"] == "drifted":
            written, changed, seen = map(_moment, (one["written"], one["changed"], one["seen"]))
            assert written.replace(microsecond=0) <= changed <= seen


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
