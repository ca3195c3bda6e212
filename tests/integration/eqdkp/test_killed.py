"""O-3: an import that is killed leaves nothing; the same again is as if it had never begun."""

from __future__ import annotations

import json
import random
import signal
import sys
from typing import Final

import pytest
from attrs import frozen

from bench.old_guild import OldGuild, write_dump
from tests.integration.databases import lent
from tests.integration.eqdkp.forked import Death, Ended, ended
from tests.integration.eqdkp.settled import Settled
from tests.integration.exported import Tables
from tests.services import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked on Windows")

DUMP: Final = "old.sql"
SIZES: Final = OldGuild(characters=30, users=10, raids=12, attendees=8, items=30, adjustments=10, logs=20)
KILLED: Final = -signal.SIGKILL


@frozen
class Uninterrupted:
    """An import that nobody disturbs: its steps, what the guild holds after it, and how many rows each table has."""

    import_: Ended
    told: Tables
    rows: dict[str, int]


def moved_in(settled: Settled, death: Death | None = None) -> Ended:
    """`dkp import eqdkp`, in a process that may die."""
    return ended(settled.folder, settled.dkp.url, "import", "eqdkp", DUMP, "--json", fate=death)


def rows_of(settled: Settled) -> dict[str, int]:
    return {table: len(rows) for table, rows in settled.content().items()}


@pytest.fixture(scope="module")
def uninterrupted(engine_name: Engine, tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """On each engine in turn."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    write_dump(folder / DUMP, SIZES)
    with lent(engine_name, folder) as url:
        settled = Settled.on(url, folder)
        done = moved_in(settled)
        assert (done.code, json.loads(done.said)["is_proven"]) == (0, True), done.said
        return Uninterrupted(done, settled.told(), rows_of(settled))


def test_a_killed_import_is_as_if_it_had_never_begun(
    settled: Settled, uninterrupted: Uninterrupted, engine_name: Engine
) -> None:
    """O-3: at three moments of its transaction, of which one is amid a step; then it is imported all the same."""
    write_dump(settled.folder / DUMP, SIZES)
    before = settled.content()
    within = uninterrupted.import_.longest()
    assert len(within) > 100, "that many steps does an import have"
    chance = random.Random(f"killed on {engine_name}")
    amid = Death(chance.choice(within[: len(within) // 2]), seconds=0.002)
    for death in (*map(Death, chance.sample(within, 2)), Death(within[-1]), amid):
        killed = moved_in(settled, death)
        assert (killed.code, killed.said) == (KILLED, ""), death
        assert settled.content() == before, f"something is left of an import that was killed at {death}"
    done = moved_in(settled)
    assert done.code == 0, done.said
    assert json.loads(done.said)["before"] is None
    assert settled.told() == uninterrupted.told
    assert rows_of(settled) == uninterrupted.rows
    settled.dkp.run("verify")


def test_an_import_that_is_killed_when_it_is_done_is_done(settled: Settled, uninterrupted: Uninterrupted) -> None:
    """O-3: all of it is there, and the same again says so and adds nothing."""
    write_dump(settled.folder / DUMP, SIZES)
    killed = moved_in(settled, Death(uninterrupted.import_.after(uninterrupted.import_.longest()[-1])))
    assert killed.code == KILLED
    assert settled.told() == uninterrupted.told
    after = settled.content()
    again = moved_in(settled)
    assert again.code == 0, again.said
    assert json.loads(again.said)["before"]["id"] == 1
    settled.dkp.run("verify")
    assert {name for name, rows in settled.content().items() if rows != after[name]} <= {"deliveries"}
