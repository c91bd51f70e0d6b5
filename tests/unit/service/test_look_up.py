"""What a look-up that failed says about the ids that it has not seen."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import ItemId
from syncd.errors import RemoteError, RemoteUnavailableError, ResourceForbiddenError
from syncd.service.look_up import LookUp


@pytest.mark.parametrize(
    ("failure", "is_out", "forbidden"),
    [
        (None, False, set()),
        (RemoteUnavailableError("It", "no answer", "x"), True, set()),
        (ResourceForbiddenError("SKUs", "denied", "x"), False, {"a"}),
    ],
)
def test_only_what_is_denied_is_not_worth_another_look_in_a_cycle(
    failure: RemoteError | None, is_out: bool, forbidden: set[str]
) -> None:
    found = LookUp(unseen={ItemId("a")} if failure else set(), failure=failure)

    assert found.is_out is is_out
    assert found.forbidden == forbidden
