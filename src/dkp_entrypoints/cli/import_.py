"""`dkp import`: moving a guild in from elsewhere, with the proof that nothing was lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer
from attrs import define, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.period import zone_named
from dkp_core.moving import (
    Arrivals,
    Found,
    Import,
    Imported,
    ImportRow,
    Kind,
    ListImports,
    Numbers,
    Origin,
    Person,
    Report,
    ShowImport,
    Thing,
    UndoImport,
    Undone,
)
from dkp_entrypoints.cli import import_guild
from dkp_entrypoints.cli.answering import answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.import_report import page_of, tell, write_page
from dkp_entrypoints.cli.printing import note, print_json, print_one, print_rows

if TYPE_CHECKING:
    from dkp_adapters.eqdkp.mapping.arrivals import EqdkpArrivals
    from dkp_adapters.eqdkp.source import EqdkpSource

app = family("import", "Moving a guild in from elsewhere, and undoing it. An IMPORT is its id.")
import_guild.declare(app)

KEY_VARIABLE: Final = "DKP_EQDKP_KEY"
_KEY_FILE_MAX: Final = 1_000_000

IMPORT = Annotated[int, typer.Argument(metavar="IMPORT", help="Its id.")]

EQDKP = """Take in all that an EQdkp Plus 2.3 holds, and prove that nothing was lost.

SOURCE is a dump or backup (.sql, .sql.gz, .sql.bz2, .zip), or mysql://user:password@host/database. The guild has to be
fresh: founded by dkp init, and nothing more. It is one transaction: all of it, or nothing; the same source again adds
nothing. Try it with --dry-run first: it does everything, tells what would be, and lets it go."""


@command(app, "eqdkp", EQDKP, changes=True)
def eqdkp(
    call: Call,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A dump, a backup, or mysql://…")],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY|FILE",
            help=f"The encryption key, or the config.php that holds it; else {KEY_VARIABLE}. It opens Discord ids.",
        ),
    ] = None,
    apa: Annotated[
        Path | None, typer.Option("--apa", metavar="FILE", help="apatab.php: decay, caps and start points.")
    ] = None,
    apa_functions: Annotated[
        Path | None, typer.Option("--apa-functions", metavar="FILE", help="apafunc.php: the functions of apatab.php.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="Of the tables, where several sites share the database.")
    ] = None,
    server_zone: Annotated[
        str,
        typer.Option("--server-zone", metavar="ZONE", help="The time zone of the old site's server: decay goes by it."),
    ] = "UTC",
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write the whole report as a page.")
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", metavar="FILE.zip", help="Where what has no home here is kept; else a new file in this folder."
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every line of the report.")] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Import even if the report is not proven.")
    ] = False,
) -> None:
    from dkp_adapters.eqdkp.mapping.arrivals import arrivals_of
    from dkp_adapters.eqdkp.source import open_source

    by, guild, server = call.by(), call.guild(), zone_named(server_zone, "server_zone")
    now = datetime.now(UTC).replace(microsecond=0)
    with _bar("reading") as read:
        opened = open_source(source, _key(key), prefix, apa, apa_functions, now=now, progress=read)
    with opened:
        arrivals = arrivals_of(opened, name=_named(source), now=now, server=server)
        moving = _Moving(
            call=call,
            source=opened,
            arrivals=arrivals,
            archive=archive or Path(f"{guild.slug}-eqdkp-archive-{now:%Y%m%d-%H%M%S}.zip"),
            page=report,
            accepts=accept_differences,
        )
        outcome = moving.move(by)
    moving.answer(outcome, everything=everything)
    if not _is_proven(outcome.report):
        raise typer.Exit(ExitCode.DIFFERENCES)


class _NotProven(Exception):
    """Leaves the transaction, with what would have come of it."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


@define(kw_only=True)
class _Moving:
    """One run of the import: what is moved, and where its papers go."""

    call: Call
    source: EqdkpSource
    arrivals: EqdkpArrivals
    archive: Path
    page: Path | None
    accepts: bool

    def move(self, by: Actor) -> Imported:
        """Import it. The archive and the report are written before it is final: without them there is no import."""
        was_there = self.archive.exists()
        try:
            imported: Imported = self.call.once(lambda: self._moved(by), long=True)
        except _NotProven as unproven:
            return Imported(report=unproven.report)
        except BaseException:
            if not was_there:
                self.archive.unlink(missing_ok=True)
            raise
        return imported

    def _moved(self, by: Actor) -> Imported:
        from dkp_adapters.eqdkp.mapping.archive import write_archive

        with _bar("importing") as told:
            watched = self.arrivals if told is None else _Watched(self.arrivals, told)
            outcome: Imported = self.call.use_cases().import_guild()(watched, dry_run=self.call.dry_run, by=by)
        if outcome.before is not None:
            return outcome
        if not (self.call.dry_run or self.accepts or _is_proven(outcome.report)):
            outcome = Imported(report=outcome.report)
        if self.page is not None:
            page = page_of(outcome.report, guild=self.call.guild().name, outcome=self.outcome(outcome))
            write_page(self.page, page)
        if outcome.record is not None:
            write_archive(self.source, self.arrivals.accounting, self.archive)
        elif not self.call.dry_run:
            raise _NotProven(outcome.report)
        return outcome

    def outcome(self, imported: Imported) -> str:
        """What came of it, in a sentence."""
        if imported.before is not None:
            before = imported.before
            return f"The same was imported before, as import {before.id} on {before.at:%Y-%m-%d}: nothing was added."
        if imported.record is not None:
            return f"Import {imported.record.id} is done; what has no home here is in {self.archive}."
        if self.call.dry_run:
            return "Dry run: this is what would be; nothing was changed."
        return "Nothing was imported, since not everything is proven; --accept-differences imports it even so."

    def answer(self, imported: Imported, *, everything: bool) -> None:
        """Tell what came of it."""
        unlinked = sum(each.discord_id is None for each in self.arrivals.people)
        if self.call.as_json:
            print_json(
                _Answer(
                    outcome=self.outcome(imported),
                    dry_run=self.call.dry_run,
                    record=imported.record,
                    before=imported.before,
                    archive=None if imported.record is None else str(self.archive),
                    page=None if self.page is None or imported.before is not None else str(self.page),
                    is_complete=imported.report.is_complete,
                    is_proven=imported.report.is_proven,
                    people_unlinked=unlinked,
                    report=imported.report,
                )
            )
            return
        if imported.before is None:
            tell(imported.report, everything=everything)
        if imported.record is None:
            note(self.outcome(imported))
        else:
            print(self.outcome(imported))
            _tell_what_next(imported.record, unlinked)


@frozen(kw_only=True)
class _Answer:
    """What programs are told."""

    outcome: str
    dry_run: bool
    record: Import | None
    before: Import | None
    archive: str | None
    page: str | None
    is_complete: bool
    is_proven: bool
    people_unlinked: int
    report: Report


def _tell_what_next(record: Import, unlinked: int) -> None:
    print("Next:  dkp verify      recounts everything")
    print("       dkp standings   shows what everybody has")
    if unlinked:
        print(f"       {unlinked} people have no Discord account here: they sign in and claim their characters,")
        print("       dkp claim list  shows these claims; dkp user link USER DISCORD_ID links somebody at once")
    print(f"       dkp import undo {record.id} takes it all away again, until something recorded here names it")


def _is_proven(report: Report) -> bool:
    return report.is_complete and report.is_proven


# --- what is given ----------------------------------------------------------------------------------------------------


def _key(given: str | None) -> str | None:
    """The key, or the text of the config.php that was named. Raises: InvalidValue."""
    given = given or os.environ.get(KEY_VARIABLE) or None
    if given is None:
        return None
    path = Path(given.removeprefix("@"))
    try:
        if given.startswith("@") or path.is_file():
            with path.open("rb") as file:
                return file.read(_KEY_FILE_MAX).decode(errors="replace")
    except OSError as fault:
        told = f"{path} can't be read ({fault.strerror})"
        raise InvalidValue("key", told, "the $encryptionKey of config.php, or the path of that file") from fault
    return given


def _named(source: str) -> str:
    """The source as the guild remembers it: a file by its name, a database without who read it and their password."""
    if "://" not in source:
        return Path(source).name
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


# --- what is seen of it -----------------------------------------------------------------------------------------------


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """Somebody to tell how much of how much is done; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda taken, total: progress.update(task, completed=taken, total=total)


@frozen
class _Watched(Arrivals):
    """Arrivals that tell how many of their things were taken in."""

    arrivals: Arrivals
    told: Callable[[int, int | None], None]

    @property
    def origin(self) -> Origin:
        return self.arrivals.origin

    @property
    def people(self) -> Sequence[Person]:
        return self.arrivals.people

    @property
    def counts(self) -> Mapping[Kind, int]:
        return self.arrivals.counts

    @property
    def default_pool(self) -> int | None:
        return self.arrivals.default_pool

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        total, taken = sum(self.counts.values()), 0
        for each in self.arrivals.things(numbers):
            yield each
            taken += len(each)
            self.told(taken, max(total, taken))

    def report(self, numbers: Numbers, found: Found) -> Report:
        return self.arrivals.report(numbers, found)


# --- looking back, and taking back ------------------------------------------------------------------------------------

_IMPORTS: Final = ("id", "at", "program", "program_version", "source", "undone_at")


@command(app, "list", ListImports)
def list_imports(call: Call) -> None:
    rows = every(lambda page: call.use_cases().list_imports()(page=page, by=call.by()))
    answer_rows(call, rows, _IMPORTS, nothing="Nothing was imported.")


@frozen(kw_only=True)
class _Rows:
    table: str
    rows: int


@command(app, "show", ShowImport)
def show(call: Call, import_id: IMPORT) -> None:
    found: ImportRow = call.use_cases().show_import()(ImportId(import_id), by=call.by())
    if call.as_json:
        print_json(found)
    else:
        print_one(found, zone=call.guild().timezone, without=("rows_imported",))
        print()
        tables = [_Rows(table=table, rows=rows) for table, rows in sorted(found.rows_imported.items()) if rows]
        print_rows(tables, {"table": "table", "rows": "rows imported"}, nothing="No row was imported.")


@command(app, "undo", UndoImport, changes=True)
def undo(
    call: Call,
    import_id: IMPORT,
    discard_edits: Annotated[
        bool, typer.Option("--discard-edits", help="Even if people have edited what it brought since.")
    ] = False,
) -> None:
    undone: Undone = call.change(
        lambda by: call.use_cases().undo_import()(
            ImportId(import_id), discard_edits=discard_edits, dry_run=call.dry_run, by=by
        )
    )
    record = undone.record
    said = "can be undone." if call.dry_run else "is undone: what it brought is gone."
    told = [f"Import {record.id} {said}"]
    if undone.edited:
        edits = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in undone.edited.items())
        told.append(f"With it {'go' if call.dry_run else 'went'} the edits that people had made since: {edits}.")
    if undone.staying:
        told.append(f"{len(undone.staying)} users stay: they have signed in, or are in use elsewhere.")
    done(call, " ".join(told), id=record.id, edited=undone.edited, users_staying=len(undone.staying))
