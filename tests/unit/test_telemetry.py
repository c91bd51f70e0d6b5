"""Logs are events on one stream, and no secret ever gets into it."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
import structlog
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncd.telemetry import Redaction, configure, level_for, redact

FORMATS: tuple[Literal["console"], Literal["json"]] = ("console", "json")
SECRET = "d0-n0t-sh0w"
Nested = dict[str, object]

secrets = st.text("abcXYZ0189_-./~+", min_size=4, max_size=24)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@pytest.fixture(autouse=True)
def _log_set_up_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    for handler in [one for one in root.handlers if one not in before[1]]:
        root.removeHandler(handler)
    structlog.reset_defaults()


class BrokenPipe(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def write(self, text: str) -> int:
        self.refused.append(text)
        raise BrokenPipeError


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as cause:
        raise RuntimeError(f"https://me:hunter22@host {SECRET}") from cause


def logged(format: Literal["console", "json"], secret: str, **event: object) -> str:  # noqa: A002
    stream = io.StringIO()
    configure(format, "debug", stream, secrets=[secret])
    structlog.get_logger().info("catalog.read", **event)
    return stream.getvalue()


def wrapped(secret: str) -> st.SearchStrategy[object]:
    """The secret somewhere in a nested value, alone or inside other text, as text or bytes."""
    leaf = st.tuples(st.text(max_size=8), st.text(max_size=8)).map(secret.join)
    return st.recursive(
        leaf | leaf.map(lambda text: text.encode("utf-8", "replace")) | leaf.map(ValueError),
        lambda inner: st.one_of(
            st.tuples(st.lists(plain, max_size=2), inner).map(lambda pair: [*pair[0], pair[1]]),
            st.dictionaries(st.text(max_size=4), inner, min_size=1, max_size=2),
            st.dictionaries(st.just(secret), plain, min_size=1),
            inner.map(lambda value: (value, {"in": value})),
        ),
        max_leaves=6,
    )


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.data(), secret=secrets)
@settings(max_examples=60)
def test_a_known_secret_never_appears_wherever_it_stands(
    format: Literal["console", "json"],  # noqa: A002
    data: st.DataObject,
    secret: str,
) -> None:
    assume(not set(secret) <= set("0189-.Z"))  # or the time of day could spell it
    assume(secret not in logged(format, "nothing to hide", where="in"))
    assert secret not in logged(format, secret, where=data.draw(wrapped(secret)))


@given(st.text(), secrets, st.text())
def test_a_known_secret_is_taken_out_of_any_text(before: str, secret: str, after: str) -> None:
    assert secret not in redact(f"{before}{secret}{after}", [secret])


@given(st.integers(10**5, 10**30))
def test_a_secret_of_digits_is_taken_out_of_numbers_as_well(number: int) -> None:
    assert Redaction([str(number)]).value([number, -number]) == ["***", "-***"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("key sk_test_4f1c9 used", "key sk_test_*** used"),
        ("'sk_live_4f1c9'", "'sk_live_***'"),
        (r"a\nsk_test_4f1c9", r"a\nsk_test_***"),
        ("sk_0123456789", "sk_***"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer ***"),
        ('{"authorization": "bearer abc"}', '{"authorization": "bearer ***"}'),
        ("postgresql+psycopg://me:hunter22@db/x", "postgresql+psycopg://me:***@db/x"),
        ("see https://me:p@ss/w@host:1/?x now", "see https://me:***@host:1/?x now"),
        ("https://:hunter22@host", "https://:***@host"),
        ("25 for sk_test_ keys, disk_usage is fine", "25 for sk_test_ keys, disk_usage is fine"),
        ("https://api.digitalriver.com:443/inventory-items", None),
        ("mail me@host, http://host/path", None),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, redacted: str | None) -> None:
    assert redact(text) == (text if redacted is None else redacted)


@pytest.mark.parametrize(
    "quoted", [repr("a'b\"c/d e"), json.dumps("a'b\"c/d e"), "a%27b%22c%2Fd%20e", "a'b\"c/d e"]
)
def test_a_secret_is_taken_out_however_it_is_quoted(quoted: str) -> None:
    redacted = redact(f"<{quoted}>", ["a'b\"c/d e"])
    assert redacted.strip("<>\"'") == "***"


def test_a_secret_within_another_one_leaves_nothing_of_it() -> None:
    assert redact("hunter2-and-more", ["hunter2", "hunter2-and-more"]) == "***"


def test_very_short_secrets_do_not_make_everything_unreadable() -> None:
    assert redact("the cat sat", ["a", ""]) == "the cat sat"


@pytest.mark.parametrize("name", ["api_key", "Authorization", "password"])
def test_what_is_called_a_secret_is_one(name: str) -> None:
    assert Redaction([]).value([{name: ["x"]}]) == [{name: "***"}]


def test_values_become_what_json_knows() -> None:
    moment = datetime(2026, 11, 21, 17, 40, tzinfo=UTC)
    value = {"at": moment, "ids": {"a"}, "path": Path("a/b"), "big": 2**70, "bad": "\udcff", 1: 2}
    assert Redaction([]).value(value) == {
        "at": "2026-11-21T17:40:00+00:00",
        "ids": ["a"],
        "path": "a/b",
        "big": str(2**70),
        "bad": "\\udcff",
        "1": 2,
    }


@pytest.mark.parametrize("format", FORMATS)
def test_exceptions_are_written_without_secrets(
    format: Literal["console", "json"],  # noqa: A002
) -> None:
    stream = io.StringIO()
    configure(format, "info", stream, secrets=[SECRET])
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("cycle.failed")
        logging.getLogger("httpx").exception("%s", SECRET)
    written = stream.getvalue()
    assert written.count("direct cause") == 2
    assert SECRET not in written
    assert "hunter22" not in written


def test_json_is_one_object_a_line_with_time_and_level() -> None:
    event = json.loads(logged("json", SECRET, rows=3, note="two\nlines"))
    moment = datetime.fromisoformat(event.pop("timestamp"))
    assert moment.utcoffset() is not None
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert event == {"event": "catalog.read", "level": "info", "rows": 3, "note": "two\nlines"}


def test_the_console_has_no_colours_unless_asked() -> None:
    assert "\x1b[" not in logged("console", SECRET, rows=3)
    stream = io.StringIO()
    configure("console", "info", stream, colors=True)
    structlog.get_logger().info("catalog.read")
    assert "\x1b[" in stream.getvalue()


def test_libraries_speak_up_from_warnings_on_only() -> None:
    stream = io.StringIO()
    configure("json", "debug", stream)
    logging.getLogger("httpx").info("GET https://api.digitalriver.com")
    logging.getLogger("apscheduler").warning("missed %s", "a run")
    event = json.loads(stream.getvalue())
    assert (event["event"], event["logger"], event["level"]) == (
        "missed a run",
        "apscheduler",
        "warning",
    )


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error", "library"]),
        ("info", ["info", "warning", "error", "library"]),
        ("warning", ["warning", "error", "library"]),
        ("error", ["error"]),
    ],
)
def test_a_level_silences_what_is_below_it(level: str, heard: list[str]) -> None:
    stream = io.StringIO()
    configure("json", level, stream)
    log = structlog.get_logger()
    log.debug("debug")
    log.info("info")
    log.warning("warning")
    log.error("error")
    logging.getLogger("uvicorn").warning("library")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == heard


def test_a_second_set_up_replaces_the_first() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("json", "info", first)
    log = structlog.get_logger()
    log.info("one")
    configure("console", "info", second)
    log.info("two")
    logging.getLogger("httpx").warning("three")
    assert (first.getvalue().count("\n"), second.getvalue().count("\n")) == (1, 2)


def test_a_stream_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    stream = (tmp_path / "log").open("w")
    configure("json", "info", stream)
    structlog.get_logger().info("catalog.read")
    stream.close()
    structlog.get_logger().info("catalog.read")
    logging.getLogger("httpx").warning("still here")
    assert (tmp_path / "log").read_text().count("\n") == 1
    pipe = BrokenPipe()
    configure("json", "info", pipe)
    structlog.get_logger().info("catalog.read")
    logging.getLogger("httpx").warning("still here")
    assert [json.loads(line)["event"] for line in pipe.refused] == ["catalog.read", "still here"]


def in_the_journal(
    format: Literal["console", "json"],  # noqa: A002 - the configuration's own word
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """The lines of one thing that is well and one that is not."""
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        configure(format, "debug", stream, colors=True)
        log = structlog.get_logger()
        log.info("catalog.read", rows=3)
        log.error("cycle.failed", exception="one\ntwo")
        stream.seek(0)
        return stream.read().splitlines()


def test_the_journal_gets_priorities_and_keeps_the_time_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = in_the_journal("console", tmp_path, monkeypatch)
    assert lines[0].startswith("<6>[info ")
    assert [line[:3] for line in lines] == ["<6>", "<3>", "<3>", "<3>"]
    assert "\x1b[" not in "".join(lines)


def test_the_journal_gets_priorities_before_json_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = in_the_journal("json", tmp_path, monkeypatch)
    assert [line[:3] for line in lines] == ["<6>", "<3>"]
    assert [json.loads(line[3:])["event"] for line in lines] == ["catalog.read", "cycle.failed"]
    assert all("timestamp" in json.loads(line[3:]) for line in lines)


def test_another_stream_than_the_journals_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:4711")
    assert not logged("console", SECRET).startswith("<")


@pytest.mark.parametrize(
    ("verbosity", "configured", "level"),
    [
        (0, "info", "info"),
        (1, "info", "debug"),
        (2, "error", "info"),
        (9, "error", "debug"),
        (-1, "info", "warning"),
        (-9, "debug", "error"),
    ],
)
def test_each_v_says_more_and_each_q_less(verbosity: int, configured: str, level: str) -> None:
    assert level_for(verbosity, configured) == level


def test_redaction_keeps_up_with_long_texts() -> None:
    started = time.thread_time()
    redact("://" * 20_000 + "sk_" * 20_000 + "Bearer " * 20_000, [SECRET])
    assert time.thread_time() - started < 5
