"""Files that nobody else on the machine may read, and folders whose names are on the disk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def private(path: Path) -> None:
    """An empty file of that name that only its owner may read; one that was left there goes. Raises: OSError."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def alike(path: Path, other: Path) -> None:
    """Have a file belong to whom another belongs to, as far as one may, and let the same people read it."""
    stat = other.stat()
    path.chmod(stat.st_mode & 0o777)
    if sys.platform != "win32":
        with suppress(PermissionError):
            os.chown(path, stat.st_uid, stat.st_gid)


def settled(folder: Path) -> None:
    """See that the names in a folder are on the disk, where the system knows how."""
    with suppress(OSError):
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
