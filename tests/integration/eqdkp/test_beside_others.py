"""O-3, O-14: a guild moves in while others work in the same database, and while it is moved in already."""

from __future__ import annotations

import json
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import frozen

from bench.old_guild import OldGuild, write_dump
from dkp_adapters.sql.tables import all_tables
from dkp_entrypoints.cli.exit_codes import ExitCode
from tests.integration.cli.command_line import CommandsOn
from tests.integration.eqdkp.forked import Pause, Running, begun
from tests.integration.eqdkp.settled import OFFICER, Settled
from tests.services import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked on Windows")

DUMP: Final = "old.sql"
SIZES: Final = OldGuild(characters=30, users=10, raids=12, attendees=8, items=30, adjustments=10, logs=20)
MIDST: Final = 70
"""Steps that no other transaction has than that of an import."""
OTHER: Final = "freyas-chariot"


@frozen
class Neighbours:
    """The guild that moves in, and another with a past, in one database."""

    settled: Settled

    @property
    def dkp(self) -> CommandsOn:
        """The commands; they need to be told which guild is meant."""
        return self.settled.dkp

    def adjust(self) -> str:
        """Somebody of the other guild is given a point; what they have then."""
        self.dkp.run("points", "adjust", "--guild", OTHER, "--user", "Björn", "--amount", "1", "--reason", "x")
        return self.balance()

    def balance(self) -> str:
        """What they have."""
        rows = self.dkp.json("standings", "--guild", OTHER)
        return str(next(row["current"] for row in rows if row["username"] == "Björn"))

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of the other guild."""
        number = next(row["id"] for row in self.dkp.json("guild", "list") if row["slug"] == OTHER)
        found = {}
        for name, rows in self.settled.content().items():
            names = list(all_tables().tables[name].c.keys())
            if "guild_id" in names:
                at = names.index("guild_id")
                found[name] = [row for row in rows if row[at] == number]
        return found

    def moving_in(self, name: str, pause: Pause | None = None) -> AbstractContextManager[Running]:
        """An import that runs, in a folder of its own."""
        folder = self.settled.folder / name
        folder.mkdir()
        write_dump(folder / DUMP, SIZES)
        command = ("import", "eqdkp", DUMP, "--guild", "norrath-watch", "--json")
        return begun(folder, self.dkp.url, *command, fate=pause)


@pytest.fixture
def neighbours(settled: Settled) -> Neighbours:
    """On each engine in turn."""
    settled.dkp.run("init", "--guild", "Freya's Chariot", "--officer", OFFICER, "--slug", OTHER)
    settled.dkp.run("user", "add", "223456789012345678", "--username", "Björn", "--guild", OTHER)
    made = Neighbours(settled)
    assert made.adjust() == "1.00"
    return made


def test_others_go_on_while_a_guild_moves_in(
    neighbours: Neighbours, engine_name: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-3, O-12: they write meanwhile, or are told that it is busy where there is one writer; nothing of theirs is
    touched."""
    pause = Pause(MIDST, tmp_path)
    with neighbours.moving_in("first", pause) as running:
        running.until(lambda: pause.begun)
        if engine_name == "sqlite":
            assert neighbours.balance() == "1.00"
            with monkeypatch.context() as patched:
                patched.setattr("dkp_adapters.sql.drivers.sqlite.BUSY_SECONDS_MAX", 0)
                adjust = ("points", "adjust", "--user", "Björn", "--amount", "1", "--reason", "x", "--guild", OTHER)
                assert "busy" in neighbours.dkp.refused(*adjust, code=ExitCode.DATABASE)
        else:
            assert neighbours.adjust() == "2.00"
        before = neighbours.rows()
        pause.end()
        done = running.end()
    assert (done.code, json.loads(done.said)["is_proven"]) == (0, True), done.said
    assert neighbours.rows() == before
    assert neighbours.adjust() == ("2.00" if engine_name == "sqlite" else "3.00")
    neighbours.dkp.run("verify")


def test_who_comes_second_finds_it_done(neighbours: Neighbours, engine_name: Engine, tmp_path: Path) -> None:
    """O-3: two people start the same import; the second waits, and adds nothing."""
    pause = Pause(MIDST, tmp_path)
    with neighbours.moving_in("first", pause) as first:
        first.until(lambda: pause.begun)
        with neighbours.moving_in("second") as second:
            time.sleep(0.5)
            assert second.process.is_alive(), "it waits"
            pause.end()
            done, again = first.end(), second.end()
    record = json.loads(done.said)["record"]
    if engine_name == "sqlite" and again.code == ExitCode.DATABASE:  # where the first takes its time on a busy machine
        assert "busy" in again.said
    else:
        told = json.loads(again.said)
        assert (told["before"], told["record"]) == (record, None)
    assert len(neighbours.dkp.json("import", "list", "--guild", "norrath-watch")) == 1
    neighbours.dkp.run("verify")
