"""The contracts of pyproject.toml, held by import-linter in the default test run."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest

from tests.unit.architecture.source_tree import ROOT, SRC

LINT = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True, no_logo=True))"


def test_everything_imports_downwards_only() -> None:
    """G-10: entrypoints, adapters and core, and the contexts of the core, import in one direction."""
    outcome = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(SRC)},
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("library", ["sqlalchemy", "litestar", "discord", "typer", "dependency_injector", "msgspec"])
def test_the_core_is_forbidden_every_library_that_the_rule_names(library: str) -> None:
    """G-10: a library missing in the contract would be allowed."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    forbidden = [
        contract["forbidden_modules"]
        for contract in contracts
        if contract["type"] == "forbidden" and contract["source_modules"] == ["dkp_core"]
    ]
    assert [library in names for names in forbidden] == [True]
