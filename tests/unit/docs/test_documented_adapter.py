"""The adapter that the guide shows keeps the contracts that ours keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from dkp_adapters.memory import MemoryInstallation, MemoryNoticeQueue, SettableClock
from dkp_core.kernel.ports import Ids
from tests.integration.contracts.guilds import GuildsContract
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import NIGHT
from tests.unit.docs.markdown_pages import ROOT, Page

PAGE = ROOT / "docs" / "guides" / "writing-an-adapter.md"


@pytest.fixture
def file_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Ids]:
    """The class `FileIds`, as the guide spells it out."""
    monkeypatch.chdir(tmp_path)
    (block,) = [each for each in Page.read(PAGE).blocks if "class FileIds(Ids)" in each.text]
    names: dict[str, object] = {"__name__": "documented"}
    exec(compile(block.text, str(PAGE), "exec"), names)
    return cast("Callable[[Path], Ids]", names["FileIds"])


@pytest.fixture
def installation(tmp_path: Path, file_ids: Callable[[Path], Ids]) -> Installation:
    """An installation in memory whose ids are kept in a file."""
    clock = SettableClock(NIGHT)
    memory = MemoryInstallation(clock=clock, ids=file_ids(tmp_path / "ids-of-the-test.json"))
    return Installation(
        begin=memory.begin,
        begin_installation=memory.begin_installation,
        read=memory.read,
        read_steadily=memory.read_steadily,
        ids=memory.ids,
        credentials=memory.credentials,
        verifying=memory.verifying,
        sealed_secrets=memory.sealed_secrets,
        notice_queue=lambda patience: MemoryNoticeQueue(memory, patience),
        clock=clock,
    )


class TestGuildsWithIdsInAFile(GuildsContract):
    """Guilds are kept as the port says."""


def test_ids_in_a_file_go_on_after_a_restart(tmp_path: Path, file_ids: Callable[[Path], Ids]) -> None:
    """What the guide promises of it."""
    path = tmp_path / "kept.json"
    assert [file_ids(path).next("raid") for _ in range(3)] == [1, 2, 3]
