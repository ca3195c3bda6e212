"""A real installation of EQdkp Plus, where its dump and what the program shows for it are beside this checkout."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from dkp_adapters.eqdkp.arithmetic import (
    Adjustment,
    Attendee,
    Bounds,
    Config,
    DecayOfCurrent,
    Installation,
    Item,
    Member,
    Pool,
    Raid,
    Rhythm,
    Rule,
    VisibleCap,
)
from dkp_core.kernel.points import Points
from dkp_core.points.formula import Formula

EQDKP: Final = Path(__file__).resolve().parents[4] / "shared" / "eqdkp"
# The dump, what the program shows for it.
PLAIN: Final = ("small.sql.gz", "small_expected.json.gz")
DECAYED: Final = ("small_apa.sql.gz", "small_expected_apa.json.gz")

_CELL: Final = re.compile(r"'(?:[^'\\]|\\.)*'|[^,]+")
_FUNCTIONS: Final = {"func_decay10": "$value * 0.9"}


@cache
def installation(dump: str, expected: str) -> tuple[Installation, Mapping[str, Any]]:
    """Its rows, and what the program shows; a test that needs them is skipped where they are missing."""
    if not ((EQDKP / dump).is_file() and (EQDKP / expected).is_file()):
        pytest.skip("the numbers of a real installation are not beside this checkout")
    text = gzip.decompress((EQDKP / dump).read_bytes()).decode()
    shown: Mapping[str, Any] = json.loads(gzip.decompress((EQDKP / expected).read_bytes()))
    rows = {table: list(_rows(text, table)) for table in _TABLES}
    registered = {row["user_id"]: int(row["user_registered"]) for row in rows["users"]}
    users = {row["member_id"]: row["user_id"] for row in rows["member_user"]}
    house = Installation(
        members=[
            Member(
                id=int(row["member_id"]),
                main=_number(row["member_main_id"]),
                created_at=int(row["member_creation_date"]),
                registered_at=registered.get(users.get(row["member_id"], ""), 0),
                asks_deletion=row["requested_del"] == "1",
                is_unconfirmed=row["require_confirm"] == "1",
            )
            for row in rows["members"]
        ],
        pools=[_pool(int(row["multidkp_id"]), rows) for row in rows["multidkp"]],
        raids=[
            Raid(
                id=int(row["raid_id"]),
                event=int(row["event_id"]),
                at=int(row["raid_date"]),
                value=_hundredths(row["raid_value"]),
                connected=tuple(int(each) for each in re.findall(r"\d+", row["raid_connected_attendance"])),
            )
            for row in rows["raids"]
        ],
        attendees=[Attendee(int(row["raid_id"]), int(row["member_id"])) for row in rows["raid_attendees"]],
        items=[
            Item(
                buyer=int(row["member_id"]),
                raid=int(row["raid_id"]),
                item_pool=int(row["itempool_id"]),
                at=int(row["item_date"]),
                value=_hundredths(row["item_value"]),
            )
            for row in rows["items"]
        ],
        adjustments=[
            Adjustment(
                member=int(row["member_id"]),
                event=_number(row["event_id"]),
                at=int(row["adjustment_date"]),
                value=_hundredths(row["adjustment_value"]),
            )
            for row in rows["adjustments"]
        ],
        rules=[_rule(each) for each in dict(shown["apas"]).values()],
        config=Config(
            precision=int(shown["round_precision"]),
            special=frozenset(int(each) for each in shown["special_members"]),
            show_twinks=shown["show_twinks"],
            zone=ZoneInfo(shown["timezone"]),
        ),
    )
    return house, shown


_TABLES: Final = (
    "users",
    "member_user",
    "members",
    "multidkp",
    "multidkp2event",
    "multidkp2itempool",
    "raids",
    "raid_attendees",
    "items",
    "adjustments",
)


def _rows(dump: str, table: str) -> Iterator[dict[str, str]]:
    (head,) = re.findall(rf"^CREATE TABLE `[a-z0-9]+_{table}` \((.*?)^\)", dump, re.MULTILINE | re.DOTALL)
    columns = re.findall(r"^  `(\w+)`", head, re.MULTILINE)
    (body,) = re.findall(rf"^INSERT INTO `[a-z0-9]+_{table}` VALUES\n(.*?);$", dump, re.MULTILINE | re.DOTALL)
    for line in body.splitlines():
        yield dict(zip(columns, _CELL.findall(line.removesuffix(",")[1:-1]), strict=True))


def _number(cell: str) -> int | None:
    digits = cell.strip("'")
    return int(digits) if digits.isdecimal() else None


def _hundredths(cell: str) -> int:
    return Points.of(cell).hundredths


def _pool(pool: int, rows: Mapping[str, list[dict[str, str]]]) -> Pool:
    events = [row for row in rows["multidkp2event"] if int(row["multidkp2event_multi_id"]) == pool]
    item_pools = [row for row in rows["multidkp2itempool"] if int(row["multidkp2itempool_multi_id"]) == pool]
    return Pool(
        id=pool,
        events=frozenset(int(row["multidkp2event_event_id"]) for row in events),
        item_pools=frozenset(int(row["multidkp2itempool_itempool_id"]) for row in item_pools),
        no_attendance=frozenset(
            int(row["multidkp2event_event_id"]) for row in events if row["multidkp2event_no_attendance"] == "1"
        ),
    )


def _rule(apa: Mapping[str, Any]) -> Rule:
    pools = frozenset(apa["pools"])
    if apa["type"] == "hardcap_current":
        return VisibleCap(pools, Bounds(_hundredths(apa["lower_cap"]), _hundredths(apa["upper_cap"])))
    assert apa["type"] == "decay_current"
    return DecayOfCurrent(
        pools=pools,
        rhythm=Rhythm(apa["start_date"], apa["decay_time"] * 86_400),
        formula=Formula.of(_FUNCTIONS[apa["calc_func"]]),
        zero_months=apa["zero_time"],
    )
