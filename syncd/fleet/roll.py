"""The accounts of a fleet: one configuration file each, in a folder that may change at any time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import structlog

from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from syncd.config import Settings

_NAMED: Final = 3
"""Accounts that are named of those that share a key."""
_PATTERN: Final = "[!.]*.toml"
_Stamp: TypeAlias = tuple[int, int, int]
Read: TypeAlias = Callable[[Path], "Settings"]
"""Reads one file; raises `ConfigurationError`."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file as it was seen last; `settings` are the last ones that were right, `key` is theirs."""

    stamp: _Stamp
    settings: Settings | None
    problem: str | None = None
    key: str = ""


class Roll:
    """Who belongs to the fleet; a file that is wrong is said, and keeps to its last right form."""

    def __init__(self, folder: Path, read: Read) -> None:
        self._folder = folder
        self._read = read
        self._entries: Mapping[str, _Entry] = {}
        self._sharing: frozenset[tuple[str, ...]] = frozenset()

    @property
    def accounts(self) -> Mapping[str, Settings]:
        """Those that can be worked for, by the names of their files."""
        found = {name: entry.settings for name, entry in self._entries.items()}
        return {name: settings for name, settings in found.items() if settings is not None}

    def settings_of(self, account: str) -> Settings | None:
        """How to work for an account; None where it does not belong to the fleet."""
        entry = self._entries.get(account)
        return None if entry is None else entry.settings

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong with files, by their names."""
        found = {name: entry.problem for name, entry in self._entries.items()}
        return {name: problem for name, problem in found.items() if problem is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """All files that there are."""
        return tuple(self._entries)

    def file_of(self, account: str) -> Path:
        """Where an account's configuration is, from anywhere."""
        return self._folder.absolute() / f"{account}.toml"

    def look(self) -> None:
        """Take in what has changed; raises `ConfigurationError` where there is no folder."""
        files = self._files()
        for gone in sorted(self._entries.keys() - files.keys()):
            _log.info("fleet.account_removed", account=gone)
        entries: dict[str, _Entry] = {}
        for name, (file, stamp) in sorted(files.items()):
            entries[name] = self._entry(name, file, stamp)
        self._entries = entries
        self._part_twins()
        self._tell_of_shared_keys()

    def forget(self) -> None:
        """Read every file anew at the next look, for what they name may have changed."""
        self._entries = {
            name: replace(entry, stamp=(0, 0, 0)) for name, entry in self._entries.items()
        }

    def _tell_of_shared_keys(self) -> None:
        """Say which files have one key, and not again for as long as it is those.

        Where their catalogs meet, two states own one item.
        """
        by_key: defaultdict[str, list[str]] = defaultdict(list)
        for name, entry in self._entries.items():
            if entry.settings is not None:
                by_key[entry.key].append(name)
        sharing = frozenset(tuple(names) for names in by_key.values() if len(names) > 1)
        for names in sorted(sharing - self._sharing):
            _log.warning("fleet.key_shared", accounts=names[:_NAMED], count=len(names))
        self._sharing = sharing

    def _files(self) -> dict[str, tuple[Path, _Stamp]]:
        found = {}
        try:
            for file in self._folder.iterdir():
                if file.match(_PATTERN) and not file.is_dir():
                    seen = file.stat()
                    stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
                    found[file.stem] = (file, stamp)
        except OSError as error:
            raise ConfigurationError(
                f"--accounts {self._folder}",
                f"it cannot be looked into ({error.strerror})",
                "Name a folder with a configuration file for each account",
            ) from error
        return found

    def _entry(self, name: str, file: Path, stamp: _Stamp) -> _Entry:
        before = self._entries.get(name)
        if before is not None and before.stamp == stamp:
            return before
        from syncd.config import account_digest

        try:
            settings = self._read(file)
        except ConfigurationError as error:
            former = None if before is None else before.settings
            words = str(error) if former is None else f"{error} The former one goes on."
            _log.error("fleet.file_refused", account=name, reason=words)
            return _Entry(stamp, former, words, "" if before is None else before.key)
        if before is None or before.settings != settings:
            _log.info("fleet.account_read", account=name)
        return _Entry(stamp, settings, key=account_digest(settings.digital_river))

    def _part_twins(self) -> None:
        """Two files that name one state would be one account under two guards."""
        owners: dict[tuple[str, str | None], str] = {}
        entries = dict(self._entries)
        for name, entry in entries.items():
            if entry.settings is None:
                continue
            state = entry.settings.state
            owner = owners.setdefault((state.url, state.account), name)
            if owner != name:
                words = f"{name}: its state is that of {owner}. Set state.account to another name."
                if entry.problem != words:
                    _log.error("fleet.file_refused", account=name, reason=words)
                entries[name] = _Entry(entry.stamp, None, words)
        self._entries = entries
