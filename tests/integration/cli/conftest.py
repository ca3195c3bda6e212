"""Guilds for the tests of the command line: made once, copied for each test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.integration.cli.command_line import OFFICER, CommandLine


@pytest.fixture(autouse=True)
def _nothing_of_ours_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of whoever runs the tests do not count, and what commands write lands in the test's own folder."""
    for name in [name for name in os.environ if name.startswith("DKP_") and not name.startswith("DKP_TEST_")]:
        if name != "DKP_REQUIRE_SERVICES":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a guild in it: two pools, two event types, three members, four characters."""
    dkp = CommandLine(tmp_path_factory.mktemp("founded") / "dkp.db")
    dkp.run(
        *("init", "--guild", "Freya's Chariot", "--officer", OFFICER),
        *("--username", "Alma", "--timezone", "Europe/Berlin"),
    )
    dkp.run("user", "add", "223456789012345678", "--username", "Björn", "--joined-at", "2026-01-01")
    dkp.run("user", "add", "323456789012345678", "--username", "Chloé", "--joined-at", "2026-01-01")
    dkp.run("pool", "add", "Open raids", "--unit", "OP", "--decimals", "0")
    dkp.run("event-type", "add", "Plane of Fear", "--points", "12.50")
    dkp.run("event-type", "add", "Open raid", "--points", "5", "--pool", "Open raids", "--pool", "DKP")
    dkp.run("character", "add", "Almaryn", "--owner", OFFICER, "--class", "Cleric", "--level", "60", "--rank", "Leader")
    dkp.run("character", "add", "Björnulf", "--owner", "Björn", "--class", "Warrior", "--level", "58")
    dkp.run("character", "add", "Zweitulf", "--owner", "Björn", "--class", "Rogue", "--level", "40")
    dkp.run("character", "add", "Élan", "--owner", "Chloé", "--class", "Bard", "--level", "55")
    return dkp.path


@pytest.fixture
def dkp(founded: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy of it."""
    path = tmp_path / "dkp.db"
    shutil.copy(founded, path)
    return CommandLine(path)


@pytest.fixture
def nothing(tmp_path: Path) -> CommandLine:
    """The command line where there is no database yet."""
    return CommandLine(tmp_path / "none.db")
