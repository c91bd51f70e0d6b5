"""Which files a catalog is, and what they show of themselves without being read."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path
from typing import Final

from syncd.catalog.watching import moving
from syncd.errors import CatalogError
from syncd.ports import Advance, unseen

SIDECAR: Final = ".sha256"
"""What is put behind a file's name for the file that holds its checksum."""

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a file shows of itself: a rewrite changes at least one of the first three.

    `changed_ns` is the kernel's own time, which nobody can set back, but which a new mode or name
    changes too.
    """

    size: int
    modified_ns: int
    inode: int
    changed_ns: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """One file of the catalog; `name` is what reports call it.

    `source` is what they call the source that it was copied from, empty for a file in its place.
    """

    index: int
    path: Path
    name: str
    sighting: Sighting
    sidecar: Sighting | None
    source: str = ""

    @property
    def sidecar_path(self) -> Path:
        """Where the file's checksum would stand."""
        return self.path.with_name(self.path.name + SIDECAR)

    @property
    def thing(self) -> str:
        """What messages call it: where it is, or the source that it was copied from."""
        return self.source or str(self.path)


def locate(pattern: str) -> tuple[CatalogFile, ...]:
    """Find the files that a path or glob names, sorted; raises `CatalogError` if none is there."""
    paths = _paths(pattern)
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    return tuple(_file(index, path, names[index]) for index, path in enumerate(paths))


def copies(paths: Sequence[Path], source: str) -> tuple[CatalogFile, ...]:
    """Take files that were fetched from a source; nothing can vouch for them but the fetcher."""
    names = [path.name for path in paths] if len(paths) > 1 else [source]
    return tuple(
        CatalogFile(index, path, name, _sight(path), None, source)
        for index, (path, name) in enumerate(zip(paths, names, strict=False))
    )


def _paths(pattern: str) -> list[Path]:
    literal = Path(pattern)
    if not has_magic(pattern) or _exists(literal):
        return [literal]
    names = glob(pattern, recursive=True)  # noqa: PTH207 - pathlib takes no absolute glob
    found = sorted(map(Path, names))
    paths = [path for path in found if path.suffix != SIDECAR and not path.is_dir()]
    if not paths:
        raise CatalogError(
            pattern,
            "no file matches this glob",
            "Look whether the export was written, and correct catalog.path if it goes elsewhere",
        )
    return paths


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _file(index: int, path: Path, name: str) -> CatalogFile:
    sighting = _sight(path)  # which refuses what no sidecar can stand beside, such as /
    sidecar = path.with_name(path.name + SIDECAR)
    return CatalogFile(index, path, name, sighting, _sight_if_there(sidecar))


def _sight(path: Path) -> Sighting:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise CatalogError(
            str(path),
            "there is no such file",
            "Look whether the export was written, and correct catalog.path if it goes elsewhere",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise CatalogError(
            str(path), f"it is {kind}", "Let catalog.path name a file, or a glob such as dir/*.csv"
        )
    return Sighting(status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)


def _sight_if_there(path: Path) -> Sighting | None:
    return _sight(path) if _exists(path) else None


def unreadable(path: Path, error: OSError) -> CatalogError:
    """Say why the operating system refused, and what helps."""
    reason = error.strerror or str(error)
    return CatalogError(
        str(path),
        f"it cannot be read ({reason})",
        "Let the user who runs syncd read the file and enter its folders",
    )


def identity_of(files: Sequence[CatalogFile]) -> str:
    """Digest what the files show of themselves; their checksum files are part of it."""
    shown = [(str(file.path), file.sighting, file.sidecar) for file in files]
    return hashlib.blake2b(repr(shown).encode(), digest_size=16).hexdigest()


def touch_of(files: Sequence[CatalogFile]) -> str:
    """Digest when the kernel last saw each file change, in its bytes or otherwise."""
    shown = [
        (file.sighting.changed_ns, file.sidecar.changed_ns if file.sidecar else 0) for file in files
    ]
    return hashlib.blake2b(repr(shown).encode(), digest_size=16).hexdigest()


def digest_of(files: Sequence[CatalogFile], advance: Advance = unseen) -> str:
    """Digest the files' bytes, and those of their checksum files, which vouch for them.

    By SHA-256, for which processors have instructions: it takes half the time of BLAKE2b then.
    """
    digest = hashlib.sha256()
    for file in files:
        paths = [file.path, file.sidecar_path] if file.sidecar else [file.path]
        for path in paths:
            length = 0
            for chunk in moving(chunks(path), advance):
                digest.update(chunk)
                length += len(chunk)
            digest.update(length.to_bytes(8, "big"))
    return digest.hexdigest()


def chunks(path: Path, size: int = _CHUNK) -> Iterator[bytes]:
    """Read a file piece by piece; raises `CatalogError` where the system does not let us."""
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(size):
                yield chunk
    except OSError as error:
        raise unreadable(path, error) from error
