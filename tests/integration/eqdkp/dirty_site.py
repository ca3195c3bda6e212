"""An old site with all the dirt that twenty years leave, and what is in it by hand.

Amounts are in the pool "Main", unless another is named. Anna (1) has twinks, one of another user's (2), one that is a
twink of a twink (22), one that asks for deletion (31), one that was never confirmed (32).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve

from tests.unit.eqdkp.mapping.moved import (
    Given,
    adjustment,
    character,
    event,
    in_pool,
    item,
    paid_in,
    pool,
    present,
    raid,
    setting,
)
from tests.unit.eqdkp.mapping.test_applications import application, comment, question
from tests.unit.eqdkp.synthetic import KEY, Installation, Number, Table, Value, empty, encrypted
from tests.unit.eqdkp.test_serialized import serialized

PREFIX: Final = "eq_"
ANOTHER: Final = "eq_old_"
"""The prefix of another installation, which begins alike."""
FUTURE: Final = 2_100_000_000
LONG_NOTE: Final = "x" * 5_000
LONG_NAME: Final = "Aurelianus" * 8
LONG_REASON: Final = "because " * 75
TWICE_ENCODED: Final = "&amp;lt;b&amp;gt;"
UTE_AND_ULF: Final = "80351110224678912"
KNOWN_HERE: Final = "123456789012345678"
"""The Discord id of an officer of the new guild."""


def dirty_site(*, show_twinks: str = "0") -> Installation:
    """Everything that a database can hold."""
    site = (
        empty(PREFIX)
        .with_rows("config", *_settings(show_twinks))
        .with_rows("users", *_users())
        .with_rows("groups_user", *({"groups_user_id": each, "groups_user_name": f"g{each}"} for each in (1, 2, 4, 4)))
        .with_rows("groups_users", *_groups())
        .with_rows("member_user", *_whose())
        .with_rows("members", *_characters())
        .with_rows("member_ranks", *_ranks())
        .with_rows("multidkp", pool(1, "Main"), pool(2, "MAIN", position=1), pool(3, "", position=2))
        .with_rows("events", *_events())
        .with_rows("multidkp2event", *_in_pools())
        .with_rows("itempool", *({"itempool_id": each, "itempool_name": "Set"} for each in (1, 2, 3)))
        .with_rows("multidkp2itempool", *(paid_in(*each) for each in ((1, 1), (2, 2), (1, 3), (2, 3))))
        .with_rows("raids", *_raids())
        .with_rows("raid_attendees", *_attendees())
        .with_rows("items", *_items())
        .with_rows("adjustments", *_adjustments())
        .with_rows("guildrequest_fields", question(1), question(1), question(2, "99"))
        .with_rows("guildrequest_requests", *_applications())
        .with_rows("comments", comment(1, "1", "Welcome"), comment(2, "88", "lost"), comment(3, "100", "ok", "raids"))
        .with_rows("logs", *_logs())
        .with_rows("sessions", {"session_id": "secret-session", "session_vars": b"\x00\xff\xfe'\\"})
        .with_table(Table("forum_posts", {"id": "int(11)", "text": "text"}, [(1, "Hi"), (2, None)]))
    )
    members, raids = site.tables["members"].without("picture"), site.tables["raids"]
    moody = evolve(raids, columns={**raids.columns, "raid_mood": "text"}, rows=[[*row, "grim"] for row in raids.rows])
    return site.with_table(members).with_table(moody)


def with_what_no_server_takes(site: Installation) -> Installation:
    """With rows that only dumps hold: of another charset, of other types, with noise behind the hundredths."""
    members, raids, attendees, adjustments = (
        site.tables[each] for each in ("members", "raids", "raid_attendees", "adjustments")
    )
    latin = _row(members, {**character(35, ""), "member_name": b"D\xfcster", "notes": b"f\xfcr alle"})
    noisy = _row(raids, raid(107, value="0.10000000149011612"))
    return (
        site.with_table(evolve(members, rows=[*members.rows, latin]))
        .with_table(evolve(raids, rows=[*raids.rows, noisy, _row(raids, {**raid(0), "raid_id": "x"})]))
        .with_table(evolve(attendees, rows=[*attendees.rows, *(_row(attendees, each) for each in present(107, 3, 35))]))
        .with_table(evolve(adjustments, rows=[*adjustments.rows, _row(adjustments, adjustment(9, 3, value="abc"))]))
    )


def rows_of(site: Installation) -> Mapping[str, int]:
    """How many rows each table has."""
    return {name: len(table.rows) for name, table in site.tables.items()}


def _row(table: Table, given: Given) -> list[Value]:
    return [given.get(each) for each in table.columns]


def _settings(show_twinks: str) -> Iterator[Given]:
    special = serialized({0: 30}).decode()
    values = {"plus_version": "2.3.39.0", "guildtag": TWICE_ENCODED, "timezone": "Mars/Olympus", "dkp_name": "",
              "round_precision": "9", "show_twinks": show_twinks, "special_members": special}  # fmt: skip
    yield from (setting(name, value) for name, value in values.items())


def _users() -> Iterator[Given]:
    def user(number: int, name: str, discord: str = "", **more: Value) -> Given:
        account = encrypted(f'a:1:{{s:7:"discord";s:{len(discord)}:"{discord}";}}', KEY) if discord else ""
        return {"user_id": number, "username": name, "user_active": 1, "auth_account": account,
                "user_registered": 1_500_000_000, **more}  # fmt: skip

    yield user(2, "Ute", UTE_AND_ULF, user_email=encrypted("ute@example.org", KEY))
    yield user(3, "Ulf", UTE_AND_ULF)
    yield user(4, "Udo", KNOWN_HERE, user_timezone="Mars/Phobos")
    yield user(5, "Ugo", user_active=0)
    yield user(6, "Una", "not-an-id", user_registered=0)
    yield user(7, "ute")
    yield user(8, "", user_registered=FUTURE)
    yield user(8, "again")


def _groups() -> Iterator[Given]:
    for group, user in ((2, 2), (4, 3), (1, 7), (4, 3), (4, 77), (9, 3)):
        yield {"group_id": group, "user_id": user}


def _whose() -> Iterator[Given]:
    pairs = ((1, 2), (2, 3), (10, 4), (11, 5), (40, 6), (41, 6), (42, 6), (1, 2), (99, 2), (3, 9999))
    yield from ({"member_id": character, "user_id": user} for character, user in pairs)


def _characters() -> Iterator[Given]:
    yield {**character(1, "Anna"), "notes": LONG_NOTE, "profiledata": '{"class":99,"level":"many","race":[1,2]}'}
    yield {**character(2, "Bert", main=1), "profiledata": "{broken"}
    yield {**character(3, "Cora"), "member_rank_id": 66, "member_creation_date": FUTURE}
    yield character(10, "Éowyn")
    yield character(11, "éowyn")
    yield character(12, "E\u0301owyn")
    yield character(20, "Kilian", main=21)
    yield character(21, "Lars", main=20)
    yield character(22, "Mona", main=2)
    yield character(23, "Nils", main=99997)
    yield character(30, "Bank")
    yield {**character(31, "Olaf", main=1), "requested_del": 1}
    yield {**character(32, "Pia", main=1), "require_confirm": 1}
    yield character(33, "  ")
    yield character(34, LONG_NAME)
    yield character(36, TWICE_ENCODED)
    yield character(40, "Rosa")
    yield character(41, "Sven")
    yield character(42, "Tina")
    yield character(42, "Tina again")
    yield {**character(51, "Zo\u200be"), "member_main_id": None}


def _ranks() -> Iterator[Given]:
    for number, name in ((1, "Lead"), (2, "LEAD"), (3, ""), (3, "twice")):
        yield {"rank_id": number, "rank_name": name}


def _events() -> Iterator[Given]:
    yield event(1, "Kael")
    yield event(2, "D&#39;Vinn")
    yield {**event(3, "Both"), "event_value": Number("-5.00")}
    yield event(4, "Kael")


def _in_pools() -> Iterator[Given]:
    yield in_pool(1, 1)
    yield in_pool(2, 2, multidkp2event_no_attendance=1)
    yield from (in_pool(each, 3) for each in (1, 2))
    yield in_pool(99, 1)
    yield in_pool(1, 1)


def _raids() -> Iterator[Given]:
    yield raid(100, value="5.50", raid_note=LONG_NOTE, raid_added_by="")
    yield raid(101, value="1.25", raid_date=0)
    yield raid(102, event=3, value="10.00", raid_date=FUTURE)
    yield raid(103, event=4, value="7.00")
    yield raid(104, event=777, value="3.00")
    yield raid(105, value="-2.50", raid_connected_attendance="[100")
    yield raid(106, event=2, value="9999.99")
    yield raid(106, event=2, value="1.00")


def _attendees() -> Iterator[Given]:
    yield from present(100, 1, 1, 2, 3, 10, 11, 12, 20, 21, 22, 23, 30, 31, 32, 33, 34, 36, 41, 51, 99)
    yield from present(101, 40, 41)
    yield from present(102, 1, 42)
    yield from present(103, 1)
    yield from present(104, 3)
    yield from present(105, 3)
    yield from present(106, 3)
    yield from present(888, 1)


def _items() -> Iterator[Given]:
    yield item(1, "Sword", buyer=1, value="167772.17", raid_id=100)
    yield item(2, "SWORD", buyer=2, value="12.34", itempool_id=3, raid_id=888)
    yield item(3, "Orphan", buyer=99)
    yield item(4, "", buyer=3, value="-5.00", item_date=0)
    yield item(5, "Ring" * 50, buyer=3, value="1.00", itempool_id=9)
    yield item(5, "Ring again", buyer=41, value="2.00")
    yield {**item(6, "Gift", buyer=3), "item_value": None}


def _adjustments() -> Iterator[Given]:
    yield adjustment(1, 1, value="-3.33", adjustment_added_by="y" * 30)
    yield adjustment(2, 3, value="1.00", event_id="")
    yield adjustment(3, 3, value="1.00", event_id="777")
    yield adjustment(4, 99, value="1.00")
    yield adjustment(5, 3, value="2.22", event_id="3", adjustment_reason=LONG_REASON)
    yield adjustment(6, 42, value="0.00", adjustment_reason="", adjustment_date=FUTURE)


def _applications() -> Iterator[Given]:
    yield application(1, content=serialized({1: "Hi", 2: "Tank"}), voting_yes=2, voting_no=1)
    yield application(2, content="a:1:{broken", status=9, tstamp=0)
    yield application(2, username="again")
    yield application(3, username="Ute", user_id=2)
    yield application(4, username="z" * 100, user_id=77, email=encrypted("zoe@example.org", KEY))


def _logs() -> Iterator[Given]:
    told = serialized({"{L_VALUE}": {"old": "1", "new": "2"}})
    yield {"log_id": 1, "log_date": 1_500_000_000, "log_tag": "action_raid_added", "username": "Ute", "log_value": told}
    yield {"log_id": 2, "log_date": 0, "log_tag": "", "username": "", "log_value": "a:9:{"}
    yield {"log_id": 2, "log_date": FUTURE, "log_tag": "x" * 300, "username": "Ulf", "log_value": ""}
