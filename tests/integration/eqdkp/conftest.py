"""Guilds that were just founded, on each engine in turn, for what moves in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.eqdkp.settled import Settled


@pytest.fixture(autouse=True)
def _nothing_of_ours_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of whoever runs the tests do not count, and what commands write lands in the test's own folder."""
    for name in [name for name in os.environ if name.startswith("DKP_") and not name.startswith("DKP_TEST_")]:
        if name != "DKP_REQUIRE_SERVICES":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settled(own_url: str, tmp_path: Path) -> Settled:
    """A guild in a database of its own, on each engine in turn."""
    return Settled.on(own_url, tmp_path)
