"""What an import left in the tables: which rows came with it, what else names them, and taking them away."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, NewType, get_args, get_type_hints

import attrs
from attrs import asdict, evolve

from dkp_adapters.memory.tables import Dated, GuildTables, InstallationTables, Rows, Snapshot
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.loot import Rules
from dkp_core.moving import GUILD, MEMBERSHIP, DeedRecorded, Import, Span
from dkp_core.points import Balance, Entry, InForce, Policies, Source, SourceKind

_TELLING: Final = frozenset({"events", "imports"})
_SUMMED_UP: Final = frozenset({"balances"})
_SINCE: Final = frozenset({"policies", "application_forms"})
"""Tables of versions, of which there were none before: those up to the moment of the import came with it."""
_RULES: Final = (Rules, Policies)
"""What may tell of what is gone, and keeps nobody from anything."""
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_USER: Final = "user"

Spans = Mapping[str, tuple[Span, ...]]


def spans_of(record: Import) -> Spans:
    """The ids that an import brought, by kind."""
    kinds = dict.fromkeys(span.kind for span in record.spans)
    return {kind: tuple(span for span in record.spans if span.kind == kind) for kind in kinds}


def _has(spans: Spans, kind: str, number: int) -> bool:
    return any(span.first <= number < span.first + span.count for span in spans.get(kind, ()))


# --- which ids a row names --------------------------------------------------------------------------------------------


@cache
def _kind_of(hint: NewType) -> str:
    return _WORD_START.sub("_", hint.__name__.removesuffix("Id")).lower()


@cache
def _hints(of: Hashable) -> Mapping[str, Any]:
    return get_type_hints(of)


def _named_in(value: Any, hint: Any) -> Iterator[tuple[str, int]]:
    """Every id in a value of that type, with the kind of what it names."""
    if value is None or isinstance(value, _RULES):
        return
    if isinstance(value, Source):
        yield _USER if value.kind is SourceKind.MEMBERSHIP else value.kind.value, value.id
    elif attrs.has(kind := type(value)):
        hints = _hints(kind)
        for each in attrs.fields(kind):
            yield from _named_in(getattr(value, each.name), hints[each.name])
    elif isinstance(hint, NewType):
        if isinstance(value, int):
            yield _kind_of(hint), value
    elif isinstance(value, Mapping):
        key_hint, value_hint = get_args(hint)
        for key, each in value.items():
            yield from _named_in(key, key_hint)
            yield from _named_in(each, value_hint)
    elif isinstance(value, tuple | frozenset | list):
        args = get_args(hint)
        same = Ellipsis in args or len(args) == 1
        for place, each in enumerate(value):
            yield from _named_in(each, args[0 if same else place])
    else:
        for each in get_args(hint):
            if isinstance(each, NewType):
                yield from _named_in(value, each)


# --- whose rows they are ----------------------------------------------------------------------------------------------


@cache
def _rows_hints(tables: Hashable) -> Mapping[str, tuple[Any, Any]]:
    return {name: get_args(hint) for name, hint in _hints(tables).items()}


def _came(spans: Spans, name: str, key: Any, row: Any, at: datetime) -> bool:
    """Whether a row came with the import: by its own id, or that of what it belongs to."""
    if name == "memberships":
        return _has(spans, MEMBERSHIP, key)
    if name == "names":
        return _has(spans, "character", row.character_id)
    since = row.changed_at if isinstance(row, InForce) else row.at if isinstance(row, Dated) else None
    if name in _SINCE and since is not None and since <= at:
        return True
    hint = _rows_hints(GuildTables)[name][0]
    owner = next(iter(_named_in(key, hint)), None)
    return owner is not None and _has(spans, *owner)


def _kept_tables(tables: GuildTables) -> Iterator[tuple[str, Rows[Any, Any]]]:
    for each in attrs.fields(GuildTables):
        if each.name not in _TELLING | _SUMMED_UP:
            yield each.name, getattr(tables, each.name)


# --- what names it ----------------------------------------------------------------------------------------------------


def named_since(session: Session, record: Import) -> dict[str, int]:
    """What beside the import itself names what it brought, or goes on from it, by table, with how many rows."""
    spans, tables = spans_of(record), session.tables
    found: dict[str, int] = {}
    for name, rows in _kept_tables(tables):
        hints = _rows_hints(GuildTables)[name]
        others = ((key, row) for key, row in rows.items() if not _came(spans, name, key, row, record.at))
        found[name] = sum(_names(spans, pair, hints) for pair in others)
    found["policies"] = _later_policies(spans, tables, record.at)
    found["application_forms"] = _later_forms(tables, record.at)
    if not found["entries"]:
        found["entries"] = _going_on(spans, tables)
    return {name: count for name, count in found.items() if count}


def _names(spans: Spans, pair: tuple[Any, Any], hints: tuple[Any, Any]) -> bool:
    named = (each for value, hint in zip(pair, hints, strict=True) for each in _named_in(value, hint))
    return any(_has(spans, *each) for each in named)


def _later_policies(spans: Spans, tables: GuildTables, at: datetime) -> int:
    """Versions that were made after some that came with the import."""
    came = {pool_id for (pool_id, _), each in tables.policies.items() if each.changed_at <= at}
    return sum(
        pool_id in came and each.changed_at > at and not _has(spans, "pool", pool_id)
        for (pool_id, _), each in tables.policies.items()
    )


def _later_forms(tables: GuildTables, at: datetime) -> int:
    forms = tables.application_forms.values()
    return sum(each.at > at for each in forms) if any(each.at <= at for each in forms) else 0


def _going_on(spans: Spans, tables: GuildTables) -> int:
    """Entries in balances that the import moved: decay of them would be left without what it was taken of."""
    came = {(each.pool_id, each.user_id) for each in tables.entries.values() if _has(spans, "entry", each.id)}
    return sum(
        (each.pool_id, each.user_id) in came and not _has(spans, "entry", each.id) for each in tables.entries.values()
    )


# --- who stays --------------------------------------------------------------------------------------------------------


def staying(session: Session, record: Import) -> frozenset[UserId]:
    """Users who came with an import and stay when it goes: they are in use outside the guild."""
    spans, installation = spans_of(record), session.installation
    used = {
        each.id for each in installation.users.values() if each.signed_in_at is not None or each.erased_at is not None
    }
    used.update(each.user_id for each in installation.sessions.values())
    used.update(each.user_id for each in installation.sign_in_links.values())
    used.update(each.user_id for each in installation.consents.values())
    used.update(installation.discord_tokens)
    used.update(each.owner for each in installation.api_keys.values() if each.owner is not None)
    for tables in _of_others(session.transaction.snapshot(), session):
        used.update(tables.memberships)
        used.update(each.owner for each in tables.characters.values() if each.owner is not None)
    return frozenset(each for each in used if _has(spans, _USER, each))


def _of_others(snapshot: Snapshot, session: Session) -> Iterator[GuildTables]:
    return (snapshot.of(guild_id) for guild_id in snapshot.guilds if guild_id != session.guild_id)


# --- taking it away ---------------------------------------------------------------------------------------------------


def remove(session: Session, record: Import) -> None:
    """Take away the rows that came with an import, and put back what it changed."""
    spans, tables, stay = spans_of(record), session.tables, staying(session, record)
    if GUILD in spans:
        _remove_guild(session)
    else:
        _remove_rows(tables, spans, record)
        _put_back(tables, record)
        _settle_balances(tables)
    _drop(session.installation.users, lambda user_id, _: _has(spans, _USER, user_id) and user_id not in stay)


def _drop(rows: Rows[Any, Any], gone: Any) -> None:
    for key in [key for key, row in rows.items() if gone(key, row)]:
        rows.drop(key)


def _remove_rows(tables: GuildTables, spans: Spans, record: Import) -> None:
    for name, rows in _kept_tables(tables):
        _drop(rows, lambda key, row, name=name: _came(spans, name, key, row, record.at))
    _drop(
        tables.events,
        lambda _, recorded: isinstance(recorded.event, DeedRecorded) and recorded.event.import_id == record.id,
    )


def _put_back(tables: GuildTables, record: Import) -> None:
    for member in list(tables.memberships.values()):
        if member.external_id is not None:
            tables.memberships.put(member.user_id, evolve(member, external_id=None))
    if record.default_pool_before is not None:
        set_default_pool(tables, record.default_pool_before)
    for before in record.pools_before:
        pool = next(each for each in tables.pools.values() if each.external_id == before.called)
        look = {name: value for name, value in asdict(before).items() if name != "called"}
        tables.pools.put(pool.id, evolve(pool, **look))


def set_default_pool(tables: GuildTables, pool_id: PoolId) -> None:
    """Make that pool the guild's default, and no other; the one that was is archived, unless it came from elsewhere."""
    for pool in list(tables.pools.values()):
        if pool.is_default != (pool.id == pool_id):
            archived = pool.archived or pool.external_id is None if pool.is_default else False
            tables.pools.put(pool.id, evolve(pool, is_default=pool.id == pool_id, archived=archived))


def _settle_balances(tables: GuildTables) -> None:
    entries: dict[tuple[PoolId, UserId], list[Entry]] = {}
    for entry in tables.entries.values():
        entries.setdefault((entry.pool_id, entry.user_id), []).append(entry)
    for key, balance in list(tables.balances.items()):
        left = evolve(Balance(), held=balance.held).moved_by(entries.get(key, ()))
        if left == Balance() and key not in entries:
            tables.balances.drop(key)
        else:
            tables.balances.put(key, left)


def _remove_guild(session: Session) -> None:
    for each in attrs.fields(GuildTables):
        _drop(getattr(session.tables, each.name), lambda _, __: True)
    installation: InstallationTables = session.installation
    installation.guilds.drop(session.guild_id)
    _drop(installation.deadlines, lambda key, _: key[0] == session.guild_id)
    _drop(installation.deliveries, lambda _, row: row.recorded.guild_id == session.guild_id)
    _drop(installation.notices, lambda _, row: row.guild_id == session.guild_id)
    _drop(installation.api_keys, lambda _, key: key.guild_id == session.guild_id)
