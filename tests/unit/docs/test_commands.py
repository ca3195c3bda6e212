"""The `dkp` commands that the docs show are commands, and the first guild really is founded by them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
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


def test_the_first_guild_is_founded_as_the_guide_says(tmp_path: Path) -> None:
    """What stands in the guide is typed, block after block, in an empty folder."""
    typed = [
        line
        for block in Page.read(FIRST_GUILD).blocks
        if block.language == "console"
        for line in block.text.splitlines()
        if line.startswith(("dkp ", "printf ")) and not line.startswith(SERVING)
    ]
    dkp = tmp_path / "bin" / "dkp"
    dkp.parent.mkdir()
    dkp.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dkp_entrypoints "$@"\n', "utf-8")
    dkp.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DKP_")}
    outcome = subprocess.run(
        ["sh", "-e", "-c", "\n".join(typed)],
        cwd=tmp_path,
        env=environment | {"PATH": f"{dkp.parent}:{environment['PATH']}", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert (tmp_path / "dkp.db").is_file()
