"""What is kept of an answer that is an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from syncd.digital_river.failures import described, failure_of
from syncd.digital_river.messages import Answer
from syncd.domain.delivery import Failure
from syncd.domain.exchange import seconds_to_wait

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ONE = {"code": "invalid_parameter", "parameter": "eccn", "message": "No such ECCN."}
PAGE = """<html><head><title>x</title><style>p {}</style></head>
<body><h1>502 Bad&nbsp;Gateway</h1>
<script>alert(1)</script><!-- c --><p>nginx</body></html>"""
OTHER = {"code": "missing_parameter", "message": "No part number."}


def answer(status: int, body: object) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, text.encode(), "request-1")


@pytest.mark.parametrize(
    ("status", "body", "code", "parameter", "message"),
    [
        (400, {"type": "bad", "errors": [ONE]}, "invalid_parameter", "eccn", "No such ECCN."),
        (400, {"errors": [ONE, OTHER]}, "invalid_parameter", "eccn",
         "No such ECCN.; No part number."),
        (400, {"errors": [OTHER]}, "missing_parameter", None, "No part number."),
        (409, {"errors": [{"code": 17, "message": "so", "new": [1]}], "more": 1}, "17", None, "so"),
        (503, {"type": "busy"}, "busy", None, '{"type": "busy"}'),
        (500, "", "http_500", None, ""),
        (500, "out of order", "http_500", None, "out of order"),
        (500, {"errors": "what?"}, "http_500", None, '{"errors": "what?"}'),
        (502, PAGE, "http_502", None, "502 Bad Gateway nginx"),
    ],
)  # fmt: skip
def test_the_body_gives_code_parameter_and_message(
    status: int, body: object, code: str, parameter: str | None, message: str
) -> None:
    failure = failure_of(answer(status, body))
    assert failure == Failure(status, code, message, parameter, "request-1")


def test_a_long_page_is_cut() -> None:
    message = failure_of(answer(502, "word " * 1000)).message
    assert len(message) == 300
    assert message.endswith("…")


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert failure_of(Answer(500, b"\xff\xfe\x00", None)).status == 500


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("7200", 3600.0),
        ("9" * 500, 3600.0),
        ("Sun, 01 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Nov 2026 12:00:30 -0000", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure(503, "busy", "Try later.", None, "r-1"), "503 busy: Try later (request id r-1)"),
        (Failure(None, "timed_out", ""), "timed_out"),
    ],
)
def test_a_failure_is_described_with_what_support_asks_for(failure: Failure, words: str) -> None:
    assert described(failure) == words
