"""`dkp follow`: a live log, whose bids and auction calls reach the guild as they are said."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.loot import ChatOutcome, ChatReading, owner_of
from dkp_entrypoints.cli.call import GUILD_VARIABLE, Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.failing import one_line
from dkp_entrypoints.cli.following import Following
from dkp_entrypoints.cli.naming import pool_id, raid_id
from dkp_entrypoints.cli.printing import note, plain, print_line
from dkp_entrypoints.cli.tailing import Bookmark, Position, Tail

app = alone("follow")

ABOUT = """Follow a game's log: bids told in game are placed, auctions called by officers are started and closed.

It begins with what is said from now on, or where a run of the last 12 hours stopped, and ends with Ctrl-C. Each line
that bears its time counts once, however often it is read. While nobody answers, lines wait and are tried again."""

# What was said before that is of another evening: an auction called then is not to start now.
EVENING_SECONDS: Final = 12 * 3600

_SAID_AT: Final = re.compile(r"\[\w{3} \w{3} [ \d]\d (\d\d:\d\d:\d\d) \d{4}\] ")
_STYLES: Final = {ChatOutcome.DONE: "green", ChatOutcome.REFUSED: "red"}
_SQLITE: Final = "sqlite:///"


@command(app, "follow", ABOUT, remote=True)
def follow(
    call: Call,
    log: Annotated[Path, typer.Argument(metavar="LOGFILE", help="The log, such as eqlog_Aldric_server.txt.")],
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose log it is; as its name says, unless given.")
    ] = None,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="The raid that auctions are started for.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="The pool that bids are made in.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what would be done.")] = False,
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the log's first line.")] = False,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop at the log's end, instead of waiting for more.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave out lines that nothing follows from.")] = False,
) -> None:
    from dkp_entrypoints.worker import stopped_by_signals

    teller = _owner(log, owner)
    raid_wanted = None if raid is None else raid_id(call, raid)
    pool_wanted = pool_id(call, pool)

    def read(lines: Sequence[str], *, dry_run: bool) -> Sequence[ChatReading]:
        def heard(by: Actor) -> Sequence[ChatReading]:
            return call.use_cases().read_chat()(
                lines, owner=teller, raid_id=raid_wanted, pool_id=pool_wanted, dry_run=dry_run, by=by
            )

        return call.change(heard)

    def send(lines: Sequence[str], once: str) -> Sequence[ChatReading]:
        with nullcontext() if call.server is None else call.api().attempt(once):
            readings = read(lines, dry_run=preview)
        call.follow()
        return readings

    def show(reading: ChatReading) -> None:
        if quiet and reading.outcome is ChatOutcome.TALK:
            return
        if call.as_json:
            print(json.dumps(plain(reading)), flush=True)  # a document a line, since there is no end
        else:
            print_line(line_of(reading), _STYLES.get(reading.outcome, "dim"))

    bookmark = Bookmark.of(log, _where(call), os.environ)

    def keep(position: Position) -> None:
        if not preview:
            bookmark.keep(position)

    known = None if from_start else bookmark.read(kept_after=time.time() - EVENING_SECONDS)
    with stopped_by_signals() as stop, Tail(log, position=known, from_start=from_start) as tail:
        read([""], dry_run=True)  # what will be refused of every line is told now, and not in the middle of a raid
        note(_begun(log, teller, known, from_start=from_start, preview=preview))
        following = Following(
            tail=tail,
            owner=teller,
            send=send,
            show=show,
            keep=keep,
            wait=stop.wait,
            tell=lambda sentence: note(f"dkp: {one_line(sentence)}"),
            until_end=until_end,
        )
        following.run()
    note(f"dkp: {following.summary()}")


def line_of(reading: ChatReading) -> str:
    """What became of a line, as people read it: when and by whom it was said, what it means, what was done."""
    stamp = _SAID_AT.match(reading.line)
    at = stamp[1] if stamp is not None else "--:--:--"
    if reading.meaning:
        what = f"{reading.meaning} on {reading.item}" if reading.item else reading.meaning
        told = ": ".join(part for part in (reading.speaker, what, reading.detail) if part)
    else:
        told = reading.line[stamp.end() if stamp is not None else 0 :]
    return f"{at} {reading.outcome:8} {told}"


def _owner(log: Path, named: str | None) -> str:
    """Whose log it is, as is said, or by its name. Raises: InvalidValue, also for what can be no log."""
    if log.is_dir():
        raise InvalidValue("log file", f"{str(log)[:80]} is a folder", "the path of a log")
    found = owner_of(log.name)
    if named is None and found is None:
        raise InvalidValue("--owner", "the file's name does not say whose log it is", "the name of a character")
    return named or (found[0] if found is not None else "")


def _where(call: Call) -> str:
    """The guild that is told, by one name wherever the command is run; a bot's key may not ask for it."""
    if call.server is not None:
        return f"{call.server} {call.asked.guild or os.environ.get(GUILD_VARIABLE, '')}"
    url = call.settings().database_url
    database = f"{_SQLITE}{Path(url.removeprefix(_SQLITE)).resolve()}" if url.startswith(_SQLITE) else url
    return f"{database} {call.guild().slug}"


def _begun(log: Path, owner: str, known: Position | None, *, from_start: bool, preview: bool) -> str:
    """What a person is told at the beginning."""
    if not log.exists():
        where = "as soon as it is there"
    elif from_start:
        where = "from its beginning"
    else:
        where = "from its end" if known is None else "from where it was left"
    told = f"dkp: following {one_line(log.name)} as {one_line(owner)}, {where}; Ctrl-C ends it"
    return f"{told}. Preview: this is what would be; nothing is changed." if preview else told
