"""Who owns which character here: people out of users, mains and twinks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final

from attrs import Factory, define, evolve, field, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_adapters.eqdkp.mapping.naming import Naming
from dkp_adapters.eqdkp.mapping.past import Past
from dkp_adapters.eqdkp.mapping.people import each_once, people_of
from dkp_adapters.eqdkp.mapping.ties import End, Tie, ties_of
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.accounts import RoleGroup
from dkp_core.moving import Person, Why
from dkp_core.roster import CharacterStatus


@frozen(kw_only=True)
class Housed:
    """A character as it is to be here: `name` in our roster (`read_as` in the source), its owner's number, its main.

    `main` is the id of the character that its owner's main is, its own where it is that one. It is `apart` where it has
    an owner of its own though the source says otherwise, with the reason: what the source keeps out of its main's sum.
    """

    id: int
    name: str
    read_as: str
    owner: int
    main: int
    is_special: bool = False
    apart: str = ""
    status: CharacterStatus = CharacterStatus.ACTIVE
    since: datetime | None = None
    """When it was made, or its first raid where that is not known."""


def _by_owner(household: Household) -> Mapping[int, Sequence[Housed]]:
    found: dict[int, list[Housed]] = {}
    for each in sorted(household.characters.values(), key=lambda each: (each.main != each.id, each.id)):
        found.setdefault(each.owner, []).append(each)
    return found


@frozen(kw_only=True)
class Household:
    """Everybody and every character: people by their numbers (from 1), characters by their ids in the source.

    Where the source is `rolled_up`, it shows points for a main with its twinks, and `groups` are the ids of the mains
    whose sums are a person's; else each character has its own. `alone` are the characters whose own points, without any
    twink's, are a person's: all of them where nothing is rolled up, and what is in no main's sum where it is.
    """

    people: Sequence[Person]
    characters: Mapping[int, Housed]
    person_of_user: Mapping[int, int]
    """The number of the person that a user of the source is."""
    actors: Actors = field(factory=Actors, repr=False)
    rolled_up: bool = True
    groups: Mapping[int, tuple[int, ...]] = field(factory=dict)
    alone: Mapping[int, tuple[int, ...]] = field(factory=dict)
    _of: Mapping[int, Sequence[Housed]] = field(
        init=False, repr=False, eq=False, default=Factory(_by_owner, takes_self=True)
    )

    def of(self, person: int) -> Sequence[Housed]:
        """The characters of a person, the main first."""
        return self._of.get(person, ())


def household_of(source: EqdkpSource, accounting: Accounting) -> Household:
    """Who is who. Users, what they may, and whose characters are, are accounted for; characters themselves are not."""
    users = each_once(source.rows(rows.User), accounting)
    characters: dict[int, rows.Character] = {}
    for each in source.rows(rows.Character):
        characters.setdefault(each.id, each)
    users_of = _users_of(source, users, characters, accounting)
    past = Past(source)
    settings = {each.name: each.value for each in source.rows(rows.Setting) if each.plugin in ("core", "")}
    settling = _Settling(
        characters=characters,
        users_of=users_of,
        special=frozenset(_whole(settings.get("special_members"))),
        rolled_up=str(settings.get("show_twinks", "0")) != "1",
        past=past,
        accounting=accounting,
    )
    playing = {user for each, user in users_of.items() if settling.is_playing(each)}
    people = people_of(source, users, _since(characters, users_of, past), playing, accounting)
    return settling.household(people, Actors.of(users.values()))


# --- what the source says ---------------------------------------------------------------------------------------------


def _users_of(
    source: EqdkpSource,
    users: Mapping[int, rows.User],
    characters: Mapping[int, rows.Character],
    accounting: Accounting,
) -> Mapping[int, int]:
    """The user of each character that has one who exists: the last row of a character counts, as it does there."""
    found: dict[int, rows.CharacterUser] = {}
    for row in source.rows(rows.CharacterUser):
        missing = next(_missing(row, users, characters), None)
        if missing is not None:
            accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"{missing} does not exist")
            continue
        earlier = found.get(row.character)
        if earlier is not None:
            reason = f"character {row.character} belongs to user {row.user} by a later row"
            accounting.leave_out(earlier.table, earlier.ordinal, Why.DUPLICATE, reason)
        else:
            accounting.imported(row.table)
        found[row.character] = row
    return {each.character: each.user for each in found.values()}


def _missing(
    row: rows.CharacterUser, users: Mapping[int, rows.User], characters: Mapping[int, rows.Character]
) -> Iterator[str]:
    if row.character not in characters:
        yield f"character {row.character}"
    if row.user not in users:
        yield f"user {row.user}"


def _since(characters: Mapping[int, rows.Character], users_of: Mapping[int, int], past: Past) -> Mapping[int, datetime]:
    """When the first of each user's characters was made, where that is known."""
    found: dict[int, datetime] = {}
    for character, user in users_of.items():
        since = past.since(characters[character])
        if since is not None:
            found[user] = min(since, found.get(user, since))
    return found


def _whole(given: Plain) -> Iterator[int]:
    for each in given.values() if isinstance(given, Mapping) else [given]:
        if str(each).isascii() and str(each).isdecimal():
            yield int(str(each))


# --- whose they are ---------------------------------------------------------------------------------------------------


class _Whose(Enum):
    """Kinds of owners: a user of the source, or nobody known, named by a character or by the main that is missing."""

    USER = auto()
    CHARACTER = auto()
    LOST_MAIN = auto()


_Owner = tuple[_Whose, int]


@frozen
class _Place:
    """Whose a character is, and why it is apart, if it is."""

    owner: _Owner
    apart: str = ""


@define(kw_only=True)
class _Settling:
    """How characters come to people."""

    characters: Mapping[int, rows.Character]
    users_of: Mapping[int, int]
    special: frozenset[int]
    rolled_up: bool
    past: Past
    accounting: Accounting
    ties: Mapping[int, Tie] = field(init=False)
    together: dict[int, list[int]] = field(factory=dict, init=False)
    """The characters that count together, by their main."""
    lost: dict[int, list[int]] = field(factory=dict, init=False)
    """The characters whose main is missing, or that name each other, by the end of their mains."""

    def __attrs_post_init__(self) -> None:
        self.ties = ties_of(self.characters)
        for each in sorted(self.characters):
            tie = self.ties[each]
            if tie.counts:
                self.together.setdefault(tie.id, []).append(each)
            elif tie.end is not End.MAIN:
                self.lost.setdefault(tie.id, []).append(each)

    def household(self, users: Mapping[int, Person], actors: Actors) -> Household:
        """Everybody: users, by their old ids, and then whom nobody knows."""
        names = Naming("members", "Character", self.accounting).unlike(
            (each, self.characters[each].name) for each in sorted(self.characters)
        )
        place_of = self._rolled_up if self.rolled_up else self._each_its_own
        places = {each: place_of(each) for each in sorted(self.characters)}
        families: dict[_Owner, list[int]] = {}
        for each, place in places.items():
            families.setdefault(place.owner, []).append(each)
        mains = {owner: self._main(family) for owner, family in families.items()}
        numbers: dict[_Owner, int] = {(_Whose.USER, each): person.number for each, person in users.items()}
        people = list(users.values())
        for owner, family in families.items():
            if owner not in numbers:
                numbers[owner] = len(people) + 1
                people.append(self._nobody_known(len(people) + 1, names[mains[owner]], family))
        self._remark_on(places, mains, names)
        return Household(
            people=people,
            characters={
                each: Housed(
                    id=each,
                    name=names[each],
                    read_as=self.characters[each].name,
                    owner=numbers[place.owner],
                    main=mains[place.owner],
                    is_special=each in self.special,
                    apart=place.apart,
                    status=self._status(self.characters[each]),
                    since=self.past.since(self.characters[each]),
                )
                for each, place in places.items()
            },
            person_of_user={old_id: number for (whose, old_id), number in numbers.items() if whose is _Whose.USER},
            actors=actors,
            rolled_up=self.rolled_up,
            groups={
                numbers[owner]: tuple(each for each in family if self.rolled_up and self._is_main(each))
                for owner, family in families.items()
            },
            alone={
                numbers[owner]: tuple(each for each in family if not (self.rolled_up and self.ties[each].counts))
                for owner, family in families.items()
            },
        )

    # a place for each

    def _rolled_up(self, character: int) -> _Place:
        """Points go with those of the main: so does the character, unless its points do not, and there are some."""
        tie = self.ties[character]
        if tie.end is not End.MAIN:
            return self._of_the_lost(tie.id)
        if tie.counts or not self.past.has(character):
            found = self._of_the_main(tie.id)
            return found if tie.id == character else evolve(found, apart="")
        return _Place((_Whose.CHARACTER, character), self._why_uncounted(character))

    def _of_the_main(self, main: int) -> _Place:
        own = _Place((_Whose.CHARACTER, main))
        if len(self.together[main]) == 1:
            if main in self.special:
                return own
            if self.characters[main].asks_deletion and self.past.has(main):
                return evolve(own, apart=_ASKED)
        if main in self.users_of:
            return _Place((_Whose.USER, self.users_of[main]))
        return self._of_the_one_user(self.together[main]) or own

    def _of_the_lost(self, end: int) -> _Place:
        lost = self.lost[end]
        is_circle = end in self.characters
        if not any(map(self.past.has, lost)):
            found = self._of_the_one_user(lost)
            if found is not None:
                return found
        why = "its mains name each other" if is_circle else f"its main, character {end}, does not exist"
        return _Place((_Whose.LOST_MAIN, end), f"{why}, so that EQdkp Plus counts its points for nobody")

    def _of_the_one_user(self, characters: Iterable[int]) -> _Place | None:
        users = {self.users_of[each] for each in characters if each in self.users_of}
        return _Place((_Whose.USER, users.pop())) if len(users) == 1 else None

    def _why_uncounted(self, character: int) -> str:
        row = self.characters[character]
        if row.asks_deletion:
            return _ASKED
        if row.is_unconfirmed:
            return "it was never confirmed, so that EQdkp Plus does not count its points for its main"
        return f"its main, character {row.main}, is itself a twink, so that EQdkp Plus counts its points for nobody"

    def _each_its_own(self, character: int) -> _Place:
        """Points are each character's own: it goes to its user, else to that of its main."""
        tie = self.ties[character]
        own = (_Whose.CHARACTER, character)
        if character in self.special:
            return _Place(own)
        if self.characters[character].asks_deletion and self.past.has(character):
            return _Place(own, _ASKED)
        if character in self.users_of:
            return _Place((_Whose.USER, self.users_of[character]))
        if tie.end is not End.MAIN:
            return _Place((_Whose.LOST_MAIN, tie.id))
        return _Place(own) if tie.id == character else evolve(self._each_its_own(tie.id), apart="")

    # what follows

    def _is_main(self, character: int) -> bool:
        return character == self.ties[character].id and self.ties[character].counts

    def _main(self, family: Sequence[int]) -> int:
        """The main of all that are one person's: of several, that whose characters were at the most raids."""
        mains = [each for each in family if self._is_main(each)]
        wanted = mains or [each for each in family if each == self.ties[each].id] or family
        if len(wanted) == 1:
            return wanted[0]
        return min(wanted, key=lambda each: (self._is_set_aside(each), -self._raids(each), each))

    def _raids(self, main: int) -> int:
        return sum(self.past.raids.get(each, 0) for each in self.together.get(main, ()))

    def _is_set_aside(self, character: int) -> bool:
        return self.characters[character].asks_deletion or self.characters[character].is_unconfirmed

    def is_playing(self, character: int) -> bool:
        """Whether a character is active here."""
        return self._status(self.characters[character]) is CharacterStatus.ACTIVE

    def _status(self, row: rows.Character) -> CharacterStatus:
        if row.asks_deletion:
            return CharacterStatus.RETIRED
        if row.is_unconfirmed and not self.past.has(row.id):
            return CharacterStatus.PENDING
        return CharacterStatus.ACTIVE if row.is_active else CharacterStatus.INACTIVE

    def _nobody_known(self, number: int, name: str, family: Sequence[int]) -> Person:
        since = [self.past.since(self.characters[each]) for each in family]
        return Person(
            number=number,
            name=name,
            role_group=RoleGroup.GUEST if self.special.issuperset(family) else RoleGroup.MEMBER,
            joined_at=min([each for each in since if each], default=NEVER),
        )

    def _remark_on(
        self,
        places: Mapping[int, _Place],
        mains: Mapping[_Owner, int],
        names: Mapping[int, str],
    ) -> None:
        for each, place in places.items():
            main, tie, user = mains[place.owner], self.ties[each], self.users_of.get(each)
            if place.apart:
                told = f"it has an owner of its own, linked to nobody: {place.apart}"
            elif user is not None and place.owner != (_Whose.USER, user):
                follows = tie.id != each and tie.id in places and places[tie.id].owner == place.owner
                special = "is special, and " if each in self.special else ""
                told = (
                    f"user {user} has it; it {special}{'goes with its main' if follows else 'has an owner of its own'}"
                )
            elif main != each and (tie.id != main or tie.end is not End.MAIN):
                told = f"it is an alt of {names[main]!r} here, the main of its owner"
            elif main == each != tie.id:
                told = "it is the main of its owner here"
            elif user is None and place.owner[0] is _Whose.USER and tie.id == each:
                told = f"no user has it; its twinks are of user {place.owner[1]}, and so is it here"
            else:
                continue
            self.accounting.remark("members", each, told)
        for row in self.characters.values():
            status = self._status(row)
            if row.asks_deletion or row.is_unconfirmed:
                why = _ASKED if row.asks_deletion else "it was never confirmed"
                self.accounting.remark("members", row.id, f"{why}; it is {status} here")


_ASKED: Final = "its user asked for its deletion"
