"""The `dkp` commands that the docs show are commands, and the first guild really is founded by them."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from dkp_entrypoints.cli import app
from tests.unit.docs.markdown_pages import ROOT, Page, pages

FIRST_GUILD = ROOT / "docs" / "guides" / "first-guild-in-five-minutes.md"
# They end when somebody says so.
SERVING = ("dkp serve", "dkp demo")


def commands(page: Page) -> list[tuple[int, str]]:
    """The commands of a page that begin with `dkp`, each with its line."""
    return [
        (block.line + offset, line.removeprefix("$ "))
        for block in page.blocks
        if block.language == "console"
        for offset, line in enumerate(block.text.splitlines())
        if line.removeprefix("$ ").startswith("dkp ")
    ]


SHOWN = [
    pytest.param(command, id=f"{page.path.relative_to(ROOT)}:{line}")
    for page in pages()
    for line, command in commands(page)
]


def parsed(words: list[str]) -> None:
    """Read the words as `dkp` would, down to the command that they name, without running it."""
    group, path = get_command(app), "dkp"
    rest = words[1:]
    while True:
        context = group.make_context(path, list(rest))
        if not hasattr(group, "resolve_command"):
            return
        name, group, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        path = f"{path} {name}"


@pytest.mark.parametrize("command", SHOWN)
def test_commands_in_the_docs_are_written_as_they_must_be(command: str) -> None:
    """Options are there, and nothing that is required is missing."""
    parsed(shlex.split(command, comments=True))


def test_a_command_that_is_not_there_is_noticed() -> None:
    """The check itself."""
    with pytest.raises(typer.TyperException):
        parsed(shlex.split("dkp raid attend 7 --everybody"))


def test_the_first_guild_is_founded_as_the_guide_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the guide is typed, block after block, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DKP_")]:
        monkeypatch.delenv(variable)
    for line in typed(Page.read(FIRST_GUILD)):
        if line.startswith("dkp "):
            with pytest.raises(SystemExit) as ended:
                app(shlex.split(line, comments=True)[1:], prog_name="dkp")
            assert (line, ended.value.code) == (line, 0)
        else:
            subprocess.run(["sh", "-c", line], check=True)
    assert (tmp_path / "dkp.db").is_file()


def typed(page: Page) -> list[str]:
    """What a reader types, but for what makes the environment and what serves."""
    lines = [line for block in page.blocks if block.language == "console" for line in block.text.splitlines()]
    return [line for line in lines if line.startswith(("dkp ", "printf ")) and not line.startswith(SERVING)]
