"""A new guild of an export: ids anew, every reference rewritten, and all of it checked before it is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO, Final

from attrs import define, evolve, field
from sqlalchemy import Text, bindparam, insert, select

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import ConstraintViolated
from dkp_adapters.sql.guild_export.contents import Contents
from dkp_adapters.sql.guild_export.documents import PIECE_BYTES
from dkp_adapters.sql.guild_export.layout import AFRESH, REPEATED, Row, Sheet, sheets
from dkp_adapters.sql.guild_export.moved_bids import keeping
from dkp_adapters.sql.guild_export.surveying import Survey, built_as_it_should, place_of, reading_of, rewritten, rows_of
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.references import GUILD, USER, Rewriting
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, binds, filling, insert_rows, json_rows, json_values, to_json
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.verifying import differences_in
from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, ImportId
from dkp_core.kernel.names import name_key
from dkp_core.moving import MEMBERSHIP, BrokenExport, GuildImported, Import, SlugTaken, Span, Unpacked, spans_of

PIECE: Final = 500
ALONE: Final = frozenset({"guilds", "uploads"})
"""Tables of which a row is inserted by itself: it names no guild, or has bytes in it."""
PROGRAM: Final = "dkp"
_KNOWN_AT_ONCE: Final = 1000
_DISCORD_ID: Final = 1
_ERASED_AT: Final = 3

_KNOWN: Final = Statement(
    select(users.c.discord_id, users.c.id).where(users.c.discord_id.in_(json_values("discord_ids", Text())))
)
_SLUG: Final = Statement(select(guilds.c.id).where(guilds.c.slug == bindparam("slug")))
_OF_NEW_USERS: Final = (
    *("id", "discord_id", "username", "username_key", "timezone", "locale", "muted", "added_at", "erased_at"),
    "version",
)
_INSERT_USERS: Final = Statement(
    insert_rows(users, select(json_rows("rows", *(users.c[name] for name in _OF_NEW_USERS))))
)


@cache
def _insertion(name: str) -> Statement:
    """How rows of a table are inserted: those in ALONE one by one, the others without the guild, which comes first."""
    table = sheets()[name].table
    if name in ALONE:
        return Statement(insert(table).values(binds(table, *table.c.keys())))
    guild_id, *columns = table.c
    assert guild_id.key == "guild_id", name
    return filling(*columns)


@cache
def _plan(name: str) -> tuple[int | tuple[object], ...]:
    """Where each column of a table comes from: a place in its row, with the guild after it, or a value of its own."""
    sheet = sheets()[name]
    places: dict[str, int] = {column: place for place, column in enumerate((*sheet.names, "guild_id"))}
    places |= {column: places[other] for column, other in REPEATED.get(name, {}).items()}
    afresh = AFRESH.get(name, {})
    return tuple((afresh[each.key],) if each.key in afresh else places[each.key] for each in sheet.table.c)


@define(eq=False)
class _Ids:
    """The new ids, by the old ones."""

    guild: tuple[int, int]
    survey: Survey
    people: Mapping[int, int]
    known: Collection[int]

    def of(self, kind: str, number: int, /, *, loose: bool) -> int:
        """The new id. Raises: LookupError where the export has nothing of the kind with that id."""
        if loose and number == 0:
            return 0  # before the first
        if kind == USER:
            found = self.people.get(number)
        elif kind == GUILD:
            found = self.guild[1] if number == self.guild[0] else None
        else:
            numbers = self.survey.spoken if loose else self.survey.own
            there = kind in numbers and number >= 1 and numbers[kind].has(number)
            found = self.survey.spoken[kind].of(number) if there else None
        if found is None:
            raise LookupError(f"there is no {kind.replace('_', ' ')} {number}")
        return found

    def spans(self, old: Iterable[Sequence[Any]]) -> Iterator[tuple[str, int, int]]:
        """The spans of an earlier import, as they are now; whom this installation knew, it did not bring."""
        for kind, first, count in old:
            if kind in (USER, MEMBERSHIP):
                for number, new in sorted(self.people.items()):
                    if first <= number < first + count and (kind == MEMBERSHIP or number not in self.known):
                        yield kind, new, 1
            elif kind in self.survey.spoken:
                numbers = self.survey.spoken[kind]
                below = numbers.below(first)
                yield kind, numbers.first + below, numbers.below(first + count) - below


def _must_be_free(session: Session, slug: str) -> None:
    if session.first(_SLUG, slug=slug) is not None:
        raise SlugTaken(slug)


@contextmanager
def _consistent(name: str) -> Iterator[None]:
    """Rows of a table are inserted in it. Raises: BrokenExport where they contradict each other."""
    try:
        yield
    except ConstraintViolated as broken:
        fault = f"rows contradict each other ({broken.constraint})"
        raise BrokenExport(f"tables.{name}", fault, "an export as it was written") from broken


@define(eq=False)
class Unpacking:
    """One export on its way in."""

    database: SqlDatabase
    file: BinaryIO
    name: str
    by: Actor
    _rows: dict[str, list[list[Any]]] = field(factory=dict, init=False)
    _rewritings: dict[str, Rewriting] = field(factory=dict, init=False)
    _contents: Contents = field(factory=Contents, init=False)

    def unpack(self, slug: str | None) -> Unpacked:
        """Do all of it. Raises: BrokenExport, SlugTaken, InvalidValue, Stale, Unavailable."""
        fingerprint = self._fingerprint()
        survey = Survey.of(reading_of(self.file), lambda found: self._may_come(found, slug))
        guild_id = GuildId(self.database.ids.next("guild"))
        import_id = ImportId(self.database.ids.next("import"))
        for kind, numbers in survey.spoken.items():
            numbers.place(self.database.ids.next(kind, numbers.count) if numbers.count else 1)
        by = evolve(self.by, guild_id=guild_id)
        with self.database.begin(by) as work:
            _must_be_free(work.session, slug or survey.slug)
            known = self._known(work.session, survey)
            new = sorted(survey.people.keys() - known.keys())
            first = self.database.ids.next(USER, len(new)) if new else 0
            people = {**known, **{old: first + place for place, old in enumerate(new)}}
            ids = _Ids((survey.guild_id, guild_id), survey, people, known)
            self._add_people(work.session, survey, new, people)
            self._add_rows(work.session, ids, slug)
            self._contents.must_be_whole({new for old, new in people.items() if survey.people[old][_DISCORD_ID]})
            self._must_add_up(work.session, survey, people)
            guild = work.guilds.get(guild_id)
            record = Import(
                id=import_id,
                guild_id=guild_id,
                program=PROGRAM,
                version=survey.program,
                source=self.name,
                fingerprint=fingerprint,
                at=self.database.clock.now(),
                actor_kind=by.kind,
                actor_id=by.id,
                spans=(
                    Span(kind=GUILD, first=guild_id, count=1),
                    *spans_of(USER, [people[old] for old in new if survey.people[old][_ERASED_AT] is None]),
                    *spans_of(MEMBERSHIP, people.values()),
                    *(
                        Span(kind=kind, first=numbers.first, count=numbers.count)
                        for kind, numbers in sorted(survey.spoken.items())
                        if numbers.count
                    ),
                ),
                counts={name: count for name, count in survey.counts.items() if count},
            )
            told = GuildImported(import_id=import_id, program=PROGRAM, source=self.name, fingerprint=fingerprint)
            work.imports.save(record, told)
        return Unpacked(
            guild_id=guild_id,
            slug=guild.slug,
            name=guild.name,
            rows=survey.counts,
            users_known=len(known),
            users_new=len(new),
            record=record,
        )

    def _fingerprint(self) -> str:
        self.file.seek(0)
        digest = hashlib.sha256()
        for piece in iter(lambda: self.file.read(PIECE_BYTES), b""):
            digest.update(piece)
        return digest.hexdigest()

    def _may_come(self, survey: Survey, slug: str | None) -> None:
        """Refuse a guild that could not have been founded here, before the rest of it is read.

        Raises: BrokenExport, SlugTaken; InvalidValue for the slug.
        """
        told = dict(zip(sheets()["guilds"].names, survey.guild, strict=True))
        try:
            Guild.found(
                GuildId(1),
                name=told["name"],
                slug=told["slug"],
                timezone=told["timezone"],
                at=self.database.clock.now(),
            )
        except InvalidValue as fault:
            raise BrokenExport(f"tables.guilds.1.{fault.name}", fault.fault, fault.accepted) from fault
        if slug is not None:
            Guild.found(GuildId(1), name=told["name"], slug=slug, timezone="UTC", at=self.database.clock.now())
        with self.database.reading() as views:
            _must_be_free(views.session, slug or survey.slug)

    @staticmethod
    def _known(session: Session, survey: Survey) -> dict[int, int]:
        """The people whom this installation knows by their Discord ids."""
        by_discord = {row[_DISCORD_ID]: old for old, row in survey.people.items() if row[_DISCORD_ID]}
        found: dict[int, int] = {}
        wanted = sorted(by_discord)
        for start in range(0, len(wanted), _KNOWN_AT_ONCE):
            asked = wanted[start : start + _KNOWN_AT_ONCE]
            found |= {by_discord[discord]: known for discord, known in session.all(_KNOWN, discord_ids=asked)}
        return found

    def _add_people(self, session: Session, survey: Survey, new: list[int], people: Mapping[int, int]) -> None:
        now = micros(self.database.clock.now())
        for start in range(0, len(new), PIECE):
            rows = []
            for old in new[start : start + PIECE]:
                _, discord_id, username, erased_at = survey.people[old]
                key = name_key(username)
                rows.append([people[old], discord_id, username, key, "UTC", "en", "[]", now, erased_at, 1])
            with _consistent("users"):
                session.run(_INSERT_USERS, rows=rows)

    def _add_rows(self, session: Session, ids: _Ids, slug: str | None) -> None:
        reading = reading_of(self.file)
        reading.header()
        for sheet, number, row in rows_of(reading):
            if sheet.name == "users":
                continue
            if sheet.name == "guilds":
                row[sheet.place("id")] = ids.guild[1]
                row[sheet.place("slug")] = slug or row[sheet.place("slug")]
            else:
                self._rewrite(sheet, number, row, ids)
            self._add(session, sheet, number, row, ids.guild[1])
        for name in list(self._rows):
            self._flush(session, name)

    def _rewrite(self, sheet: Sheet, number: int, row: Row, ids: _Ids) -> None:
        rewriting = self._rewritings.get(sheet.name)
        if rewriting is None:
            rewriting = self._rewritings[sheet.name] = Rewriting.of(sheet.name, sheet.names)
        keep = keeping(sheet.name)
        if keep is not None:
            built_as_it_should(lambda: keep(row), place_of(sheet, number))
        rewritten(rewriting, row, ids.of, place_of(sheet, number))
        if sheet.name == "imports":
            place = sheet.place("spans")
            row[place] = to_json([list(each) for each in ids.spans(json.loads(row[place]))])

    def _add(self, session: Session, sheet: Sheet, number: int, row: Row, guild_id: int) -> None:
        """Put a row on the pile of its table, whole; a pile that is high enough is inserted."""
        extended = [*row, guild_id]
        rows = self._rows.setdefault(sheet.name, [])
        stored = [extended[each] if isinstance(each, int) else each[0] for each in _plan(sheet.name)]
        self._contents.look(sheet, number, stored)
        rows.append(stored)
        if len(rows) >= PIECE or sheet.name in (*ALONE, "ranks"):
            self._flush(session, sheet.name)

    def _flush(self, session: Session, name: str) -> None:
        rows = self._rows.pop(name, [])
        with _consistent(name):
            if name not in ALONE:
                session.fill(_insertion(name), (row[1:] for row in rows))
                return
            for row in rows:
                session.run(_insertion(name), **dict(zip(sheets()[name].table.c.keys(), row, strict=True)))

    @staticmethod
    def _must_add_up(session: Session, survey: Survey, people: Mapping[int, int]) -> None:
        """Refuse what is not the sum of its parts. Raises: BrokenExport."""
        for found in differences_in(session.connection, session.guild_id):
            who = next((survey.people[old][2] for old, new in people.items() if new == found.user_id), None)
            place = found.what if who is None else f"{found.what} of {who}"
            raise BrokenExport(place, f"it is {found.kept}", f"{found.counted}, which it adds up to")
