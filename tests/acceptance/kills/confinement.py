"""Takes away from this process what it may not have: room on the disk, and root's own rights."""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

_VERSION: Final = 0x20080522
"""Of the capabilities' layout in Linux, three numbers of 32 bits twice over."""
_NUMBERS: Final = 6
_ABOVE_RIGHTS: Final = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: to read and write files whatever their rights say."""


def limit_files(size: int) -> None:
    """Let no file grow beyond so many bytes, as under a quota."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def heed_rights() -> None:
    """Be root no more as far as the rights of files go; nobody else needs this."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * _NUMBERS)()
    _succeed(libc.capget(header, held))
    for which in (0, 1):  # those in effect, and those that could be again
        held[which] &= ~_ABOVE_RIGHTS
    _succeed(libc.capset(header, held))


def _succeed(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
