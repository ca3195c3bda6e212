"""Claims, merges, and whose things are whose since, in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, func, insert, literal, or_, select, update

from dkp_adapters.sql.attendance_summaries import AttendanceSummaries
from dkp_adapters.sql.balances import BalanceMoves
from dkp_adapters.sql.merge_watch import pointer_of
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    json_rows,
    json_values,
    locking,
    to_json,
    upsert,
)
from dkp_adapters.sql.tables.merges import claims, merged_users, merges
from dkp_adapters.sql.tables.points import balances, pools
from dkp_core.accounts import Membership, MembershipStatus, RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ClaimId, GuildId, MergeId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import Balance, Merge, MergeKind, Merges, heads
from dkp_core.roster import Claim, Claims, ClaimStatus

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else was faster")


# --- claims -----------------------------------------------------------------------------------------------------------

_CLAIM_WRITTEN: Final = (
    "status",
    "open_by",
    "decided_at",
    "decided_kind",
    "decided_by",
    "by_code",
    "reason",
    "merge_id",
)
_CLAIM_MADE: Final = ("id", "claimant", "user_id", "character_name", "code", "code_until", "made_at")
_SELECT_CLAIM: Final = (
    select(
        claims.c.id,
        claims.c.guild_id,
        claims.c.claimant,
        claims.c.user_id,
        claims.c.character_name,
        claims.c.status,
        claims.c.code,
        claims.c.code_until,
        claims.c.made_at,
        claims.c.decided_at,
        claims.c.decided_kind,
        claims.c.decided_by,
        claims.c.by_code,
        claims.c.reason,
        claims.c.merge_id,
        claims.c.version,
    )
    .where(in_guild(claims))
    .order_by(claims.c.id)
)
_FIND_CLAIM: Final = Statement(_SELECT_CLAIM.where(claims.c.id == _the_id))
_GET_CLAIM: Final = Statement(locking(_SELECT_CLAIM.where(claims.c.id == _the_id)))
_is_open: Final = claims.c.open_by.is_not(None)
_OPEN_ON: Final = Statement(locking(_SELECT_CLAIM.where(claims.c.user_id == _the_id, _is_open)))
_OPEN_BY: Final = Statement(_SELECT_CLAIM.where(claims.c.claimant == _the_id, _is_open))
_MADE_SINCE: Final = Statement(
    select(func.count()).where(
        in_guild(claims), claims.c.claimant == _the_id, claims.c.made_at >= bindparam("since", type_=BigInteger)
    )
)
_WITH_CODES: Final = Statement(_SELECT_CLAIM.where(claims.c.code.in_(json_values("codes", Text())), _is_open))
_CLAIM_VIOLATIONS: Final = {"uq_claims_guild_id_user_id_open_by": _lost, "pk_claims": _lost}
_INSERT_CLAIM: Final = Statement(
    insert(claims).values({"guild_id": GUILD, **binds(claims, *_CLAIM_MADE, *_CLAIM_WRITTEN), "version": literal(1)}),
    violations=_CLAIM_VIOLATIONS,
)
_UPDATE_CLAIM: Final = Statement(
    update(claims)
    .where(in_guild(claims), claims.c.id == _the_id, claims.c.version == _read_version)
    .values({**binds(claims, *_CLAIM_WRITTEN), "version": claims.c.version + 1}),
    violations=_CLAIM_VIOLATIONS,
)


class SqlClaims(Claims):
    """The claims on the guild's unlinked users, in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, claim_id: ClaimId) -> Claim:
        return self._one(_FIND_CLAIM, claim_id)

    def get(self, claim_id: ClaimId) -> Claim:
        return self._one(_GET_CLAIM, claim_id)

    def _one(self, statement: Statement, claim_id: ClaimId) -> Claim:
        row = self.session.first(statement, the_id=claim_id)
        if row is None:
            raise NoSuch("claim", claim_id)
        return _claim(row)

    def open_on(self, user_id: UserId) -> tuple[Claim, ...]:
        return tuple(map(_claim, self.session.all(_OPEN_ON, the_id=user_id)))

    def open_by(self, claimant: UserId) -> tuple[Claim, ...]:
        return tuple(map(_claim, self.session.all(_OPEN_BY, the_id=claimant)))

    def made_since(self, claimant: UserId, since: datetime) -> int:
        ((count,),) = self.session.all(_MADE_SINCE, the_id=claimant, since=micros(since))
        return int(count)

    def with_codes(self, codes: Sequence[str]) -> tuple[Claim, ...]:
        return tuple(map(_claim, self.session.all(_WITH_CODES, codes=sorted(set(codes))))) if codes else ()

    def save(self, claim: Claim) -> None:
        values = {
            "status": claim.status.value,
            "open_by": claim.claimant if claim.is_open else None,
            "decided_at": micros_or_none(claim.decided_at),
            "decided_kind": None if claim.decided_kind is None else claim.decided_kind.value,
            "decided_by": claim.decided_by,
            "by_code": int(claim.by_code),
            "reason": claim.reason,
            "merge_id": claim.merge_id,
        }
        if claim.version == 0:
            self.session.run(
                _INSERT_CLAIM,
                id=claim.id,
                claimant=claim.claimant,
                user_id=claim.user_id,
                character_name=claim.character_name,
                code=claim.code,
                code_until=micros(claim.code_until),
                made_at=micros(claim.made_at),
                **values,
            )
        else:
            count = self.session.run(_UPDATE_CLAIM, the_id=claim.id, read_version=claim.version, **values)
            self.session.saved(count)
        self.session.save_events(claim)


def _claim(row: tuple[Any, ...]) -> Claim:
    (
        claim_id,
        guild_id,
        claimant,
        user_id,
        character_name,
        status,
        code,
        code_until,
        made_at,
        decided_at,
        decided_kind,
        decided_by,
        by_code,
        reason,
        merge_id,
        version,
    ) = row
    return Claim(
        id=claim_id,
        guild_id=guild_id,
        claimant=claimant,
        user_id=user_id,
        character_name=character_name,
        status=ClaimStatus(status),
        code=code,
        code_until=moment_at(code_until),
        made_at=moment_at(made_at),
        decided_at=moment_or_none(decided_at),
        decided_kind=None if decided_kind is None else ActorKind(decided_kind),
        decided_by=decided_by,
        by_code=bool(by_code),
        reason=reason,
        merge_id=merge_id,
        version=version,
    )


# --- merges -----------------------------------------------------------------------------------------------------------

_MERGE_MADE: Final = (
    "id",
    "user_id",
    "into_user",
    "kind",
    "at",
    "claim_id",
    "reason",
    "characters",
    "membership",
    "into_membership",
    "actor_kind",
    "actor_id",
)
_MERGE_WRITTEN: Final = ("undone_at", "undone_reason")
MERGE_COLUMNS: Final = (
    merges.c.guild_id,
    *(merges.c[name] for name in (*_MERGE_MADE, *_MERGE_WRITTEN, "version")),
)
_SELECT_MERGE: Final = select(*MERGE_COLUMNS).where(in_guild(merges)).order_by(merges.c.id)
_GET_MERGE: Final = Statement(locking(_SELECT_MERGE.where(merges.c.id == _the_id)))
_MERGES_OF: Final = Statement(
    _SELECT_MERGE.where(
        merges.c.undone_at.is_(None),
        or_(merges.c.user_id.in_(json_values("users")), merges.c.into_user.in_(json_values("users"))),
    )
)
_INSERT_MERGE: Final = Statement(
    insert(merges).values({"guild_id": GUILD, **binds(merges, *_MERGE_MADE, *_MERGE_WRITTEN), "version": literal(1)}),
    violations={"pk_merges": _lost},
)
_UPDATE_MERGE: Final = Statement(
    update(merges)
    .where(in_guild(merges), merges.c.id == _the_id, merges.c.version == _read_version)
    .values({**binds(merges, *_MERGE_WRITTEN), "version": merges.c.version + 1})
)
_POINTERS: Final = Statement(
    select(
        merged_users.c.user_id,
        merged_users.c.merge_id,
        merged_users.c.into_user,
        merged_users.c.at,
        merged_users.c.until,
        merged_users.c.head,
    ).where(in_guild(merged_users))
)
_INSERT_POINTER: Final = Statement(
    insert(merged_users).values(
        {"guild_id": GUILD, **binds(merged_users, "user_id", "until", "head", "into_user", "merge_id", "at")}
    ),
    violations={"pk_merged_users": _lost},
)
_DELETE_POINTER: Final = Statement(
    delete(merged_users).where(
        in_guild(merged_users),
        merged_users.c.user_id == bindparam("user_id", type_=BigInteger),
        merged_users.c.merge_id == _the_id,
    )
)
_SET_HEAD: Final = Statement(
    update(merged_users)
    .where(in_guild(merged_users), merged_users.c.user_id == _the_id)
    .values(binds(merged_users, "head"))
)
_at: Final = bindparam("at", type_=BigInteger)
_HEAD: Final = Statement(
    select(merged_users.c.head).where(
        in_guild(merged_users), merged_users.c.user_id == _the_id, merged_users.c.until > _at
    )
)

# --- what is held -----------------------------------------------------------------------------------------------------

_no_number: Final = literal(0, BigInteger)
_POOLS: Final = Statement(select(pools.c.id).where(in_guild(pools)).order_by(pools.c.id))
_places: Final = json_rows("places", balances.c.pool_id, balances.c.user_id)
_NUMBERS: Final = ("earned", "spent", "adjusted", "held", "sealed", "entries", "version")
_MAKE_BALANCES: Final = Statement(
    upsert(
        balances,
        select(GUILD, _places.c.pool_id, _places.c.user_id, *(_no_number.label(number) for number in _NUMBERS)),
        key=("guild_id", "pool_id", "user_id"),
    )
)
# MariaDB is told to begin with what is given, or it might lock every balance of the guild.
_LOCK_BALANCES: Final = Statement(
    locking(
        select(balances.c.pool_id, balances.c.user_id, *(balances.c[number] for number in _NUMBERS[:5]))
        .select_from(
            _places.join(
                balances,
                and_(
                    in_guild(balances),
                    balances.c.pool_id == _places.c.pool_id,
                    balances.c.user_id == _places.c.user_id,
                ),
            )
        )
        .order_by(_places.c.pool_id, _places.c.user_id)
        .prefix_with("STRAIGHT_JOIN", dialect="mysql"),
        of=balances,
    )
)


class SqlMerges(Merges):
    """The guild's merges in SQL; the summaries of attendance follow when the transaction ends."""

    def __init__(self, session: Session, moves: BalanceMoves, summaries: AttendanceSummaries) -> None:
        self.session = session
        self.moves = moves
        self.summaries = summaries

    def get(self, merge_id: MergeId) -> Merge:
        row = self.session.first(_GET_MERGE, the_id=merge_id)
        if row is None:
            raise NoSuch("merge", merge_id)
        return merge_of(row)

    def of(self, users: Collection[UserId]) -> tuple[Merge, ...]:
        return tuple(map(merge_of, self.session.all(_MERGES_OF, users=sorted(users))))

    def head(self, user_id: UserId, at: datetime) -> UserId:
        row = self.session.first(_HEAD, the_id=user_id, at=micros(at))
        return user_id if row is None else UserId(row[0])

    def hold(self, user_id: UserId, into: UserId) -> Mapping[UserId, Mapping[PoolId, Balance]]:
        self.moves.write()
        both = sorted((user_id, into))
        self.summaries.hold(both)
        pool_ids = [pool_id for (pool_id,) in self.session.all(_POOLS)]
        found: dict[UserId, dict[PoolId, Balance]] = {each: {} for each in both}
        if not pool_ids:
            return found
        self.session.run(_MAKE_BALANCES, places=[[pool_id, user_id] for pool_id in pool_ids])
        rows = self.session.all(_LOCK_BALANCES, places=[[pool_id, each] for pool_id in pool_ids for each in both])
        for pool_id, owner, earned, spent, adjusted, held, sealed in rows:
            found[owner][pool_id] = Balance(
                earned=Points(earned), spent=Points(spent), adjusted=Points(adjusted), held=Points(held + sealed)
            )
        return found

    def save(self, merge: Merge) -> None:
        if merge.version == 0:
            self._insert(merge)
        else:
            count = self.session.run(
                _UPDATE_MERGE,
                the_id=merge.id,
                read_version=merge.version,
                undone_at=micros_or_none(merge.undone_at),
                undone_reason=merge.undone_reason,
            )
            self.session.saved(count)
            if not merge.stands:
                self.session.run(_DELETE_POINTER, user_id=merge.user_id, the_id=merge.id)
        self.summaries.counts_anew({merge.user_id, merge.into, *self._lead_on()})
        self.session.save_events(merge)

    def _insert(self, merge: Merge) -> None:
        pointer = merge.pointer
        self.session.run(
            _INSERT_MERGE,
            id=merge.id,
            user_id=merge.user_id,
            into_user=merge.into,
            kind=merge.kind.value,
            at=micros(merge.at),
            claim_id=merge.claim_id,
            reason=merge.reason,
            characters=to_json(merge.characters),
            membership=_membership_json(merge.membership),
            into_membership=_membership_json(merge.into_membership),
            actor_kind=merge.actor_kind.value,
            actor_id=merge.actor_id,
            undone_at=micros_or_none(merge.undone_at),
            undone_reason=merge.undone_reason,
        )
        self.session.run(
            _INSERT_POINTER,
            user_id=pointer.user_id,
            until=micros(pointer.until),
            head=pointer.into,
            into_user=pointer.into,
            merge_id=pointer.merge_id,
            at=micros(pointer.at),
        )

    def _lead_on(self) -> Iterable[UserId]:
        """Let every pointer lead to where its user's things are in the end; answers with whom that concerns."""
        rows = self.session.all(_POINTERS)
        found = heads(pointer_of(row) for row in rows)
        concerned: set[UserId] = set()
        for user_id, _, _, _, _, head in rows:
            if found[user_id] != head:
                self.session.run(_SET_HEAD, the_id=user_id, head=found[user_id])
                concerned |= {head, found[user_id]}
        return concerned


def _membership_json(membership: Membership | None) -> str | None:
    if membership is None:
        return None
    return to_json(
        {
            "role_group": membership.role_group.value,
            "trial": int(membership.trial),
            "status": membership.status.value,
            "joined_at": micros(membership.joined_at),
            "ended_at": micros_or_none(membership.ended_at),
            "was_member": int(membership.was_member),
            "external_id": membership.external_id,
        }
    )


def _membership(text: str | None, guild_id: GuildId, user_id: UserId) -> Membership | None:
    if text is None:
        return None
    kept = json.loads(text)
    return Membership(
        guild_id=guild_id,
        user_id=user_id,
        role_group=RoleGroup(kept["role_group"]),
        trial=bool(kept["trial"]),
        status=MembershipStatus(kept["status"]),
        joined_at=moment_at(kept["joined_at"]),
        ended_at=moment_or_none(kept["ended_at"]),
        was_member=bool(kept["was_member"]),
        external_id=kept["external_id"],
    )


def merge_of(row: tuple[Any, ...]) -> Merge:
    """The merge that a row of MERGE_COLUMNS is."""
    (
        guild_id,
        merge_id,
        user_id,
        into,
        kind,
        at,
        claim_id,
        reason,
        characters,
        membership,
        into_membership,
        actor_kind,
        actor_id,
        undone_at,
        undone_reason,
        version,
    ) = row
    return Merge(
        id=merge_id,
        guild_id=guild_id,
        user_id=user_id,
        into=into,
        kind=MergeKind(kind),
        at=moment_at(at),
        claim_id=claim_id,
        reason=reason,
        characters=tuple(json.loads(characters)),
        membership=_membership(membership, guild_id, user_id),
        into_membership=_membership(into_membership, guild_id, into),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        undone_at=moment_or_none(undone_at),
        undone_reason=undone_reason,
        version=version,
    )
