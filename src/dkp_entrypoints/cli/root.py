"""The `dkp` command itself: what commands there are, each loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.failing import told

# Where each command is found, and its line in `dkp --help`: what is not asked for is not imported (O-19).
COMMANDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "Getting started": {
        "init": ("init", "Make the database if there is none, and found a guild with its first officer."),
        "demo": ("demo", "A guild to look at: made up, filled with 90 days of raids, and served."),
        "serve": ("serve", "Serve the API, with the worker inside."),
        "worker": ("worker", "Run the worker alone, beside API processes."),
        "db": ("db", "Upgrade and check the database."),
    },
    "People": {
        "guild": ("guild", "Guilds and their settings."),
        "user": ("user", "Members: role groups, leaving and coming back."),
        "claim": ("claim", "Claims on the characters of unlinked users."),
        "merge": ("merge", "Users who turned out to be one person."),
        "key": ("key", "API keys of people and bots."),
        "character": ("character", "The roster: characters, owners, mains and alts."),
        "roster": ("roster", "The roster as a whole, read from files."),
        "profile-field": ("profile_field", "What the guild wants to know of each character."),
        "rank": ("rank", "Ranks, and characters moving between them."),
    },
    "Raids and points": {
        "event-type": ("event_type", "Kinds of raids, with their points."),
        "raid": ("raid", "Raids, their ticks, attendance and dumps."),
        "attendance": ("attendance", "Attendance over 30, 60 and 90 days and lifetime."),
        "pool": ("pool", "Pools of points."),
        "item-pool": ("item_pool", "Sets of items, and the pool each is paid from."),
        "points": ("points", "Balances, history, adjustments and their reversal."),
        "dispute": ("dispute", "What members say is wrong with their entries."),
        "batch": ("batch", "Decay, caps, inactivity and bonuses: previewed, run and reversed as a whole."),
        "standings": ("standings", "The standings of a pool."),
        "simulate": ("simulate", "What if other policies had been in force: who would gain and lose."),
        "priority": ("priority", "Who comes first in a pool by its point system."),
    },
    "Loot": {
        "item": ("item", "Items, what they went for, and who bid on them."),
        "auction": ("auction", "Auctions, their rules, and how bids are said in chat."),
        "bid": ("bid", "Bids on auctions, and what the chat says of them."),
        "award": ("award", "Who got what for how much; revoked, moved and returned."),
        "follow": ("follow", "Follow a game's log, so that bids told in game reach their auctions."),
    },
    "Recruitment": {
        "application": ("application", "Applications, trials, and how a guild recruits."),
        "vote": ("vote", "Votes on applicants."),
    },
    "Looking after it": {
        "notice": ("notice", "What was told outside, and what did not arrive."),
        "audit": ("audit", "Who did what, when, and what it changed."),
        "import": ("import_", "Move a guild in from elsewhere, with the proof that nothing was lost."),
        "export": ("export", "Write all that a guild owns to a file."),
        "backup": ("backup", "Back the whole database up into one file."),
        "restore": ("restore", "Make the database what a backup holds, and recount it."),
        "verify": ("verify", "Recount the whole database and name every difference."),
    },
}
_MODULES: Final = {name: module for section in COMMANDS.values() for name, (module, _) in section.items()}


class Root(TyperGroup):
    """The group of all commands, which imports the one that is run."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002  # typer's
        """Every command, as `dkp --help` and the shell's completion list them."""
        return list(_MODULES)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ARG002  # typer's
        """The command of that name, imported now; None where there is none."""
        return _imported(cmd_name) if cmd_name in _MODULES else None

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ARG002  # typer's
        """The commands by section, each with its line, without importing any."""
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a reader who has seen enough (`dkp standings | head`) ends it quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is still buffered has nowhere to go; Python would complain of it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.OK) from None
        return result

    def main(self, args: Sequence[str] | None = None, **options: Any) -> Any:  # type: ignore[override]  # fewer named
        """Run what the arguments ask for and exit with the code of its outcome."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal may not know every letter
        strange = [each for each in (sys.argv[1:] if args is None else args) if not _is_text(each)]
        if strange:
            print(f"dkp: the argument {strange[0]!r} is no text; accepted: text in UTF-8", file=sys.stderr)
            sys.exit(ExitCode.USAGE)
        try:
            outcome = super().main(args, **{"prog_name": "dkp", **options, "standalone_mode": False})
        except ModuleNotFoundError:
            raise  # an extra that is not installed; `__main__` says which
        except typer.TyperException as wrong:
            sys.exit(_usage(wrong))
        except typer.Abort:
            sys.exit(ExitCode.INTERRUPTED)
        except Exception as error:  # noqa: BLE001  # nobody else hears of it; it is told, with its exit code
            sys.exit(told(error))
        if outcome == ExitCode.INTERRUPTED:
            print("dkp: interrupted", file=sys.stderr)
        sys.exit(outcome if isinstance(outcome, int) else ExitCode.OK)


@cache
def _imported(name: str) -> Any:
    command = get_command(import_module(f"dkp_entrypoints.cli.{_MODULES[name]}").app)
    command.name = name
    return command


def _is_text(argument: str) -> bool:
    """Whether every byte of it was read as a letter, and none is NUL."""
    return "\x00" not in argument and not any("\ud800" <= char <= "\udfff" for char in argument)


def _usage(wrong: typer.TyperException) -> int:
    """Say what is wrong with the way the command was written; without any arguments it is the help that is missing."""
    message = wrong.format_message()
    if type(wrong).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        return ExitCode.USAGE
    context = getattr(wrong, "ctx", None)
    path = context.command_path if context is not None else "dkp"
    print(f"dkp: {' '.join(message.split())} (try: {path} --help)", file=sys.stderr)
    return ExitCode.USAGE
