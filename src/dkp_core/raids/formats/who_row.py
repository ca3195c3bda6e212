"""The lines of EverQuest's `/who`: its heading, a row per player, its count."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from dkp_core.raids.formats.check import Flag
from dkp_core.raids.formats.level_titles import class_of
from dkp_core.raids.formats.sheet import noted, number_in

HEADINGS: Final = ("Players on EverQuest", "Players in EverQuest")
"""`/who` and `/who all`; the second is followed by more on some servers ("Players in EverQuest Legends:")."""

EVERYWHERE: Final = "EverQuest"
CUT_SHORT: Final = "Your who request was cut short"
UNKNOWN_RACE: Final = "unknown"

PREFIXES: Final = (
    ("<LINKDEAD>", Flag.LINKDEAD),
    ("LINKDEAD", Flag.LINKDEAD),
    ("<AFK>", Flag.AFK),
    ("AFK", Flag.AFK),
    ("<TRADER>", Flag.TRADER),
    ("TRADER", Flag.TRADER),
    ("<BUYER>", Flag.BUYER),
    ("BUYER", Flag.BUYER),
    ("OFFLINE MODE", Flag.OFFLINE),
    ("OFFLINE", Flag.OFFLINE),
    ("LFG", Flag.LFG),
)
SUFFIXES: Final = {"LFG": Flag.LFG, "AFK": Flag.AFK, "LINKDEAD": Flag.LINKDEAD, "<LINKDEAD>": Flag.LINKDEAD}
PREFIXES_MAX: Final = 8
STAFF_TITLE_LENGTH_MAX: Final = 32


@frozen(kw_only=True)
class WhoRow:
    """One player of a `/who` list; `note` keeps what has no field of its own."""

    name: str
    level: int | None = None
    character_class: str | None = None
    race: str | None = None
    guild: str | None = None
    zone: str | None = None
    flags: frozenset[Flag] = frozenset()
    note: str = ""


@frozen
class BrokenRow:
    """A line that starts like a row of a `/who` list and can't be read."""

    reason: str


@frozen(kw_only=True)
class WhoFooter:
    """The end of a `/who` list: how many it says it has (None when cut short), and where."""

    said: int | None
    place: str | None


def is_heading(text: str) -> bool:
    """Whether a line starts a `/who` list."""
    return text.startswith(HEADINGS) and text.rstrip().endswith(":")


def is_rule(text: str) -> bool:
    """Whether a line is the dashes below the heading."""
    return text.startswith("---") and not text.strip("- ")


def footer_of(text: str) -> WhoFooter | None:
    """The end of a list, "There are 42 players in Sanctus Seru." and its variants; None for other lines."""
    if text.startswith(CUT_SHORT):
        return WhoFooter(said=None, place=None)
    words = text.split(" ", 4)
    if len(words) < 5 or words[0] != "There" or words[1] not in ("is", "are") or words[3] not in ("player", "players"):
        return None
    said = 0 if words[2] == "no" else number_in(words[2])
    before, within, place = words[4].partition("in ")
    if said is None or before or not within:
        return None
    place = place.partition(" that match")[0].rpartition(".")[0] or place.rstrip(". ")
    return WhoFooter(said=said, place=None if place.startswith(EVERYWHERE) else place)


def row_of(text: str) -> WhoRow | BrokenRow | None:
    """A player's row; None for a line that doesn't start like one."""
    flags, rest, note = _prefixes(text)
    if not rest.startswith("["):
        return None
    bracket, closing, rest = rest[1:].partition("]")
    if not closing:
        return BrokenRow("its bracket never closes")
    title = bracket
    if bracket == "ANONYMOUS":
        flags.add(Flag.ANONYMOUS)
        title = ""
    elif bracket.startswith("ANON (") and bracket.endswith(")"):
        # What game masters see of the anonymous.
        flags.add(Flag.ANONYMOUS)
        title = bracket[len("ANON (") : -1]
    level_text, _, title = title.partition(" ")
    level = number_in(level_text)
    if level is None and Flag.ANONYMOUS not in flags:
        return BrokenRow(f"its bracket [{bracket}] holds no level")
    character_class, class_note = _class_in(title.strip())
    return _after_bracket(rest, flags, level, character_class, noted(note, class_note))


def _prefixes(text: str) -> tuple[set[Flag], str, str]:
    flags: set[Flag] = set()
    rest, note = text.lstrip(" "), ""
    for _ in range(PREFIXES_MAX):
        if rest.startswith("* "):
            staff, star, after = rest[2:].partition(" *")
            if not star or len(staff) > STAFF_TITLE_LENGTH_MAX:
                break
            flags.add(Flag.GM)
            note, rest = staff.strip(), after.lstrip(" ")
            continue
        for prefix, flag in PREFIXES:
            if rest.startswith(prefix):
                flags.add(flag)
                rest = rest[len(prefix) :].lstrip(" ")
                break
        else:
            break
    return flags, rest, note


def _class_in(title: str) -> tuple[str | None, str]:
    """The class of "Warlock" or "Huntmaster (Ranger)", and the title where it says more than the class."""
    if not title:
        return None, ""
    level_title, parenthesis, named = title.partition(" (")
    if parenthesis and named.endswith(")"):
        return named[:-1], f"title {level_title}"
    character_class = class_of(title)
    return character_class, "" if character_class == title else f"title {title}"


def _after_bracket(
    rest: str, flags: set[Flag], level: int | None, character_class: str | None, note: str
) -> WhoRow | BrokenRow:
    """What follows the bracket: name, (race), <guild>, LFG, ZONE: zone."""
    rest, _, after_zone = rest.partition("ZONE:")
    zone = after_zone.split()
    while zone and zone[-1] in SUFFIXES:
        flags.add(SUFFIXES[zone.pop()])
    before_guild, has_guild, after = rest.partition("<")
    guild, _, after_guild = after.partition(">")
    before_race, has_race, after = before_guild.partition("(")
    race, _, after_race = after.partition(")")
    name, *others = before_race.split() or [""]
    left_over = []
    for word in (*others, *after_race.split(), *after_guild.split()):
        if word in SUFFIXES:
            flags.add(SUFFIXES[word])
        else:
            left_over.append(word)
    if not name.isalpha():
        return BrokenRow(f"its name {name!r} is not made of letters" if name else "it has no name")
    if has_guild and Flag.ANONYMOUS in flags:
        # Whoever is anonymous hides the guild as well; who only plays a role shows it.
        flags.add(Flag.ROLEPLAY)
    hidden = race.strip().casefold() == UNKNOWN_RACE
    return WhoRow(
        name=name,
        level=level,
        character_class=character_class,
        race=race.strip() if has_race and not hidden else None,
        guild=guild.strip() or None,
        zone=" ".join(zone) or None,
        flags=frozenset(flags),
        note=noted(note, "race hidden by an illusion" if hidden else "", " ".join(left_over)),
    )
