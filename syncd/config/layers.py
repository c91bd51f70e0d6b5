"""What stands over the configuration file: systemd's credentials, and the environment over them."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from syncd.config.complaints import Complaint, unknown_key
from syncd.config.shape import KeyPath, field_at, free_table_at, keys, takes_table, takes_text

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Tree: TypeAlias = dict[str, object]
"""Tables within tables, as TOML gives them."""

API_KEY: Final[KeyPath] = ("digital_river", "api_key")
API_KEY_FILE: Final[KeyPath] = ("digital_river", "api_key_file")

_PREFIX: Final = "SYNCD_"
_BETWEEN: Final = "__"
_CREDENTIALS: Final = ("digital_river.api_key", "digital_river__api_key", "api_key")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One value from outside the file; `origin` says where it stands."""

    path: KeyPath
    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Assignments of one origin, and what was wrong with others there."""

    assignments: tuple[Assignment, ...] = ()
    complaints: tuple[Complaint, ...] = ()


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """Read the `SYNCD_SECTION__KEY` variables; others that name no section are somebody else's."""
    assignments: list[Assignment] = []
    complaints = [Complaint(what, name) for name in environment if (what := _misspelt(name))]
    for name, text in sorted(environment.items()):
        if not name.startswith(_PREFIX) or _BETWEEN not in name:
            continue
        path = tuple(name.removeprefix(_PREFIX).lower().split(_BETWEEN))
        field = field_at(path)
        if field is None:
            complaints.append(Complaint(_no_such_variable(path), name))
        else:
            assignments.append(Assignment(path, read_text(text, field), name))
    return Layer(tuple(assignments), tuple(complaints))


def credentials_layer(environment: Mapping[str, str]) -> Layer:
    """Read the key from the folder where systemd puts a service's credentials."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return Layer()
    file = next((path for name in _CREDENTIALS if (path := Path(folder, name)).exists()), None)
    if file is None:
        return Layer()
    origin = f"credential {file.name}"
    secret = read_secret(file)
    if isinstance(secret, Complaint):
        return Layer(complaints=(Complaint(secret.what, origin),))
    return Layer((Assignment(API_KEY, secret, origin),))


def read_text(text: str, field: FieldInfo) -> object:
    """Read a variable's text like text in the file; where text is wanted, a bare word is one."""
    try:
        document = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    value = document["value"]
    if len(document) > 1:
        return text
    if takes_text(field) and not isinstance(value, str):
        return value if takes_table(field) and isinstance(value, dict) else text
    return value


def read_secret(file: Path) -> str | Complaint:
    """Read a file that holds a secret and nothing else; line ends after it do not count."""
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return Complaint(f"{file} does not hold text in UTF-8")
    except OSError as error:
        return Complaint(f"{file} cannot be read: {error.strerror}")
    except ValueError:  # a NUL in the name
        return Complaint("must be the path of a file")
    return secret or Complaint(f"{file} is empty, but must hold the secret key")


def merge(tree: Tree, layers: Sequence[Layer]) -> Tree:
    """Lay each layer over the ones before it; a key and a file with the key replace each other."""
    merged = copy.deepcopy(tree)
    for layer in layers:
        given = {assignment.path for assignment in layer.assignments}
        for one, other in ((API_KEY, API_KEY_FILE), (API_KEY_FILE, API_KEY)):
            if one in given and other not in given:
                _drop(merged, other)
        for assignment in layer.assignments:
            _assign(merged, assignment)
    return merged


def _assign(tree: Tree, assignment: Assignment) -> None:
    *tables, key = assignment.path
    for name in tables:
        inner = tree.get(name)
        if isinstance(inner, str):  # the short form of a column mapping
            inner = {"field": inner}
        if not isinstance(inner, dict):
            inner = {}
        tree[name] = inner
        tree = inner
    tree[key] = assignment.value


def _drop(tree: Tree, path: KeyPath) -> None:
    section = tree.get(path[0])
    if isinstance(section, dict):
        section.pop(path[1], None)


def _misspelt(name: str) -> str | None:
    """What is wrong with a variable that names a section, but not as `SYNCD_SECTION__KEY` does."""
    section = name.removeprefix(_PREFIX).lower().partition("_")[0]
    if not name.startswith(_PREFIX) or _BETWEEN in name:
        return None
    known = list(keys())
    meant = [path for path in known if _PREFIX + "_".join(path).upper() == name and len(path) > 1]
    if meant:
        return f"needs two underscores: {_PREFIX}{_BETWEEN.join(meant[0]).upper()}"
    if (section,) in known:
        return f"names no key of [{section}]; keys are {_PREFIX}{section.upper()}{_BETWEEN}KEY"
    return None


def _no_such_variable(path: KeyPath) -> str:
    table = free_table_at(path)
    if table is None:
        return unknown_key(path)
    variable = _PREFIX + _BETWEEN.join(table).upper()
    return f"{'.'.join(table)} can only be set as a whole, as an inline table in {variable}"
