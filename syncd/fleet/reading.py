"""An account's configuration as a fleet reads it: the file alone, and a state in PostgreSQL."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.config import load
from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from syncd.config import Settings

_OURS: Final = "SYNCD_"
_CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
_FILE: Final = "sqlite:///"
_UNLESS_SET: Final = "syncd.db"
"""Where a state is that no key names; a fleet's is elsewhere, unless one is there."""
_THERE: Final = 'SYNCD_STATE__URL="${SYNCD_FLEET_DATABASE:?set it as the fleet has it}"'
"""What a shell sets, or says why not; the URL itself holds a password and is not shown."""


def read_account(
    file: Path, database: str, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read one account's file; raises `ConfigurationError`.

    Neither environment nor credentials reach it: what stands there would hold for every account,
    the key among them. Without a `state.url` of its own its state is in the fleet's database, under
    the name of the file where it has no other.
    """
    settings = load(file, _without_ours(environment))
    state = settings.state
    if not state.url.startswith(_FILE):
        return settings
    own = Path(state.url.removeprefix(_FILE))
    if own.name != _UNLESS_SET or own.exists():
        name = state.account or file.stem
        raise ConfigurationError(
            str(file),
            f"its state is in the file {own}, and any machine of a fleet may work for it",
            f"Move it: syncd state migrate {state.url} URL --account {name}. Then name the URL as"
            " state.url, with state.account",
        )
    named = {**state.model_dump(), "url": database, "account": state.account or file.stem}
    return settings.model_copy(update={"state": _checked(file, settings, named)})


def command_for(file: Path, settings: Settings | None, database: str, words: str) -> str:
    """A command of syncd for one account, as it is typed where `SYNCD_FLEET_DATABASE` is set."""
    command = f"syncd {words} --config {shlex.quote(str(file))}"
    if settings is None or settings.state.url != database:
        return command
    return f"{_THERE} SYNCD_STATE__ACCOUNT={settings.state.account} {command}"


def _checked(file: Path, settings: Settings, named: Mapping[str, object]) -> object:
    """The section with these values; a file's name may be no name for an account."""
    try:
        return type(settings.state).model_validate(named)
    except ValueError as error:
        raise ConfigurationError(
            str(file),
            "the account has no name that can be used",
            "Rename the file, or set state.account to small letters, digits and hyphens",
        ) from error


def _without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OURS) and name != _CREDENTIALS
    }
