"""Guilds in SQL."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from attrs import fields
from sqlalchemy import BigInteger, bindparam, insert, literal, select, update

from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.session import Session, Transaction
from dkp_adapters.sql.statement import Params, Statement, binds, locking, to_json
from dkp_adapters.sql.tables.guilds import guilds
from dkp_core.guilds import Guild, Guilds, GuildSettings
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.names import name_key

ROSTER_REVISIONS_ORDER: Final = 900
"""When roster revisions are written among what a transaction keeps for its flush: after the balances."""

_ID_DIGITS_MAX: Final = 18
_KNOWN_SETTINGS: Final = frozenset(each.name for each in fields(GuildSettings))
_WRITTEN: Final = (
    "slug",
    "name",
    "name_key",
    "timezone",
    "first_weekday",
    "settings",
    "public_roster",
    "trials_are_active",
    "trials_bid",
    "leave_out_excused",
)

_id: Final = bindparam("id", type_=BigInteger)
_SELECT: Final = select(
    guilds.c.id,
    guilds.c.slug,
    guilds.c.name,
    guilds.c.timezone,
    guilds.c.first_weekday,
    guilds.c.settings,
    guilds.c.founded_at,
    guilds.c.version,
)
_GET: Final = Statement(locking(_SELECT.where(guilds.c.id == _id)))
_BY_ID: Final = Statement(_SELECT.where(guilds.c.id == _id))
_BY_SLUG: Final = Statement(_SELECT.where(guilds.c.slug == bindparam("slug", type_=guilds.c.slug.type)))


def _slug_taken(params: Params) -> Exception:
    return NameTaken("guild", params["slug"])


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


_VIOLATIONS: Final = {"uq_guilds_slug": _slug_taken, "pk_guilds": _lost}
_INSERT: Final = Statement(
    insert(guilds).values(
        {**binds(guilds, "id", *_WRITTEN, "founded_at"), "roster_revision": literal(0), "version": literal(1)}
    ),
    violations=_VIOLATIONS,
)
_UPDATE: Final = Statement(
    update(guilds)
    .where(guilds.c.id == bindparam("the_id", type_=BigInteger), guilds.c.version == bindparam("read_version"))
    .values({**binds(guilds, *_WRITTEN), "version": guilds.c.version + 1}),
    violations=_VIOLATIONS,
)
_REVISE_ROSTER: Final = Statement(
    update(guilds).where(guilds.c.id == _id).values(roster_revision=guilds.c.roster_revision + 1)
)


class SqlGuilds(Guilds):
    """Guilds in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, guild_id: GuildId) -> Guild:
        row = self.session.first(_GET, id=guild_id)
        if row is None:
            raise NoSuch("guild", guild_id)
        return _guild(row)

    def named(self, slug_or_id: str) -> Guild | None:
        guild_id = guild_id_of(slug_or_id)
        if guild_id is None:
            row = self.session.first(_BY_SLUG, slug=slug_or_id)
        else:
            row = self.session.first(_BY_ID, id=guild_id)
        return None if row is None else _guild(row)

    def save(self, guild: Guild) -> None:
        values = {
            "slug": guild.slug,
            "name": guild.name,
            "name_key": name_key(guild.name),
            "timezone": guild.timezone,
            "first_weekday": guild.first_weekday,
            "settings": to_json(guild.settings.values()),
            "public_roster": int(guild.settings.public_roster),
            "trials_are_active": int(guild.settings.trials_are_active),
            "trials_bid": int(guild.settings.trials_bid),
            "leave_out_excused": int(guild.settings.leave_out_excused),
        }
        if guild.version == 0:
            self.session.run(_INSERT, id=guild.id, founded_at=micros(guild.founded_at), **values)
        else:
            count = self.session.run(_UPDATE, the_id=guild.id, read_version=guild.version, **values)
            self.session.saved(count)
            revise_roster(self.session, guild.id)
        session_in(self.session, guild.id).save_events(guild)


def _guild(row: tuple[Any, ...]) -> Guild:
    guild_id, slug, name, timezone, first_weekday, settings, founded_at, version = row
    return Guild(
        id=guild_id,
        slug=slug,
        name=name,
        timezone=timezone,
        first_weekday=first_weekday,
        settings=settings_of(settings),
        founded_at=moment_at(founded_at),
        version=version,
    )


@lru_cache(maxsize=1024)
def settings_of(text: str) -> GuildSettings:
    """Settings as they are kept; what a newer or older program kept besides is passed over."""
    kept = json.loads(text)
    return GuildSettings.of({name: value for name, value in kept.items() if name in _KNOWN_SETTINGS})


def guild_id_of(slug_or_id: str) -> GuildId | None:
    """The id that a caller named; None where it is no number, so that it can only be a slug."""
    if slug_or_id.isascii() and slug_or_id.isdigit():
        # Longer than any id: 0 is nobody's.
        return GuildId(int(slug_or_id) if len(slug_or_id) <= _ID_DIGITS_MAX else 0)
    return None


def session_in(session: Session, guild_id: GuildId) -> Session:
    """The session in that guild on the same transaction: what happens to a guild stands in its own audit log."""
    if session.guild_id == guild_id:
        return session
    assert session.transaction is not None, "only a unit of work reaches into a guild"
    return session.transaction.session(guild_id, session.by)


# --- the roster's revision --------------------------------------------------------------------------------------------

_revised: Final[WeakKeyDictionary[Transaction, set[GuildId]]] = WeakKeyDictionary()


def revise_roster(session: Session, guild_id: GuildId) -> None:
    """Note that the guild's roster shows something else from this transaction on; written once, at its flush."""
    transaction = session.transaction
    assert transaction is not None, "only a unit of work changes a roster"
    waiting = _revised.setdefault(transaction, set())
    if guild_id in waiting:
        return
    waiting.add(guild_id)

    def revise() -> None:
        waiting.discard(guild_id)
        session.run(_REVISE_ROSTER, id=guild_id)

    session.defer(ROSTER_REVISIONS_ORDER, revise)
