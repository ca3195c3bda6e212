"""How the roster is shown, from SQL."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from attrs import evolve
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from dkp_adapters.sql.heads import is_merged_away, with_heads
from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.profile_fields import EVERY_FIELD, profile_field
from dkp_adapters.sql.roster import profile_of
from dkp_adapters.sql.statement import Statement, in_guild, int_sum
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.merges import claims
from dkp_adapters.sql.tables.points import balances
from dkp_adapters.sql.tables.raids import attendance_totals, attended, raids
from dkp_adapters.sql.tables.roster import (
    character_names,
    characters,
    main_changes,
    ownerships,
    rank_changes,
    ranks,
    removed_ranks,
)
from dkp_adapters.sql.views import (
    PAGE_OFFSET,
    PAGE_SIZE,
    SqlView,
    ordered_by,
    page_params,
    part_of,
    pattern_of,
)
from dkp_adapters.sql.views.accounts import has_place
from dkp_adapters.sql.views.attendance import is_active
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, ClaimId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.raids import AttendanceShare
from dkp_core.roster import (
    AttributionRow,
    AuditedCharacter,
    AuditedUser,
    CharacterRow,
    CharacterStatus,
    ClaimFilter,
    ClaimRow,
    ClaimStatus,
    MainChangeRow,
    MemberCharacterRow,
    MemberRow,
    OwnershipRow,
    ProfileFieldRow,
    RankChangeRow,
    RankRow,
    RosterAudit,
    RosterFilter,
    RosterRow,
    RosterView,
    look_alike,
    profile_field_row,
    profile_shown,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_name_key: Final = bindparam("name_key", type_=characters.c.name_key.type)
_at: Final = bindparam("at", type_=BigInteger)
_mains: Final = characters.alias("mains")
_WINDOW: Final = timedelta(days=30)
_STATUSES: Final = {status.value: status for status in CharacterStatus}

_of_rank: Final = and_(ranks.c.guild_id == characters.c.guild_id, ranks.c.id == characters.c.rank_id)
_is_main: Final = and_(_mains.c.guild_id == characters.c.guild_id, _mains.c.id == characters.c.main_id)
_with_owners: Final = characters.join(ranks, _of_rank).outerjoin(users, users.c.id == characters.c.owner)
_with_names: Final = _with_owners.outerjoin(_mains, _is_main)
_is_shown: Final = ranks.c.is_hidden == 0
_hidden_ranks: Final = ranks.alias("hidden_ranks")
_hidden_rank_ids: Final = select(_hidden_ranks.c.id).where(in_guild(_hidden_ranks), _hidden_ranks.c.is_hidden == 1)
# Who may not see a main is not told of it by its alts.
_with_shown_names: Final = _with_owners.outerjoin(_mains, and_(_is_main, _mains.c.rank_id.not_in(_hidden_rank_ids)))
_SHOWN: Final = (
    characters.c.id,
    characters.c.name,
    characters.c.character_class,
    characters.c.level,
    characters.c.race,
    ranks.c.name,
    characters.c.rank_id,
    characters.c.status,
    characters.c.owner,
    users.c.username,
    characters.c.is_main,
    _mains.c.id,
    _mains.c.name,
    characters.c.joined_on,
    characters.c.external_id,
)


# --- the list ---------------------------------------------------------------------------------------------------------

_since: Final = bindparam("since", type_=BigInteger)
# One range of the summary for everybody, added up once.
_share_rows: Final = (
    select(
        attended.c.user_id,
        int_sum(attended.c.present).label("attended"),
        int_sum(literal(1) - attended.c.present).label("excused"),
    )
    .where(in_guild(attended), attended.c.starts_at >= _since, attended.c.starts_at < _at)
    .group_by(attended.c.user_id)
)
_SHARES: Final = Statement(_share_rows)
_held_raids: Final = (
    select(func.count())
    .where(in_guild(raids), raids.c.starts_at >= _since, raids.c.starts_at < _at, raids.c.counts == 1)
    .scalar_subquery()
)
_leave_out_excused: Final = (
    select(guilds.c.leave_out_excused).where(guilds.c.id == bindparam("guild_id", type_=BigInteger)).scalar_subquery()
)

# Attendance within the query, only where it is sorted or filtered by: over all lines it costs more than the rest.
_shares: Final = _share_rows.subquery("shares")
_window: Final = select(_held_raids.label("held"), _leave_out_excused.label("leave_out")).subquery("held_raids")
_attended: Final = func.coalesce(_shares.c.attended, 0)
_held: Final = _window.c.held - func.coalesce(_shares.c.excused, 0) * _window.c.leave_out
# Shares as whole numbers that are equal only where the fractions are: no database divides decimals like another.
_SHARE_OF: Final = 10**12
_share: Final = case((_held > 0, _attended * literal(_SHARE_OF, BigInteger) // _held), else_=0)

_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "name": characters.c.name_key,
    "character_class": characters.c.class_key,
    "level": characters.c.level,
    "race": characters.c.race_key,
    "rank": ranks.c.position,
    "status": characters.c.status,
    "owner": users.c.username_key,
    "is_main": characters.c.is_main,
    "main_character": _mains.c.name_key,
    "joined_on": characters.c.joined_on,
    "attendance_30": _share,
    "id": characters.c.id,
}
_NULLABLE: Final = frozenset({"level", "owner", "main_character"})
_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "class_key": characters.c.class_key == bindparam("class_key"),
    "rank_key": ranks.c.name_key == bindparam("rank_key"),
    "rank_id": or_(characters.c.rank_id == bindparam("rank_id"), ranks.c.name_key == bindparam("rank_id_as_name")),
    "status": characters.c.status == bindparam("status"),
    "owner": characters.c.owner == bindparam("owner"),
    "is_main": characters.c.is_main == bindparam("is_main"),
    "level_min": characters.c.level >= bindparam("level_min"),
    "level_max": characters.c.level <= bindparam("level_max"),
    "attendance_min": and_(_held > 0, _attended * 100 >= bindparam("attendance_min", type_=BigInteger) * _held),
    "external_id": characters.c.external_id == bindparam("external_id", type_=characters.c.external_id.type),
    "search": part_of(characters.c.name_key),
    "shown": _is_shown,
}


@lru_cache(maxsize=512)
def _listed(wanted: frozenset[str], ordering: tuple[Order, ...]) -> Statement:
    """The page for these filters and this order, each row with how many there are over all pages."""
    by_attendance = any(order.field == "attendance_30" for order in ordering)
    count = _narrowed(select(func.count()), wanted).correlate(None).scalar_subquery()
    query = _narrowed(select(*_SHOWN, _held_raids, _leave_out_excused, count), wanted, by_attendance=by_attendance)
    query = query.order_by(*ordered_by(ordering, _COLUMNS, _NULLABLE), characters.c.name_key, characters.c.id)
    return Statement(query.limit(PAGE_SIZE).offset(PAGE_OFFSET))


@lru_cache(maxsize=512)
def _counted(wanted: frozenset[str]) -> Statement:
    """How many there are, for a page that has no rows to tell."""
    return Statement(_narrowed(select(func.count()), wanted))


def _narrowed(query: Select[Any], wanted: frozenset[str], *, by_attendance: bool = False) -> Select[Any]:
    sources: FromClause = _with_shown_names if "shown" in wanted else _with_names
    if by_attendance or "attendance_min" in wanted:
        sources = sources.join(_window, true()).outerjoin(_shares, _shares.c.user_id == characters.c.owner)
    return query.select_from(sources).where(in_guild(characters), *(_FILTERS[name] for name in sorted(wanted)))


def _filter_params(wanted: RosterFilter) -> dict[str, Any]:
    params: dict[str, Any] = {
        "status": wanted.status and wanted.status.value,
        "owner": wanted.user_id,
        "is_main": None if wanted.is_main is None else int(wanted.is_main),
        "level_min": wanted.level_min,
        "level_max": wanted.level_max,
        # From 0 on everybody has it.
        "attendance_min": wanted.attendance_min if (wanted.attendance_min or 0) > 0 else None,
        "class_key": name_key(wanted.character_class) if wanted.character_class else None,
        "external_id": wanted.external_id,
        "search": pattern_of(wanted.search) if name_key(wanted.search) else None,
    }
    if wanted.rank and wanted.rank.isascii() and wanted.rank.isdigit() and len(wanted.rank) < 19:
        params |= {"rank_id": int(wanted.rank), "rank_id_as_name": wanted.rank}
    elif wanted.rank:
        params["rank_key"] = name_key(wanted.rank)
    return {name: value for name, value in params.items() if value is not None}


@lru_cache(maxsize=4096)
def _percent(raids_attended: int, raids_held: int) -> str:
    return AttendanceShare(raids_attended, raids_held).percent


# --- one character ----------------------------------------------------------------------------------------------------


def _one_character(sources: FromClause) -> Select[Any]:
    return (
        select(*_SHOWN, characters.c.notes, character_names.c.name, characters.c.profile)
        .select_from(
            sources.outerjoin(
                character_names,
                and_(
                    character_names.c.guild_id == characters.c.guild_id,
                    character_names.c.character_id == characters.c.id,
                    character_names.c.name_key != characters.c.name_key,
                ),
            )
        )
        .where(in_guild(characters))
        .order_by(character_names.c.name_key)
    )


_any_character: Final = _one_character(_with_names)
_shown_character: Final = _one_character(_with_shown_names).where(_is_shown)
_has_id: Final = characters.c.id == _the_id
_CHARACTER: Final = Statement(_any_character.where(_has_id))
_SHOWN_CHARACTER: Final = Statement(_shown_character.where(_has_id))
_bearers: Final = character_names.alias("bearers")
_bears_name: Final = (
    characters.c.id
    == select(_bearers.c.character_id).where(in_guild(_bearers), _bearers.c.name_key == _name_key).scalar_subquery()
)
_CHARACTER_NAMED: Final = Statement(_any_character.where(_bears_name))
_SHOWN_CHARACTER_NAMED: Final = Statement(_shown_character.where(_bears_name))
_OWNERSHIPS: Final = Statement(
    select(ownerships.c.owner, users.c.username, ownerships.c.since, ownerships.c.until, ownerships.c.reason)
    .select_from(
        characters.outerjoin(
            ownerships,
            and_(ownerships.c.guild_id == characters.c.guild_id, ownerships.c.character_id == characters.c.id),
        ).outerjoin(users, users.c.id == ownerships.c.owner)
    )
    .where(in_guild(characters), characters.c.id == _the_id)
    .order_by(ownerships.c.since)
)


def _rank_name(rank_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a rank is called, or was."""
    return func.coalesce(
        select(ranks.c.name).where(in_guild(ranks), ranks.c.id == rank_id).scalar_subquery(),
        select(removed_ranks.c.name).where(in_guild(removed_ranks), removed_ranks.c.id == rank_id).scalar_subquery(),
    )


_RANK_CHANGES: Final = Statement(
    select(
        rank_changes.c.at,
        _rank_name(rank_changes.c.before),
        _rank_name(rank_changes.c.after),
        rank_changes.c.actor_kind,
        rank_changes.c.actor_id,
        rank_changes.c.reason,
    )
    .select_from(
        characters.outerjoin(
            rank_changes,
            and_(
                rank_changes.c.guild_id == characters.c.guild_id,
                rank_changes.c.character_id == characters.c.id,
            ),
        )
    )
    .where(in_guild(characters), characters.c.id == _the_id)
    .order_by(rank_changes.c.number)
)
_owned_then, _head = with_heads(
    character_names.join(
        characters,
        and_(
            characters.c.guild_id == character_names.c.guild_id,
            characters.c.id == character_names.c.character_id,
        ),
    ).outerjoin(
        ownerships,
        and_(
            ownerships.c.guild_id == characters.c.guild_id,
            ownerships.c.character_id == characters.c.id,
            ownerships.c.since <= _at,
            or_(ownerships.c.until.is_(None), ownerships.c.until > _at),
        ),
    ),
    ownerships.c.owner,
    _at,
)
_ATTRIBUTION: Final = Statement(
    select(characters.c.id, characters.c.name, _head, users.c.username)
    .select_from(_owned_then.outerjoin(users, users.c.id == _head))
    .where(in_guild(character_names), character_names.c.name_key == _name_key)
)

_here: Final = users.outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id))
_PLACE: Final = Statement(
    select(users.c.id).select_from(_here).where(has_place(), users.c.id == bindparam("user_id", type_=BigInteger))
)
_before_main: Final = characters.alias("before_main")
_after_main: Final = characters.alias("after_main")
_MAIN_CHANGES: Final = Statement(
    select(
        main_changes.c.id,
        main_changes.c.at,
        main_changes.c.before,
        _before_main.c.name,
        main_changes.c.after,
        _after_main.c.name,
        main_changes.c.actor_kind,
        main_changes.c.actor_id,
        main_changes.c.waived,
        main_changes.c.reason,
    )
    .select_from(
        main_changes.join(
            _before_main,
            and_(_before_main.c.guild_id == main_changes.c.guild_id, _before_main.c.id == main_changes.c.before),
        ).join(
            _after_main,
            and_(_after_main.c.guild_id == main_changes.c.guild_id, _after_main.c.id == main_changes.c.after),
        )
    )
    .where(in_guild(main_changes), main_changes.c.user_id == _the_id)
    .order_by(main_changes.c.id)
)

# --- ranks and members ------------------------------------------------------------------------------------------------

_RANKS: Final = Statement(
    select(
        ranks.c.id,
        ranks.c.name,
        ranks.c.position,
        ranks.c.is_default,
        ranks.c.is_hidden,
        ranks.c.counts_as_active,
        select(func.count())
        .where(characters.c.guild_id == ranks.c.guild_id, characters.c.rank_id == ranks.c.id)
        .scalar_subquery(),
    )
    .where(in_guild(ranks))
    .order_by(ranks.c.position, ranks.c.name_key)
)


_MEMBERS: Final = Statement(
    select(
        memberships.c.user_id,
        users.c.discord_id,
        users.c.username,
        memberships.c.role_group,
        characters.c.id,
        characters.c.name,
        characters.c.character_class,
        characters.c.level,
        ranks.c.name,
        characters.c.is_main,
        ranks.c.is_hidden,
    )
    .select_from(
        memberships.join(guilds, guilds.c.id == memberships.c.guild_id)
        .join(users, users.c.id == memberships.c.user_id)
        .outerjoin(
            characters,
            and_(
                characters.c.guild_id == memberships.c.guild_id,
                characters.c.owner == memberships.c.user_id,
                characters.c.status != CharacterStatus.RETIRED.value,
            ),
        )
        .outerjoin(ranks, and_(ranks.c.guild_id == characters.c.guild_id, ranks.c.id == characters.c.rank_id))
    )
    .where(in_guild(memberships), is_active())
    .order_by(memberships.c.user_id, characters.c.is_main.desc(), characters.c.name_key)
)

# --- claims -----------------------------------------------------------------------------------------------------------

_unlinked: Final = users.alias("unlinked")
_CLAIM: Final = (
    claims.c.id,
    claims.c.claimant,
    users.c.username,
    claims.c.user_id,
    _unlinked.c.username,
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
)
_claims_with_names: Final = claims.join(users, users.c.id == claims.c.claimant).join(
    _unlinked, _unlinked.c.id == claims.c.user_id
)
_CLAIM_FILTERS: Final = {
    "status": claims.c.status == bindparam("status"),
    "claimant_id": claims.c.claimant == bindparam("claimant_id", type_=BigInteger),
    "user_id": claims.c.user_id == bindparam("user_id", type_=BigInteger),
}


@lru_cache(maxsize=32)
def _claims(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    """The statement for these filters, the newest first; with `counted` only how many there are."""
    conditions = [in_guild(claims), *(_CLAIM_FILTERS[name] for name in sorted(wanted))]
    if counted:
        return Statement(select(func.count()).select_from(claims).where(*conditions))
    query = select(*_CLAIM, func.count().over()).select_from(_claims_with_names).where(*conditions)
    return Statement(query.order_by(claims.c.id.desc()).limit(PAGE_SIZE).offset(PAGE_OFFSET))


_ONE_CLAIM: Final = Statement(
    select(*_CLAIM, literal(1)).select_from(_claims_with_names).where(in_guild(claims), claims.c.id == _the_id)
)


def _claim_row(row: tuple[Any, ...]) -> ClaimRow:
    (
        claim_id,
        claimant_id,
        claimant,
        user_id,
        username,
        character,
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
        _,
    ) = row
    is_open = status == ClaimStatus.PENDING.value
    return ClaimRow(
        id=claim_id,
        claimant_id=claimant_id,
        claimant=claimant,
        user_id=user_id,
        username=username,
        character=character,
        status=ClaimStatus(status),
        code=code if is_open else None,
        code_until=moment_at(code_until) if is_open else None,
        made_at=moment_at(made_at),
        decided_at=moment_or_none(decided_at),
        decided_kind=None if decided_kind is None else ActorKind(decided_kind),
        decided_by=decided_by,
        by_code=bool(by_code),
        reason=reason,
        merge_id=merge_id,
    )


# --- the audit --------------------------------------------------------------------------------------------------------

_UNLINKED: Final = Statement(
    select(users.c.id, users.c.username)
    .where(
        users.c.discord_id.is_(None),
        users.c.erased_at.is_(None),
        ~is_merged_away(users.c.id),
        users.c.id.in_(
            union(
                *(
                    select(who).where(in_guild(who.table))
                    for who in (
                        memberships.c.user_id,
                        characters.c.owner,
                        ownerships.c.owner,
                        balances.c.user_id,
                        attendance_totals.c.user_id,
                    )
                )
            )
        ),
    )
    .order_by(users.c.id)
)
_WITHOUT_MAIN: Final = Statement(
    select(users.c.id, users.c.username)
    .where(
        users.c.id.in_(
            select(characters.c.owner)
            .where(in_guild(characters), characters.c.owner.is_not(None))
            .group_by(characters.c.owner)
            .having(func.max(characters.c.is_main) == 0)
        )
    )
    .order_by(users.c.id)
)
_AUDITED: Final = Statement(
    select(characters.c.id, characters.c.name, characters.c.owner, characters.c.is_main, ranks.c.counts_as_active)
    .select_from(
        characters.join(ranks, and_(ranks.c.guild_id == characters.c.guild_id, ranks.c.id == characters.c.rank_id))
    )
    .where(in_guild(characters))
    .order_by(characters.c.name_key)
)


class SqlRosterView(SqlView, RosterView):
    """Reads the roster."""

    def characters(
        self,
        wanted: RosterFilter,
        *,
        with_hidden: bool,
        ordering: tuple[Order, ...],
        page: PageRequest,
        at: datetime,
    ) -> Page[RosterRow]:
        filters = _filter_params(wanted)
        names = frozenset(filters).intersection(_FILTERS) | (frozenset() if with_hidden else {"shown"})
        window = {"since": micros(at - _WINDOW), "at": micros(at)}
        rows = self.session.all(_listed(names, ordering), **filters, **window, **page_params(page))
        if not rows:
            counted = self.session.first(_counted(names), **filters, **window) if page.offset else None
            return Page((), counted[0] if counted else 0)
        held, leave_out, count = rows[0][len(_SHOWN) :]
        shares = {
            user_id: _percent(came, held - excused * leave_out)
            for user_id, came, excused in self.session.all(_SHARES, **window)
        }
        none = _percent(0, held)
        return Page(tuple([_roster_row(row, shares.get(row[8], none)) for row in rows]), count)

    def character(self, character_id: CharacterId, *, with_hidden: bool) -> CharacterRow:
        one = _CHARACTER if with_hidden else _SHOWN_CHARACTER
        return self._with_profile(self.session.all(one, the_id=character_id), character_id)

    def character_named(self, name: str, *, with_hidden: bool) -> CharacterRow:
        one = _CHARACTER_NAMED if with_hidden else _SHOWN_CHARACTER_NAMED
        return self._with_profile(self.session.all(one, name_key=name_key(name)), name)

    def _with_profile(self, rows: list[tuple[Any, ...]], key: object) -> CharacterRow:
        row = _character_row(rows, key)
        values = profile_of(rows[0][-1])
        if not values:
            return row
        fields = map(profile_field, self.session.all(EVERY_FIELD))
        return evolve(row, profile=profile_shown(fields, values))

    def profile_fields(self) -> tuple[ProfileFieldRow, ...]:
        return tuple(map(profile_field_row, map(profile_field, self.session.all(EVERY_FIELD))))

    def ownership_history(self, character_id: CharacterId) -> tuple[OwnershipRow, ...]:
        rows = self.session.all(_OWNERSHIPS, the_id=character_id)
        if not rows:
            raise NoSuch("character", character_id)
        return tuple(
            OwnershipRow(
                user_id=owner,
                owner=username,
                since=moment_at(since) if since else None,
                until=moment_or_none(until),
                reason=reason,
            )
            for owner, username, since, until, reason in rows
            if owner is not None
        )

    def rank_history(self, character_id: CharacterId) -> tuple[RankChangeRow, ...]:
        rows = self.session.all(_RANK_CHANGES, the_id=character_id)
        if not rows:
            raise NoSuch("character", character_id)
        return tuple(
            RankChangeRow(
                at=moment_at(at),
                before=before,
                after=after,
                actor_kind=ActorKind(actor_kind),
                actor_id=actor_id,
                reason=reason,
            )
            for at, before, after, actor_kind, actor_id, reason in rows
            if at is not None
        )

    def main_changes(self, user_id: UserId) -> tuple[MainChangeRow, ...]:
        if self.session.first(_PLACE, user_id=user_id) is None:
            raise NoSuch("user", user_id)
        return tuple(
            MainChangeRow(
                id=change_id,
                at=moment_at(at),
                before_id=before_id,
                before=before,
                after_id=after_id,
                after=after,
                actor_kind=ActorKind(actor_kind),
                actor_id=actor_id,
                waived=bool(waived),
                reason=reason,
            )
            for (
                change_id,
                at,
                before_id,
                before,
                after_id,
                after,
                actor_kind,
                actor_id,
                waived,
                reason,
            ) in self.session.all(_MAIN_CHANGES, the_id=user_id)
        )

    def ranks(self) -> tuple[RankRow, ...]:
        return tuple(
            RankRow(
                id=rank_id,
                name=name,
                order=position,
                is_default=bool(is_default),
                is_hidden=bool(is_hidden),
                counts_as_active=bool(counts_as_active),
                characters=holders,
            )
            for rank_id, name, position, is_default, is_hidden, counts_as_active, holders in self.session.all(_RANKS)
        )

    def members(self) -> tuple[MemberRow, ...]:
        members: list[MemberRow] = []
        rows = self.session.all(_MEMBERS)
        start, count = 0, len(rows)
        while start < count:
            user_id, discord_id, username, role_group = rows[start][:4]
            end = start + 1
            while end < count and rows[end][0] == user_id:
                end += 1
            shown = [row for row in rows[start:end] if row[4] is not None and not row[10]]
            main = shown[0] if shown and shown[0][9] else None
            members.append(
                MemberRow(
                    user_id=user_id,
                    discord_id=discord_id,
                    discord_username=username,
                    role_group=role_group,
                    main_character=None if main is None else main[5],
                    rank=None if main is None else main[8],
                    discord_role_id=None,
                    characters=tuple(map(_member_character, shown)),
                )
            )
            start = end
        return tuple(members)

    def attribution(self, name: str, at: datetime) -> AttributionRow:
        row = self.session.first(_ATTRIBUTION, name_key=name_key(name), at=micros(at))
        if row is None:
            raise NoSuch("character", name)
        character_id, character, user_id, username = row
        return AttributionRow(
            name=name,
            at=at,
            character_id=character_id,
            character=character,
            user_id=user_id,
            username=username,
        )

    def claims(self, wanted: ClaimFilter, *, page: PageRequest) -> Page[ClaimRow]:
        params: dict[str, Any] = {}
        if wanted.status is not None:
            params["status"] = wanted.status.value
        if wanted.claimant is not None:
            params["claimant_id"] = wanted.claimant
        if wanted.user_id is not None:
            params["user_id"] = wanted.user_id
        filters = frozenset(params)
        rows = self.session.all(_claims(filters), **params, **page_params(page))
        if rows:
            return Page(tuple(map(_claim_row, rows)), rows[0][-1])
        counted = self.session.first(_claims(filters, counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def claim(self, claim_id: ClaimId) -> ClaimRow:
        row = self.session.first(_ONE_CLAIM, the_id=claim_id)
        if row is None:
            raise NoSuch("claim", claim_id)
        return _claim_row(row)

    def audit(self) -> RosterAudit:
        rows = self.session.all(_AUDITED)
        return RosterAudit(
            unlinked_users=tuple(AuditedUser(user_id=u, username=n) for u, n in self.session.all(_UNLINKED)),
            characters_without_owner=tuple(
                AuditedCharacter(id=each, name=name, user_id=None) for each, name, owner, _, _ in rows if owner is None
            ),
            owners_without_main=tuple(AuditedUser(user_id=u, username=n) for u, n in self.session.all(_WITHOUT_MAIN)),
            mains_with_inactive_rank=tuple(
                AuditedCharacter(id=each, name=name, user_id=owner)
                for each, name, owner, is_main, active in rows
                if is_main and not active
            ),
            duplicate_looking_names=look_alike(row[1] for row in rows),
        )


def _roster_row(row: tuple[Any, ...], attendance_30: str) -> RosterRow:
    (
        character_id,
        name,
        character_class,
        level,
        race,
        rank,
        rank_id,
        status,
        user_id,
        owner,
        is_main,
        main_id,
        main_character,
        joined_on,
        external_id,
        *_,
    ) = row
    return RosterRow(
        id=character_id,
        name=name,
        character_class=character_class,
        level=level,
        race=race,
        rank=rank,
        rank_id=rank_id,
        status=_STATUSES[status],
        user_id=user_id,
        owner=owner,
        is_main=is_main == 1,
        main_id=main_id,
        main_character=main_character,
        joined_on=date.fromisoformat(joined_on),
        attendance_30=attendance_30,
        external_id=external_id,
    )


def _character_row(rows: list[tuple[Any, ...]], key: object) -> CharacterRow:
    if not rows:
        raise NoSuch("character", str(key))
    (
        character_id,
        name,
        character_class,
        level,
        race,
        rank,
        rank_id,
        status,
        user_id,
        owner,
        is_main,
        main_id,
        main_character,
        joined_on,
        external_id,
        notes,
        *_,
    ) = rows[0]
    return CharacterRow(
        id=character_id,
        name=name,
        character_class=character_class,
        level=level,
        race=race,
        rank=rank,
        rank_id=rank_id,
        status=_STATUSES[status],
        user_id=user_id,
        owner=owner,
        is_main=is_main == 1,
        main_id=main_id,
        main_character=main_character,
        joined_on=date.fromisoformat(joined_on),
        notes=notes,
        external_id=external_id,
        aliases=tuple(alias for *_, alias, _ in rows if alias is not None),
    )


def _member_character(row: tuple[Any, ...]) -> MemberCharacterRow:
    return MemberCharacterRow(
        id=row[4], name=row[5], character_class=row[6], level=row[7], rank=row[8], is_main=row[9] == 1
    )
