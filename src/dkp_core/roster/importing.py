"""Importing the roster from a file: shown first, character by character, then applied as one transaction (R-6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Final

from attrs import frozen

from dkp_core.accounts import Membership, RoleGroup, User
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change, changes
from dkp_core.kernel.errors import DomainError, InvalidValue
from dkp_core.kernel.ids import CharacterId, MainChangeId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import clean_text, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.kernel.text_file import without_folders
from dkp_core.roster.character import Character, CharacterStatus
from dkp_core.roster.draft import Draft, Ladder, Owners
from dkp_core.roster.duplicates import look_alike
from dkp_core.roster.events import RosterImported
from dkp_core.roster.main_change import MainChange
from dkp_core.roster.main_changing import record_main_changes
from dkp_core.roster.ownership import Ownership
from dkp_core.roster.ports import RosterWork
from dkp_core.roster.profile_field import Profile
from dkp_core.roster.rank import RankChange
from dkp_core.roster.reassigning import note_owner
from dkp_core.roster.roster_file import (
    LineKind,
    RosterEntry,
    RosterFile,
    RosterFileKind,
    read_roster_file,
)

REASON_LENGTH_MAX: Final = 500
_ALT_OF: Final = re.compile(r"(?i)\b(?:alt|box|mule|twink)\s*(?:of|for|:|-)\s*(\w+)")
_ALT_BY: Final = re.compile(r"(?i)\b(\w+?)(?:'s|s')?\s+(?:alt|box|mule|twink)\b")
_MAIN: Final = re.compile(r"(?i)\bmain\s*(?:is|:|-|=)\s*(\w+)")


class WhenMissing(StrEnum):
    """What becomes of characters that are on the roster and not in the file."""

    LEAVE = "leave"
    INACTIVE = "inactive"
    RETIRE = "retire"


class RosterOutcome(StrEnum):
    """What became of one line of a roster file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    REPEATED = "repeated"
    HEADER = "header"
    CONTINUED = "continued"
    UNREADABLE = "unreadable"


@frozen(kw_only=True)
class RosterImportLine:
    """One line of a file that is not blank, and what it changes or would change; `reason` says why nothing."""

    file: str
    line: int
    outcome: RosterOutcome
    name: str | None = None
    character_id: CharacterId | None = None
    changes: tuple[Change, ...] = ()
    reason: str = ""


@frozen(kw_only=True)
class AlsoChanged:
    """A character that the file does not name, and that changes with those it does."""

    character_id: CharacterId
    name: str
    changes: tuple[Change, ...]


@frozen(kw_only=True)
class MissingCharacter:
    """A character on the roster that the file does not name; `after` differs from `before` where it is set aside."""

    character_id: CharacterId
    name: str
    before: CharacterStatus
    after: CharacterStatus


@frozen(kw_only=True)
class RosterSuggestion:
    """Something that a person should look at: nothing was done about it."""

    line: int | None
    name: str
    sentence: str


@frozen(kw_only=True)
class RosterImport:
    """What a file comes to, line by line: what it changed, or would change where `applied` is false.

    `columns_ignored` are those that mean nothing here; `taken_at` is local time as the file's name says it.
    """

    applied: bool
    kind: RosterFileKind
    file_name: str
    sha256: str
    guild_name: str
    taken_at: str
    new: int
    changed: int
    unchanged: int
    refused: int
    lines_total: int
    blank: int
    columns_ignored: tuple[str, ...]
    ranks_made: tuple[str, ...]
    owners_made: tuple[str, ...]
    warnings: tuple[str, ...]
    suggestions: tuple[RosterSuggestion, ...]
    missing: tuple[MissingCharacter, ...]
    also_changed: tuple[AlsoChanged, ...]
    lines: tuple[RosterImportLine, ...]


@frozen
class ImportRoster:
    """Read the roster from a file: a table in CSV, a map of characters to mains, or an EverQuest guild dump.

    A dry run shows what would change, character by character; else all of it is applied at once, but for lines that
    are refused. An empty cell leaves things as they are. Who is on the roster and not in the file is listed, and stays
    as they are unless `missing` says otherwise. Ranks and owners that are not there are made where that is asked for.
    Mains change without price or waiting time; where the guild asks for one, that takes the right to write points.
    """

    begin: Begin[RosterWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        data: Iterable[bytes],
        *,
        file_name: str = "",
        kind: RosterFileKind | None = None,
        missing: WhenMissing = WhenMissing.LEAVE,
        create_ranks: bool = False,
        create_owners: bool = False,
        reason: str = "",
        dry_run: bool = False,
        by: Actor,
    ) -> RosterImport:
        by.must(Permission.ROSTER_WRITE)
        if create_owners:
            by.must(Permission.MEMBERSHIPS_WRITE)
        reason = clean_text(reason, "reason", length_max=REASON_LENGTH_MAX)
        file_name = clean_text(without_folders(file_name), "file_name", length_max=255)
        file = read_roster_file(data, file_name=file_name, kind=kind)
        if file.is_partial and missing is not WhenMissing.LEAVE:
            accepted = "leave; a dump of the whole guild, which its leader is in, may set the others aside"
            raise InvalidValue("missing", "the dump names no leader, so that it may be a part of the guild", accepted)
        if file.nameless is not None and missing is not WhenMissing.LEAVE:
            accepted = "leave; a file of which every name can be read may set the others aside"
            raise InvalidValue("missing", f"line {file.nameless} may name anybody: its name can't be read", accepted)
        ranks = {name_key(entry.rank) for entry in file.entries if entry.rank} if create_ranks else set()
        owners = len(file.entries) if create_owners else 0
        numbers = _Numbers(self.ids, dry_run=dry_run)
        character_ids = map(CharacterId, numbers.of("character", len(file.entries)))
        rank_ids = map(RankId, numbers.of("rank", len(ranks))) if create_ranks else None
        user_ids = map(UserId, numbers.of("user", owners)) if create_owners else None
        change_ids = map(MainChangeId, numbers.of("main_change", len(file.entries)))
        now = self.clock.now()
        with self.begin(by) as work:
            guild = work.guilds.get(work.guild_id)  # held, so that one import waits for another
            roster = work.ranks.all()
            characters = work.characters.all()
            draft = Draft(
                guild_id=work.guild_id,
                before={each.id: each for each in characters},
                names=work.characters.every_name(),
                ladder=Ladder(work.guild_id, roster, rank_ids),
                owners=Owners(
                    work.memberships.named(),
                    frozenset(each.owner for each in characters if each.owner is not None),
                    user_ids,
                ),
                latest=work.characters.latest_ownership,
                new_ids=character_ids,
                today=now.date(),
                profile=Profile(work.profile_fields.all()),
                keeps_leaders=file.kind is RosterFileKind.GUILD_DUMP,
            )
            sitting = _Sitting(draft, file, file_name, reason)
            sitting.take_all()
            if draft.replaced and (guild.settings.main_change_price or guild.settings.main_change_wait_days):
                by.must(Permission.POINTS_WRITE)  # as whoever waives them does
            set_aside = sitting.set_aside(missing)
            report = sitting.report(set_aside, applied=not dry_run)
            if not dry_run:
                _apply(work, draft, report, change_ids, now, by)
        return report


class _Numbers:
    """Ids for what an import may make; a dry run makes nothing, and uses numbers that are nobody's."""

    def __init__(self, ids: Ids, *, dry_run: bool) -> None:
        self._ids = ids
        self._dry_run = dry_run

    def of(self, kind: str, most: int) -> Iterator[int]:
        """Up to so many ids of that kind of thing."""
        return count(-most if self._dry_run or not most else self._ids.next(kind, most))


class _Sitting:
    """One file being taken into a draft, entry by entry."""

    def __init__(self, draft: Draft, file: RosterFile, file_name: str, reason: str) -> None:
        self._draft = draft
        self._file = file
        self._file_name = file_name
        self._reason = reason
        self._taken: dict[int, CharacterId] = {}
        self._lines_of: dict[CharacterId, int] = {}
        self._refusals: dict[int, tuple[RosterOutcome, str]] = {}

    def take_all(self) -> None:
        """Take every entry: mains before who hangs under them, and who is said to be an alt last."""
        named_mains = {name_key(entry.main) for entry in self._file.entries if entry.main and not entry.fault}
        in_turn = sorted(
            self._file.entries,
            key=lambda entry: (bool(entry.main), entry.is_main is False, not entry.is_main, entry.line),
        )
        for entry in in_turn:
            self._take(entry, is_named_main=name_key(entry.name) in named_mains and entry.is_main is not False)

    def _take(self, entry: RosterEntry, *, is_named_main: bool) -> None:
        if entry.fault:
            self._refusals[entry.line] = RosterOutcome.REFUSED, entry.fault
            return
        known = self._draft.known(entry.name)
        if known in self._lines_of:
            detail = f"It is named in line {self._lines_of[known]} already."
            self._refusals[entry.line] = RosterOutcome.REPEATED, detail
            return
        where = f"Imported from {self._file_name or 'a file'}, line {entry.line}."
        try:
            taken = self._draft.take(entry, is_named_main=is_named_main, reason=self._reason or where)
        except DomainError as refused:
            self._refusals[entry.line] = RosterOutcome.REFUSED, refused.sentence
            if known is not None:
                self._lines_of[known] = entry.line
            return
        self._taken[entry.line] = taken
        self._lines_of[taken] = entry.line

    def set_aside(self, missing: WhenMissing) -> tuple[MissingCharacter, ...]:
        """Who is on the roster and not in the file; each set aside as asked."""
        found = []
        named = {self._draft.known(name) for name in self._file.names}
        for character in self._draft.before.values():
            if character.id in named or character.status in (CharacterStatus.PENDING, CharacterStatus.RETIRED):
                continue
            after = {
                WhenMissing.LEAVE: character.status,
                WhenMissing.INACTIVE: CharacterStatus.INACTIVE,
                WhenMissing.RETIRE: CharacterStatus.RETIRED,
            }[missing]
            if after is not character.status:
                self._draft.put(self._draft.after[character.id].change(status=after))
            found.append(
                MissingCharacter(character_id=character.id, name=character.name, before=character.status, after=after)
            )
        return tuple(sorted(found, key=lambda each: name_key(each.name)))

    def report(self, missing: tuple[MissingCharacter, ...], *, applied: bool) -> RosterImport:
        """What all of it comes to."""
        lines = sorted((*map(self._line, self._file.entries), *self._plain_lines()), key=lambda line: line.line)
        outcomes = [line.outcome for line in lines]
        shown = {*self._taken.values(), *(each.character_id for each in missing if each.before is not each.after)}
        return RosterImport(
            applied=applied,
            kind=self._file.kind,
            file_name=self._file_name,
            sha256=self._file.sha256,
            guild_name=self._file.guild_name,
            taken_at=self._file.taken_at.isoformat() if self._file.taken_at else "",
            new=outcomes.count(RosterOutcome.NEW),
            changed=outcomes.count(RosterOutcome.CHANGED),
            unchanged=outcomes.count(RosterOutcome.UNCHANGED),
            refused=outcomes.count(RosterOutcome.REFUSED),
            lines_total=self._file.lines_total,
            blank=self._file.blank,
            columns_ignored=tuple(title for title in self._file.titles if not self._draft.means(title)),
            ranks_made=tuple(rank.name for rank in self._draft.ladder.made.values()),
            owners_made=tuple(owner.username for owner in self._draft.owners.made.values()),
            warnings=self._file.warnings,
            suggestions=tuple(self._suggestions(missing)),
            missing=missing,
            also_changed=tuple(
                AlsoChanged(character_id=each.id, name=each.name, changes=told)
                for each in self._draft.changed()
                if each.id not in shown and each.id in self._draft.before and (told := self._changes(each.id))
            ),
            lines=tuple(lines),
        )

    def _line(self, entry: RosterEntry) -> RosterImportLine:
        character_id = self._taken.get(entry.line)
        if character_id is None:
            outcome, why = self._refusals[entry.line]
            return RosterImportLine(file=self._file_name, line=entry.line, outcome=outcome, name=entry.name, reason=why)
        told = self._changes(character_id)
        is_new = character_id not in self._draft.before
        before = self._draft.before.get(character_id)
        kept = before is not None and bool(entry.rank) and self._draft.keeps(before, entry)
        return RosterImportLine(
            file=self._file_name,
            line=entry.line,
            outcome=RosterOutcome.NEW if is_new else RosterOutcome.CHANGED if told else RosterOutcome.UNCHANGED,
            name=self._draft.after[character_id].name,
            character_id=character_id if character_id > 0 else None,
            changes=told,
            reason="It leads the guild here, and a dump demotes no leader." if kept else "",
        )

    def _plain_lines(self) -> Iterator[RosterImportLine]:
        outcomes = {kind: RosterOutcome(kind.value) for kind in LineKind}
        for line in self._file.lines:
            yield RosterImportLine(
                file=self._file_name, line=line.line, outcome=outcomes[line.kind], name=line.name, reason=line.detail
            )

    def _changes(self, character_id: CharacterId) -> tuple[Change, ...]:
        before, after = self._draft.before.get(character_id), self._draft.after[character_id]
        told = changes(_Seen.of(before, self._draft), _Seen.of(after, self._draft), _Seen.fields())
        return (*told, *self._profile_changes({} if before is None else before.profile, after.profile))

    def _profile_changes(
        self, before: Mapping[ProfileFieldId, str], after: Mapping[ProfileFieldId, str]
    ) -> Iterator[Change]:
        for each in self._draft.profile.fields:
            if before.get(each.id) != after.get(each.id):
                yield Change(field=f"profile.{each.name}", before=before.get(each.id), after=after.get(each.id))

    def _suggestions(self, missing: Sequence[MissingCharacter]) -> Iterator[RosterSuggestion]:
        entries = {name_key(entry.name): entry for entry in self._file.entries}
        new = [self._draft.after[each].name for each in self._taken.values() if each not in self._draft.before]
        gone = {name_key(each.name): each.name for each in missing}
        for group in look_alike([*new, *gone.values()]):
            left = [name for name in group if name_key(name) in gone]
            for name in group:
                if left and name_key(name) in entries:
                    sentence = (
                        f"{name} is new, and {', '.join(left)} is on the roster and not in the file; "
                        "if that is one character, rename it instead."
                    )
                    yield RosterSuggestion(line=entries[name_key(name)].line, name=name, sentence=sentence)
        for entry in self._file.entries:
            if entry.line in self._taken:
                yield from self._alt(entry)

    def _alt(self, entry: RosterEntry) -> Iterator[RosterSuggestion]:
        character = self._draft.after[self._taken[entry.line]]
        main = self._main_in(entry.alt_note)
        if main is not None and main.id != character.id and character.main_id != main.id:
            sentence = f"Its note in the game says {entry.alt_note!r}; it may be an alt of {main.name}."
            yield RosterSuggestion(line=entry.line, name=character.name, sentence=sentence)
        elif entry.is_flagged_alt and (character.is_main or character.owner is None):
            sentence = "It is flagged as an alt in the game, and is the main of its owner or belongs to nobody here."
            yield RosterSuggestion(line=entry.line, name=character.name, sentence=sentence)

    def _main_in(self, note: str) -> Character | None:
        for pattern in (_ALT_OF, _MAIN, _ALT_BY):
            for name in pattern.findall(note[:200]):
                known = self._draft.known(name)
                if known is not None:
                    return self._draft.after[known]
        return None


@frozen(kw_only=True)
class _Seen:
    """A character as the report shows it: with names in place of ids; None in place of nothing."""

    name: str | None = None
    character_class: str | None = None
    level: int | None = None
    race: str | None = None
    rank: str | None = None
    status: str | None = None
    owner: str | None = None
    main: str | None = None
    joined_on: str | None = None
    notes: str | None = None

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        return ("name", "character_class", "level", "race", "rank", "status", "owner", "main", "joined_on", "notes")

    @classmethod
    def of(cls, character: Character | None, draft: Draft) -> _Seen:
        if character is None:
            return cls()
        main = draft.after.get(character.main_id) if character.main_id is not None else None
        return cls(
            name=character.name,
            character_class=character.character_class or None,
            level=character.level,
            race=character.race or None,
            rank=draft.ladder.names[character.rank_id],
            status=character.status.value,
            owner=None if character.owner is None else draft.owners.username(character.owner),
            main=character.name if character.is_main else None if main is None else main.name,
            joined_on=character.joined_on.isoformat(),
            notes=character.notes or None,
        )


def _apply(
    work: RosterWork, draft: Draft, report: RosterImport, change_ids: Iterator[MainChangeId], at: datetime, by: Actor
) -> None:
    """Store what is new and what changed, with its history."""
    for rank in draft.ladder.made.values():
        work.ranks.save(rank)
    for owner in draft.owners.made.values():
        work.users.save(User.add(owner.user_id, discord_id=None, username=owner.username, at=at))
        work.memberships.save(Membership.begin(work.guild_id, owner.user_id, RoleGroup.MEMBER, at))
    changed = draft.changed()
    if not changed:
        return
    work.characters.save(*changed)
    for character_id, user_id in draft.first_owners.items():
        work.characters.begin_ownership(Ownership.first(character_id, user_id))
    for character_id, given in draft.hand_overs.items():
        note_owner(work, character_id, given.owner, given.latest, reason=given.reason, at=at)
    record_main_changes(
        work,
        [
            MainChange(
                id=next(change_ids),
                user_id=user_id,
                at=at,
                before=before,
                after=after,
                actor_kind=by.kind,
                actor_id=by.id,
                waived=True,
                reason=f"Imported from {report.file_name or 'a file'}.",
            )
            for user_id, (before, after) in draft.replaced.items()
        ],
    )
    work.characters.record_rank_changes(
        [
            RankChange(
                character_id=character_id,
                at=at,
                before=move.before,
                after=move.after,
                actor_kind=by.kind,
                actor_id=by.id,
                reason=move.reason,
            )
            for character_id, move in draft.moves.items()
        ]
    )
    set_aside = sum(each.before is not each.after for each in report.missing)
    work.announce(
        RosterImported(
            sha256=report.sha256,
            kind=report.kind.value,
            entered=report.new,
            changed=report.changed,
            refused=report.refused,
            set_aside=set_aside,
        )
    )
