"""Who bids, and what the rules ask about them, in SQL; nothing is locked, so that views ask here too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    literal,
    null,
    or_,
    select,
    union_all,
)

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.loot import auctions, awards, holds
from dkp_adapters.sql.tables.merges import merged_users
from dkp_adapters.sql.tables.raids import NEVER, attended, raids
from dkp_adapters.sql.tables.roster import character_names, characters
from dkp_adapters.sql.views.accounts import has_place
from dkp_adapters.sql.views.attendance import AttendanceQuery, shares_of, windows_ending
from dkp_core.accounts import MembershipStatus
from dkp_core.accounts.role_group import ACTIVE_ROLE_GROUPS
from dkp_core.kernel.ids import AuctionId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.loot import AwardStatus, Bidder, Bidders, Span, Tier
from dkp_core.raids import WINDOWS, AttendanceShare
from dkp_core.roster import CharacterStatus

_user_id: Final = bindparam("user_id", type_=BigInteger)
_NOT_PLAYED: Final = frozenset({CharacterStatus.PENDING.value, CharacterStatus.RETIRED.value})
_discord_id: Final = bindparam("discord_id", type_=users.c.discord_id.type)
_name_key: Final = bindparam("name_key", type_=character_names.c.name_key.type)

# --- who it is --------------------------------------------------------------------------------------------------------

_played: Final = characters.alias("played")
_named: Final = and_(in_guild(character_names), character_names.c.name_key == _name_key)
_bears_it: Final = and_(in_guild(_played), _played.c.id == character_names.c.character_id)
_is_active_own: Final = and_(
    in_guild(_played),
    _played.c.owner == users.c.id,
    or_(*(_played.c.status == status.value for status in (CharacterStatus.ACTIVE, CharacterStatus.TRIAL))),
)
_with_membership: Final = users.outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id))


_TRIAL: Final = 3
"""Where `_finding` tells whether it is a trial."""
_MEMBERSHIP: Final = 4
"""Where it tells the membership's status."""


def _finding(tables: FromClause, *conditions: ColumnElement[bool]) -> Statement:
    """The bidder, and of several characters of theirs the one to bid for first."""
    return Statement(
        select(
            users.c.id,
            users.c.deactivated_at,
            memberships.c.role_group,
            memberships.c.trial,
            memberships.c.status,
            _played.c.id,
            _played.c.name,
            _played.c.owner,
            _played.c.status,
            _played.c.is_main,
            _played.c.rank_id,
            _played.c.character_class,
        )
        .select_from(tables)
        .where(*conditions)
        .order_by(_played.c.is_main.desc(), _played.c.name_key)
        .limit(1)
    )


_with_the_named: Final = _with_membership.outerjoin(character_names, _named).outerjoin(_played, _bears_it)
_with_their_own: Final = _with_membership.outerjoin(_played, _is_active_own)
_BY_ID: Final = _finding(_with_their_own, users.c.id == _user_id)
_BY_ID_WITH_NAME: Final = _finding(_with_the_named, users.c.id == _user_id)
_BY_DISCORD_ID: Final = _finding(_with_their_own, users.c.discord_id == _discord_id)
_BY_DISCORD_ID_WITH_NAME: Final = _finding(_with_the_named, users.c.discord_id == _discord_id)
# Asked only about who has no membership, which is seldom: members are found faster without it.
_TRIALS_BID: Final = Statement(select(guilds.c.trials_bid).where(guilds.c.id == GUILD))
_HAS_PLACE: Final = Statement(
    select(users.c.id).select_from(_with_membership).where(users.c.id == _user_id, has_place())
)
_BY_CHARACTER: Final = _finding(
    character_names.join(_played, _bears_it)
    .join(users, users.c.id == _played.c.owner)
    .outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id)),
    _named,
)

# --- attendance -------------------------------------------------------------------------------------------------------

_the_one: Final = (
    select(users.c.id.label("user_id"), memberships.c.joined_at)
    .select_from(_with_membership)
    .where(users.c.id == _user_id)
    .subquery("people")
)
_attendance: Final = AttendanceQuery(_the_one, attended.c.user_id == _user_id)
_SHARES: Final = Statement(_attendance.select(tables=_attendance.tables))
_ATTENDED: Final = Statement(
    select(literal(1))
    .join_from(
        raids,
        attended,
        and_(
            attended.c.guild_id == raids.c.guild_id,
            attended.c.starts_at == raids.c.starts_at,
            attended.c.user_id == _user_id,
            attended.c.raid_id == raids.c.id,
        ),
    )
    .where(in_guild(raids), raids.c.id == bindparam("raid_id", type_=BigInteger), attended.c.present == 1)
)

_ATTENDEES: Final = Statement(
    select(attended.c.user_id)
    .join_from(
        raids,
        attended,
        and_(
            attended.c.guild_id == raids.c.guild_id,
            attended.c.starts_at == raids.c.starts_at,
            attended.c.raid_id == raids.c.id,
        ),
    )
    .where(in_guild(raids), raids.c.id == bindparam("raid_id", type_=BigInteger), attended.c.present == 1)
    .order_by(attended.c.user_id)
)

# --- what counts for limits -------------------------------------------------------------------------------------------

_raid_id: Final = bindparam("raid_id", type_=BigInteger)
_from: Final = bindparam("night_from", type_=BigInteger)
_until: Final = bindparam("night_until", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)


def _won(span: Span, *conditions: ColumnElement[bool]) -> Any:
    return select(
        literal(span.value, Text).label("span"),
        awards.c.price.label("shown"),
        literal(0).label("sealed"),
        literal(1).label("copies"),
        awards.c.pools,
    ).where(
        in_guild(awards),
        awards.c.user_id == _user_id,
        awards.c.status == AwardStatus.STANDING.value,
        *conditions,
    )


def _held(span: Span, *conditions: ColumnElement[bool]) -> Any:
    return (
        select(literal(span.value, Text), holds.c.shown, holds.c.sealed, holds.c.copies, null())
        .join_from(holds, auctions, and_(auctions.c.guild_id == holds.c.guild_id, auctions.c.id == holds.c.auction_id))
        .where(
            in_guild(holds),
            holds.c.user_id == _user_id,
            holds.c.pool_id == _pool_id,
            holds.c.auction_id != bindparam("but", type_=BigInteger),
            *conditions,
        )
    )


_in_raid: Final = awards.c.raid_id == _raid_id
_in_night: Final = (awards.c.awarded_at >= _from, awards.c.awarded_at < _until)
# Of who was merged, or unlinked once, only what was won in a part of time.
_in_part: Final = (
    awards.c.awarded_at >= bindparam("won_from", type_=BigInteger),
    awards.c.awarded_at < bindparam("won_until", type_=BigInteger),
)
_all_held: Final = (
    _held(Span.RAID, auctions.c.raid_id == _raid_id),
    _held(Span.NIGHT, auctions.c.opens_at >= _from, auctions.c.opens_at < _until),
)
_WINS: Final = Statement(union_all(_won(Span.RAID, _in_raid), _won(Span.NIGHT, *_in_night), *_all_held))
_HELD: Final = Statement(union_all(*_all_held))
_WON_IN_PART: Final = Statement(
    union_all(_won(Span.RAID, _in_raid, *_in_part), _won(Span.NIGHT, *_in_night, *_in_part))
)
_WHOSE: Final = Statement(
    select(merged_users.c.user_id, merged_users.c.until, merged_users.c.head).where(
        in_guild(merged_users), or_(merged_users.c.head == _user_id, merged_users.c.user_id == _user_id)
    )
)


def _nothing_waits() -> None:
    """Views see what is written."""


class SqlBidders(Bidders):
    """Who may be bidding in the guild; a transaction says how to write the holds and the attendance that it keeps for

    its end.
    """

    def __init__(
        self,
        session: Session,
        write_holds: Callable[[], None] = _nothing_waits,
        write_attendance: Callable[[], None] = _nothing_waits,
    ) -> None:
        self.session = session
        self.write_holds = write_holds
        self.write_attendance = write_attendance

    def find(
        self, *, user_id: UserId | None = None, discord_id: str | None = None, character: str = ""
    ) -> Bidder | None:
        key = name_key(character)
        if user_id is not None:
            row = self.session.first(_BY_ID_WITH_NAME if key else _BY_ID, user_id=user_id, name_key=key)
        elif discord_id is not None:
            statement = _BY_DISCORD_ID_WITH_NAME if key else _BY_DISCORD_ID
            row = self.session.first(statement, discord_id=discord_id, name_key=key)
        else:
            row = self.session.first(_BY_CHARACTER, name_key=key)
        if row is None or (row[_MEMBERSHIP] is None and not self._has_place(row[0])):
            return None
        trials_bid = False
        if row[_TRIAL]:  # which is seldom
            flag = self.session.first(_TRIALS_BID)
            trials_bid = flag is not None and bool(flag[0])
        return _bidder(row, character, trials_bid=trials_bid)

    def _has_place(self, user_id: UserId) -> bool:
        return self.session.first(_HAS_PLACE, user_id=user_id) is not None

    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        row = self.session.first(_SHARES, user_id=user_id, **windows_ending(at))
        if row is None:
            return AttendanceShare()
        shares = shares_of(row)
        return shares.recent[WINDOWS.index(days)] if days else shares.lifetime

    def attended(self, user_id: UserId, raid_id: RaidId) -> bool:
        return self.session.first(_ATTENDED, user_id=user_id, raid_id=raid_id) is not None

    def attendees(self, raid_id: RaidId) -> tuple[UserId, ...]:
        self.write_attendance()
        return tuple(user_id for (user_id,) in self.session.all(_ATTENDEES, raid_id=raid_id))

    def wins(
        self,
        user_id: UserId,
        pool_id: PoolId,
        *,
        raid_id: RaidId | None,
        night: Period,
        but: AuctionId,
        sealed: bool = True,
    ) -> Mapping[Span, tuple[int, ...]]:
        self.write_holds()
        spans = {"raid_id": raid_id, "night_from": micros(night.start), "night_until": micros(night.end)}
        merged = self.session.all(_WHOSE, user_id=user_id)
        own_from = max((until for whose, until, head in merged if whose == user_id and head != user_id), default=0)
        statement = _HELD if own_from else _WINS
        rows = self.session.all(statement, user_id=user_id, pool_id=pool_id, but=but, **spans)
        parts = [(user_id, own_from, NEVER)] if own_from else []
        parts += [(whose, 0, until) for whose, until, head in merged if head == user_id != whose]
        for whose, won_from, won_until in parts:
            rows += self.session.all(_WON_IN_PART, user_id=whose, won_from=won_from, won_until=won_until, **spans)
        found: dict[Span, list[int]] = {span: [] for span in Span}
        for span, shown, secret, copies, pools in rows:
            amount = shown + secret if sealed else shown
            if pools is None and amount:
                found[Span(span)] += [amount // copies] * copies
            elif pools is not None and pool_id in json.loads(pools):
                found[Span(span)].append(shown)
        return {span: tuple(sorted(amounts)) for span, amounts in found.items()}


def _bidder(row: tuple[Any, ...], said: str, *, trials_bid: bool) -> Bidder:
    (
        user_id,
        deactivated_at,
        role_group,
        trial,
        membership,
        character_id,
        name,
        owner,
        status,
        is_main,
        rank_id,
        character_class,
    ) = row
    in_force = membership == MembershipStatus.IN_FORCE.value and deactivated_at is None
    owns = owner == user_id and status not in _NOT_PLAYED
    return Bidder(
        user_id=user_id,
        is_member=in_force and ((bool(trial) and trials_bid) or role_group in ACTIVE_ROLE_GROUPS),
        is_trial=bool(trial),
        character_id=character_id if owns else None,
        character_name=name if owns else said,
        owns_character=owns,
        tier=Tier.ALT if owns and not is_main else Tier.MAIN,
        rank_id=rank_id if owns else None,
        character_class=character_class if owns else None,
    )
