"""A line of an EverQuest log: who said what where, or who looted what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from dkp_core.kernel.names import name_key
from dkp_core.points import HeardCode
from dkp_core.roster import codes_in


class Channel(StrEnum):
    """Who heard it; `say` is all that is said aloud: near by, shouted, auctioned, out of character."""

    TELL = "tell"
    GUILD = "guild"
    RAID = "raid"
    GROUP = "group"
    SAY = "say"
    CUSTOM = "custom"


@frozen(kw_only=True)
class ChatMessage:
    """One line of chat; `at` is the PC's own clock (no zone) and None where the line does not say.

    `outgoing` is what the log's owner said. A speaker of another server keeps its name in front: `povar.Karnor`.
    """

    at: datetime | None
    speaker: str
    channel: Channel
    text: str
    outgoing: bool = False


@frozen(kw_only=True)
class Looted:
    """What the game says was looted, or `left` on a corpse; `character` and `corpse` are empty where it does not say.

    Who loots is not always who won it, and players can write such a line themselves (`/em grabbed a …`).
    """

    character: str
    item: str
    count: int
    corpse: str
    left: bool = False


# Every part has a bound and stands at the start of the line: what is no chat is left after a few characters.
_NAME: Final = r"(?:[a-z0-9]{1,20}\.)?[^\W\d_]{1,40}"
_STAMP: Final = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-3]\d) (\d\d):(\d\d):(\d\d) (\d{4})\] ", re.ASCII)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEARD_AS: Final = {
    "tells you": Channel.TELL,
    "told you": Channel.TELL,
    "tells the guild": Channel.GUILD,
    "say to your guild": Channel.GUILD,
    "tells the raid": Channel.RAID,
    "tell your raid": Channel.RAID,
    "tells the group": Channel.GROUP,
    "tell your party": Channel.GROUP,
    "says out of character": Channel.SAY,
    "say out of character": Channel.SAY,
    "says": Channel.SAY,
    "say": Channel.SAY,
    "shouts": Channel.SAY,
    "shout": Channel.SAY,
    "auctions": Channel.SAY,
    "auction": Channel.SAY,
}
_CHAT: Final = re.compile(
    rf"({_NAME}) (?:(?P<verb>{'|'.join(_HEARD_AS)})|(?P<told>told {_NAME})|tells? [^\W\d_]\w{{0,39}}:\d\d?)"
    r",?(?: in [^,']{1,40},)? {1,2}'"
)
_TELL_WINDOW: Final = re.compile(rf"({_NAME}) -> ({_NAME}): ?")
_TAKEN: Final = re.compile(rf"(--)?({_NAME}) (?:has |have )?(looted|grabbed|stole|left) (an?|the|\d{{1,4}}) ")
_LYING: Final = re.compile(r"--(an?|the|\d{1,4}) ")
_WAYS: Final = {
    "--looted": (" from ", ".--"),
    "--stole": (" from ", "!--"),
    "--left": (" on ", ".--"),
    "grabbed": (" from ", "."),
    "looted": (" from ", ""),
}
"""What stands before the corpse and at the end, by the way in which something was taken."""
_LOG: Final = re.compile(r"(?:.*[/\\])?eqlog_([^\W\d_]{1,40})_([A-Za-z0-9.]{1,40})\.txt", re.IGNORECASE)

_QUEUED: Final = "[queued], "
_CORPSE: Final = "'s corpse"
_STORED: Final = " and stored it in your "


def owner_of(file_name: str) -> tuple[str, str] | None:
    """Whose log a file is, and of which server: `eqlog_Karnor_povar.txt`; None for other names."""
    named = _LOG.fullmatch(file_name)
    return (named[1], named[2]) if named is not None else None


def message_of(line: str, owner: str) -> ChatMessage | Looted | None:
    """What a line of `owner`'s log tells: something said, something looted, or (mostly) neither.

    A byte order mark and the line's end may still be there. Lines of combat are left after their first words.
    """
    start = 1 if line.startswith("\ufeff") else 0
    stamp = _STAMP.match(line, start)
    if stamp is not None:
        start = stamp.end()
    at = _time(stamp) if stamp is not None else None
    chat = _CHAT.match(line, start)
    if chat is not None:
        return _spoken(chat, line, owner, at)
    window = _TELL_WINDOW.match(line, start)
    if window is not None:
        return _told(window, line, owner, at)
    return _looted(line, start, owner)


@frozen
class Parties:
    """Who said a line of chat, and of a tell who was told, by the names in it; `at` is the PC's own clock."""

    at: datetime | None
    names: tuple[str, ...]


def parties_of(line: str, owner: str) -> Parties | None:
    """Between whom a line of `owner`'s log was said; None where it is no chat.

    What everybody near by or in a channel heard names its speaker alone, and so does a line of whose owner nothing is
    known (`owner` is empty) what was said to them.
    """
    start = 1 if line.startswith("\ufeff") else 0
    stamp = _STAMP.match(line, start)
    if stamp is not None:
        start = stamp.end()
    at = _time(stamp) if stamp is not None else None
    window = _TELL_WINDOW.match(line, start)
    if window is not None:
        names = [window[1], window[2]]
    else:
        chat = _CHAT.match(line, start)
        if chat is None:
            return None
        names = [chat[1]]
        if chat["told"]:
            names.append(chat["told"].removeprefix("told "))
        elif chat["verb"] is not None and _HEARD_AS[chat["verb"]] is Channel.TELL:
            names.append("You")
    meant = (owner if name == "You" else name for name in names)
    return Parties(at, tuple(name for name in meant if name))


def _time(stamp: re.Match[str]) -> datetime | None:
    if stamp[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = map(int, stamp.group(2, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS.index(stamp[1]) + 1, day, hour, minute, second)  # noqa: DTZ001  # the PC's own clock
    except ValueError:
        return None


def _is_owner(name: str, owner: str) -> bool:
    return name == "You" or name_key(name) == name_key(owner)


def _spoken(chat: re.Match[str], line: str, owner: str, at: datetime | None) -> ChatMessage | None:
    outgoing = _is_owner(chat[1], owner)
    if chat["told"] and not outgoing:
        return None  # an emote: of tells between others a log knows nothing
    text = _plain(line[chat.end() :]).removesuffix("'")
    if chat["told"]:
        text, channel = text.removeprefix(_QUEUED), Channel.TELL
    else:
        channel = _HEARD_AS.get(chat["verb"], Channel.CUSTOM)
    return ChatMessage(
        at=at, speaker=owner if outgoing else chat[1], channel=channel, text=text.strip(), outgoing=outgoing
    )


def _told(window: re.Match[str], line: str, owner: str, at: datetime | None) -> ChatMessage | None:
    outgoing = _is_owner(window[1], owner)
    if not outgoing and not _is_owner(window[2], owner):
        return None
    return ChatMessage(
        at=at,
        speaker=owner if outgoing else window[1],
        channel=Channel.TELL,
        text=_plain(line[window.end() :]).strip(),
        outgoing=outgoing,
    )


def _plain(text: str) -> str:
    """What was said: clients write a percent sign as `&PCT;`."""
    return text.rstrip("\r\n").replace("&PCT;", "%")


def _looted(line: str, start: int, owner: str) -> Looted | None:
    taken = _TAKEN.match(line, start)
    if taken is None:
        return _lying(line, start)
    way = f"{taken[1] or ''}{taken[3]}"
    if way not in _WAYS:
        return None
    where, end = _WAYS[way]
    rest = line[taken.end() :].rstrip("\r\n")
    if way == "looted":
        rest = rest.rpartition(_STORED)[0]  # without dashes, only what goes to a hoard is the game's own line
    item, _, corpse = rest.removesuffix(end).rpartition(where)
    # What is no corpse has a space before the stop; without either sign, `from` belongs to the item's name.
    if way == "--looted" and not corpse.endswith((_CORPSE, " ")):
        item, corpse = rest.removesuffix(end), ""
    if not rest.endswith(end) or not item.strip():
        return None
    character = owner if _is_owner(taken[2], owner) else taken[2]
    return _of(character, item, taken[4], corpse, left=way == "--left")


def _lying(line: str, start: int) -> Looted | None:
    """What was left on a corpse, where nobody is named."""
    lying = _LYING.match(line, start)
    rest = line[lying.end() :].rstrip("\r\n") if lying is not None else ""
    item, _, corpse = rest.removesuffix(".--").rpartition(" was left on ")
    if lying is None or not rest.endswith(".--") or not item:
        return None
    return _of("", item, lying[1], corpse, left=True)


def _of(character: str, item: str, count: str, corpse: str, *, left: bool) -> Looted:
    return Looted(
        character=character,
        item=item.strip(),
        count=int(count) if count.isdecimal() else 1,
        corpse=corpse.strip().removesuffix(_CORPSE),
        left=left,
    )


def codes_told(lines: Iterable[str]) -> Iterator[HeardCode]:
    """The codes of claims in lines of somebody's log, with who said them; not what its owner said themselves."""
    for line in lines:
        yield from codes_of(message_of(line, ""))


def codes_of(heard: ChatMessage | Looted | None) -> Iterator[HeardCode]:
    """The same, of a line that was read."""
    if isinstance(heard, ChatMessage) and not heard.outgoing:
        for code in codes_in(heard.text):
            yield HeardCode(heard.speaker, code)
