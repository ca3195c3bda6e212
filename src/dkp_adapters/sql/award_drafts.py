"""Award drafts in SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Text, and_, bindparam, literal, or_, select, update

from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    json_values,
    locking,
    to_json,
)
from dkp_adapters.sql.tables.loot import award_drafts
from dkp_adapters.sql.tables.raids import raids
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AwardDraftId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import AwardDraft, AwardDrafts, DraftStatus
from dkp_core.raids import RaidStatus

_the_id: Final = bindparam("the_id", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else drafted it first")


_COLUMNS: Final = (
    award_drafts.c.id,
    award_drafts.c.raid_id,
    award_drafts.c.item_id,
    award_drafts.c.user_id,
    award_drafts.c.item_name,
    award_drafts.c.name,
    award_drafts.c.quantity,
    award_drafts.c.cost,
    award_drafts.c.rot,
    award_drafts.c.local_time,
    award_drafts.c.sha256,
    award_drafts.c.line,
    award_drafts.c.fingerprint,
    award_drafts.c.status,
    award_drafts.c.awards,
    award_drafts.c.drafted_at,
    award_drafts.c.note,
    award_drafts.c.reason,
)
_DRAFT: Final = Statement(
    locking(select(*_COLUMNS, award_drafts.c.version).where(in_guild(award_drafts), award_drafts.c.id == _the_id))
)
_OF_USER: Final = Statement(
    locking(
        select(*_COLUMNS, award_drafts.c.version)
        .where(in_guild(award_drafts), award_drafts.c.user_id == bindparam("user_id", type_=BigInteger))
        .order_by(award_drafts.c.id)
    )
)
_raid_id: Final = bindparam("raid_id", type_=BigInteger)
_DRAFTED: Final = Statement(
    select(award_drafts.c.fingerprint, award_drafts.c.raid_id)
    .select_from(
        award_drafts.join(
            raids, and_(raids.c.guild_id == award_drafts.c.guild_id, raids.c.id == award_drafts.c.raid_id)
        )
    )
    .where(
        in_guild(award_drafts),
        award_drafts.c.fingerprint.in_(json_values("fingerprints", Text())),
        or_(
            award_drafts.c.raid_id == _raid_id,
            and_(
                award_drafts.c.status != DraftStatus.DISMISSED.value,
                raids.c.status != RaidStatus.CANCELLED.value,
            ),
        ),
    )
    .order_by(award_drafts.c.id)
)
_new: Final = json_rows("rows", *_COLUMNS)
_INSERT: Final = Statement(
    insert_rows(award_drafts, select(GUILD, *_new.c, literal(1, BigInteger).label("version"))),
    violations={"pk_award_drafts": _lost, "uq_award_drafts_guild_id_raid_id_fingerprint": _lost},
)
_SETTLE: Final = Statement(
    update(award_drafts)
    .where(
        in_guild(award_drafts),
        award_drafts.c.id == _the_id,
        award_drafts.c.version == bindparam("read_version", type_=BigInteger),
    )
    .values({**binds(award_drafts, "status", "awards", "note", "reason"), "version": award_drafts.c.version + 1})
)


class SqlAwardDrafts(AwardDrafts):
    """What files tell of loot."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, draft_id: AwardDraftId) -> AwardDraft:
        row = self.session.first(_DRAFT, the_id=draft_id)
        if row is None:
            raise NoSuch("award draft", draft_id)
        return _draft(self.session, row)

    def drafted(self, raid_id: RaidId, fingerprints: Sequence[str]) -> Mapping[str, RaidId]:
        if not fingerprints:
            return {}
        found: dict[str, RaidId] = {}
        for fingerprint, at in self.session.all(_DRAFTED, raid_id=raid_id, fingerprints=list(fingerprints)):
            if at == raid_id or fingerprint not in found:
                found[fingerprint] = at
        return found

    def of_user(self, user_id: UserId) -> tuple[AwardDraft, ...]:
        return tuple(_draft(self.session, row) for row in self.session.all(_OF_USER, user_id=user_id))

    def append(self, drafts: Sequence[AwardDraft], event: DomainEvent) -> None:
        # In one order, so that two who draft the same loot do not wait for each other in a circle.
        self.session.run(_INSERT, rows=[_row(draft) for draft in sorted(drafts, key=lambda each: each.fingerprint)])
        self.session.announce(event)

    def save(self, draft: AwardDraft) -> None:
        self.session.save(
            _SETTLE,
            the_id=draft.id,
            read_version=draft.version,
            status=draft.status.value,
            awards=to_json(draft.awards),
            note=draft.note,
            reason=draft.reason,
        )
        self.session.save_events(draft)


def _row(draft: AwardDraft) -> list[Any]:
    """A draft in the order of _COLUMNS."""
    return [
        draft.id,
        draft.raid_id,
        draft.item_id,
        draft.user_id,
        draft.item_name,
        draft.name,
        draft.quantity,
        None if draft.cost is None else draft.cost.hundredths,
        int(draft.rot),
        draft.local_time,
        draft.sha256,
        draft.line,
        draft.fingerprint,
        draft.status.value,
        to_json(draft.awards),
        micros(draft.drafted_at),
        draft.note,
        draft.reason,
    ]


def _draft(session: Session, row: tuple[Any, ...]) -> AwardDraft:
    (
        draft_id,
        raid_id,
        item_id,
        user_id,
        item_name,
        name,
        quantity,
        cost,
        rot,
        local_time,
        sha256,
        line,
        fingerprint,
        status,
        awards,
        drafted_at,
        note,
        reason,
        version,
    ) = row
    return AwardDraft(
        id=draft_id,
        guild_id=session.guild_id,
        raid_id=raid_id,
        item_id=item_id,
        user_id=user_id,
        item_name=item_name,
        name=name,
        quantity=quantity,
        cost=None if cost is None else Points(cost),
        rot=bool(rot),
        local_time=local_time,
        sha256=sha256,
        line=line,
        fingerprint=fingerprint,
        status=DraftStatus(status),
        awards=tuple(json.loads(awards)),
        drafted_at=moment_at(drafted_at),
        note=note,
        reason=reason,
        version=version,
    )
