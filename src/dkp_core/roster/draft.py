"""The roster as a file would have it: each entry of the file is taken whole, or refused with a reason (R-6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from attrs import define, evolve, field, frozen

from dkp_core.accounts import NamedMember
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, GuildId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.roster.character import Character, CharacterStatus
from dkp_core.roster.family import Family, reassign
from dkp_core.roster.ownership import Ownership
from dkp_core.roster.profile_field import Profile
from dkp_core.roster.rank import Rank
from dkp_core.roster.roster_file import RosterEntry

DISCORD_ID_LENGTH_MIN: Final = 15
"""Discord's ids are that long since 2016, and no counter of ours ever gets there."""

ID_LENGTH_MAX: Final = 18
NOBODY_YET: Final = UserId(0)
AN_OWNER: Final = "the user id, the Discord id or the username of one member"


@define(eq=False)
class Ladder:
    """The guild's ranks by name; with `new_ids`, ranks that are not there yet are made as they are named."""

    guild_id: GuildId
    ranks: Sequence[Rank]
    new_ids: Iterator[RankId] | None = None
    made: dict[str, Rank] = field(init=False, factory=dict)

    @property
    def first(self) -> RankId:
        """The rank that stands above all others."""
        return min(self.ranks, key=lambda rank: (rank.order, name_key(rank.name))).id

    @property
    def default(self) -> RankId:
        """What new members get."""
        return next(rank.id for rank in self.ranks if rank.is_default)

    @property
    def names(self) -> Mapping[RankId, str]:
        """What each rank is called."""
        return {rank.id: rank.name for rank in (*self.ranks, *self.made.values())}

    def must_have(self, name: str) -> None:
        """Refuse a rank that is not there, where none is to be made. Raises: InvalidValue."""
        if name and self.new_ids is None and self._find(name) is None:
            accepted = ", ".join(rank.name for rank in self.ranks) + "; or have the rank made (create_ranks)"
            raise InvalidValue("rank", f"there is no rank {name!r}", accepted)

    def named(self, name: str) -> RankId:
        """The rank of that name, made where it is not there. Raises: InvalidValue, where none is to be made."""
        self.must_have(name)
        found = self._find(name)
        if found is not None:
            return found.id
        assert self.new_ids is not None, "it was refused above"
        orders = [rank.order for rank in (*self.ranks, *self.made.values())]
        made = Rank.create(next(self.new_ids), self.guild_id, name=name, order=max(orders) + 1)
        self.made[name_key(name)] = made
        return made.id

    def _find(self, name: str) -> Rank | None:
        key = name_key(name)
        return next((rank for rank in self.ranks if name_key(rank.name) == key), self.made.get(key))


@frozen(kw_only=True)
class NewOwner:
    """Somebody who plays, of whom a file gives no more than a name: an unlinked user to be."""

    user_id: UserId
    username: str


@define(eq=False)
class Owners:
    """Who may own a character, by user id, Discord id or username; with `new_ids`, others are made when named."""

    members: Sequence[NamedMember]
    owning: frozenset[UserId]
    new_ids: Iterator[UserId] | None = None
    made: dict[str, NewOwner] = field(init=False, factory=dict)
    _ids: frozenset[UserId] = field(init=False)
    _usernames: Mapping[UserId, str] = field(init=False)
    _by_discord_id: Mapping[str, UserId] = field(init=False)
    _by_username: Mapping[str, list[UserId]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ids = self.owning.union(member.user_id for member in self.members)
        self._usernames = {member.user_id: member.username for member in self.members}
        self._by_discord_id = {member.discord_id: member.user_id for member in self.members if member.discord_id}
        by_username: defaultdict[str, list[UserId]] = defaultdict(list)
        for member in self.members:
            by_username[name_key(member.username)].append(member.user_id)
        self._by_username = by_username

    def named(self, text: str) -> UserId:
        """Whom a cell means. Raises: InvalidValue, where that is nobody here or several, and none is to be made."""
        found = self.find(text)
        return self.make(text) if found is None else found

    def find(self, text: str) -> UserId | None:
        """Whom a cell means; None where that is nobody yet. Raises: InvalidValue: several, or a strange Discord id."""
        if text.isascii() and text.isdigit() and len(text) >= DISCORD_ID_LENGTH_MIN:
            found = self._by_discord_id.get(text)
            if found is None:
                raise InvalidValue("owner", f"nobody here has the Discord id {text[:40]}", AN_OWNER)
            return found
        if text.isascii() and text.isdigit() and len(text) <= ID_LENGTH_MAX and UserId(int(text)) in self._ids:
            return UserId(int(text))
        several = self._by_username.get(name_key(text), [])
        if len(several) > 1:
            raise InvalidValue("owner", f"{len(several)} members are called {text[:40]!r}", AN_OWNER)
        if several:
            return several[0]
        made = self.made.get(name_key(text))
        return None if made is None else made.user_id

    def make(self, username: str) -> UserId:
        """An unlinked user of that name; the same for the same name. Raises: InvalidValue, where none is to be made."""
        made = self.made.get(name_key(username))
        if made is not None:
            return made.user_id
        if self.new_ids is None:
            accepted = f"{AN_OWNER}; or have unlinked users made (create_owners)"
            raise InvalidValue("owner", f"nobody here is called {username[:40]!r}", accepted)
        new = NewOwner(user_id=next(self.new_ids), username=clean_name(username, "owner"))
        self.made[name_key(username)] = new
        return new.user_id

    def username(self, user_id: UserId) -> str:
        """What an owner is called; one without a membership is told by id."""
        return self._usernames.get(user_id) or next(
            (made.username for made in self.made.values() if made.user_id == user_id), f"user {user_id}"
        )

    @property
    def makes(self) -> bool:
        """Whether owners that are not there are made."""
        return self.new_ids is not None


@frozen(kw_only=True)
class HandOver:
    """A character that gets an owner, or another one; `latest` is the period of ownership before."""

    owner: UserId
    latest: Ownership | None
    reason: str


@frozen(kw_only=True)
class Move:
    """A character that moves to another rank, and why."""

    before: RankId
    after: RankId
    reason: str


@define(eq=False)
class Draft:
    """All characters of the guild, as they are and as they would be."""

    guild_id: GuildId
    before: Mapping[CharacterId, Character]
    names: Mapping[str, CharacterId]
    ladder: Ladder
    owners: Owners
    latest: Callable[[CharacterId], Ownership | None]
    new_ids: Iterator[CharacterId]
    today: date
    profile: Profile
    keeps_leaders: bool = False
    after: dict[CharacterId, Character] = field(init=False)
    first_owners: dict[CharacterId, UserId] = field(init=False, factory=dict)
    hand_overs: dict[CharacterId, HandOver] = field(init=False, factory=dict)
    replaced: dict[UserId, tuple[CharacterId, CharacterId]] = field(init=False, factory=dict)
    crowned: dict[UserId, str] = field(init=False, factory=dict)
    moves: dict[CharacterId, Move] = field(init=False, factory=dict)
    _named: dict[str, CharacterId] = field(init=False)
    _owned: dict[UserId, set[CharacterId]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.after = dict(self.before)
        self._named = dict(self.names)
        self._owned = defaultdict(set)
        for character in self.before.values():
            if character.owner is not None:
                self._owned[character.owner].add(character.id)

    def known(self, name: str) -> CharacterId | None:
        """The character of that name or alias, as the draft stands; None if there is none."""
        return self._named.get(name_key(name))

    def take(self, entry: RosterEntry, *, is_named_main: bool, reason: str) -> CharacterId:
        """Have the roster be what the entry says, and answer the character; what is refused changes nothing.

        `is_named_main` says that other entries hang under it. Raises: DomainError.
        """
        known = self.known(entry.name)
        told = {title: cell for title, cell in entry.others.items() if self.means(title)}
        profile = self.profile.read(told, officer=True)
        character = None if known is None else _changed(self.after[known], entry, profile)
        self.ladder.must_have(entry.rank)
        main = self._main(entry)
        owner = self._owner(entry, character, main, is_named_main=is_named_main)
        is_main = not entry.main and (bool(entry.is_main) or is_named_main)
        self._must_fit(entry, character, owner, main, is_main=is_main)
        # From here on nothing is refused.
        if character is not None and character.owner is not None and owner not in (None, character.owner):
            emptied = self.after[character.id].without_words(self.profile.free_texts)
            character = _changed(emptied, entry, profile)
        taken = self._enter(entry, owner, profile) if character is None else self._hand_over(character, owner, reason)
        self._rehang(taken, main, is_main=is_main)
        self._move(taken, entry, reason)
        return taken

    def means(self, title: str) -> bool:
        """Whether a column is a profile field."""
        return any(name_key(each.name) == name_key(title) for each in self.profile.fields if not each.archived)

    def put(self, character: Character) -> None:
        """Have the character as it is here."""
        before = self.after.get(character.id)
        if before is not None and before.owner is not None:
            self._owned[before.owner].discard(character.id)
        if character.owner is not None:
            self._owned[character.owner].add(character.id)
        self.after[character.id] = character
        self._named.setdefault(name_key(character.name), character.id)

    def changed(self) -> tuple[Character, ...]:
        """Who is new or not as before, in an order in which they can be saved: nobody has two mains at any time."""
        changed = [each for each in self.after.values() if each.pending]
        return tuple(sorted(changed, key=lambda each: (each.is_main, each.version == 0, each.id)))

    def family(self, owner: UserId) -> Family:
        """All characters of that owner, as the draft stands."""
        return Family(owner, tuple(self.after[each] for each in sorted(self._owned[owner])))

    def _main(self, entry: RosterEntry) -> Character | None:
        if not entry.main:
            return None
        known = self.known(entry.main)
        if known is None:
            raise InvalidValue(
                "main", f"{entry.main} is not on the roster", "a character that is, or comes with the file"
            )
        return self.after[known]

    def _owner(
        self, entry: RosterEntry, character: Character | None, main: Character | None, *, is_named_main: bool
    ) -> UserId | None:
        owned_by = None if character is None else character.owner
        if entry.owner and (main is not None or entry.is_main is False):  # an alt brings nobody along
            found = self.owners.find(entry.owner)
            return NOBODY_YET if found is None and self.owners.makes else self.owners.named(entry.owner)
        if entry.owner:
            return self.owners.named(entry.owner)
        if main is not None:
            return owned_by or main.owner
        if owned_by is None and self.owners.makes and (entry.is_main or is_named_main):
            return self.owners.make(entry.name)
        return owned_by

    def _must_fit(
        self,
        entry: RosterEntry,
        character: Character | None,
        owner: UserId | None,
        main: Character | None,
        *,
        is_main: bool,
    ) -> None:
        if main is not None:
            if main.owner is None:
                raise InvalidValue("main", f"{main.name} belongs to nobody", f"a main with an owner, {AN_OWNER}")
            if not main.is_main:
                raise InvalidValue("main", f"{main.name} is no main itself", "a main of the same owner")
            if owner != main.owner:
                raise InvalidValue("main", f"{main.name} belongs to somebody else", "a main of the same owner")
        if entry.is_main and owner is None:
            accepted = f"an owner in another column, {AN_OWNER}; or have unlinked users made (create_owners)"
            raise InvalidValue("owner", "a main needs one, and it has none", accepted)
        if is_main and owner is not None:
            crowned = self.crowned.get(owner, entry.name)
            if name_key(crowned) != name_key(entry.name):
                raise InvalidValue("main", f"{crowned} is the main of its owner by another line", "one for each owner")
            others = self.family(owner).main
            if character is not None and others is not None and others.id != character.id:
                character.must_count()
        if entry.is_main is False and owner is not None:
            others = self.family(owner).main
            if others is None or (character is not None and others.id == character.id):
                raise InvalidValue("is_main", "no other character of its owner is the main", "another main first")

    def _enter(self, entry: RosterEntry, owner: UserId | None, profile: Mapping[ProfileFieldId, str]) -> CharacterId:
        character = Character(
            id=next(self.new_ids),
            guild_id=self.guild_id,
            name=entry.name,
            character_class=entry.character_class,
            level=entry.level,
            race=entry.race,
            rank_id=self.ladder.default,
            status=entry.status or CharacterStatus.ACTIVE,
            owner=owner,
            joined_on=entry.joined_on or self.today,
            notes=entry.notes,
            profile=profile,
        ).entered()
        if entry.rank:  # last, since a line that is refused makes no rank
            character = evolve(character, rank_id=self.ladder.named(entry.rank))
        if owner is None:
            self.put(character)
            return character.id
        for each in self.family(owner).adopt(character):
            self.put(each)
        self.first_owners[character.id] = owner
        return character.id

    def _hand_over(self, character: Character, owner: UserId | None, reason: str) -> CharacterId:
        self.put(character)
        if owner is None or owner == character.owner:
            return character.id
        latest = self.latest(character.id)
        before = None if character.owner is None else self.family(character.owner)
        family = self.family(owner)
        for each in reassign(character, before=before, after=family, first_owner=latest is None, reason=reason):
            self.put(each)
        self.hand_overs[character.id] = HandOver(owner=owner, latest=latest, reason=reason)
        return character.id

    def _rehang(self, character_id: CharacterId, main: Character | None, *, is_main: bool) -> None:
        character = self.after[character_id]
        if character.owner is None:
            return
        family = self.family(character.owner)
        if is_main:
            self.crowned[character.owner] = character.name
            if family.main is not None and family.main.id != character.id and self._was_main(family.main):
                self.replaced[character.owner] = family.main.id, character.id
        hung = family.hang(character, main.id) if main is not None else family.with_main(character) if is_main else ()
        for each in hung:
            self.put(each)

    def _was_main(self, character: Character) -> bool:
        """Whether it was its owner's main before the file, and not only for as long as its other lines were read."""
        before = self.before.get(character.id)
        return before is not None and before.is_main and before.owner == character.owner

    def _move(self, character_id: CharacterId, entry: RosterEntry, reason: str) -> None:
        character = self.after[character_id]
        if not entry.rank or character.version == 0 or self.keeps(character, entry):
            return
        rank_id = self.ladder.named(entry.rank)
        if rank_id != character.rank_id:
            self.moves[character_id] = Move(before=character.rank_id, after=rank_id, reason=reason)
            self.put(character.move_to(rank_id, reason=reason))

    def keeps(self, character: Character, entry: RosterEntry) -> bool:
        """Whether it keeps its rank whatever the file says, since a guild dump demotes no leader."""
        leads = self.before.get(character.id, character).rank_id == self.ladder.first
        return self.keeps_leaders and leads and name_key(entry.rank) != name_key(self.ladder.names[self.ladder.first])


def _changed(character: Character, entry: RosterEntry, profile: Mapping[ProfileFieldId, str]) -> Character:
    return character.change(
        character_class=entry.character_class or None,
        level=entry.level,
        race=entry.race or None,
        status=entry.status,
        joined_on=entry.joined_on,
        notes=entry.notes or None,
        profile=profile,
    )
