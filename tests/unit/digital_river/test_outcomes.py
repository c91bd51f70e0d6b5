"""What an answer means for the change that asked for it."""

from __future__ import annotations

import json

import pytest

from syncd.digital_river.messages import Answer
from syncd.digital_river.outcomes import deleted, judged, mode_mismatch, written
from syncd.digital_river.wire import WireItem, WireObject
from syncd.domain.attributes import ItemId
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Forbidden,
    Gone,
    KeyRefused,
    Refused,
    Transient,
    Verb,
)

SHOE = {"id": "a", "partNumber": "P"}


def answer(status: int, code: str = "some_code") -> Answer:
    body = {"type": "some_type", "errors": [{"code": code, "message": "so it is"}]}
    return Answer(status, json.dumps(body).encode(), "request-1")


@pytest.mark.parametrize(
    ("verb", "status", "code", "outcome"),
    [
        (Verb.CREATE, 400, "invalid_parameter", Refused),
        (Verb.UPDATE, 400, "invalid_parameter", Refused),
        (Verb.CREATE, 401, "unauthorized", KeyRefused),
        (Verb.CREATE, 403, "forbidden", Forbidden),
        (Verb.CREATE, 404, "not_found", Refused),
        (Verb.UPDATE, 404, "not_found", Gone),
        (Verb.DELETE, 404, "not_found", Gone),
        (Verb.CREATE, 405, "method_not_allowed", Refused),
        (Verb.CREATE, 406, "not_acceptable", Refused),
        (Verb.CREATE, 409, "already_exists", Exists),
        (Verb.CREATE, 409, "invalid_parameter", Refused),
        (Verb.UPDATE, 418, "teapot", Refused),
    ],
)
def test_each_status_has_one_meaning(
    verb: Verb, status: int, code: str, outcome: type[object]
) -> None:
    result = judged(verb, answer(status, code), None)
    assert isinstance(result, outcome)
    assert isinstance(result, Gone | Exists | Refused | KeyRefused | Forbidden)
    assert result.failure.code == code
    assert result.failure.request_id == "request-1"


@pytest.mark.parametrize(
    ("status", "in_doubt"),
    [(408, True), (429, False), (500, True), (502, True), (503, True), (504, True), (599, True)],
)
def test_what_may_pass_carries_its_doubt_and_its_wait(status: int, in_doubt: bool) -> None:
    result = judged(Verb.UPDATE, answer(status), 7.0)
    assert isinstance(result, Transient)
    assert (result.in_doubt, result.retry_after) == (in_doubt, 7.0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"type": "confl',
        b"<h1>Conflict</h1>",
        b'{"type": "conflict", "errors": []}',
        b'{"type": "conflict", "errors": [{"message": "No."}]}',
    ],
)
def test_a_conflict_that_does_not_say_which_has_a_create_looked_up(body: bytes) -> None:
    assert isinstance(judged(Verb.CREATE, Answer(409, body, "request-1"), None), Exists)
    assert isinstance(judged(Verb.UPDATE, Answer(409, body, "request-1"), None), Refused)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_handed_on(status: int) -> None:
    good = answer(status)
    assert judged(Verb.CREATE, good, None) is good


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "EOF"),
        (b"<html>welcome</html>", "expected value"),
        (json.dumps(SHOE).encode()[:-3], "EOF"),
        (b"[]", "object"),
        (b"{}", "id"),
        (b'{"id": 7}', "id"),
        (b'{"id": "b", "partNumber": "P"}', "another item"),
    ],
)
def test_a_success_that_does_not_show_our_item_is_in_doubt(body: bytes, reason: str) -> None:
    result = written(ItemId("a"), Answer(201, body, "request-1"))
    assert isinstance(result, Transient)
    assert result.in_doubt
    assert result.failure.code == "unreadable_answer"
    assert result.failure.request_id == "request-1"
    assert reason in result.failure.message


def test_a_success_that_shows_our_item_is_read_tolerantly() -> None:
    body = {**SHOE, "liveMode": False, "new": {"field": [1]}, "eccn": None, "createdTime": "later"}
    result = written(ItemId("a"), Answer(201, json.dumps(body).encode(), None))
    assert isinstance(result, WireItem)
    assert result.as_item().created is None


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_a_delete_needs_no_body(body: bytes) -> None:
    assert deleted(Answer(204, body, "request-1")) == Accepted(None, "request-1")


def test_a_delete_answered_with_a_page_is_in_doubt() -> None:
    result = deleted(Answer(200, b"<html>Log in to the hotel's network</html>", None))
    assert isinstance(result, Transient)
    assert result.in_doubt


@pytest.mark.parametrize(
    ("shown", "live", "mismatch"),
    [
        (False, False, False),
        (True, True, False),
        (None, True, False),
        ("maybe", True, False),
        (False, True, True),
        (True, False, True),
    ],
)
def test_the_mode_of_an_answer_must_fit_the_key(shown: object, live: bool, mismatch: bool) -> None:
    objects = [WireObject.model_validate({}), WireObject.model_validate({"liveMode": shown})]
    result = mode_mismatch(objects, "request-1", live=live)
    assert (result is not None) is mismatch
    if result is not None:
        assert result.failure.code == "live_mode_mismatch"
        assert result.failure.request_id == "request-1"
