"""Processes that start at once: forked from one that has everything loaded."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from functools import cache
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Final

import pytest

LOADED: Final = (
    *("dkp_adapters.eqdkp.mapping.archive", "dkp_adapters.eqdkp.mapping.arrivals", "cattrs.preconf.json"),
    *(f"dkp_adapters.sql.{name}" for name in ("database", "schema")),
    *(f"dkp_adapters.sql.drivers.{name}" for name in ("mariadb", "postgresql", "sqlite")),
    *(f"sqlalchemy.dialects.{name}" for name in ("mysql", "postgresql", "sqlite")),
    *("dkp_entrypoints.containers", "dkp_entrypoints.cli.import_", "pydantic.main"),
    *("tests.integration.eqdkp.forked", "tests.integration.sql.apart"),
)
"""What such processes need."""


def begin(target: Callable[..., object], *args: object) -> BaseProcess:
    """A process that does this; on Windows, where nothing is forked, it loads what it needs by itself."""
    process: BaseProcess = _context().Process(target=target, args=args)  # type: ignore[attr-defined]  # every context has it
    process.start()
    return process


@cache
def _context() -> BaseContext:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # which Windows has not

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    with pytest.MonkeyPatch.context() as patched:  # it is told where to look from Python 3.12 on
        patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    return context
