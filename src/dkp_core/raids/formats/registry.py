"""The formats that are read, most distinctive first. A format is one module and one line here."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from dkp_core.raids.formats import (
    ct_raid_tracker,
    eqdkp_plus_xml,
    gargul,
    join_leave_log,
    name_list,
    raid_dump,
    rc_loot_council,
    sign_ups,
    soft_reserves,
    table,
    thats_my_bis,
    who_log,
    zeal_raid_attendance,
    zeal_raid_tick,
)
from dkp_core.raids.formats.format import FormatReader, Sample


class DumpFormat(StrEnum):
    """A kind of file that names who was there (D-6); of those that fit a file, the first is taken."""

    reader: FormatReader

    def __new__(cls, value: str, reader: FormatReader) -> Self:
        """A format by its word, with what reads it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.reader = reader
        return member

    RAID_DUMP = "raid_dump", raid_dump.READER
    ZEAL_RAID_ATTENDANCE = "zeal_raid_attendance", zeal_raid_attendance.READER
    EQDKP_PLUS_XML = "eqdkp_plus_xml", eqdkp_plus_xml.READER
    CT_RAID_TRACKER = "ct_raid_tracker", ct_raid_tracker.READER
    WHO_LOG = "who_log", who_log.READER
    JOIN_LEAVE_LOG = "join_leave_log", join_leave_log.READER
    ZEAL_RAID_TICK = "zeal_raid_tick", zeal_raid_tick.READER
    RAID_HELPER = "raid_helper", sign_ups.READER
    SOFT_RESERVES_JSON = "softres_json", soft_reserves.DOCUMENT_READER
    SOFT_RESERVES_CSV = "softres_csv", soft_reserves.TABLE_READER
    RC_LOOT_COUNCIL = "rclootcouncil", rc_loot_council.READER
    GARGUL = "gargul", gargul.READER
    THATS_MY_BIS = "thatsmybis", thats_my_bis.READER
    CSV = "csv", table.READER
    NAME_LIST = "name_list", name_list.READER


def recognised(sample: Sample) -> DumpFormat | None:
    """The format a file looks like, by its name and its first lines; None when it looks like none."""
    return next((known for known in DumpFormat if known.reader.recognises(sample)), None)
