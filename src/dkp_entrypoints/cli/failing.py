"""How a command that fails says so: one line on stderr, and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Final

from dkp_entrypoints.cli.exit_codes import ExitCode

INIT: Final = "dkp init --guild NAME --officer DISCORD_ID"


def told(error: BaseException) -> ExitCode:
    """Say in one line on stderr what went wrong; tells the exit code."""
    code, sentence = judged(error)
    print(f"dkp: {one_line(sentence)}", file=sys.stderr)
    if code is ExitCode.FAULT and os.environ.get("DKP_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    return code


def judged(error: BaseException) -> tuple[ExitCode, str]:
    """The exit code of an error, and its sentence."""
    # Nothing of this is loaded as long as all goes well.
    from dkp_core.kernel.errors import (
        Conflict,
        DomainError,
        Forbidden,
        Invalid,
        NotFound,
        Stale,
        Unavailable,
        Unsealable,
    )

    kinds = (
        (NotFound, ExitCode.NOT_FOUND),
        (Invalid, ExitCode.INVALID),
        (Forbidden, ExitCode.FORBIDDEN),
        (Conflict, ExitCode.CONFLICT),
    )
    if isinstance(error, DomainError):
        code = next((code for kind, code in kinds if isinstance(error, kind)), ExitCode.FAULT)
        return code, str(error)
    if isinstance(error, Unsealable):
        return ExitCode.CONFLICT, f"What is kept secret can't be read: {error}."
    if isinstance(error, Stale):
        return ExitCode.DATABASE, f"The database is busy, and nothing was changed; try again ({error})."
    if type(error).__name__ == "ServerUnavailable":
        return ExitCode.DATABASE, str(error)
    if isinstance(error, Unavailable):
        return ExitCode.DATABASE, f"The database does not answer: {error}"
    if type(error).__name__ == "SchemaUnfit":
        return ExitCode.DATABASE, _unfit(error)
    if isinstance(error, OSError):
        return ExitCode.FAULT, str(error)
    hint = "" if os.environ.get("DKP_LOG_LEVEL") == "debug" else " (DKP_LOG_LEVEL=debug shows where)"
    return ExitCode.FAULT, f"unexpected fault: {type(error).__name__}: {error}{hint}"


def _unfit(error: BaseException) -> str:
    from dkp_adapters.sql.schema import SchemaState, SchemaUnfit  # loaded already: it raised the error

    if isinstance(error, SchemaUnfit) and error.status.state is SchemaState.MISSING:
        return f"There is no database there yet; make one with: {INIT} (or look around with: dkp demo)."
    return str(error)


def one_line(text: str) -> str:
    """The text in one line, with nothing in it that a terminal would obey."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
