"""Raid logs in XML as trackers write them, and a game's lines about who joined and left, made up here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from tests.unit.raids.formats.synthetic import NIGHT, log

START = datetime(2024, 7, 4, 19, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
HEAD = (
    "<head><export><name>EQdkp Plus XML</name><version>1.0</version></export>"
    "<tracker><name>A Tracker</name><version>0.99</version></tracker>"
    "<gameinfo><game>World of Warcraft</game><language>enUS</language></gameinfo></head>"
)


def after(minutes: int) -> int:
    """Seconds since 1970, so many minutes after the raid began."""
    return int(START.timestamp()) + 60 * minutes


def times(*minutes: int, extra: str = "") -> str:
    """Coming and going in turns, by minutes after the start; quotes as Lua programs write them."""
    standby = f" extra='{extra}'" if extra else ""
    return "".join(
        f"<time type='{'leave' if place % 2 else 'join'}'{'' if place % 2 else standby}>{after(minute)}</time>"
        for place, minute in enumerate(minutes)
    )


def member(name: str, stayed: str | None = None, *, more: str = "<class>DRUID</class><level>80</level>") -> str:
    """One raider, there the whole time unless told otherwise."""
    there = times(0, 180) if stayed is None else stayed
    return f"<member><name>{escape(name)}</name>{more}<times>{there}</times></member>"


def item(name: str, winner: str, *, cost: str = "12.50", more: str = "<itemid>49623</itemid><boss>Ymir</boss>") -> str:
    """One item that dropped an hour after the start."""
    paid = f"<cost>{cost}</cost>" if cost else ""
    return f"<item><name>{name}</name><time>{after(60)}</time><member>{winner}</member>{paid}{more}</item>"


def raid_log(members: Iterable[str], items: Iterable[str] = (), *, zones: Sequence[str] = ("Icecrown",)) -> str:
    """EQdkp Plus' XML, on a single line as add-ons show it in a box to copy from."""
    entered = "".join(
        f"<zone><enter>{after(0)}</enter><leave>{after(180)}</leave><name>{zone}</name><difficulty>2</difficulty></zone>"
        for zone in zones
    )
    killed = f"<bosskill><name>Ymir</name><time>{after(55)}</time><difficulty>2</difficulty></bosskill>"
    return (
        f"<raidlog>{HEAD}<raiddata><zones>{entered}</zones><bosskills>{killed}</bosskills>"
        f"<members>{''.join(members)}</members><items>{''.join(items)}</items></raiddata></raidlog>"
    )


def clock(minutes: int) -> str:
    """A tracker's own time: month first, two digits of the year, no zone."""
    return f"{NIGHT + timedelta(minutes=minutes):%m/%d/%y %H:%M:%S}"


def keyed(entries: Iterable[str]) -> str:
    """Lua's way to write a list in XML: an element with a number of its own for each."""
    return "".join(f"<key{number}>{entry}</key{number}>" for number, entry in enumerate(entries, 1))


def moved(name: str, minutes: int) -> str:
    """An arrival or a departure."""
    return f"<player>{escape(name)}</player><time>{clock(minutes)}</time>"


def dropped(name: str, winner: str, *, more: str = "<Costs>12.50</Costs>", note: str = " - Zone: Icecrown") -> str:
    """An item, with a note that holds what XML would have to escape."""
    return (
        f"<ItemName>{name}</ItemName><ItemID>49623:0:0</ItemID><Color>ffa335ee</Color><Count>1</Count>"
        f"<Player>{winner}</Player>{more}<Time>{clock(60)}</Time><Boss>Ymir</Boss><Note><![CDATA[{note}]]></Note>"
    )


def raid_info(
    names: Iterable[str],
    *,
    joins: Iterable[tuple[str, int]] | None = None,
    leaves: Iterable[tuple[str, int]] | None = None,
    loot: Iterable[str] = (),
    attendees: Iterable[str] = (),
    infos: bool = True,
) -> str:
    """CT_RaidTracker's XML: everybody there from start to end unless told otherwise."""
    listed = list(names)
    described = (
        f"<name>{escape(name)}</name><race>Gnome</race><class>MAGE</class><level>60</level>" for name in listed
    )
    players = f"<PlayerInfos>{keyed(described)}</PlayerInfos>" if infos else ""
    killed = "".join(f"<key{number}><name>{name}</name></key{number}>" for number, name in enumerate(attendees, 1))
    came = ((name, 0) for name in listed) if joins is None else joins
    went = ((name, 180) for name in listed) if leaves is None else leaves
    return (
        f"<RaidInfo><key>{clock(0)}</key><realm>Everlook</realm><start>{clock(0)}</start><end>{clock(180)}</end>"
        f"<zone>Icecrown</zone>{players}"
        f"<BossKills><key1><name>Ymir</name><time>{clock(55)}</time><attendees>{killed}</attendees></key1></BossKills>"
        f"<note><![CDATA[ - Zone: Icecrown & more]]></note>"
        f"<Join>{keyed(moved(*each) for each in came)}</Join><Leave>{keyed(moved(*each) for each in went)}</Leave>"
        f"<Loot>{keyed(loot)}</Loot></RaidInfo>"
    )


def pretty(document: str) -> str:
    """The same document with each element on a line of its own, as people make it to read it."""
    return '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n' + document.replace("><", ">\r\n<") + "\r\n"


def joined(names: Iterable[str]) -> str:
    """A log in which everybody joins the raid."""
    return log(f"{name} joined the raid." for name in names)


def at(minutes: int, *texts: str) -> str:
    """Log lines so many minutes after the night began."""
    return log(texts, NIGHT + timedelta(minutes=minutes))
