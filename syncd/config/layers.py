"""What stands over the configuration file: systemd's credentials, and the environment over them."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.config.complaints import Complaint, unknown_key
from syncd.config.shape import KeyPath, Shape, Tree, takes_table, takes_text

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_API_KEY: Final[KeyPath] = ("digital_river", "api_key")
_PREFIX: Final = "SYNCD_"
_BETWEEN: Final = "__"
_TYPE: Final = "type"


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


def shape_of(tree: Tree, environment: Mapping[str, str]) -> Shape:
    """Tell which keys there are, given the kinds that the file and the environment name."""
    kinds = [one for one in _variables(environment) if one.path[-1] == _TYPE]
    named = (replace(one, value=str(one.value).strip("\"'")) for one in kinds)
    return Shape(merge(tree, [Layer(tuple(named))], ()))


def environment_layer(environment: Mapping[str, str], shape: Shape) -> Layer:
    """Read the `SYNCD_SECTION__KEY` variables; others that name no section are somebody else's."""
    assignments: list[Assignment] = []
    complaints = [Complaint(what, name) for name in environment if (what := _misspelt(name, shape))]
    for variable in _variables(environment):
        field = shape.field_at(variable.path)
        if field is None:
            complaints.append(Complaint(_no_such_variable(variable.path, shape), variable.origin))
        else:
            value = read_text(str(variable.value), field)
            assignments.append(replace(variable, value=value))
    return Layer(tuple(assignments), tuple(complaints))


def _variables(environment: Mapping[str, str]) -> Iterator[Assignment]:
    """Give the variables that name a key, with their text as it stands."""
    for name, text in sorted(environment.items()):
        if name.startswith(_PREFIX) and _BETWEEN in name:
            path = tuple(name.removeprefix(_PREFIX).lower().split(_BETWEEN))
            yield Assignment(path, text, name)


def credentials_layer(environment: Mapping[str, str], shape: Shape) -> Layer:
    """Read secrets from the folder where systemd puts a service's credentials."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return Layer()
    assignments: list[Assignment] = []
    complaints: list[Complaint] = []
    for path, _ in shape.secrets_with_files():
        file = _credential(Path(folder), path)
        if file is None:
            continue
        secret, origin = read_secret(file), f"credential {file.name}"
        if isinstance(secret, Complaint):
            complaints.append(Complaint(secret.what, origin))
        else:
            assignments.append(Assignment(path, secret, origin))
    return Layer(tuple(assignments), tuple(complaints))


def _credential(folder: Path, path: KeyPath) -> Path | None:
    """Find the file with this secret, named as its key is; the account's key may be `api_key`."""
    names = [".".join(path), _BETWEEN.join(path), *(path[-1:] if path == _API_KEY else ())]
    return next((file for name in names if (file := folder / name).exists()), None)


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


def merge(
    tree: Tree, layers: Sequence[Layer], exclusive: Sequence[tuple[KeyPath, KeyPath]]
) -> Tree:
    """Lay each layer over those before it; of two keys that exclude each other the last stays."""
    merged = copy.deepcopy(tree)
    for layer in layers:
        given = {assignment.path for assignment in layer.assignments}
        for pair in exclusive:
            for one, other in (pair, pair[::-1]):
                if one in given and other not in given:
                    table_at(merged, other[:-1]).pop(other[-1], None)
        for assignment in layer.assignments:
            table_at(merged, assignment.path[:-1])[assignment.path[-1]] = assignment.value
    return merged


def table_at(tree: Tree, path: KeyPath) -> Tree:
    """Find the table that this path leads to, and make the ones that are not there."""
    for place, name in enumerate(path):
        inner = tree.get(name)
        if isinstance(inner, list):
            return _table_in(inner, path[place + 1 :])
        if isinstance(inner, str):  # the short form of a column mapping
            inner = {"field": inner}
        if not isinstance(inner, dict):
            inner = {}
        tree[name] = inner
        tree = inner
    return tree


def _table_in(tables: list[object], path: KeyPath) -> Tree:
    """Go on in one table of a list; what is assigned to none that is there leads nowhere."""
    index = int(path[0]) if path and path[0].isdigit() else len(tables)
    inner = tables[index] if index < len(tables) else None
    return table_at(inner, path[1:]) if isinstance(inner, dict) else {}


def _misspelt(name: str, shape: Shape) -> str | None:
    """What is wrong with a variable that names a section, but not as `SYNCD_SECTION__KEY` does."""
    section = name.removeprefix(_PREFIX).lower().partition("_")[0]
    if not name.startswith(_PREFIX) or _BETWEEN in name:
        return None
    known = list(shape.all_keys())
    meant = [path for path in known if _PREFIX + "_".join(path).upper() == name and len(path) > 1]
    if meant:
        return f"needs two underscores: {_PREFIX}{_BETWEEN.join(meant[0]).upper()}"
    if (section,) in known:
        return f"names no key of [{section}]; keys are {_PREFIX}{section.upper()}{_BETWEEN}KEY"
    return None


def _no_such_variable(path: KeyPath, shape: Shape) -> str:
    table = shape.free_table_at(path)
    if table is None:
        return unknown_key(path, shape)
    variable = _PREFIX + _BETWEEN.join(table).upper()
    return f"{'.'.join(table)} can only be set as a whole, as an inline table in {variable}"
