"""Characters: entering, changing, approving, renaming and taking them off the roster (R-1, R-6, G-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import UserIsMerged
from dkp_core.guilds import GuildSettings
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.roster.character import Character, CharacterStatus
from dkp_core.roster.events import CharacterAliasAdded, CharacterRemoved
from dkp_core.roster.family import Family
from dkp_core.roster.ownership import Ownership
from dkp_core.roster.ports import ROSTER_COLUMNS, RosterView, RosterWork
from dkp_core.roster.profile_field import Profile, ShownTo
from dkp_core.roster.profiling import may_see
from dkp_core.roster.views import (
    CharacterRow,
    MemberRow,
    OwnershipRow,
    RankChangeRow,
    RosterAudit,
    RosterFilter,
    RosterRow,
)

# What guests may sort a public roster by.
PUBLIC_COLUMNS: Final = tuple(column for column in ROSTER_COLUMNS if column not in ("owner", "attendance_30"))


@frozen
class EnterCharacter:
    """Put a character on the roster.

    Officers enter any, for whatever owner; members their own, pending until an officer approves it (or at once,
    where the guild says so). The first character of an owner is the main, every other an alt of it.
    """

    begin: Begin[RosterWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        *,
        name: str,
        owner: UserId | None = None,
        character_class: str = "",
        level: int | None = None,
        race: str = "",
        rank_id: RankId | None = None,
        status: CharacterStatus | None = None,
        joined_on: date | None = None,
        notes: str = "",
        profile: Mapping[str, object] | None = None,
        by: Actor,
    ) -> Character:
        officer = by.may(Permission.ROSTER_WRITE)
        if not officer:
            by.must(Permission.CHARACTERS_OWN)
            for field, value in (("owner", owner not in (None, by.user_id)), ("rank_id", rank_id), ("status", status)):
                if value:
                    raise InvalidValue(field, "only officers decide on it", "nothing; officers set it at the approval")
            owner = by.user_id
        character_id = CharacterId(self.ids.next("character"))
        with self.begin(by) as work:
            if owner is not None:
                must_have_a_place(work, owner)
            settings = work.guilds.get(work.guild_id).settings
            character = Character(
                id=character_id,
                guild_id=work.guild_id,
                name=name,
                character_class=character_class,
                level=level,
                race=race,
                rank_id=_rank(work, rank_id),
                status=status or _first_status(officer, settings),
                owner=owner,
                joined_on=joined_on or self.clock.now().date(),
                notes=notes,
                profile=_given(_profile(work).read(profile or {}, officer=officer, entering=True)),
            ).entered()
            if owner is None:
                work.characters.save(character)
            else:
                adopted = Family(owner, work.characters.owned_by(owner)).adopt(character)
                work.characters.save(*adopted)
                work.characters.begin_ownership(Ownership.first(character_id, owner))
                character = adopted[0]
        return character


def _profile(work: RosterWork) -> Profile:
    return Profile(work.profile_fields.all())


def _given(values: Mapping[ProfileFieldId, str]) -> Mapping[ProfileFieldId, str]:
    return {field_id: value for field_id, value in values.items() if value}


def must_have_a_place(work: RosterWork, user_id: UserId) -> None:
    """Refuse users who are nobody here, so that no guild learns of another's people (G-1), or no longer.

    Raises: NoSuch, UserIsMerged.
    """
    membership = work.memberships.find(user_id)
    if membership is None and not work.characters.owned_by(user_id):
        raise NoSuch("user", user_id)
    if membership is not None and membership.merged_into is not None:
        raise UserIsMerged(user_id, membership.merged_into)


def _first_status(officer: bool, settings: GuildSettings) -> CharacterStatus:
    return CharacterStatus.ACTIVE if officer or settings.approve_own_characters else CharacterStatus.PENDING


def _rank(work: RosterWork, rank_id: RankId | None) -> RankId:
    if rank_id is not None:
        return work.ranks.get(rank_id).id
    return next(rank.id for rank in work.ranks.all() if rank.is_default)


@frozen
class ChangeCharacter:
    """Change a character's class, level, race, notes or profile, or hang it under a main.

    Officers also change its name, status and joining date. A former name stays as an alias. Another main is made by
    changing the main, which a guild may ask a price for. A value of the profile that is null or empty is taken away.
    """

    begin: Begin[RosterWork]

    def __call__(
        self,
        character_id: CharacterId,
        *,
        name: str | None = None,
        character_class: str | None = None,
        level: int | None = None,
        race: str | None = None,
        status: CharacterStatus | None = None,
        joined_on: date | None = None,
        notes: str | None = None,
        main_id: CharacterId | None = None,
        profile: Mapping[str, object] | None = None,
        by: Actor,
    ) -> Character:
        by.must(Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
        officer = by.may(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            if profile:
                work.guilds.get(work.guild_id)  # held, so that no field is removed meanwhile
            character = work.characters.get(character_id)
            must_be_allowed(character, by, officers_only=bool(status or joined_on or name))
            changed = character.change(
                character_class=character_class,
                level=level,
                race=race,
                status=status,
                joined_on=joined_on,
                notes=notes,
                profile=_profile(work).read(profile, officer=officer) if profile else None,
            )
            if name is not None:
                changed = changed.rename(name)
            if main_id is not None:
                changed = self._hung(work, changed, main_id)
            if changed is not character:
                work.characters.save(changed)
        return changed

    def _hung(self, work: RosterWork, character: Character, main_id: CharacterId) -> Character:
        others = () if character.owner is None else work.characters.owned_by(character.owner)
        siblings = (each for each in others if each.id != character.id)
        family = Family(character.owner or UserId(0), (*siblings, character))
        return next(iter(family.hang(character, main_id)), character)


@frozen
class ApproveCharacter:
    """Approve a pending character: from now on its name counts, and attendance that waited for it is awarded."""

    begin: Begin[RosterWork]

    def __call__(self, character_id: CharacterId, *, by: Actor) -> Character:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            character = work.characters.get(character_id).approve()
            work.characters.save(character)
        return character


@frozen
class RemoveCharacter:
    """Take a character off the roster: retired where history names it, removed where nothing does."""

    begin: Begin[RosterWork]

    def __call__(self, character_id: CharacterId, *, by: Actor) -> None:
        by.must(Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            character = work.characters.get(character_id)
            must_be_allowed(character, by, officers_only=character.status is not CharacterStatus.PENDING)
            if character.status is CharacterStatus.PENDING and work.characters.in_main_history(character_id):
                work.characters.save(character.never_approved())
                return
            if character.status is not CharacterStatus.PENDING and work.characters.in_history(character_id):
                work.characters.save(character.change(status=CharacterStatus.RETIRED))
                return
            if character.owner is not None:
                work.characters.save(
                    *Family(character.owner, work.characters.owned_by(character.owner)).release(character)
                )
            event = CharacterRemoved(character_id=character_id, name=character.name)
            work.characters.remove(character.announcing(event))


@frozen
class AddAlias:
    """Let another name stand for a character too, such as a misspelling in dumps."""

    begin: Begin[RosterWork]

    def __call__(self, character_id: CharacterId, name: str, *, by: Actor) -> None:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            character = work.characters.get(character_id)
            alias = clean_name(name, "alias")
            work.characters.add_alias(character.id, alias)
            event = CharacterAliasAdded(character_id=character_id, name=alias)
            work.characters.save(character.announcing(event))


@frozen
class StatusUpdate:
    """What a bulk update of statuses does to one character."""

    character_id: CharacterId
    name: str
    before: CharacterStatus
    after: CharacterStatus


@frozen
class UpdateStatuses:
    """Set the status of many characters at once; a dry run shows what would change (R-6)."""

    begin: Begin[RosterWork]

    def __call__(
        self, character_ids: Sequence[CharacterId], *, status: CharacterStatus, dry_run: bool = False, by: Actor
    ) -> tuple[StatusUpdate, ...]:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            found = work.characters.some(character_ids)
            must_all_exist(character_ids, found)
            updates = [(each, each.change(status=status)) for each in found if each.status is not status]
            if not dry_run:
                work.characters.save(*(after for _, after in updates))
        return tuple(StatusUpdate(after.id, after.name, before.status, after.status) for before, after in updates)


def must_all_exist(wanted: Sequence[CharacterId], found: Sequence[Character]) -> None:
    """Refuse ids that are no characters here. Raises: NoSuch, naming the first."""
    known = {character.id for character in found}
    for character_id in wanted:
        if character_id not in known:
            raise NoSuch("character", character_id)


def must_be_allowed(character: Character, by: Actor, *, officers_only: bool) -> None:
    """Refuse who may not change the character: it is the owner's and the officers'. Raises: NotPermitted."""
    if officers_only or character.owner is None or character.owner != by.user_id:
        by.must(Permission.ROSTER_WRITE)
    else:
        by.must(Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)


@frozen
class ListCharacters:
    """The roster, in pages: by class, rank, status, owner, main or alt, level, attendance, external id, part of a name.

    Guests of a guild with a public roster see characters and ranks, not whose they are. Who holds a hidden rank is
    listed for officers only.
    """

    read: Read[RosterView]
    clock: Clock

    def __call__(self, wanted: RosterFilter, *, ordering: str = "", page: PageRequest, by: Actor) -> Page[RosterRow]:
        by.must(Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
        orders = ordering_of(ordering, ROSTER_COLUMNS if by.may(Permission.ROSTER_READ) else PUBLIC_COLUMNS)
        if not by.may(Permission.ROSTER_READ) and (wanted.user_id is not None or wanted.attendance_min is not None):
            raise NotPermitted(Permission.ROSTER_READ)
        with self.read(by) as views:
            with_hidden = by.may(Permission.ROSTER_WRITE)
            found = views.characters(wanted, with_hidden=with_hidden, ordering=orders, page=page, at=self.clock.now())
        if by.may(Permission.ROSTER_READ):
            return found
        return Page(
            tuple(evolve(row, user_id=None, owner=None, attendance_30="") for row in found.results), found.count
        )


@frozen
class ShowCharacter:
    """One character in full, with its aliases; guests of a public roster are shown none of a hidden rank."""

    read: Read[RosterView]

    def __call__(self, character_id: CharacterId, *, by: Actor) -> CharacterRow:
        by.must(Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
        with self.read(by) as views:
            return _shown(views.character(character_id, with_hidden=_may_see_hidden(by)), by)


@frozen
class FindCharacter:
    """The character of that name or alias, in any case; guests of a public roster find none of a hidden rank."""

    read: Read[RosterView]

    def __call__(self, name: str, *, by: Actor) -> CharacterRow:
        by.must(Permission.ROSTER_READ, Permission.ROSTER_PUBLIC)
        with self.read(by) as views:
            return _shown(views.character_named(name, with_hidden=_may_see_hidden(by)), by)


def _may_see_hidden(by: Actor) -> bool:
    """Whether they may be shown a character of a hidden rank that they name; that is not for guests (R-2)."""
    return by.may(Permission.ROSTER_READ) or by.may(Permission.ROSTER_WRITE)


def _shown(character: CharacterRow, by: Actor) -> CharacterRow:
    """Notes are for officers and the owner; whose a character is, is not for guests; each reads their own profile."""
    own = by.user_id is not None and by.user_id == character.user_id
    shown_to = ShownTo.MEMBERS if own else ShownTo.EVERYONE
    character = evolve(
        character,
        profile=tuple(each for each in character.profile if may_see(each.shown_to, by) or each.shown_to is shown_to),
    )
    if by.may(Permission.ROSTER_WRITE) or (by.user_id is not None and by.user_id == character.user_id):
        return character
    if by.may(Permission.ROSTER_READ):
        return evolve(character, notes="")
    return evolve(character, notes="", user_id=None, owner=None)


@frozen
class ListMembers:
    """The active members with their characters, the main first: the roster as Discord sees it, and the hierarchy."""

    read: Read[RosterView]

    def __call__(self, *, by: Actor) -> tuple[MemberRow, ...]:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.members()


@frozen
class ShowOwnershipHistory:
    """Who owned a character when, the oldest period first."""

    read: Read[RosterView]

    def __call__(self, character_id: CharacterId, *, by: Actor) -> tuple[OwnershipRow, ...]:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.ownership_history(character_id)


@frozen
class ShowRankHistory:
    """A character's moves between ranks, the oldest first."""

    read: Read[RosterView]

    def __call__(self, character_id: CharacterId, *, by: Actor) -> tuple[RankChangeRow, ...]:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.rank_history(character_id)


@frozen
class AuditRoster:
    """What looks wrong: users without Discord, characters without owner, owners without main, and more."""

    read: Read[RosterView]

    def __call__(self, *, by: Actor) -> RosterAudit:
        by.must(Permission.ROSTER_WRITE)
        with self.read(by) as views:
            return views.audit()
