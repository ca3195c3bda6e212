"""Who is in the made-up guild: sixty people and their characters, the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.names import name_key
from dkp_core.roster import CharacterStatus

GUILD: Final = "Wächter der Glut"
SLUG: Final = "demo"
TIMEZONE: Final = "Europe/Berlin"
OFFICER_DISCORD_ID: Final = "100000000000000001"
PEOPLE: Final = 60
CHARACTERS: Final = 130
APPLICANTS: Final = 4
SEED: Final = 20_261_120

USERNAMES: Final = (
    *("alma", "bjørn", "chloé", "dario", "élodie", "finn", "grażyna", "håkon", "inês", "jürgen", "katla", "lücia"),
    *("marek", "nóra", "oskar", "pía", "quentin", "rasmus", "søren", "tomáš", "ulrike", "veronika", "wiebke", "xavier"),
    *("yasmin", "zoltán", "ada", "bruno", "carla", "dmitri", "emil", "freya", "gustav", "hanna", "ivo", "jana"),
    *("kalle", "leïla", "mats", "nele", "olga", "paolo", "ragna", "sverre", "thea", "uwe", "vito", "wanda"),
    *("ylva", "zeno", "anouk", "benoît", "cem", "dörte", "eike", "ferran", "gita", "hugo", "ida", "joris"),
)
MAINS: Final = (
    *("Almaryn", "Björnulf", "Chloë", "Dariath", "Élan", "Finnegar", "Grazzt", "Hákonar", "Inésa", "Jürgrim"),
    *("Katlaine", "Lúcien", "Marekh", "Nórath", "Oskarion", "Píarra", "Quentharil", "Rasmodan", "Sørenth", "Tomáshk"),
    *("Ulrikka", "Veronyx", "Wiebkara", "Xavienne", "Yasmira", "Zoltánir", "Adarine", "Brunhold", "Carlith"),
    *("Dmitrov", "Emilian", "Freyalise", "Gustavar", "Hannelor", "Ivorin", "Janessa", "Kallevar", "Leïlani"),
    *("Matsugan", "Nelendra", "Olgarth", "Paolinar", "Ragnhild", "Sverrik", "Theandra", "Uwenar", "Vitorius"),
    *("Wandrella", "Ylvara", "Zenoth", "Anoukai", "Benoîtar", "Cemrick", "Dörthea", "Eikenor", "Ferranth"),
    *("Gitarra", "Hugonar", "Idalune", "Jorisande"),
)
CLASSES: Final = (
    *("Warrior", "Cleric", "Paladin", "Shadow Knight", "Ranger", "Monk", "Bard", "Rogue", "Druid", "Shaman"),
    *("Necromancer", "Wizard", "Magician", "Enchanter"),
)
RACES: Final = (
    "Human",
    "Barbarian",
    "Erudite",
    "Wood Elf",
    "High Elf",
    "Dark Elf",
    "Half Elf",
    "Dwarf",
    "Troll",
    "Ogre",
)
STARTS: Final = (
    "Ardu",
    "Belqua",
    "Caeth",
    "Drav",
    "Eilis",
    "Fenn",
    "Gormo",
    "Íssil",
    "Kyr",
    "Lysse",
    "Morvi",
    "Ózri",
    "Tha",
)
ENDS: Final = (
    "dan",
    "beth",
    "cirn",
    "doril",
    "wyn",
    "gar",
    "iel",
    "kamar",
    "lis",
    "mund",
    "nôr",
    "rick",
    "sunder",
    "tëa",
)


@frozen(kw_only=True)
class Person:
    """A made-up person: how reliably they come, from 0 to 1, and since when they are here, in days before now."""

    discord_id: str
    username: str
    role_group: RoleGroup
    joined_days_ago: int
    reliability: float


@frozen(kw_only=True)
class Played:
    """A made-up character; the owner is a person's place in the list, or None."""

    name: str
    owner: int | None
    character_class: str
    level: int
    race: str
    rank: str
    status: CharacterStatus = CharacterStatus.ACTIVE
    notes: str = ""


def people(chance: random.Random) -> tuple[Person, ...]:
    """Sixty people, the officers first."""
    groups = [RoleGroup.OFFICER] * 4 + [RoleGroup.RECRUITER] * 2 + [RoleGroup.DEVELOPER]
    groups += [RoleGroup.MEMBER] * (PEOPLE - len(groups) - APPLICANTS) + [RoleGroup.APPLICANT] * APPLICANTS
    return tuple(
        Person(
            discord_id=str(int(OFFICER_DISCORD_ID) + index),
            username=username,
            role_group=group,
            joined_days_ago=118 - index if index < 45 else chance.randint(5, 70),
            reliability=round(chance.triangular(0.25, 0.98, 0.8), 2),
        )
        for index, (username, group) in enumerate(zip(USERNAMES, groups, strict=True))
    )


def characters(chance: random.Random, everybody: tuple[Person, ...]) -> tuple[Played, ...]:
    """130 characters: everybody's main first, then alts, some that belong to nobody, and some that are pending."""
    known = {name_key(name) for name in MAINS}
    names = _names(chance, known)
    mains = [
        _character(chance, name, owner, _rank_of(person), level=chance.choice((60, 60, 60, 59, 58, 55)))
        for owner, (name, person) in enumerate(zip(MAINS, everybody, strict=True))
    ]
    rest = CHARACTERS - len(mains)
    alts = [
        _character(chance, next(names), chance.randrange(PEOPLE - 3), "Alt", level=chance.randint(20, 60))
        for _ in range(rest - 7)
    ]
    pending = [
        _character(
            chance, next(names), owner, "Member", level=50, status=CharacterStatus.PENDING, notes="Waits for approval."
        )
        for owner in (50, 51, 52, 53)
    ]
    nobodys = [
        _character(chance, next(names), None, "Inactive", level=60, status=CharacterStatus.INACTIVE) for _ in range(3)
    ]
    return (*mains, *alts, *pending, *nobodys)


def _character(
    chance: random.Random,
    name: str,
    owner: int | None,
    rank: str,
    *,
    level: int,
    status: CharacterStatus = CharacterStatus.ACTIVE,
    notes: str = "",
) -> Played:
    return Played(
        name=name,
        owner=owner,
        character_class=chance.choice(CLASSES),
        level=level,
        race=chance.choice(RACES),
        rank=rank,
        status=CharacterStatus.TRIAL if rank == "Trial" else status,
        notes=notes,
    )


def _rank_of(person: Person) -> str:
    if person.username == USERNAMES[0]:
        return "Leader"
    if person.role_group is RoleGroup.OFFICER:
        return "Officer"
    if person.role_group is RoleGroup.APPLICANT:
        return "Trial"
    return "Raider" if person.reliability > 0.6 else "Member"


def _names(chance: random.Random, known: set[str]) -> Iterator[str]:
    pairs = [start + end for start in STARTS for end in ENDS]
    chance.shuffle(pairs)
    return (name for name in pairs if name_key(name) not in known)
