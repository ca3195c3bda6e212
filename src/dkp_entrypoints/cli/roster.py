"""`dkp roster`: the roster as a whole, read from files."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.roster import (
    AlsoChanged,
    ImportRoster,
    RosterFileKind,
    RosterImport,
    RosterImportLine,
    RosterOutcome,
    WhenMissing,
)
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.files import opened
from dkp_entrypoints.cli.printing import note as tell
from dkp_entrypoints.cli.printing import print_json, print_rows

app = family("roster", "The roster as a whole, read from files.")

_COUNTED: Final = frozenset({RosterOutcome.HEADER, RosterOutcome.CONTINUED, RosterOutcome.UNCHANGED})


@command(app, "import", ImportRoster, changes=True)
def import_roster(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A CSV table or a guild dump; - is standard input.")],
    kind: Annotated[
        RosterFileKind | None, typer.Option(help="What kind of file it is; recognised, unless given.")
    ] = None,
    missing: Annotated[
        WhenMissing, typer.Option(help="What becomes of characters that the file does not name.")
    ] = WhenMissing.LEAVE,
    create_ranks: Annotated[bool, typer.Option("--create-ranks", help="Make ranks that are not there.")] = False,
    create_owners: Annotated[
        bool, typer.Option("--create-owners", help="Make unlinked users for mains and owners that nobody here is.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why ranks and owners change; the file and line, unless given.")] = "",
    name: Annotated[
        str | None, typer.Option("--file-name", metavar="NAME", help="What the file is called; its own name.")
    ] = None,
) -> None:
    with opened(file) as pieces:

        def imported(by: Actor) -> RosterImport:
            return call.use_cases().import_roster()(
                pieces(),
                file_name=name or pieces.name,
                kind=kind,
                missing=missing,
                create_ranks=create_ranks,
                create_owners=create_owners,
                reason=reason,
                dry_run=call.dry_run,
                by=by,
            )

        report = call.once(lambda: imported(call.by()), long=True)
    if call.as_json:
        print_json(report)
    else:
        _tell(report)


@frozen(kw_only=True)
class _Line:
    """A line of the file, or a character that changes with others, as people read it."""

    line: int | None
    outcome: str
    name: str | None
    changes: str

    @classmethod
    def of(cls, line: RosterImportLine) -> _Line:
        told = "; ".join(filter(None, (*map(_told, line.changes), line.reason)))
        return cls(line=line.line, outcome=line.outcome.value, name=line.name, changes=told)

    @classmethod
    def also(cls, also: AlsoChanged) -> _Line:
        return cls(line=None, outcome="changed too", name=also.name, changes="; ".join(map(_told, also.changes)))


def _told(change: Change) -> str:
    if change.before is None:
        return f"{change.field} {change.after}"
    return f"{change.field} {change.before} → {'nothing' if change.after is None else change.after}"


def _tell(report: RosterImport) -> None:
    """What came of a file, as people read it: what changes line by line, who is missing, and what to look at."""
    if not report.applied:
        tell("Dry run: this is what would be; nothing was changed.")
    shown = [_Line.of(line) for line in report.lines if line.outcome not in _COUNTED]
    shown += [_Line.also(each) for each in report.also_changed]
    print_rows(shown, ("line", "outcome", "name", "changes"), nothing="Nothing changes.")
    if report.missing:
        print()
        print_rows(report.missing, ("character_id", "name", "before", "after"))
    counts = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.refused} refused"
    tell(f"{report.lines_total} lines: {counts}; {len(report.missing)} on the roster are not in the file.")
    for words, names in (
        ("Ranks made", report.ranks_made),
        ("Owners made", report.owners_made),
        ("Columns that mean nothing here", report.columns_ignored),
    ):
        if names:
            tell(f"{words}: {', '.join(names)}.")
    for warning in report.warnings:
        tell(f"Warning: {warning}")
    for suggestion in report.suggestions:
        tell(f"Look at {suggestion.name}: {suggestion.sentence}")
