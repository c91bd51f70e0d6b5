"""Files for the user: private, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from syncd.cli.files import check_writable, read_whole, write_privately
from syncd.errors import ReportError, UnwrittenReportError


def test_only_the_owner_may_read_what_is_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    write_privately(file, "{}\n")

    assert file.read_text() == "{}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_writing_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("something longer than before")

    write_privately(file, "new")

    assert file.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_link_is_followed_rather_than_replaced(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(target)

    write_privately(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_takes_the_text_and_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_writable(pipe)
        write_privately(pipe, "whole\n")

        assert os.read(reader, 100) == b"whole\n"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def test_a_device_without_room_is_told_and_never_replaced() -> None:
    full = Path("/dev/full")

    with pytest.raises(UnwrittenReportError, match=r"/dev/full: it cannot be written \(No space"):
        write_privately(full, "x")

    assert full.is_char_device()


@pytest.mark.parametrize("place", ["missing/report.json", "."])
def test_a_place_that_cannot_be_written_is_told_before_and_at_writing(
    tmp_path: Path, place: str
) -> None:
    with pytest.raises(ReportError):
        check_writable(tmp_path / place)
    with pytest.raises(ReportError):
        write_privately(tmp_path / place, "x")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"gone\.json: it cannot be read"):
        read_whole(tmp_path / "gone.json")
