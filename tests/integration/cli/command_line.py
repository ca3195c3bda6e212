"""The command line as a test uses it: in this process, on an SQLite file of its own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import frozen
from typer.testing import CliRunner, Result

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_entrypoints.cli import app
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

OFFICER = "123456789012345678"
# What changes when nothing does: ids that were reserved and given up.
OF_NO_MEANING = frozenset({"counters", "sqlite_sequence"})


class Commands:
    """`dkp` on a database, of whatever kind."""

    @property
    def url(self) -> str:
        """The database."""
        raise NotImplementedError

    def run(self, *arguments: object, stdin: bytes | str | None = None, code: int = 0) -> Result:
        """What `dkp` with these arguments says; it must end with that code, without a traceback."""
        outcome = CliRunner().invoke(app, [*map(str, arguments), "--database", self.url], input=stdin)
        told = f"dkp {' '.join(map(str, arguments))}: {outcome.exit_code}\n{outcome.stderr}\n{outcome.stdout[:2000]}"
        assert outcome.exit_code == code, told
        assert "Traceback" not in outcome.output
        if code not in (0, 8):
            assert outcome.stderr.startswith("dkp: ")
            assert outcome.stderr.count("\n") == 1, f"an error is one line: {outcome.stderr!r}"
            assert outcome.stdout == "" or "--json" in arguments
        return outcome

    def json(self, *arguments: object, stdin: bytes | str | None = None, code: int = 0) -> Any:
        """What it answers to a program."""
        return json.loads(self.run(*arguments, "--json", stdin=stdin, code=code).stdout)

    def refused(self, *arguments: object, code: int, stdin: bytes | str | None = None) -> str:
        """The line with which it refuses."""
        return self.run(*arguments, code=code, stdin=stdin).stderr.strip().removeprefix("dkp: ")


@frozen
class CommandsOn(Commands):
    """`dkp` on the database of a URL."""

    url: str


@frozen
class CommandLine(Commands):
    """`dkp` on a file."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def sign_in(self, user: str) -> str:
        """Let a user sign in with a one-time link, as a browser would; what it keeps of the session."""
        code = self.json("user", "sign-in-link", user)["url"].rstrip("/").rpartition("/")[2]
        cases = UseCases(settings=Settings(database_url=self.url))
        nobody = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="http")
        signed_in = cases.sign_in_with_link()(code, device="Firefox on Linux", brought=None, by=nobody)
        cases.database().close()
        return str(signed_in.token)

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table that means something."""
        with closing(sqlite3.connect(self.path)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                table: sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
                for table in tables
                if table not in OF_NO_MEANING
            }

    def execute(self, statement: str) -> None:
        """Change the file behind the program's back."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(statement)
            connection.commit()
