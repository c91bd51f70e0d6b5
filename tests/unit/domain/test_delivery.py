"""The one table of answers."""

from __future__ import annotations

import pytest

from syncd.domain.delivery import Failure, Kind, Transient, Verb, kind_of

LOOK_UP, CREATE, UPDATE, DELETE = Verb


@pytest.mark.parametrize(
    ("verbs", "status", "code", "kind"),
    [
        (Verb, 200, "", Kind.ACCEPTED),
        (Verb, 201, "", Kind.ACCEPTED),
        (Verb, 204, "", Kind.ACCEPTED),
        (Verb, 400, "bad_request", Kind.REFUSED),
        (Verb, 401, "unauthorized", Kind.KEY_REFUSED),
        (Verb, 403, "forbidden", Kind.FORBIDDEN),
        ([CREATE], 404, "not_found", Kind.REFUSED),
        ([LOOK_UP, UPDATE, DELETE], 404, "not_found", Kind.GONE),
        (Verb, 405, "method_not_allowed", Kind.REFUSED),
        (Verb, 406, "not_acceptable", Kind.REFUSED),
        ([CREATE, UPDATE, DELETE], 408, "request_timeout", Kind.UNKNOWN),
        (Verb, 409, "already_exists", Kind.EXISTS),
        (Verb, 409, "invalid_parameter", Kind.REFUSED),
        ([LOOK_UP, UPDATE, DELETE], 409, "", Kind.REFUSED),
        ([CREATE], 409, "", Kind.EXISTS),
        (Verb, 422, "new_code", Kind.REFUSED),
        (Verb, 429, "too_many_requests", Kind.UNDONE),
        ([CREATE, UPDATE, DELETE], 500, "internal_server_error", Kind.UNKNOWN),
        ([CREATE, UPDATE, DELETE], 502, "", Kind.UNKNOWN),
        ([CREATE, UPDATE, DELETE], 503, "", Kind.UNKNOWN),
        ([CREATE, UPDATE, DELETE], 504, "", Kind.UNKNOWN),
    ],
)
def test_an_answer_has_one_reading(verbs: list[Verb], status: int, code: str, kind: Kind) -> None:
    assert {kind_of(verb, status, code) for verb in verbs} == {kind}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_look_up_that_failed_for_now_is_transient(status: int) -> None:
    assert kind_of(LOOK_UP, status, "") in {Kind.UNDONE, Kind.UNKNOWN}


@pytest.mark.parametrize(("in_doubt", "kind"), [(True, Kind.UNKNOWN), (False, Kind.UNDONE)])
def test_a_transient_outcome_says_whether_anything_may_have_been_done(
    in_doubt: bool, kind: Kind
) -> None:
    assert Transient(Failure(503, "", "later"), in_doubt).kind is kind
