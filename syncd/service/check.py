"""Looks at each part that a cycle needs, and says what to do about those that are not well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from syncd.domain.change import Resource
from syncd.domain.counting import counted
from syncd.domain.delivery import Failure
from syncd.domain.plain_text import shown
from syncd.domain.rules import RuleBook
from syncd.domain.snapshot import CatalogRow, Certificate, HeldSku
from syncd.domain.tracking import Held
from syncd.engine.translate import Translator
from syncd.errors import CatalogError, KeyRefusedError, RemoteError, StateError, SyncdError
from syncd.ports import CatalogSource, Notifier, Snapshot, State, every_row
from syncd.service.courier import Courier
from syncd.service.messages import TEST
from syncd.service.outbox import Posted
from syncd.service.sample import Outcome, outcomes
from syncd.service.telling import LONGEST

EXAMPLES: Final = 10
ITEMS_ALONE: Final = frozenset({Resource.INVENTORY_ITEM})
PAIRS: Final = frozenset({Resource.INVENTORY_ITEM, Resource.SKU})
"""What a key must be able to read where SKUs are managed."""
SAMPLED: Final = 100
"""How many rows are looked at attribute by attribute."""


class Health(StrEnum):
    """How a part is; only what has failed keeps a cycle from running."""

    OK = "ok"
    LOOK = "look"
    """It works, and somebody should look at it all the same."""
    FAILED = "failed"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part is like, in a sentence; `next_step` is empty where nothing is to be done."""

    part: str
    health: Health
    words: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class CatalogFinding:
    """The catalog's finding, the first rows that it would hold, and what came of some closely."""

    finding: Finding
    held: tuple[HeldSku, ...] = ()
    attributes: tuple[Outcome, ...] = ()


class Account(Protocol):
    """A remote that tells what its key may read."""

    async def access(self) -> Mapping[Resource, Failure | None]:
        """The refusal for each resource that may not be read; raises like the reads."""


def failed(part: str, error: SyncdError) -> Finding:
    """Turn an error into the finding of the part that it came from."""
    return Finding(part, Health.FAILED, f"{error.thing}: {error.reason}", error.next_step)


def check_state(state: State, place: str) -> Finding:
    """Count the rows, which reads all of the table's index; `place` is what the state is called."""
    try:
        count = sum(state.census().states.values())
        last = next(iter(state.cycles(1)), None)
    except StateError as error:
        return failed("state", error)
    if last is None:
        return Finding("state", Health.OK, f"{place}: empty, no cycle has run yet")
    words = f"{place}: {count:,} SKU{'s' * (count != 1)}, last cycle {last.id}"
    return Finding("state", Health.OK, words)


def try_targets(notifier: Notifier) -> Iterator[Finding]:
    """Send each target a message that says it is a test, and tell which of them took it."""
    now = datetime.now(UTC)
    courier, targets = Courier(notifier), notifier.targets
    courier.send([Posted("test", TEST, now, frozenset(one.id for one in targets), now)])
    courier.wait(LONGEST)
    receipts = {receipt.target: receipt for receipt in courier.receipts()}
    for target in targets:
        receipt = receipts.get(target.id)
        if receipt is None:
            yield Finding(target.label, Health.FAILED, f"no answer within {LONGEST:g} s", _LOOK)
        elif receipt.reason is not None:
            yield Finding(target.label, Health.FAILED, receipt.reason, _LOOK)
        else:
            yield Finding(target.label, Health.OK, "it took a test message")


_LOOK: Final = "Look at its URL, and at the service behind it"


def check_catalog(
    source: CatalogSource, mapped: Mapping[str, Sequence[str]], rules: RuleBook
) -> CatalogFinding:
    """Read the whole catalog as a first cycle would, and some of its rows closely.

    `mapped` names the columns of each attribute, the id among them, by the API's own names.
    """
    closely: tuple[Outcome, ...] = ()
    try:
        with source.read(None) as snapshot:
            closely = outcomes(snapshot.sample(SAMPLED), mapped, rules)
            return replace(_read_whole(snapshot, rules), attributes=closely)
    except CatalogError as error:
        return CatalogFinding(failed("catalog", error), attributes=closely)


def _read_whole(snapshot: Snapshot, rules: RuleBook) -> CatalogFinding:
    with snapshot.compare(None) as comparison:
        tally = _Tally(Translator(rules))
        for rows in every_row(comparison):
            tally.count(rows)
        return CatalogFinding(_of_catalog(comparison.certificate, tally), tuple(tally.examples))


async def check_remote(
    account: Account, needed: frozenset[Resource] = ITEMS_ALONE
) -> tuple[Finding, Finding]:
    """Ask for one object of each resource; gives the findings of credentials and remote.

    A key that may not read what is `needed` fails.
    """
    try:
        refusals = await account.access()
    except KeyRefusedError as error:
        return failed("credentials", error), Finding("remote", Health.OK, "it answers")
    except RemoteError as error:
        unknown = Finding("credentials", Health.UNCHECKED, "the remote gave no answer to tell by")
        return unknown, failed("remote", error)
    return _of_credentials(refusals, needed), Finding("remote", Health.OK, "it answers")


class _Tally:
    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self.usable = 0
        self.held = 0
        self.examples: list[HeldSku] = []

    def count(self, rows: Sequence[CatalogRow]) -> None:
        for row in rows:
            wish = self._translator.translate(row)
            if not isinstance(wish, Held):
                self.usable += 1
                continue
            self.held += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(HeldSku(shown(row.id or ""), wish))


def _of_catalog(certificate: Certificate, tally: _Tally) -> Finding:
    words = (
        f"{certificate.source}: {counted(certificate.rows, 'row')} after the filter, "
        f"{tally.usable:,} usable, {tally.held:,} held{_left_out(certificate)}"
    )
    if not certificate.complete:
        doubts = "; ".join(certificate.doubts)
        return Finding(
            "catalog",
            Health.LOOK,
            f"{words}; not proven complete: {doubts}",
            "Nothing is deleted after such a read",
        )
    if not certificate.rows:
        next_step = "See whether catalog.filter is meant so"
        return Finding("catalog", Health.LOOK, words, next_step)
    if tally.held:
        return Finding("catalog", Health.LOOK, words, "Mend the held rows; the others go on")
    return Finding("catalog", Health.OK, words)


def _left_out(certificate: Certificate) -> str:
    """Say what takes no part: by the filter, and by the source's own word."""
    dropped = certificate.records - certificate.rows
    by_filter = (f"catalog.filter drops {dropped:,} of {counted(certificate.records, 'record')}",)
    said = (*(by_filter if dropped else ()), *certificate.left_out)
    return "".join(f"; {sentence}" for sentence in said)


def _of_credentials(
    refusals: Mapping[Resource, Failure | None], needed: frozenset[Resource]
) -> Finding:
    refused = [resource for resource, failure in refusals.items() if failure is not None]
    lacking = [_NAMES[resource] for resource in refused if resource in needed]
    if lacking:
        return Finding(
            "credentials",
            Health.FAILED,
            f"the key may not read {' and '.join(lacking)}",
            "Use a key that may, or have the right given to this one",
        )
    if refused:
        return Finding(
            "credentials",
            Health.LOOK,
            f"the key is taken, and may not read {' and '.join(_HIDDEN[one] for one in refused)}",
            "Without that nothing is deleted; have the right given to the key",
        )
    return Finding("credentials", Health.OK, "the key is taken, and may read all it needs")


_NAMES: Final = {
    Resource.INVENTORY_ITEM: "inventory items",
    Resource.SKU: "SKUs, which digital_river.manage names",
    Resource.INVENTORY_LEVEL: "inventory levels",
}
_HIDDEN: Final = {
    Resource.INVENTORY_ITEM: "inventory items",
    Resource.SKU: "SKUs, so whether Digital River fulfils an item itself is not checked",
    Resource.INVENTORY_LEVEL: "inventory levels, so whether stock is left is not checked",
}
