"""The core does no I/O and reads no clock, no random and no environment; points meet no float."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.unit.architecture.source_tree import SRC, Module, modules_of

# Whole modules: nothing of theirs belongs in a core that only decides.
MODULES = frozenset(
    {
        *("time", "sched", "signal", "random", "secrets"),  # the clock and chance are ports
        *("os", "sys", "platform", "getpass", "locale", "argparse"),  # the environment
        *("shutil", "tempfile", "glob", "fileinput", "mmap", "sqlite3", "dbm", "shelve", "pickle"),  # files
        *(
            "socket",
            "ssl",
            "select",
            "selectors",
            "http",
            "ftplib",
            "smtplib",
            "imaplib",
            "socketserver",
        ),  # the network
        *(
            "urllib.request",
            "subprocess",
            "multiprocessing",
            "threading",
            "asyncio",
            "concurrent",
            "contextvars",
        ),
        *("logging", "warnings", "importlib", "ctypes", "atexit"),
    }
)
# Single names of modules that are pure otherwise, and built-ins.
NAMES = frozenset(
    {
        *(
            "datetime.datetime.now",
            "datetime.datetime.utcnow",
            "datetime.datetime.today",
            "datetime.date.today",
        ),
        *("uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "uuid.uuid8", "uuid.getnode"),
        *("pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "io.open", "io.FileIO", "io.open_code"),
        *("open", "input", "print", "breakpoint", "exec", "eval", "compile", "__import__"),
    }
)


def impurities(module: Module) -> Iterator[str]:
    """Where a module could see or change something outside of what it was given."""
    for found in module.imports:
        heads = {found.target.split(".")[0], ".".join(found.target.split(".")[:2])}
        if heads & MODULES:
            yield f"{module.name}:{found.line} imports {found.target}"
    for use in module.uses:
        if any(use.name == name or use.name.startswith(f"{name}.") for name in NAMES):
            yield f"{module.name}:{use.line} uses {use.name}"


def floats(module: Module) -> Iterator[str]:
    """Where a float is written down or made, in code that counts points.

    Dividing integers makes one; a `Fraction` or `Decimal` that is divided says so in the same expression.
    """
    for node in ast.walk(module.tree):
        match node:
            case ast.Constant(value=float() | complex() as value):
                yield f"{module.name}:{node.lineno} writes {value}"
            case ast.Call(func=ast.Name(id="float")):
                yield f"{module.name}:{node.lineno} makes a float"
            case ast.BinOp(op=ast.Div(), left=left, right=right) if not (_is_exact(left) or _is_exact(right)):
                yield f"{module.name}:{node.lineno} divides with /"
            case ast.AugAssign(op=ast.Div()):
                yield f"{module.name}:{node.lineno} divides with /="


def _is_exact(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Fraction", "Decimal"}


def test_the_core_reads_no_clock_no_random_and_no_environment_and_does_no_io() -> None:
    """G-10: whatever the core knows was passed in."""
    found = [each for module in modules_of("dkp_core") for each in impurities(module)]
    assert not found, "\n".join(found)


def test_no_float_comes_near_points() -> None:
    """G-3: points are exact decimals; never a float, anywhere."""
    counting = [
        module for module in modules_of("dkp_core") if module.name.startswith(("dkp_core.points", "dkp_core.kernel"))
    ]
    found = [each for module in counting for each in floats(module)]
    assert not found, "\n".join(found)


def test_importing_the_core_loads_attrs_cattrs_and_the_standard_library_only() -> None:
    """G-10: every module of the core is imported in a fresh interpreter, and what came with it is listed."""
    names = [module.name for module in modules_of("dkp_core")]
    program = "\n".join(
        [
            "import sys",
            "before = set(sys.modules)",
            *(f"import {name}" for name in names),
            "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))",
        ]
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SRC), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    # attrs and cattrs themselves need typing_extensions; the name of sysconfig's data has the platform in it.
    allowed = {"dkp_core", "attr", "attrs", "cattr", "cattrs", "typing_extensions"}
    loaded = {name for name in outcome.stdout.split() if not name.startswith("_sysconfigdata")}
    assert loaded - sys.stdlib_module_names <= allowed


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as dt\ndt.now",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "import datetime as d\nfield = d.date.today",
        "import time",
        "from time import time as now",
        "import random as chance",
        "def late():\n    from secrets import token_hex",
        "from os import environ",
        "import os.path",
        "import urllib.request",
        "from urllib import request",
        "import uuid\nuuid.uuid4().hex",
        "from uuid import uuid4\nids = uuid4",
        "from pathlib import Path\nPath('x').read_text()",
        "open('x')",
        "print('x')",
        "import importlib",
        "__import__('time')",
    ],
)
def test_what_is_impure_is_seen_however_it_is_written(text: str) -> None:
    """The check itself, held against each way to cheat it."""
    assert list(impurities(Module("dkp_core.points.entry", text)))


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\ndatetime.fromisoformat('2024-01-01').astimezone(UTC)",
        "class Bid:\n    def late(self):\n        return self.clock.now()",
        "from io import StringIO\nimport csv, json, zoneinfo",
        "from urllib.parse import urlsplit\nfrom uuid import UUID",
        "from pathlib import PurePosixPath",
        "opened = 1\nprinted = opened",
    ],
)
def test_what_is_pure_passes(text: str) -> None:
    """What the core may use of the standard library."""
    assert not list(impurities(Module("dkp_core.points.entry", text)))


@pytest.mark.parametrize("text", ["x = 0.5", "x = float(y)", "x = a / 100", "x /= 2", "x = 1e3", "x = -0.01"])
def test_a_float_is_seen(text: str) -> None:
    """G-3: the check itself."""
    assert list(floats(Module("dkp_core.points.entry", text)))


@pytest.mark.parametrize(
    "text",
    ["x = a // 100", "x = Fraction(a) / 100", "x = '0.5'", "isinstance(x, float)", "x = a / Decimal(100)"],
)
def test_exact_numbers_pass(text: str) -> None:
    """G-3: integers, fractions and decimals are exact."""
    assert not list(floats(Module("dkp_core.points.entry", text)))
