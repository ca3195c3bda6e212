"""The titles that EverQuest shows instead of a class from level 51 on.

Source: the class names at everquest.fanra.info/wiki/Classes_and_Races, for levels 51, 55, 60, 65, 70 and 75;
spellings that other clients use stand beside them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

TITLES: Final = MappingProxyType(
    {
        "Bard": ("Minstrel", "Troubadour", "Troubador", "Virtuoso", "Maestro", "Herald", "Lyricist"),
        "Beastlord": ("Primalist", "Animist", "Savage Lord", "Feral Lord", "Wildblood", "Arch Animist"),
        "Berserker": ("Brawler", "Vehement", "Rager", "Fury", "Ravager", "Juggernaut"),
        "Cleric": ("Vicar", "Templar", "High Priest", "Archon", "Prelate", "Exemplar"),
        "Druid": ("Wanderer", "Preserver", "Hierophant", "Storm Warden", "Natureguard", "Stormcaller"),
        "Enchanter": ("Illusionist", "Beguiler", "Phantasmist", "Coercer", "Bedazzler", "Entrancer"),
        "Magician": (
            "Elementalist",
            "Conjurer",
            "Arch Mage",
            "Arch Convoker",
            "Arch Magus",
            "Grand Summoner",
        ),
        "Monk": (
            "Disciple",
            "Master",
            "Grandmaster",
            "Transcendent",
            "Transcendant",
            "Stone Fist",
            "Ashenhand",
        ),
        "Necromancer": ("Heretic", "Defiler", "Warlock", "Arch Lich", "Wraith", "Deathcaller"),
        "Paladin": ("Cavalier", "Knight", "Crusader", "Lord Protector", "Lord", "Holy Defender"),
        "Ranger": ("Pathfinder", "Outrider", "Warder", "Forest Stalker", "Plainswalker", "Huntmaster"),
        "Rogue": ("Rake", "Blackguard", "Assassin", "Deceiver", "Nemesis", "Shadowblade"),
        "Shadow Knight": (
            "Shadowknight",
            "Reaver",
            "Revenant",
            "Grave Lord",
            "Dread Lord",
            "Scourge Knight",
            "Bloodreaver",
        ),
        "Shaman": ("Mystic", "Luminary", "Oracle", "Prophet", "Soothsayer", "Spiritwatcher"),
        "Warrior": ("Champion", "Myrmidon", "Warlord", "Overlord", "Vanquisher", "Imperator"),
        "Wizard": (
            "Channeler",
            "Evoker",
            "Sorcerer",
            "Sorceror",
            "Arcanist",
            "Grand Arcanist",
            "Arch Arcanist",
        ),
    }
)

CLASS_BY_TITLE: Final = MappingProxyType(
    {title.casefold(): name for name, titles in TITLES.items() for title in (name, *titles)}
)


def class_of(title: str) -> str:
    """The class behind a level title: 60 Warlock is a Necromancer; a title not known stays as it is."""
    return CLASS_BY_TITLE.get(title.casefold(), title)
