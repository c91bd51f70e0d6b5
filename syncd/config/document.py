"""The configuration file: where it is looked for, its text, and its tables."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from syncd.config.lines import lines_of
from syncd.config.shape import KeyPath, Tree
from syncd.errors import ConfigurationError

_USUAL_PLACES: Final = (Path("config.toml"), Path("/etc/syncd/config.toml"))
_PARSER_MESSAGE: Final = re.compile(r"(?P<what>.*) \(at (?P<where>.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Document:
    """One configuration file as it was read."""

    file: Path
    text: str
    tree: Tree

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Where each key stands; worth finding out only when something is wrong."""
        return lines_of(self.text)


def locate(path: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Find the configuration file; raises `ConfigurationError` where none is named or there.

    `path` is what the command line names; `SYNCD_CONFIG` comes after it, then the usual places.
    """
    named = path or environment.get("SYNCD_CONFIG")
    if named:
        return Path(named)
    for place in _USUAL_PLACES:
        if place.exists():
            return place
    raise ConfigurationError(
        "There is no configuration",
        "neither ./config.toml nor /etc/syncd/config.toml exists,"
        " and neither --config nor SYNCD_CONFIG names another",
        "Copy config.example.toml, which shows every key, to config.toml and fill it in",
    )


def read_document(file: Path) -> Document:
    """Read and parse; raises `ConfigurationError` with the line where that cannot be done."""
    text = _read(file)
    try:
        return Document(file, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        match = _PARSER_MESSAGE.fullmatch(str(error))
        what, where = (match["what"], f", {match['where']}") if match else (str(error), "")
        raise ConfigurationError(
            f"{file}{where}",
            f"this is not TOML ({what[:1].lower()}{what[1:]})",
            'Write each value as key = value, text in "quotes", under its [section]',
        ) from error
    except RecursionError as error:
        raise ConfigurationError(
            str(file),
            "its lists or tables are nested too deeply",
            "See config.example.toml for the form",
        ) from error


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(
            str(file),
            "there is no such file",
            "Name another with --config, or copy config.example.toml there and fill it in",
        ) from error
    except OSError as error:
        raise ConfigurationError(
            str(file),
            f"it cannot be read ({error.strerror})",
            "Name a file that you may read with --config",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{file}, line {line}", "this is not text in UTF-8", "Save the file in UTF-8"
        ) from error
