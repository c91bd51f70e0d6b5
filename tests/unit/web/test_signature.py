"""The signature of Digital River's webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.web.signature import AHEAD, OLDEST, is_signed

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BODY = b'{"id": "evt_1"}'


def sign(secret: str, timestamp: str, body: bytes = BODY) -> str:
    message = timestamp.encode() + b"." + body
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


@pytest.mark.parametrize(
    "timestamp",
    [
        seconds(NOON),
        f"{seconds(NOON)}000",
        "2026-11-21T12:00:00Z",
        "2026-11-21T13:00:00+01:00",
        "2026-11-21T12:00:00",
        "sometime",  # a form that nobody has told of
    ],
)
def test_a_signature_by_any_secret_is_good(timestamp: str) -> None:
    header = f"{timestamp}, {sign('old', timestamp)},{sign('new', timestamp)}"

    assert is_signed(header, BODY, ["new"], NOON)
    assert is_signed(header, BODY, ["other", "old"], NOON)
    assert not is_signed(header, BODY, ["other"], NOON)
    assert not is_signed(header, BODY, [], NOON)


def test_it_is_known_from_a_worked_example() -> None:
    """Made by: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret -binary | base64."""
    header = "1700000000, uFabeHmf+ePL/w/C1jozorV/MoKr0Hw3rl6OfXml8WM="

    assert is_signed(header, b"{}", ["secret"], datetime.fromtimestamp(1_700_000_000, UTC))


@pytest.mark.parametrize("timestamp", ["now", seconds(NOON)])
def test_a_body_that_was_changed_is_not_signed(timestamp: str) -> None:
    header = f"{timestamp}, {sign('secret', timestamp)}"

    assert not is_signed(header, BODY + b" ", ["secret"], NOON)
    assert not is_signed(header.replace(timestamp, "then"), BODY, ["secret"], NOON)


@pytest.mark.parametrize(
    ("moment", "taken"),
    [
        (NOON - OLDEST, True),
        (NOON - OLDEST - timedelta(seconds=1), False),
        (NOON + AHEAD, True),
        (NOON + AHEAD + timedelta(seconds=1), False),
    ],
)
@pytest.mark.parametrize("form", ["seconds", "milliseconds", "iso"])
def test_one_of_long_ago_is_not_taken(moment: datetime, taken: bool, form: str) -> None:
    forms = {
        "seconds": seconds(moment),
        "milliseconds": f"{seconds(moment)}000",
        "iso": moment.isoformat(),
    }
    timestamp = forms[form]

    assert is_signed(f"{timestamp}, {sign('s', timestamp)}", BODY, ["s"], NOON) is taken


@pytest.mark.parametrize("header", ["", ",", "1", "1,", ", x", "1, é", "9" * 5000 + ", x"])
def test_what_is_no_signature_is_none(header: str) -> None:
    assert not is_signed(header, BODY, ["secret"], NOON)


def test_a_header_full_of_signatures_is_not_gone_through() -> None:
    header = ", ".join(["now", *["x"] * 8, sign("secret", "now")])

    assert not is_signed(header, BODY, ["secret"], NOON)


@given(header=st.text(), body=st.binary())
def test_whatever_comes_it_is_an_answer_and_not_an_error(header: str, body: bytes) -> None:
    assert not is_signed(header, body, ["secret"], NOON)
