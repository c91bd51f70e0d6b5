"""The merchant's terms, and how a configuration may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from syncd.domain.policy import Limits, Policy
from syncd.service.terms import Terms
from tests.property.simulate.shelf import RULES, Meaning
from tests.property.simulate.weather import TIMEOUT

ENOUGH: Final = 10_000
LENIENT: Final = Limits(
    max_delete=ENOUGH,
    max_update=ENOUGH,
    max_shrink=ENOUGH,
    max_same_change=ENOUGH,
    canary=ENOUGH,
)
"""Limits that nothing in a small shop reaches."""


class Merchant:
    """What the configuration says now; `account` is what base URL and key come to."""

    def __init__(self, policy: Policy, *, in_flight: int, keep_journal: timedelta) -> None:
        self.policy = policy
        self.delete_skus = policy.delete_skus
        self.limits = Limits()
        self.account = "account-1"
        self.version = "1.0"
        self.in_flight = in_flight
        self.keep_journal = keep_journal

    def terms(self, meaning: Meaning) -> Terms:
        return Terms(
            policy=self.policy,
            limits=self.limits,
            rules=RULES,
            account=self.account,
            in_flight=self.in_flight,
            request_timeout=timedelta(seconds=TIMEOUT),
            meaning=self._parts(meaning),
            keep_journal=self.keep_journal,
        )

    def manage(self, *, skus: bool | None = None, delete_skus: bool | None = None) -> None:
        """Keep pairs or items alone, and have SKUs deleted or not, which counts of pairs alone."""
        if delete_skus is not None:
            self.delete_skus = delete_skus
        kept = self.policy.skus if skus is None else skus
        self.decide(skus=kept, delete_skus=kept and self.delete_skus)

    def decide(self, **changed: Any) -> None:  # noqa: ANN401 - `replace` checks them
        """Change the policy."""
        self.policy = replace(self.policy, **changed)

    def limit(self, **changed: Any) -> None:  # noqa: ANN401 - `replace` checks them
        """Change the guards' limits."""
        self.limits = replace(self.limits, **changed)

    def _parts(self, meaning: Meaning) -> Mapping[str, str]:
        policy, limits = self.policy, self.limits
        return {
            "mapping": meaning.mapping,
            "filter": str(meaning.physical_only),
            "policy": f"{policy.mode}, {policy.adopt}, {policy.retry_quarantined}",
            "guards": f"{policy.delete_after}, {policy.delete_reads}, {policy.keep_stocked}, "
            f"{limits.budget_window}, {limits.min_items_for_share}",
            "rules": str(meaning.edition),
            "version": self.version,
        }
