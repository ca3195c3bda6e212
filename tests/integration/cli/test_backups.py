"""`dkp backup` and `dkp restore` (O-7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.command_line import CommandLine


@pytest.fixture
def file(dkp: CommandLine, tmp_path: Path) -> Path:
    """A backup of the guild."""
    folder = tmp_path / "backups"
    folder.mkdir()
    assert "rows in" in dkp.run("backup", folder).stdout
    (found,) = folder.iterdir()
    return found


def test_a_guild_comes_back_from_its_backup(dkp: CommandLine, nothing: CommandLine, file: Path) -> None:
    """O-7: into a database that is not there yet; it is recounted, and told."""
    outcome = nothing.run("restore", file)
    assert "everything adds up" in outcome.stdout
    assert "is whole" in outcome.stderr
    assert nothing.content() == dkp.content()


def test_a_database_that_holds_something_is_replaced_on_purpose_only(dkp: CommandLine, file: Path) -> None:
    """O-7: with both words, after one could see what would be lost."""
    before = dkp.content()
    dkp.run("rank", "add", "Neu")
    changed = dkp.content()
    assert "--overwrite --yes" in dkp.refused("restore", file, code=6)
    assert "given up, for good" in dkp.refused("restore", file, "--overwrite", code=3)
    told = dkp.run("restore", file, "--overwrite", "--dry-run")
    assert "nothing was changed" in told.stderr
    assert "is whole" in told.stdout
    assert "would be given up" in told.stdout
    assert dkp.content() == changed
    assert dkp.json("restore", file, "--overwrite", "--yes")["verified"]["clean"] is True
    assert dkp.content() == before


def test_what_does_not_add_up_is_told_after_restoring(dkp: CommandLine, nothing: CommandLine, tmp_path: Path) -> None:
    """O-7: the exit code tells as well; the database is there."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "5", "--reason", "x", "--pool", "DKP")
    dkp.execute("UPDATE balances SET adjusted = adjusted + 1")
    made = dkp.json("backup", tmp_path / "wrong")
    assert made["rows"] == sum(made["manifest"]["tables"].values())
    assert "1 differences" in nothing.run("restore", made["file"], code=8).stdout
    assert nothing.content() == dkp.content()


def test_a_backup_goes_where_the_settings_say(
    dkp: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-7: else into the present folder."""
    folder = tmp_path / "there"
    folder.mkdir()
    monkeypatch.setenv("DKP_BACKUP_DIR", str(folder))
    assert Path(dkp.json("backup")["file"]).parent == folder
    folder.rename(tmp_path / "elsewhere")
    assert "there is no folder" in dkp.refused("backup", code=3)
    assert "there is no folder" in dkp.refused("backup", f"{folder}/", code=3)
    assert not folder.exists()
    monkeypatch.delenv("DKP_BACKUP_DIR")
    assert (tmp_path / dkp.json("backup")["file"]).exists()


def test_what_is_wrong_with_a_file_is_told(dkp: CommandLine, nothing: CommandLine, file: Path) -> None:
    """G-8: in one line, and nothing is made."""
    assert "is there already" in dkp.refused("backup", file, code=3)
    file.write_bytes(file.read_bytes()[:-100])
    assert "accepted: a whole file" in nothing.refused("restore", file, code=3)
    assert "can't be read" in nothing.refused("restore", "nowhere", code=3)
    assert "dkp init" in nothing.refused("backup", code=7)
    assert not nothing.path.exists()
