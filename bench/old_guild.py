"""A guild of EQdkp Plus that never was, as mysqldump writes it: a dump of any size, the same for the same sizes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

PREFIX: Final = "eqdkp23_"
BEGAN: Final = 1_480_000_000
NOW: Final = 1_795_000_000
ROWS_EACH: Final = 500
_FIXED: Final = "NOT NULL DEFAULT"

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "config": (
        "config_name varchar(120) NOT NULL", f"config_plugin varchar(40) {_FIXED} 'core'", "config_value text",
        "PRIMARY KEY (config_name,config_plugin)",
    ),
    "users": (
        "user_id int(10) unsigned NOT NULL", "username varchar(255) NOT NULL", "user_password varchar(255) NOT NULL",
        "user_email varchar(255)", "user_lang varchar(255)", "user_timezone varchar(255)",
        f"user_lastvisit int(11) {_FIXED} 0", f"user_registered int(11) unsigned {_FIXED} 0",
        f"user_active tinyint(1) {_FIXED} 1", "auth_account text", "PRIMARY KEY (user_id)",
        "UNIQUE KEY username (username)",
    ),
    "groups_users": ("group_id int(11) NOT NULL", "user_id int(11) NOT NULL", f"grpleader int(11) {_FIXED} 0"),
    "groups_user": (
        "groups_user_id int(11) NOT NULL", "groups_user_name varchar(255) NOT NULL",
        "groups_user_desc varchar(255) NOT NULL", f"groups_user_default tinyint(1) {_FIXED} 0",
        f"groups_user_hide tinyint(1) {_FIXED} 0", f"groups_user_sortid int(11) {_FIXED} 0",
        "PRIMARY KEY (groups_user_id)",
    ),
    "members": (
        "member_id int(11) unsigned NOT NULL", "member_name varchar(30) NOT NULL",
        f"member_status tinyint(1) {_FIXED} 1", f"member_rank_id smallint(3) {_FIXED} 0",
        "member_main_id int(11) unsigned", f"member_creation_date int(10) unsigned {_FIXED} 0",
        "last_update varchar(255)", "picture varchar(255)", "notes text", "profiledata text NOT NULL",
        f"requested_del tinyint(1) {_FIXED} 0", f"require_confirm tinyint(1) {_FIXED} 0",
        f"defaultrole tinyint(2) {_FIXED} 0", "points text", "points_apa text", "PRIMARY KEY (member_id)",
    ),
    "member_user": (
        "member_id int(11) unsigned NOT NULL", "user_id int(11) unsigned NOT NULL", "KEY member_id (member_id)",
        "KEY user_id (user_id)",
    ),
    "member_ranks": (
        "rank_id int(11) unsigned NOT NULL", "rank_name varchar(50) NOT NULL", f"rank_hide tinyint(1) {_FIXED} 0",
        f"rank_prefix varchar(75) {_FIXED} ''", f"rank_suffix varchar(75) {_FIXED} ''",
        f"rank_sortid int(11) unsigned {_FIXED} 0", f"rank_default tinyint(1) {_FIXED} 0",
        "UNIQUE KEY rank_id (rank_id)",
    ),
    "events": (
        "event_id int(11) unsigned NOT NULL", "event_name varchar(255)", "event_value float(6,2)",
        "event_added_by varchar(30) NOT NULL", "event_icon varchar(255)",
        f"default_itempool int(11) unsigned {_FIXED} 0", "PRIMARY KEY (event_id)",
    ),
    "multidkp": (
        "multidkp_id int(11) unsigned NOT NULL", "multidkp_name varchar(255) NOT NULL", "multidkp_desc text NOT NULL",
        f"multidkp_sortid int(11) unsigned {_FIXED} 0", "PRIMARY KEY (multidkp_id)",
    ),
    "multidkp2event": (
        "multidkp2event_multi_id int(11) NOT NULL", "multidkp2event_event_id int(11) NOT NULL",
        f"multidkp2event_no_attendance int(1) {_FIXED} 0",
        "PRIMARY KEY (multidkp2event_multi_id,multidkp2event_event_id)",
    ),
    "multidkp2itempool": (
        "multidkp2itempool_itempool_id int(11) unsigned NOT NULL",
        "multidkp2itempool_multi_id int(11) unsigned NOT NULL",
        "PRIMARY KEY (multidkp2itempool_itempool_id,multidkp2itempool_multi_id)",
    ),
    "itempool": (
        "itempool_id int(11) unsigned NOT NULL", "itempool_name varchar(255) NOT NULL", "itempool_desc text NOT NULL",
        "PRIMARY KEY (itempool_id)",
    ),
    "raids": (
        "raid_id mediumint(8) unsigned NOT NULL", "event_id int(11) unsigned NOT NULL",
        f"raid_date int(11) {_FIXED} 0", "raid_note text", f"raid_value float(6,2) {_FIXED} 0.00",
        "raid_apa_value text", "raid_added_by varchar(30) NOT NULL", "raid_updated_by varchar(30)",
        "raid_additional_data text", "raid_connected_attendance text", "PRIMARY KEY (raid_id)",
        "KEY raid_value (raid_value)", "KEY event_id (event_id)",
    ),
    "raid_attendees": (
        "raid_id mediumint(8) unsigned NOT NULL", "member_id int(11) unsigned NOT NULL", "KEY raid_id (raid_id)",
        "KEY member_id (member_id)",
    ),
    "items": (
        "item_id int(10) unsigned NOT NULL", "item_name varchar(255)", "member_id int(11) unsigned NOT NULL",
        "raid_id mediumint(8) unsigned NOT NULL", "item_value float(10,2)", "item_apa_value text",
        f"item_date int(11) {_FIXED} 0", "item_added_by varchar(30) NOT NULL", "item_updated_by varchar(30)",
        "item_group_key varchar(32)", "game_itemid varchar(50)", "itempool_id int(11) unsigned NOT NULL",
        "item_color varchar(255)", "PRIMARY KEY (item_id)", "KEY member_id (member_id)", "KEY item_value (item_value)",
        "KEY itempool_id (itempool_id)",
    ),
    "adjustments": (
        "adjustment_id mediumint(8) unsigned NOT NULL", "adjustment_value float(11,2)", "adjustment_apa_value text",
        f"adjustment_date int(11) {_FIXED} 0", "member_id int(11) unsigned NOT NULL", "adjustment_reason varchar(255)",
        "adjustment_added_by varchar(30) NOT NULL", "adjustment_updated_by varchar(30)",
        "adjustment_group_key varchar(32)", "event_id varchar(255) NOT NULL", "raid_id mediumint(8) unsigned",
        "PRIMARY KEY (adjustment_id)", "KEY adjustment_value (adjustment_value)", "KEY event_id (event_id)",
        "KEY member_id (member_id)",
    ),
    "logs": (
        "log_id int(11) unsigned NOT NULL", f"log_date int(11) {_FIXED} 0", "log_value mediumtext NOT NULL",
        f"log_ipaddress varchar(40) {_FIXED} ''", f"log_sid varchar(40) {_FIXED} ''", f"log_result int(1) {_FIXED} 1",
        f"log_tag varchar(255) {_FIXED} ''", f"log_plugin varchar(255) {_FIXED} ''",
        f"log_flag smallint(3) {_FIXED} 0", f"user_id int(11) {_FIXED} 0", "username varchar(30) NOT NULL",
        f"log_record varchar(255) {_FIXED} ''", f"log_record_id varchar(255) {_FIXED} ''", "trace text",
        "PRIMARY KEY (log_id)", "KEY user_id (user_id)", "KEY log_tag (log_tag)", "KEY log_ipaddress (log_ipaddress)",
    ),
}  # fmt: skip


@frozen(kw_only=True)
class OldGuild:
    """How much there is of everything; attendees are of raids, the others in all."""

    characters: int = 1_000
    users: int = 400
    raids: int = 3_000
    attendees: int = 40
    items: int = 30_000
    adjustments: int = 5_000
    logs: int = 38_000


def write_dump(path: Path, sizes: OldGuild) -> None:
    """Write the dump of such a guild into a file."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_dump(sizes))


def _dump(sizes: OldGuild) -> Iterator[str]:
    chance = random.Random(20_261_120)
    yield "-- MariaDB dump 10.19  Distrib 10.11\n/*!40101 SET NAMES utf8mb4 */;\n"
    rows = _rows(sizes, chance)
    for table, parts in _TABLES.items():
        name = f"`{PREFIX}{table}`"
        columns = ",\n".join(f"  {_quoted(each)}" for each in parts)
        yield f"DROP TABLE IF EXISTS {name};\n"
        yield f"CREATE TABLE {name} (\n{columns}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;\n"
        yield f"LOCK TABLES {name} WRITE;\n/*!40000 ALTER TABLE {name} DISABLE KEYS */;\n"
        for some in _some(rows[table]):
            yield f"INSERT INTO {name} VALUES\n" + ",\n".join(f"({','.join(each)})" for each in some) + ";\n"
        yield f"/*!40000 ALTER TABLE {name} ENABLE KEYS */;\nUNLOCK TABLES;\n"
    yield "-- Dump completed on 2026-11-20  8:12:54\n"


def _quoted(part: str) -> str:
    """A column's line with its name in quotes; a key's as it is."""
    if part.startswith(("PRIMARY", "UNIQUE", "KEY")):
        return part
    name, _, type_ = part.partition(" ")
    return f"`{name}` {type_}"


def _some(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    held: list[Sequence[str]] = []
    for row in rows:
        held.append(row)
        if len(held) == ROWS_EACH:
            yield held
            held = []
    if held:
        yield held


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"') + "'"


def _name(number: int) -> str:
    return (
        "Åé" + str(number).translate(str.maketrans("0123456789", "abcdefghij")) if number % 7 == 0 else f"Hero{number}x"
    )


def _rows(sizes: OldGuild, chance: random.Random) -> Mapping[str, Iterable[Sequence[str]]]:
    mains = range(1, sizes.users + 1)
    pools, events, item_pools = range(1, 3), range(1, 9), range(1, 4)
    dates = sorted(chance.randrange(BEGAN, NOW) for _ in range(sizes.raids))

    def main_of(character: int) -> int:
        return character if character <= sizes.users else (character - 1) % sizes.users + 1

    def attendees() -> Iterator[Sequence[str]]:
        for raid in range(1, sizes.raids + 1):
            for character in chance.sample(range(1, sizes.characters + 1), min(sizes.attendees, sizes.characters)):
                yield str(raid), str(character)

    def items() -> Iterator[Sequence[str]]:
        for item in range(1, sizes.items + 1):
            raid = chance.randrange(sizes.raids)
            value = f"{chance.choice((5, 10, 12.5, 33.33, 0.5)):.2f}"
            yield (
                str(item), _text(f"Blade of Ember {item % 2_000}"), str(chance.randint(1, sizes.characters)),
                str(raid + 1), value, "NULL", str(dates[raid] + item % 20), "'admin'", "NULL", _text(f"{item:032x}"),
                _text(str(10_000 + item % 2_000)), str(chance.choice(item_pools)), "NULL",
            )  # fmt: skip

    def adjustments() -> Iterator[Sequence[str]]:
        for number in range(1, sizes.adjustments + 1):
            yield (
                str(number), f"{chance.choice((-20, -3.33, 2.5, 10)):.2f}", "NULL", str(chance.randrange(BEGAN, NOW)),
                str(chance.randint(1, sizes.characters)), _text("didn&#39;t show up"), "'admin'", "NULL",
                _text(f"{number:032x}"), _text(str(chance.choice(events))), "NULL",
            )  # fmt: skip

    def logs() -> Iterator[Sequence[str]]:
        for number in range(1, sizes.logs + 1):
            told = f'a:1:{{s:9:"{{L_VALUE}}";a:3:{{s:3:"old";i:{number};s:3:"new";i:{number + 1};s:4:"flag";i:0;}}}}'
            yield (
                str(number), str(chance.randrange(BEGAN, NOW)), _text(told), "'127.0.0.0'", _text(f"{number:040x}"),
                "1",
                "'action_raid_updated'", "'core'", "1", "1", "'admin'", "'Kael'", str(number % sizes.raids + 1),
                "'plus_datahandler: put; '",
            )  # fmt: skip

    return {
        "config": [
            (_text(name), "'core'", _text(value))
            for name, value in {
                "plus_version": "2.3.39.0", "guildtag": "The Long Memory", "timezone": "Europe/Berlin",
                "round_precision": "2", "dkp_name": "DKP", "show_twinks": "0",
            }.items()
        ],
        "users": (
            (str(each), _text(f"user{each}"), "'x'", "''", "'english'", "'UTC'", str(NOW), str(BEGAN), "1", "NULL")
            for each in mains
        ),
        "groups_user": [
            (str(number), _text(name), "''", "0", "0", str(number))
            for number, name in enumerate(("Guests", "Super-Admins", "Admins", "Members", "Officers", "Editors"), 1)
        ],
        "groups_users": ((("2" if each == 1 else "4"), str(each), "0") for each in mains),
        "members": (
            (
                str(each), _text(_name(each)), "1", str(each % 6 + 1), str(main_of(each)), str(BEGAN), str(NOW), "''",
                "''", _text('{"guild":"Raiders","level":60,"race":6,"class":10}'), "0", "0", "0", "NULL", "NULL",
            )
            for each in range(1, sizes.characters + 1)
        ),
        "member_user": ((str(each), str(main_of(each))) for each in range(1, sizes.characters + 1)),
        "member_ranks": [
            (str(each), _text(f"Rank {each}"), "0", "''", "''", str(each), "0") for each in range(1, 7)
        ],
        "events": [(str(each), _text(f"Event {each}"), "5.50", "'admin'", "''", "1") for each in events],
        "multidkp": [(str(each), _text(f"Pool {each}"), "''", str(each)) for each in pools],
        "multidkp2event": [
            (str(pool), str(event), "0") for event in events for pool in pools if event % 2 + 1 == pool or event == 7
        ],
        "multidkp2itempool": [("1", "1"), ("2", "2"), ("3", "1"), ("3", "2")],
        "itempool": [(str(each), _text(f"Items {each}"), "''") for each in item_pools],
        "raids": (
            (
                str(raid), str(chance.choice(events)), str(dates[raid - 1]), _text("Boss down"),
                f"{chance.choice((0.1, 2.5, 5.5, 12.34)):.2f}", "NULL", "'admin'", "NULL", "''", "NULL",
            )
            for raid in range(1, sizes.raids + 1)
        ),
        "raid_attendees": attendees(),
        "items": items(),
        "adjustments": adjustments(),
        "logs": logs(),
    }  # fmt: skip
