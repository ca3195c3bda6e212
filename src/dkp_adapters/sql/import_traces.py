"""What an import left in the tables: which rows came with it, what else names them, and taking them away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from attrs import asdict, define, field, frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.references import GUILD, REFERENCES, USER, Rewriting
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, binds, in_guild, json_rows
from dkp_adapters.sql.tables import all_tables
from dkp_adapters.sql.tables.accounts import api_keys, consents, memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.kernel import events
from dkp_adapters.sql.tables.points import entries, pool_policies, pools
from dkp_adapters.sql.tables.recruitment import application_forms
from dkp_adapters.sql.tables.roster import characters
from dkp_adapters.sql.tables.sign_ins import discord_tokens, sessions, sign_in_links
from dkp_core.kernel.ids import UserId
from dkp_core.moving import MEMBERSHIP, DeedRecorded, Import, Span

_PAGE: Final = 2_000
_SUMMED_UP: Final = frozenset({"balances", "unresolved_names", "attended", "attendance_totals", "raid_totals"})
_TELLING: Final = frozenset({"events", "deliveries", "deadlines", "imports"})
"""Tables that tell of what was, or of what is to follow from it, and keep nobody from anything."""
_VERSIONED: Final = (pool_policies, application_forms)
"""Tables of versions, of which there were none before: those up to the moment of the import came with it."""
_at: Final = bindparam("at", type_=BigInteger)
_the_id: Final = bindparam("the_id", type_=BigInteger)
_spans: Final = json_rows("spans", column("first", BigInteger), column("last", BigInteger))


def _in_spans(number: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists(select(literal(1)).select_from(_spans).where(number.between(_spans.c.first, _spans.c.last)))


@frozen
class _Belonging:
    """By the ids of which kind, in which column, rows of a table came with an import or did not."""

    kind: str
    column: str


def _belonging(table: Table) -> _Belonging | None:
    names = REFERENCES[table.name]
    if table is memberships:
        return _Belonging(MEMBERSHIP, "user_id")
    if names.own is not None:
        return _Belonging(names.own, "id")
    if names.of is not None:
        return _Belonging(names.ids[names.of], names.of)
    return None


@cache
def _tables() -> tuple[Table, ...]:
    """The tables that an import brings rows of, or that name what it brought; what names before what is named."""
    left_out = _SUMMED_UP | _TELLING | {"api_keys"}
    return tuple(
        table
        for table in reversed(all_tables().sorted_tables)
        if table.name in REFERENCES and table.name not in left_out
    )


# --- what names it ----------------------------------------------------------------------------------------------------


@define
class _Brought:
    """The ids that an import brought, and whether any of them was named."""

    spans: Mapping[str, Sequence[Span]]
    named: bool = field(default=False, init=False)

    @classmethod
    def by(cls, record: Import) -> _Brought:
        """Those of an import."""
        found: dict[str, list[Span]] = {}
        for span in record.spans:
            found.setdefault(span.kind, []).append(span)
        return cls(found)

    def rows(self, kind: str) -> list[list[int]]:
        """The spans of a kind, as `_spans` takes them."""
        return [[span.first, span.first + span.count - 1] for span in self.spans.get(kind, ())]

    def __call__(self, kind: str, number: int, /, *, loose: bool) -> int:
        if not loose and any(span.first <= number < span.first + span.count for span in self.spans.get(kind, ())):
            self.named = True
        return number


def named_since(session: Session, record: Import) -> dict[str, int]:
    """What beside the import itself names what it brought, or goes on from it, by table, with how many rows."""
    brought = _Brought.by(record)
    found = {table.name: count for table in _tables() if (count := _naming(session, table, brought))}
    for table in _VERSIONED:
        (count,) = session.all(_later_versions(table.name), spans=brought.rows("pool"), at=micros(record.at))[0]
        found |= {table.name: count} if count else {}
    if entries.name not in found:
        (count,) = session.all(_GOING_ON, spans=brought.rows("entry"))[0]
        found |= {entries.name: count} if count else {}
    return found


def _naming(session: Session, table: Table, brought: _Brought) -> int:
    """How many rows that did not come with the import name what did: those of the first page that has any."""
    names = REFERENCES[table.name]
    if not (names.ids or names.parts or names.texts or names.words):
        return 0
    belonging, show = _belonging(table), Rewriting.of(table.name, table.c.keys())
    asked = {} if belonging is None else {"spans": brought.rows(belonging.kind)}
    for page in _pages(session, _others(table.name), asked):
        count = sum(_names(brought, show, row) for row in page)
        if count:
            return count
    return 0


def _names(brought: _Brought, show: Rewriting, row: tuple[Any, ...]) -> bool:
    brought.named = False
    show(list(row), brought)
    return brought.named


def _pages(session: Session, statement: Statement, asked: Mapping[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    offset = 0
    while True:
        page = session.all(statement, **asked, page_offset=offset)
        yield page
        if len(page) < _PAGE:
            return
        offset += _PAGE


@cache
def _others(name: str) -> Statement:
    """The rows of a table that came otherwise."""
    table = all_tables().tables[name]
    belonging = _belonging(table)
    otherwise = [] if belonging is None else [~_in_spans(table.c[belonging.column])]
    return Statement(
        select(*table.c)
        .where(in_guild(table), *otherwise)
        .order_by(*table.primary_key.columns)
        .limit(literal(_PAGE))
        .offset(bindparam("page_offset", type_=BigInteger))
    )


@cache
def _later_versions(name: str) -> Statement:
    """Versions that were made after some that came with the import."""
    table = all_tables().tables[name]
    came = table.alias("came")
    same = [came.c.guild_id == table.c.guild_id, came.c.changed_at <= _at]
    stays = []
    if "pool_id" in table.c:
        same.append(came.c.pool_id == table.c.pool_id)
        stays.append(~_in_spans(table.c.pool_id))
    return Statement(
        select(func.count())
        .select_from(table)
        .where(in_guild(table), table.c.changed_at > _at, *stays, exists(select(literal(1)).where(*same)))
    )


_came: Final = entries.alias("came")
_GOING_ON: Final = Statement(
    select(func.count())
    .select_from(entries)
    .where(
        in_guild(entries),
        ~_in_spans(entries.c.id),
        exists(
            select(literal(1)).where(
                _came.c.guild_id == entries.c.guild_id,
                _came.c.user_id == entries.c.user_id,
                _came.c.pool_id == entries.c.pool_id,
                _in_spans(_came.c.id),
            )
        ),
    )
)
"""Entries in balances that the import moved: decay of them would be left without what it was taken of."""

# --- who stays --------------------------------------------------------------------------------------------------------


def _has(table: Table, user: str) -> ColumnElement[bool]:
    """Whether a user has a row in a table, outside the guild; keys that people have are of no guild."""
    asked = [table.c[user] == users.c.id]
    if "guild_id" in table.c and table is not api_keys:
        asked.append(table.c.guild_id != bindparam("guild_id", type_=BigInteger))
    return exists(select(literal(1)).select_from(table).where(*asked))


_STAYS: Final = or_(
    users.c.signed_in_at.is_not(None),
    users.c.erased_at.is_not(None),
    _has(memberships, "user_id"),
    _has(characters, "owner"),
    _has(sessions, "user_id"),
    _has(sign_in_links, "user_id"),
    _has(consents, "user_id"),
    _has(api_keys, "owner"),
    _has(discord_tokens, "user_id"),
)
"""Whether a user who came with an import is in use outside the guild."""
_STAYING: Final = Statement(select(users.c.id).where(_in_spans(users.c.id), _STAYS), across_guilds=True)


def staying(session: Session, record: Import) -> frozenset[UserId]:
    """Users who came with an import and stay when it goes."""
    spans = _Brought.by(record).rows(USER)
    return frozenset(UserId(user_id) for (user_id,) in session.all(_STAYING, spans=spans))


# --- taking it away ---------------------------------------------------------------------------------------------------

_first: Final = bindparam("first", type_=BigInteger)
_last: Final = bindparam("last", type_=BigInteger)


@cache
def _delete(name: str) -> Statement:
    """The rows of a table that came with an import, by one span."""
    table = all_tables().tables[name]
    belonging = _belonging(table)
    assert belonging is not None, "its rows can be told"
    return Statement(delete(table).where(in_guild(table), table.c[belonging.column].between(_first, _last)))


@cache
def _delete_versions(name: str) -> Statement:
    table = all_tables().tables[name]
    return Statement(delete(table).where(in_guild(table), table.c.changed_at <= _at))


@cache
def _delete_all(name: str) -> Statement:
    table = all_tables().tables[name]
    return Statement(delete(table).where(in_guild(table)))


_DELETE_USERS: Final = Statement(
    delete(users).where(users.c.id.between(_first, _last), not_(_STAYS)), across_guilds=True
)
_DELETE_GUILD: Final = Statement(delete(guilds).where(guilds.c.id == bindparam("guild_id", type_=BigInteger)))
_DELETE_DEEDS: Final = Statement(
    delete(events).where(
        in_guild(events),
        events.c.aggregate == DeedRecorded.aggregate,
        events.c.aggregate_id == bindparam("import_id"),
        events.c.name == DeedRecorded.event_name(),
    )
)
_CALL_NOBODY: Final = Statement(
    update(memberships).where(in_guild(memberships), memberships.c.external_id.is_not(None)).values(external_id=None)
)
SET_DEFAULT_POOL: Final = Statement(
    update(pools)
    .where(in_guild(pools))
    .ordered_values(  # MariaDB assigns in this order, and the first looks at what the second changes
        (
            pools.c.archived,
            case(
                (pools.c.id == _the_id, 0),
                (and_(pools.c.is_default == 1, pools.c.external_id.is_(None)), 1),
                else_=pools.c.archived,
            ),
        ),
        (pools.c.is_default, case((pools.c.id == _the_id, 1), else_=0)),
    )
)
"""Make `:the_id` the guild's default pool, and no other; the one that was is archived, unless it came with others."""
LOOK: Final = ("unit", "decimals", "archived", "external_id")
"""What of a pool is as it came, where the guild had it already."""
_PUT_BACK: Final = Statement(
    update(pools)
    .where(in_guild(pools), pools.c.external_id == bindparam("called", type_=pools.c.external_id.type))
    .values(binds(pools, *LOOK))
)


def remove(session: Session, record: Import) -> None:
    """Take away the rows that came with an import, and put back what it changed; sums are left as they are."""
    brought = _Brought.by(record)
    if GUILD in brought.spans:
        _remove_guild(session)
    else:
        for table in _tables():
            _remove_from(session, table, brought, micros(record.at))
        session.write(_DELETE_DEEDS, import_id=str(record.id))
        session.write(_CALL_NOBODY)
        if record.default_pool_before is not None:
            session.write(SET_DEFAULT_POOL, the_id=record.default_pool_before)
        for before in record.pools_before:
            session.write(_PUT_BACK, **{**asdict(before), "archived": int(before.archived)})
    for first, last in brought.rows(USER):
        session.write(_DELETE_USERS, first=first, last=last)


def _remove_from(session: Session, table: Table, brought: _Brought, at: int) -> None:
    belonging = _belonging(table)
    if belonging is not None:
        for first, last in brought.rows(belonging.kind):
            session.write(_delete(table.name), first=first, last=last)
    if table in _VERSIONED:
        session.write(_delete_versions(table.name), at=at)


def _remove_guild(session: Session) -> None:
    for table in reversed(all_tables().sorted_tables):
        if "guild_id" in table.c:
            session.write(_delete_all(table.name))
    session.write(_DELETE_GUILD)
