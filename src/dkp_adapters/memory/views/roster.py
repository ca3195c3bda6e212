"""How the roster is shown, from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from fractions import Fraction
from typing import Final

from attrs import frozen

from dkp_adapters.memory.views.attendance import NEVER, AttendanceCounts
from dkp_adapters.memory.views.glance import Glance, MemoryView, in_order_of_name, is_rank, part_of
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_core.accounts import User
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, ClaimId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import BEGINNING
from dkp_core.raids import AttendanceShare
from dkp_core.roster import (
    AttributionRow,
    AuditedCharacter,
    AuditedUser,
    Character,
    CharacterRow,
    CharacterStatus,
    Claim,
    ClaimFilter,
    ClaimRow,
    MainChangeRow,
    MemberCharacterRow,
    MemberRow,
    OwnershipRow,
    ProfileField,
    ProfileFieldRow,
    RankChangeRow,
    RankRow,
    RosterAudit,
    RosterFilter,
    RosterRow,
    RosterView,
    look_alike,
    profile_field_row,
    profile_shown,
)


@frozen
class _Line:
    """A line of the roster, with what it is sorted by beside what it shows."""

    row: RosterRow
    rank_order: int
    attendance: AttendanceShare


def _key_of(name: str | None) -> str | None:
    return None if name is None else name_key(name)


_COLUMNS: Final[Columns[_Line]] = {
    "name": lambda line: name_key(line.row.name),
    "character_class": lambda line: name_key(line.row.character_class),
    "level": lambda line: line.row.level,
    "race": lambda line: name_key(line.row.race),
    "rank": lambda line: line.rank_order,
    "status": lambda line: line.row.status.value,
    "owner": lambda line: _key_of(line.row.owner),
    "is_main": lambda line: line.row.is_main,
    "main_character": lambda line: _key_of(line.row.main_character),
    "joined_on": lambda line: line.row.joined_on,
    "attendance_30": lambda line: line.attendance.fraction,
    "id": lambda line: line.row.id,
}


@frozen
class MemoryRosterView(MemoryView, RosterView):
    """Reads the roster."""

    def characters(
        self,
        wanted: RosterFilter,
        *,
        with_hidden: bool,
        ordering: tuple[Order, ...],
        page: PageRequest,
        at: datetime,
    ) -> Page[RosterRow]:
        glance = self.look()
        counts = AttendanceCounts(glance, at)
        lines = (
            _line(glance, each, counts, with_hidden=with_hidden)
            for each in glance.tables.characters.values()
            if with_hidden or not _is_hidden(glance, each)
        )
        found = sorted((line for line in lines if _is_wanted(line, wanted)), key=_by_name)
        page_of_lines = page_of(ordered(found, ordering, _COLUMNS), page)
        return Page(tuple(line.row for line in page_of_lines.results), page_of_lines.count)

    def character(self, character_id: CharacterId, *, with_hidden: bool) -> CharacterRow:
        glance = self.look()
        character = _existing(glance, character_id)
        if not with_hidden and _is_hidden(glance, character):
            raise NoSuch("character", character_id)
        return _character_row(glance, character, with_hidden=with_hidden)

    def character_named(self, name: str, *, with_hidden: bool) -> CharacterRow:
        glance = self.look()
        borne = glance.tables.names.get(name_key(name))
        character = None if borne is None else glance.tables.characters[borne.character_id]
        if character is None or (not with_hidden and _is_hidden(glance, character)):
            raise NoSuch("character", name)
        return _character_row(glance, character, with_hidden=with_hidden)

    def ownership_history(self, character_id: CharacterId) -> tuple[OwnershipRow, ...]:
        glance = self.look()
        _existing(glance, character_id)
        return tuple(
            OwnershipRow(
                user_id=period.owner,
                owner=glance.username(period.owner),
                since=None if period.since == BEGINNING else period.since,
                until=period.until,
                reason=period.reason,
            )
            for period in glance.tables.ownerships.get(character_id, ())
        )

    def rank_history(self, character_id: CharacterId) -> tuple[RankChangeRow, ...]:
        glance = self.look()
        _existing(glance, character_id)
        return tuple(
            RankChangeRow(
                at=change.at,
                before=None if change.before is None else glance.rank_name(change.before),
                after=glance.rank_name(change.after),
                actor_kind=change.actor_kind,
                actor_id=change.actor_id,
                reason=change.reason,
            )
            for change in glance.tables.rank_changes.get(character_id, ())
        )

    def profile_fields(self) -> tuple[ProfileFieldRow, ...]:
        return tuple(map(profile_field_row, _fields(self.look())))

    def main_changes(self, user_id: UserId) -> tuple[MainChangeRow, ...]:
        glance = self.look()
        glance.user(user_id)
        tables = glance.tables
        return tuple(
            MainChangeRow(
                id=change.id,
                at=change.at,
                before_id=change.before,
                before=tables.characters[change.before].name,
                after_id=change.after,
                after=tables.characters[change.after].name,
                actor_kind=change.actor_kind,
                actor_id=change.actor_id,
                waived=change.waived,
                reason=change.reason,
            )
            for change in sorted(tables.main_changes.values(), key=lambda change: change.id)
            if change.user_id == user_id
        )

    def ranks(self) -> tuple[RankRow, ...]:
        tables = self.look().tables
        return tuple(
            RankRow(
                id=rank.id,
                name=rank.name,
                order=rank.order,
                is_default=rank.is_default,
                is_hidden=rank.is_hidden,
                counts_as_active=rank.counts_as_active,
                characters=sum(character.rank_id == rank.id for character in tables.characters.values()),
            )
            for rank in sorted(tables.ranks.values(), key=lambda rank: (rank.order, name_key(rank.name)))
        )

    def members(self) -> tuple[MemberRow, ...]:
        glance = self.look()
        shown: dict[UserId, list[Character]] = {user_id: [] for user_id in sorted(glance.members)}
        for character in glance.tables.characters.values():
            hidden = _is_hidden(glance, character)
            if character.owner in shown and not hidden and character.status is not CharacterStatus.RETIRED:
                shown[character.owner].append(character)
        return tuple(
            _member_row(glance, glance.installation.users[user_id], sorted(characters, key=_main_first))
            for user_id, characters in shown.items()
        )

    def attribution(self, name: str, at: datetime) -> AttributionRow:
        glance = self.look()
        borne = glance.tables.names.get(name_key(name))
        if borne is None:
            raise NoSuch("character", name)
        periods = glance.tables.ownerships.get(borne.character_id, ())
        owner = next((glance.head(period.owner, at) for period in periods if period.covers(at)), None)
        return AttributionRow(
            name=name,
            at=at,
            character_id=borne.character_id,
            character=glance.tables.characters[borne.character_id].name,
            user_id=owner,
            username=glance.username_or_none(owner),
        )

    def audit(self) -> RosterAudit:
        glance = self.look()
        characters = sorted(glance.tables.characters.values(), key=lambda each: (name_key(each.name), each.id))
        owners = {each.owner for each in characters if each.owner is not None}
        here = glance.known_users - glance.merged_away
        unlinked = (user_id for user_id in here if glance.installation.users[user_id].is_unlinked)
        inactive = {rank.id for rank in glance.tables.ranks.values() if not rank.counts_as_active}
        return RosterAudit(
            unlinked_users=_audited_users(glance, unlinked),
            characters_without_owner=_audited(characters, lambda each: each.owner is None),
            owners_without_main=_audited_users(glance, (owner for owner in owners if owner not in glance.mains)),
            mains_with_inactive_rank=_audited(characters, lambda each: each.is_main and each.rank_id in inactive),
            duplicate_looking_names=look_alike(each.name for each in characters),
        )

    def claims(self, wanted: ClaimFilter, *, page: PageRequest) -> Page[ClaimRow]:
        glance = self.look()
        found = [
            _claim_row(glance, claim)
            for claim in sorted(glance.tables.claims.values(), key=lambda claim: claim.id, reverse=True)
            if wanted.status in (None, claim.status)
            and wanted.claimant in (None, claim.claimant)
            and wanted.user_id in (None, claim.user_id)
        ]
        return page_of(found, page)

    def claim(self, claim_id: ClaimId) -> ClaimRow:
        glance = self.look()
        claim = glance.tables.claims.get(claim_id)
        if claim is None:
            raise NoSuch("claim", claim_id)
        return _claim_row(glance, claim)


def _claim_row(glance: Glance, claim: Claim) -> ClaimRow:
    return ClaimRow(
        id=claim.id,
        claimant_id=claim.claimant,
        claimant=glance.username(claim.claimant),
        user_id=claim.user_id,
        username=glance.username(claim.user_id),
        character=claim.character_name,
        status=claim.status,
        code=claim.code if claim.is_open else None,
        code_until=claim.code_until if claim.is_open else None,
        made_at=claim.made_at,
        decided_at=claim.decided_at,
        decided_kind=claim.decided_kind,
        decided_by=claim.decided_by,
        by_code=claim.by_code,
        reason=claim.reason,
        merge_id=claim.merge_id,
    )


def _existing(glance: Glance, character_id: CharacterId) -> Character:
    character = glance.tables.characters.get(character_id)
    if character is None:
        raise NoSuch("character", character_id)
    return character


def _is_hidden(glance: Glance, character: Character) -> bool:
    return glance.tables.ranks[character.rank_id].is_hidden


def _main(glance: Glance, character: Character, *, with_hidden: bool) -> Character | None:
    main = None if character.main_id is None else glance.tables.characters[character.main_id]
    return None if main is None or (_is_hidden(glance, main) and not with_hidden) else main


def _line(glance: Glance, character: Character, counts: AttendanceCounts, *, with_hidden: bool) -> _Line:
    main = _main(glance, character, with_hidden=with_hidden)
    rank = glance.tables.ranks[character.rank_id]
    attendance = (NEVER if character.owner is None else counts.of(character.owner)).windows[0]
    row = RosterRow(
        id=character.id,
        name=character.name,
        character_class=character.character_class,
        level=character.level,
        race=character.race,
        rank=rank.name,
        rank_id=rank.id,
        status=character.status,
        user_id=character.owner,
        owner=glance.username_or_none(character.owner),
        is_main=character.is_main,
        main_id=None if main is None else main.id,
        main_character=None if main is None else main.name,
        joined_on=character.joined_on,
        attendance_30=attendance.percent,
        external_id=character.external_id,
    )
    return _Line(row, rank.order, attendance)


def _by_name(line: _Line) -> tuple[str, CharacterId]:
    return name_key(line.row.name), line.row.id


def _is_wanted(line: _Line, wanted: RosterFilter) -> bool:
    row = line.row
    return (
        (not wanted.character_class or name_key(wanted.character_class) == name_key(row.character_class))
        and (not wanted.rank or is_rank(wanted.rank, row.rank_id, row.rank))
        and wanted.status in (None, row.status)
        and wanted.user_id in (None, row.user_id)
        and wanted.is_main in (None, row.is_main)
        and (wanted.level_min is None or (row.level is not None and row.level >= wanted.level_min))
        and (wanted.level_max is None or (row.level is not None and row.level <= wanted.level_max))
        and (wanted.attendance_min is None or line.attendance.fraction >= Fraction(wanted.attendance_min, 100))
        and wanted.external_id in (None, row.external_id)
        and part_of(wanted.search, row.name)
    )


def _character_row(glance: Glance, character: Character, *, with_hidden: bool) -> CharacterRow:
    main = _main(glance, character, with_hidden=with_hidden)
    names = glance.tables.names.items()
    current = name_key(character.name)
    return CharacterRow(
        id=character.id,
        name=character.name,
        character_class=character.character_class,
        level=character.level,
        race=character.race,
        rank=glance.rank_name(character.rank_id),
        rank_id=character.rank_id,
        status=character.status,
        user_id=character.owner,
        owner=glance.username_or_none(character.owner),
        is_main=character.is_main,
        main_id=None if main is None else main.id,
        main_character=None if main is None else main.name,
        joined_on=character.joined_on,
        notes=character.notes,
        external_id=character.external_id,
        profile=profile_shown(_fields(glance), character.profile),
        aliases=tuple(
            in_order_of_name(
                borne.name for key, borne in names if borne.character_id == character.id and key != current
            )
        ),
    )


def _fields(glance: Glance) -> list[ProfileField]:
    return sorted(glance.tables.profile_fields.values(), key=lambda field: (field.order, field.id))


def _main_first(character: Character) -> tuple[bool, str, CharacterId]:
    return not character.is_main, name_key(character.name), character.id


def _member_row(glance: Glance, user: User, characters: list[Character]) -> MemberRow:
    main = next((character for character in characters if character.is_main), None)
    return MemberRow(
        user_id=user.id,
        discord_id=user.discord_id,
        discord_username=user.username,
        role_group=glance.tables.memberships[user.id].role_group.value,
        main_character=None if main is None else main.name,
        rank=None if main is None else glance.rank_name(main.rank_id),
        discord_role_id=None,
        characters=tuple(
            MemberCharacterRow(
                id=character.id,
                name=character.name,
                character_class=character.character_class,
                level=character.level,
                rank=glance.rank_name(character.rank_id),
                is_main=character.is_main,
            )
            for character in characters
        ),
    )


def _audited(characters: list[Character], is_wrong: Callable[[Character], bool]) -> tuple[AuditedCharacter, ...]:
    return tuple(
        AuditedCharacter(id=each.id, name=each.name, user_id=each.owner) for each in characters if is_wrong(each)
    )


def _audited_users(glance: Glance, user_ids: Iterable[UserId]) -> tuple[AuditedUser, ...]:
    return tuple(AuditedUser(user_id=user_id, username=glance.username(user_id)) for user_id in sorted(user_ids))
