"""Files that nobody else on the machine may read, and folders whose names are on the disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def private(path: Path) -> None:
    """An empty file of that name that only its owner may read; one that was left there goes. Raises: OSError."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def settled(folder: Path) -> None:
    """See that the names in a folder are on the disk, where the system knows how."""
    with suppress(OSError):
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
