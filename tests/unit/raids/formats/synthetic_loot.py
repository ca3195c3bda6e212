"""What loot add-ons, loot sites and sign-up bots export, made up here, with every quirk the parsers must cope with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

RC_HEADING = (
    "player,date,time,id,item,itemID,itemString,response,votes,class,instance,boss,difficultyID,mapID,groupSize,"
    "gear1,gear2,responseID,isAwardReason,subType,equipLoc,note,owner"
)
GARGUL_HEADING = "dateTime,character,itemID,offspec,id"
GARGUL_PATTERN = "@ID;@DATE @TIME;@WINNER"
SOFT_RESERVES_HEADING = "Item,ItemId,From,Name,Class,Spec,Note,Plus,Date"
OLD_BIS_HEADING = (
    "type,raid_group_name,member_name,character_name,character_class,character_is_alt,sort_order,item_name,item_id,"
    "is_offspec,note,received_at"
)
BIS_HEADING = OLD_BIS_HEADING + ",import_id,officer_note,instance_name,source_name"
UNIX = 1_720_127_247
"""The evening of 2024-07-04, as seconds."""


def rc_row(
    player: str,
    item: str = "[Cloak of Flames]",
    *,
    day: str = "4/7/24",
    hour: str = "21:07:27",
    response: str = "Mainspec",
    reason: str = "false",
    response_id: str = "1",
    note: str = "",
) -> str:
    """An award of RCLootCouncil's: an item with a comma is quoted, and votes are nil where nobody voted."""
    shown = f'"{item}"' if "," in item else item
    return (
        f"{player},{day},{hour},{UNIX}-3,{shown},17000,item:17000::::::::60:::::,{response},nil,WARRIOR,"
        f"Deep Hall-Mythic,Warden,16,2000,20,,,{response_id},{reason},Cloth,Back,{note},Unknown"
    )


def rc_table(rows: Iterable[str]) -> str:
    """RCLootCouncil's history: its first line ends in a tab."""
    return "\r\n".join((RC_HEADING + "\t", *rows)) + "\r\n"


def gargul_table(rows: Iterable[tuple[str, str]], *, day: str = "2024-07-04") -> str:
    """Gargul's own table of winners and item numbers."""
    return "\n".join((GARGUL_HEADING, *(f"{day},{name},{item},0,7827556" for name, item in rows))) + "\n"


def gargul_rows(rows: Iterable[tuple[str, str]], *, at: str = "2024-07-04 21:07") -> str:
    """The same by the pattern that an officer set."""
    return "\n".join(f"{item};{at};{name}" for name, item in rows) + "\n"


def bis_row(
    name: str, item: str = "Cloak of Flames", *, kind: str = "received", at: str = "2024-07-04 21:07:27"
) -> str:
    """A line of That's My BIS: everything a guild keeps of loot, wishes too."""
    return f'{kind},Us,Member,{name},Druid,0,1,"{item}",17000,0,,{at},,,"Deep Hall N10",Warden'


def bis_table(rows: Iterable[str]) -> str:
    """The whole of it."""
    return "\n".join((BIS_HEADING, *rows)) + "\n"


def reserves_table(names: Iterable[str]) -> str:
    """softres.it's reserves as a table."""
    rows = (f'"Crescent, the Fanged",86130,Warden,"{name}",Druid,Feral,,0,"2024-07-01 10:00:00"' for name in names)
    return "\n".join((SOFT_RESERVES_HEADING, *rows)) + "\n"


def reserves_document(
    names: Iterable[str], *, indent: int | None = None, starts: object = "2024-07-04T19:00:00Z"
) -> str:
    """softres.it's reserves as JSON."""
    reserves = [
        {
            "name": name,
            "class": "Druid",
            "note": "",
            "plusOnes": 1,
            "rollBonus": 0,
            "items": [{"id": 86130, "note": "please", "order": 0}, {"id": 86144}],
        }
        for name in names
    ]
    metadata = {"id": "abc", "instance": "deephall", "raidStartsAt": starts, "hidden": False, "note": ""}
    document = {"metadata": metadata, "softreserves": reserves, "hardreserves": [{"id": 7, "for": "X", "note": "bank"}]}
    return json.dumps(document, indent=indent, ensure_ascii=False)


SignUp = Mapping[str, object]


def sign_up(name: str, answer: str = "Ranged", **more: object) -> SignUp:
    """Somebody who signed up, as Raid-Helper's API tells it; who is absent has no spec."""
    spec = {} if answer == "Absence" else {"specName": "Protection1", "roleName": "Tanks"}
    return {
        "id": 1,
        "userId": "624730669079199753",
        "name": name,
        "className": answer,
        **spec,
        "position": 1,
        "entryTime": UNIX - 9000,
        "status": "primary",
        **more,
    }


def sign_up_event(sign_ups: Sequence[SignUp], *, indent: int | None = None, **more: object) -> str:
    """An event as the API gives it: the sign-ups may come before what they are for, the time without a zone."""
    event = {"date": "4-7-2024", "signUps": list(sign_ups), "time": "20:30", "title": "Deep Hall", "startTime": UNIX}
    return json.dumps(
        {**event, "lastUpdated": UNIX, "templateId": "3", "classes": [{"name": "Late"}], **more}, indent=indent
    )


def page_event(sign_ups: Sequence[SignUp], **more: object) -> str:
    """The same as the web pages give it: other words, and one of the times in milliseconds."""
    renamed = {
        "userId": "userid",
        "className": "class",
        "specName": "spec",
        "roleName": "role",
        "entryTime": "signuptime",
    }
    listed = [
        {**{renamed.get(key, key): value for key, value in each.items()}, "timestamp": "2024-07-04T18:00:00.123456789"}
        for each in sign_ups
    ]
    event = {
        "raidid": "12",
        "title": "Deep Hall",
        "unixtime": str(UNIX),
        "last_updated": UNIX * 1000,
        "signups": listed,
    }
    return json.dumps({**event, **more}, indent=1)
