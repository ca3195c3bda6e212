"""What files say of ticks, and what was decided where they disagree, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, select

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild, insert_rows, json_rows, upsert
from dkp_adapters.sql.tables.raids import decisions, sightings, uploads
from dkp_core.kernel.ids import RaidId, UploadId
from dkp_core.raids import Decision, Evidence, Presence, Raid, Sighting, Sightings

_raid_id: Final = bindparam("raid_id", type_=BigInteger)
_NEW_COLUMNS: Final = (
    sightings.c.raid_id,
    sightings.c.tick,
    sightings.c.upload_id,
    sightings.c.name_key,
    sightings.c.name,
    sightings.c.status,
    sightings.c.line,
)
_new: Final = json_rows("rows", *_NEW_COLUMNS)
_INSERT: Final = Statement(insert_rows(sightings, select(GUILD, *_new.c)))
_SIGHTINGS: Final = Statement(
    select(
        sightings.c.tick,
        sightings.c.name,
        sightings.c.status,
        sightings.c.upload_id,
        uploads.c.file_name,
        sightings.c.line,
    )
    .select_from(
        sightings.join(uploads, and_(uploads.c.guild_id == sightings.c.guild_id, uploads.c.id == sightings.c.upload_id))
    )
    .where(in_guild(sightings), sightings.c.raid_id == _raid_id)
    .order_by(sightings.c.tick, sightings.c.upload_id, sightings.c.name_key)
)
_DECISIONS: Final = Statement(
    select(decisions.c.tick, decisions.c.name, decisions.c.status, decisions.c.upload_id)
    .where(in_guild(decisions), decisions.c.raid_id == _raid_id)
    .order_by(decisions.c.tick, decisions.c.name_key)
)
_DECIDED: Final = ("name", "status", "upload_id")
_decided: Final = json_rows(
    "decided",
    decisions.c.raid_id,
    decisions.c.tick,
    decisions.c.name_key,
    *(decisions.c[name] for name in _DECIDED),
)
_DECIDE: Final = Statement(
    upsert(
        decisions,
        select(GUILD, *_decided.c),
        key=("guild_id", "raid_id", "tick", "name_key"),
        update=lambda _, new: {name: new[name] for name in _DECIDED},
    )
)


class SqlSightings(Sightings):
    """What files say of the guild's ticks."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def append(self, raid: Raid, sightings: Sequence[Sighting]) -> None:
        rows = [
            [raid.id, each.tick, each.upload_id, each.key, each.name, each.presence.value, each.line]
            for each in sightings
        ]
        if rows:
            self.session.write(_INSERT, rows=rows)

    def of_raid(self, raid_id: RaidId) -> Evidence:
        return evidence_of(self.session, raid_id)

    def decide(self, raid: Raid, decisions: Sequence[Decision]) -> None:
        rows = [
            [
                raid.id,
                each.tick,
                each.key,
                each.name,
                None if each.presence is None else each.presence.value,
                each.upload_id,
            ]
            for each in decisions
        ]
        if rows:
            self.session.run(_DECIDE, decided=sorted(rows, key=lambda row: row[:3]))


def evidence_of(session: Session, raid_id: RaidId) -> Evidence:
    """What files say of a raid's ticks, and what was decided."""
    return Evidence(
        sightings=tuple(map(_sighting, session.all(_SIGHTINGS, raid_id=raid_id))),
        decisions=tuple(map(_decision, session.all(_DECISIONS, raid_id=raid_id))),
    )


def _sighting(row: tuple[Any, ...]) -> Sighting:
    tick, name, status, upload_id, file_name, line = row
    return Sighting(
        tick=tick, name=name, presence=Presence(status), upload_id=UploadId(upload_id), file_name=file_name, line=line
    )


def _decision(row: tuple[Any, ...]) -> Decision:
    tick, name, status, upload_id = row
    presence = None if status is None else Presence(status)
    return Decision(tick=tick, name=name, presence=presence, upload_id=UploadId(upload_id))
