"""Whatever befalls the halves of a pair: each in turn, none that is not ours, alike in the end."""

from __future__ import annotations

from hypothesis import given, settings

from syncd.domain.attributes import item_half, sku_half
from syncd.domain.policy import Policy
from syncd.domain.tracking import SkuState
from tests.property.pair_lives import (
    OF_ITEM,
    SKU,
    Event,
    Meddled,
    Pair,
    Worked,
    calmed,
    histories,
    lived,
    policies,
)

_MANY = settings(max_examples=200)


def untouched(history: list[Event]) -> list[Event]:
    """The same without the hands of others."""
    return [event for event in history if not isinstance(event, Meddled)]


@_MANY
@given(policies, histories)
def test_no_half_goes_before_its_turn_and_none_that_is_not_ours(
    policy: Policy, history: list[Event]
) -> None:
    calmed(lived(policy, history))


@_MANY
@given(policies, histories)
def test_both_halves_become_what_the_catalog_wants(policy: Policy, history: list[Event]) -> None:
    pair = calmed(lived(policy, untouched(history)))

    if pair.wish is None:
        assert OF_ITEM not in pair.remote
        assert pair.row is None
    elif not policy.adopt and pair.row is not None and pair.row.state is SkuState.FOREIGN:
        assert SKU in pair.remote, "it has outlived its first row, and is nobody's since"
    else:
        assert _is_as_wished(pair)
        assert pair.due is None


@_MANY
@given(policies, histories)
def test_a_sku_outlives_its_row_only_where_the_policy_keeps_it(
    policy: Policy, history: list[Event]
) -> None:
    pair = calmed(lived(policy, untouched(history)))

    if pair.wish is None and policy.delete_skus:
        assert SKU not in pair.remote


@_MANY
@given(policies, histories)
def test_a_pair_in_sync_has_no_half_that_is_known_to_differ(
    policy: Policy, history: list[Event]
) -> None:
    pair = lived(policy, [*history, Worked()])

    if pair.row is not None and pair.row.state is SkuState.IN_SYNC and not pair.meddled:
        assert _is_as_wished(pair)


def _is_as_wished(pair: Pair) -> bool:
    assert pair.wish is not None
    halves = {SKU: sku_half(pair.wish), OF_ITEM: item_half(pair.wish)}
    return all(
        resource in pair.remote and wanted.items() <= pair.remote[resource].items()
        for resource, wanted in halves.items()
    )
