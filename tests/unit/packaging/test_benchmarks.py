"""Benchmarks are part of the project: they run, are explained, and are no timed tests."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import NAMES
from bench.measuring import repeated

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_can_be_run_and_is_explained(name: str) -> None:
    """O-20: `nox -s bench` runs it, and the docs say what it asks."""
    assert list(inspect.signature(import_module(f"bench.{name}").run).parameters) == ["quick"]
    assert f"| `{name}` |" in (ROOT / "docs" / "benchmarks.md").read_text("utf-8")


def test_a_benchmark_that_there_is_not_is_refused() -> None:
    """O-20, G-8: and those that there are, are named."""
    command = [sys.executable, "-m", "bench", "speed"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 2
    assert all(name in outcome.stderr for name in NAMES)


def test_calls_are_counted_once_each_after_the_warm_up() -> None:
    """O-20: what is measured is what was meant."""
    called: list[int] = []
    found = repeated(called.append, 20, warmup=3)
    assert called == [-1, -2, -3, *range(20)]
    assert 0 <= found.median <= found.p95
