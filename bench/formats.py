"""Reading every format there is: how many megabytes a second each parser takes in, from memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Final

from bench.parse import log as who_log
from dkp_core.raids.formats import DumpFormat, read_dump
from dkp_core.roster import read_guild_dump

ROWS: Final = 20_000
LOG_BYTES: Final = 64 * 1024 * 1024
CHUNK: Final = 64 * 1024
ROUNDS: Final = 5
STAMP: Final = "[Sun Mar 01 19:00:00 2026]"
UNIX: Final = 1_772_391_600


def _name(number: int) -> str:
    return "Raider" + str(number).translate(str.maketrans("0123456789", "abcdefghij"))


def _rows(heading: str, row: Callable[[str], str], rows: int) -> bytes:
    return "\r\n".join((heading, *(row(_name(number)) for number in range(rows)))).lstrip().encode()


def _raid_log(rows: int) -> bytes:
    times = f"<times><time type='join'>{UNIX}</time><time type='leave'>{UNIX + 9000}</time></times>"
    members = (
        f"<member><name>{_name(number)}</name><class>DRUID</class><level>80</level>{times}</member>"
        for number in range(rows)
    )
    zone = f"<zone><enter>{UNIX}</enter><leave>{UNIX + 9000}</leave><name>Icecrown</name></zone>"
    whole = f"<zones>{zone}</zones><bosskills/><members>{''.join(members)}</members><items/>"
    return f"<raidlog><raiddata>{whole}</raiddata></raidlog>".encode()


def _raid_info(rows: int) -> bytes:
    def keyed(entry: Callable[[str], str]) -> str:
        return "".join(f"<key{number}>{entry(_name(number))}</key{number}>" for number in range(1, rows))

    infos = keyed(lambda name: f"<name>{name}</name><race>Gnome</race><class>MAGE</class><level>60</level>")
    moves = keyed(lambda name: f"<player>{name}</player><time>03/01/26 19:00:00</time>")
    ends = "<start>03/01/26 19:00:00</start><end>03/01/26 22:00:00</end>"
    whole = f"{ends}<PlayerInfos>{infos}</PlayerInfos><Join>{moves}</Join><Leave/><Loot/>"
    return f"<RaidInfo>{whole}</RaidInfo>".encode()


def _sign_ups(rows: int) -> bytes:
    people = [
        {"id": number, "userId": str(10**17 + number), "name": _name(number), "className": "Ranged", "entryTime": UNIX}
        for number in range(rows)
    ]
    return json.dumps({"title": "Deep Hall", "startTime": UNIX, "templateId": "3", "signUps": people}).encode()


def _reserves(rows: int) -> bytes:
    people = [
        {"name": _name(number), "class": "Druid", "note": "", "plusOnes": 0, "items": [{"id": 86130, "order": 0}]}
        for number in range(rows)
    ]
    metadata = {"id": "abc", "instance": "deephall", "raidStartsAt": "2026-03-01T19:00:00Z"}
    return json.dumps({"metadata": metadata, "softreserves": people, "hardreserves": []}).encode()


def _joins(size: int) -> bytes:
    combat = f"{STAMP} You slash a frost giant for 57 points of damage.\r\n" * 2_000
    moves = "".join(f"{STAMP} {_name(number)} joined the raid.\r\n" for number in range(40))
    part = (combat + moves).encode()
    return part * (size // len(part))


RC_HEADING: Final = (
    "player,date,time,id,item,itemID,itemString,response,votes,class,instance,boss,difficultyID,mapID,groupSize,"
    "gear1,gear2,responseID,isAwardReason,subType,equipLoc,note,owner"
)
SOFT_HEADING: Final = "Item,ItemId,From,Name,Class,Spec,Note,Plus,Date"
BIS_HEADING: Final = (
    "type,raid_group_name,member_name,character_name,character_class,character_is_alt,sort_order,item_name,item_id,"
    "is_offspec,note,received_at"
)

WRITERS: Final[dict[DumpFormat, Callable[[int], bytes]]] = {
    DumpFormat.RAID_DUMP: lambda rows: _rows("", lambda name: f"1\t{name}\t120\tDruid\t\t\t\tYes\t", rows),
    DumpFormat.ZEAL_RAID_ATTENDANCE: lambda rows: _rows(
        "First Call|Plane of Time", lambda name: f"1|{name}|Bard|60|\t", rows
    ),
    DumpFormat.ZEAL_RAID_TICK: lambda rows: _rows(
        "Player\tLevel\tClass\tTimestamp\tPoints", lambda name: f"{name}\t50\tRanger\t2026-03-01_19-00-00\t1", rows
    ),
    DumpFormat.EQDKP_PLUS_XML: lambda rows: _raid_log(rows // 2),
    DumpFormat.CT_RAID_TRACKER: lambda rows: _raid_info(rows // 2),
    DumpFormat.JOIN_LEAVE_LOG: lambda rows: _joins(LOG_BYTES * rows // ROWS),
    DumpFormat.WHO_LOG: lambda rows: b"".join(who_log(LOG_BYTES * rows // ROWS)),
    DumpFormat.RAID_HELPER: _sign_ups,
    DumpFormat.SOFT_RESERVES_JSON: _reserves,
    DumpFormat.SOFT_RESERVES_CSV: lambda rows: _rows(
        SOFT_HEADING, lambda name: f'"Fang, the Old",86130,Warden,{name},Druid,Feral,,0,2026-03-01 19:00:00', rows
    ),
    DumpFormat.RC_LOOT_COUNCIL: lambda rows: _rows(
        RC_HEADING,
        lambda name: (
            f"{name},1/3/26,19:00:00,{UNIX}-1,[Cloak],17000,item:17000::,Mainspec,nil,MAGE,Hall,Warden,16,2000,20,,,1,"
            "false,Cloth,Back,,Unknown"
        ),
        rows,
    ),
    DumpFormat.GARGUL: lambda rows: _rows(
        "dateTime,character,itemID,offspec,id", lambda name: f"2026-03-01,{name},17000,0,7827556", rows
    ),
    DumpFormat.THATS_MY_BIS: lambda rows: _rows(
        BIS_HEADING, lambda name: f"received,Us,Member,{name},Mage,0,1,Cloak,17000,0,,2026-03-01 19:00:00", rows
    ),
    DumpFormat.CSV: lambda rows: _rows("Name,Class,Level,Status", lambda name: f"{name},Druid,60,late", rows),
    DumpFormat.NAME_LIST: lambda rows: _rows("", str, rows),
}


def _guild_dump(rows: int) -> bytes:
    cells = "\t115\tRanger\tMember\tA\t03/01/26\tThe Overthere\tnote\t\toff\ton\t1954229\t03/01/26\tnote\t"
    return _rows("", lambda name: name + cells, rows)


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def _speed(data: bytes, read: Callable[[Iterator[bytes]], object]) -> float:
    """Megabytes in a second of CPU, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        read(_chunks(data))
        best = min(best, time.process_time() - began)
    return len(data) / 1024 / 1024 / best


def run(*, quick: bool = False) -> bool:
    """Write a file of each format, then read it from memory; a format that has no writer here is a fault."""
    rows = ROWS // 20 if quick else ROWS
    for known in DumpFormat:
        data = WRITERS[known](rows)

        def read(chunks: Iterator[bytes], known: DumpFormat = known) -> None:
            dump = read_dump(chunks)
            assert dump.format is known, f"{known} was read as {dump.format}"

        print(f"{known:24} {len(data) / 1024 / 1024:7.2f} MB {_speed(data, read):8.1f} MB/s")
    data = _guild_dump(rows)
    print(f"{'guild dump (roster)':24} {len(data) / 1024 / 1024:7.2f} MB {_speed(data, read_guild_dump):8.1f} MB/s")
    return True
