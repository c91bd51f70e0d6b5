"""Looking at each part that a cycle needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from syncd.domain.change import SYNCED, Resource
from syncd.domain.delivery import Failure
from syncd.errors import CatalogError, KeyRefusedError, RemoteError, RemoteUnavailableError
from syncd.ports import State
from syncd.service.check import PAIRS, Health, check_catalog, check_remote, check_state
from tests.unit.service.conftest import RULES, GivenCatalog
from tests.unit.service.test_inquiry import RESULT, catalog_row, in_sync, put

MAPPED = {"id": ("sku",), "countryOfOrigin": ("countryOfOrigin",)}
DENIED = Failure(403, "forbidden", "No")


@dataclass(frozen=True)
class Access:
    """An account that answers so."""

    denied: frozenset[Resource] = frozenset()
    error: RemoteError | None = None

    async def access(self) -> Mapping[Resource, Failure | None]:
        if self.error is not None:
            raise self.error
        return {each: DENIED if each in self.denied else None for each in SYNCED}


@pytest.mark.parametrize(
    ("account", "credentials", "remote"),
    [
        (Access(), Health.OK, Health.OK),
        (Access(frozenset({Resource.SKU})), Health.LOOK, Health.OK),
        (Access(frozenset({Resource.INVENTORY_LEVEL})), Health.LOOK, Health.OK),
        (Access(frozenset({Resource.INVENTORY_ITEM})), Health.FAILED, Health.OK),
        (Access(error=KeyRefusedError("Key", "no", "x")), Health.FAILED, Health.OK),
        (Access(error=RemoteUnavailableError("It", "no", "x")), Health.UNCHECKED, Health.FAILED),
    ],
)
async def test_credentials_and_remote_are_told_apart(
    account: Access, credentials: Health, remote: Health
) -> None:
    found = await check_remote(account)

    assert [one.health for one in found] == [credentials, remote]


async def test_a_key_must_read_skus_where_they_are_managed() -> None:
    found = await check_remote(Access(frozenset({Resource.SKU})), PAIRS)

    assert found[0].health is Health.FAILED
    assert "may not read SKUs" in found[0].words


@pytest.mark.parametrize(
    ("origins", "doubts", "health", "words"),
    [
        (["DK", "CA"], (), Health.OK, "2 rows after the filter, 2 usable, 0 held"),
        (["DK"], (), Health.OK, "1 row after the filter, 1 usable, 0 held"),
        (["DK", "UK"], (), Health.LOOK, "1 usable, 1 held"),
        (["DK"], ("it was cut short",), Health.LOOK, "not proven complete: it was cut short"),
        ([], (), Health.LOOK, "0 rows"),
    ],
)
def test_a_catalog_is_read_whole(
    catalog: GivenCatalog,
    origins: list[str],
    doubts: tuple[str, ...],
    health: Health,
    words: str,
) -> None:
    catalog.rows = [catalog_row(origin, countryOfOrigin=origin) for origin in origins]
    catalog.doubts = doubts

    found = check_catalog(catalog, MAPPED, RULES)

    assert found.finding.health is health
    assert words in found.finding.words
    assert [sku.id for sku in found.held] == [origin for origin in origins if origin == "UK"]
    assert [(one.name, one.rows) for one in found.attributes] == [
        ("id", len(origins)),
        ("countryOfOrigin", len(origins)),
    ]


def test_what_the_filter_drops_and_the_source_leaves_out_is_said(catalog: GivenCatalog) -> None:
    catalog.rows = [catalog_row("DK", countryOfOrigin="DK")]
    catalog.filtered, catalog.left_out = 4, ("3 SKUs were left out",)

    found = check_catalog(catalog, MAPPED, RULES)

    assert found.finding.words.endswith(
        "0 held; catalog.filter drops 4 of 5 records; 3 SKUs were left out"
    )


def test_a_catalog_that_cannot_be_read_has_failed(catalog: GivenCatalog) -> None:
    catalog.error = CatalogError("given.csv", "it is not there", "Put it there")

    found = check_catalog(catalog, MAPPED, RULES)

    assert found.finding.health is Health.FAILED
    assert found.finding.next_step == "Put it there"
    assert found.attributes


def test_a_state_tells_what_it_holds(state: State) -> None:
    assert check_state(state, "syncd.db").words == "syncd.db: empty, no cycle has run yet"

    put(state, in_sync("a"))
    with state.transaction() as transaction:
        transaction.record_cycle(RESULT)

    assert check_state(state, "syncd.db").words == f"syncd.db: 1 SKU, last cycle {RESULT.id}"
