"""Audits of a shop, with or without repair."""

from __future__ import annotations

from typing import Any

from syncd.domain.audit import Audit, FindingKind
from syncd.domain.cycle import CycleResult, Mode
from syncd.service.audit import Auditing
from syncd.service.repair import repair
from tests.integration.service.shop import Shop


async def audited(shop: Shop, sample: int | None = None, **asked: Any) -> Audit:  # noqa: ANN401 - CycleRequest's own
    """Audit the shop; all of it, or a sample."""
    request = shop.asked(Mode.REPAIR, **asked)
    auditing = Auditing(shop.ports, shop.remote, shop.terms, request)
    return await (auditing.whole() if sample is None else auditing.sample(sample))


async def repaired(shop: Shop, audit: Audit) -> CycleResult:
    """Mend what this audit found."""
    result = await repair(shop.ports, shop.terms, shop.asked(Mode.REPAIR), audit)
    assert result is not None
    return result


def found(audit: Audit) -> dict[str, FindingKind]:
    """The findings' kinds by id."""
    return {one.id: one.kind for one in audit.findings}
