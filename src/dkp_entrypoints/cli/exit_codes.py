"""What `dkp` exits with: one place for it all, and the text of `dkp --help` that tells of it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How a command ended; programs may rely on it."""

    OK = 0
    FAULT = 1
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    FORBIDDEN = 5
    CONFLICT = 6
    DATABASE = 7
    DIFFERENCES = 8
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.OK: "done",
    ExitCode.FAULT: "an unexpected fault of the program",
    ExitCode.USAGE: "the command is not written like that",
    ExitCode.INVALID: "a value, a file or a setting is not accepted",
    ExitCode.NOT_FOUND: "what was named does not exist",
    ExitCode.FORBIDDEN: "that may not be done",
    ExitCode.CONFLICT: "the state of things stands in the way (a name is taken, a rank is in use)",
    ExitCode.DATABASE: "the database is missing, behind, newer, busy or gone, or the server does not answer",
    ExitCode.DIFFERENCES: "dkp verify, dkp restore or dkp auction check found differences",
    ExitCode.INTERRUPTED: "interrupted",
}
EPILOG: Final = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
