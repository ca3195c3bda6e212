"""Which version of the program this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def own_version() -> str:
    """The version of this program; 0 where it is run from its sources."""
    try:
        return installed_version("dkp")
    except PackageNotFoundError:
        return "0"
