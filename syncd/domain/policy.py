"""What the merchant allows: the policy's mode, the guards' limits, the back-off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

Limit: TypeAlias = float | int
"""A share of the owned items when a float (at most 1.0), a count when an int."""


class PolicyMode(StrEnum):
    """Which kinds of change may be made at all."""

    MIRROR = "mirror"
    UPSERT = "upsert"
    CREATE_ONLY = "create-only"
    REPORT_ONLY = "report-only"


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be written, and when a delete or a second try is due.

    `skus` says that SKUs are kept as well as items, `delete_skus` that a SKU goes after its item.
    """

    mode: PolicyMode = PolicyMode.MIRROR
    adopt: bool = True
    delete_after: timedelta = timedelta(hours=24)
    delete_reads: int = 2
    keep_stocked: bool = True
    retry_quarantined: timedelta = timedelta(hours=24)
    skus: bool = False
    delete_skus: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The guards' limits, by the names of `[guards]` in product.md."""

    max_delete: Limit = 0.1
    max_update: Limit = 0.5
    max_create: Limit | None = None
    budget_window: timedelta = timedelta(hours=24)
    min_items_for_share: int = 20
    canary: Limit = 0.01
    max_shrink: Limit = 0.2
    max_same_change: Limit = 0.3
