"""Ranks and characters in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from dkp_adapters.sql.guilds import revise_roster
from dkp_adapters.sql.heads import with_heads
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
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
from dkp_adapters.sql.tables.loot import awards
from dkp_adapters.sql.tables.raids import attendance
from dkp_adapters.sql.tables.roster import (
    character_names,
    characters,
    main_changes,
    ownerships,
    rank_changes,
    ranks,
    removed_ranks,
)
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import CharacterId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.roster import (
    Attribution,
    Character,
    Characters,
    CharacterStatus,
    MainChange,
    Ownership,
    Rank,
    RankChange,
    RankInUse,
    Ranks,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else was faster")


# --- ranks ------------------------------------------------------------------------------------------------------------

_RANK_WRITTEN: Final = ("name", "name_key", "position", "is_default", "is_hidden", "counts_as_active")
_SELECT_RANK: Final = select(
    ranks.c.id,
    ranks.c.guild_id,
    ranks.c.name,
    ranks.c.position,
    ranks.c.is_default,
    ranks.c.is_hidden,
    ranks.c.counts_as_active,
    ranks.c.version,
).where(in_guild(ranks))
_GET_RANK: Final = Statement(locking(_SELECT_RANK.where(ranks.c.id == _the_id)))
_RANK_NAMED: Final = Statement(
    _SELECT_RANK.where(ranks.c.name_key == bindparam("name_key", type_=ranks.c.name_key.type))
)
# In order of id, so that who locks them all and who locks some of them do not wait for each other in a circle.
_ALL_RANKS: Final = Statement(locking(_SELECT_RANK.order_by(ranks.c.id)))


def _rank_name_taken(params: Params) -> Exception:
    return NameTaken("rank", params["name"])


_RANK_VIOLATIONS: Final = {"uq_ranks_guild_id_name_key": _rank_name_taken, "pk_ranks": _lost}
_INSERT_RANK: Final = Statement(
    insert(ranks).values({"guild_id": GUILD, **binds(ranks, "id", *_RANK_WRITTEN), "version": literal(1)}),
    violations=_RANK_VIOLATIONS,
)
_UPDATE_RANK: Final = Statement(
    update(ranks)
    .where(in_guild(ranks), ranks.c.id == _the_id, ranks.c.version == _read_version)
    .values({**binds(ranks, *_RANK_WRITTEN), "version": ranks.c.version + 1}),
    violations=_RANK_VIOLATIONS,
)
_HOLDERS: Final = Statement(
    select(func.count()).select_from(characters).where(in_guild(characters), characters.c.rank_id == _the_id)
)


def _rank_in_use(params: Params) -> Exception:
    # Who took it up meanwhile is not to be counted in a transaction that a broken constraint has spoilt.
    return RankInUse(params["the_id"], 1)


_DELETE_RANK: Final = Statement(
    delete(ranks).where(in_guild(ranks), ranks.c.id == _the_id, ranks.c.version == _read_version),
    violations={"fk_characters_guild_id_rank_id": _rank_in_use, "foreign key": _rank_in_use},
)
_KEEP_RANK_NAME: Final = Statement(
    insert(removed_ranks).values({"guild_id": GUILD, **binds(removed_ranks, "id", "name")})
)


class SqlRanks(Ranks):
    """The guild's ranks in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, rank_id: RankId) -> Rank:
        row = self.session.first(_GET_RANK, the_id=rank_id)
        if row is None:
            raise NoSuch("rank", rank_id)
        return _rank(row)

    def named(self, name: str) -> Rank:
        row = self.session.first(_RANK_NAMED, name_key=name_key(name))
        if row is None:
            raise NoSuch("rank", name)
        return _rank(row)

    def all(self) -> tuple[Rank, ...]:
        found = map(_rank, self.session.all(_ALL_RANKS))
        return tuple(sorted(found, key=lambda rank: (rank.order, name_key(rank.name))))

    def save(self, rank: Rank) -> None:
        assert rank.guild_id == self.session.guild_id, "the rank is of another guild"
        values = {
            "name": rank.name,
            "name_key": name_key(rank.name),
            "position": rank.order,
            "is_default": int(rank.is_default),
            "is_hidden": int(rank.is_hidden),
            "counts_as_active": int(rank.counts_as_active),
        }
        if rank.version == 0:
            self.session.run(_INSERT_RANK, id=rank.id, **values)
        else:
            self.session.saved(self.session.run(_UPDATE_RANK, the_id=rank.id, read_version=rank.version, **values))
        revise_roster(self.session, self.session.guild_id)
        self.session.save_events(rank)

    def remove(self, rank: Rank) -> None:
        counted = self.session.first(_HOLDERS, the_id=rank.id)
        if counted is not None and counted[0]:
            raise RankInUse(rank.id, counted[0])
        self.session.saved(self.session.run(_DELETE_RANK, the_id=rank.id, read_version=rank.version))
        self.session.run(_KEEP_RANK_NAME, id=rank.id, name=rank.name)
        revise_roster(self.session, self.session.guild_id)
        self.session.save_events(rank)


def _rank(row: tuple[Any, ...]) -> Rank:
    rank_id, guild_id, name, position, is_default, is_hidden, counts_as_active, version = row
    return Rank(
        id=rank_id,
        guild_id=guild_id,
        name=name,
        order=position,
        is_default=bool(is_default),
        is_hidden=bool(is_hidden),
        counts_as_active=bool(counts_as_active),
        version=version,
    )


# --- characters -------------------------------------------------------------------------------------------------------

CHARACTER_COLUMNS: Final = (
    characters.c.id,
    characters.c.guild_id,
    characters.c.name,
    characters.c.character_class,
    characters.c.level,
    characters.c.race,
    characters.c.rank_id,
    characters.c.status,
    characters.c.owner,
    characters.c.is_main,
    characters.c.main_id,
    characters.c.joined_on,
    characters.c.notes,
    characters.c.profile,
    characters.c.external_id,
    characters.c.version,
)
_SELECT_CHARACTER: Final = select(*CHARACTER_COLUMNS).where(in_guild(characters))
_GET: Final = Statement(locking(_SELECT_CHARACTER.where(characters.c.id == _the_id)))
_name_key: Final = bindparam("name_key", type_=character_names.c.name_key.type)
_BEARER: Final = (
    select(character_names.c.character_id)
    .where(in_guild(character_names), character_names.c.name_key == _name_key)
    .scalar_subquery()
)
_NAMED: Final = Statement(locking(_SELECT_CHARACTER.where(characters.c.id == _BEARER)))
_IN_ORDER: Final = _SELECT_CHARACTER.order_by(characters.c.id)
_SOME: Final = Statement(locking(_IN_ORDER.where(characters.c.id.in_(json_values("ids")))))
_ALL: Final = Statement(locking(_IN_ORDER))
_EVERY_NAME: Final = Statement(
    select(character_names.c.name_key, character_names.c.character_id).where(in_guild(character_names))
)
_OWNED_BY: Final = Statement(locking(_IN_ORDER.where(characters.c.owner == _the_id)))
_HOLDING: Final = Statement(locking(_IN_ORDER.where(characters.c.rank_id == _the_id)))
_at: Final = bindparam("at", type_=BigInteger)
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
            ownerships.c.guild_id == character_names.c.guild_id,
            ownerships.c.character_id == character_names.c.character_id,
            ownerships.c.since <= _at,
            or_(ownerships.c.until.is_(None), ownerships.c.until > _at),
        ),
    ),
    ownerships.c.owner,
    _at,
)
_ATTRIBUTED: Final = Statement(
    select(
        character_names.c.name_key,
        characters.c.id,
        characters.c.name,
        characters.c.status,
        _head,
        case((characters.c.owner.is_(None), 0), else_=1 - characters.c.is_main),
    )
    .select_from(_owned_then)
    .where(in_guild(character_names), character_names.c.name_key.in_(json_values("names", Text())))
)

_WRITTEN: Final = (
    "name",
    "name_key",
    "character_class",
    "class_key",
    "level",
    "race",
    "race_key",
    "rank_id",
    "status",
    "owner",
    "is_main",
    "main_id",
    "main_of",
    "joined_on",
    "notes",
    "profile",
    "external_id",
)
_VIOLATIONS: Final = {
    "uq_characters_guild_id_main_of": _lost,
    "fk_characters_guild_id_rank_id": _lost,
    "pk_characters": _lost,
}
_new: Final = json_rows("rows", characters.c.id, *(characters.c[name] for name in _WRITTEN))
_INSERT: Final = Statement(
    insert_rows(characters, select(GUILD, *_new.c, literal(1).label("version"))), violations=_VIOLATIONS
)
# One by one: SQLite would read the guild's characters once for each row that is given.
_UPDATE: Final = Statement(
    update(characters)
    .where(in_guild(characters), characters.c.id == _the_id, characters.c.version == _read_version)
    .values({**binds(characters, *_WRITTEN), "version": characters.c.version + 1}),
    violations=_VIOLATIONS,
)
_DELETE: Final = Statement(
    delete(characters).where(in_guild(characters), characters.c.id == _the_id, characters.c.version == _read_version)
)
_DELETE_PARTS: Final = tuple(
    Statement(delete(part).where(in_guild(part), part.c.character_id == _the_id))
    for part in (character_names, ownerships, rank_changes)
)

_BEARERS: Final = Statement(
    select(character_names.c.name_key, character_names.c.character_id, character_names.c.name).where(
        in_guild(character_names), character_names.c.name_key.in_(json_values("names", Text()))
    )
)

_NAMES: Final = Statement(
    select(character_names.c.name)
    .where(in_guild(character_names), character_names.c.character_id == bindparam("the_id"))
    .order_by(character_names.c.name_key)
)


def _name_taken(params: Params) -> Exception:
    """Somebody was faster: of one name it is known which, of several the next try tells."""
    rows = json.loads(params["rows"])
    return NameTaken("character", rows[0][1]) if len(rows) == 1 else _lost(params)


_given_names: Final = json_rows("rows", *(character_names.c[name] for name in ("name_key", "name", "character_id")))
_INSERT_NAMES: Final = Statement(
    insert_rows(character_names, select(GUILD, *_given_names.c)),
    violations={"pk_character_names": _name_taken},
)
_RESPELL_NAME: Final = Statement(
    update(character_names)
    .where(in_guild(character_names), character_names.c.name_key == bindparam("the_key"))
    .values(binds(character_names, "name"))
)

_ended: Final = ownerships.c.until.is_not(None)
_crowned_or_not_any_more: Final = exists(
    select(literal(1)).where(
        in_guild(main_changes), or_(main_changes.c.before == _the_id, main_changes.c.after == _the_id)
    )
)
_IN_MAIN_HISTORY: Final = Statement(select(_crowned_or_not_any_more.label("found")))
_IN_HISTORY: Final = Statement(
    select(
        or_(
            exists(select(literal(1)).where(in_guild(ownerships), ownerships.c.character_id == _the_id, _ended)),
            exists(select(literal(1)).where(in_guild(rank_changes), rank_changes.c.character_id == _the_id)),
            exists(select(literal(1)).where(in_guild(attendance), attendance.c.character_id == _the_id)),
            _crowned_or_not_any_more,
            # An award keeps the name that the character had; no other has borne it.
            exists(
                select(literal(1))
                .join_from(
                    character_names,
                    awards,
                    and_(
                        awards.c.guild_id == character_names.c.guild_id,
                        awards.c.character_key == character_names.c.name_key,
                    ),
                )
                .where(in_guild(character_names), character_names.c.character_id == _the_id)
            ),
        ).label("found")
    )
)

_LATEST_OWNERSHIP: Final = Statement(
    select(ownerships.c.owner, ownerships.c.since, ownerships.c.until, ownerships.c.reason)
    .where(in_guild(ownerships), ownerships.c.character_id == _the_id)
    .order_by(ownerships.c.since.desc())
    .limit(1)
)
_EVER_OWNED: Final = Statement(
    select(ownerships.c.character_id, ownerships.c.owner, ownerships.c.since, ownerships.c.until, ownerships.c.reason)
    .where(in_guild(ownerships), ownerships.c.owner == bindparam("owner", type_=BigInteger))
    .order_by(ownerships.c.character_id, ownerships.c.since)
)
_INSERT_OWNERSHIP: Final = Statement(
    insert(ownerships).values(
        {"guild_id": GUILD, **binds(ownerships, "character_id", "since", "until", "owner", "reason")}
    ),
    violations={"pk_ownerships": _lost},
)
_END_OWNERSHIP: Final = Statement(
    update(ownerships)
    .where(in_guild(ownerships), ownerships.c.character_id == _the_id, ownerships.c.until.is_(None))
    .values(until=_at)
)

_CHANGE_OF_MAIN: Final = ("id", "user_id", "at", "before", "after", "actor_kind", "actor_id", "waived", "reason")
_LAST_MAIN_CHANGE: Final = Statement(
    select(*(main_changes.c[name] for name in _CHANGE_OF_MAIN))
    .where(in_guild(main_changes), main_changes.c.user_id == _the_id)
    .order_by(main_changes.c.at.desc(), main_changes.c.id.desc())
    .limit(1)
)
_crowned: Final = json_rows("rows", *(main_changes.c[name] for name in _CHANGE_OF_MAIN))
_RECORD_MAIN_CHANGES: Final = Statement(insert_rows(main_changes, select(GUILD, *_crowned.c)))

_moves: Final = json_rows(
    "rows",
    column("ordinal", BigInteger),
    *(rank_changes.c[n] for n in ("character_id", "at", "before", "after", "actor_kind", "actor_id", "reason")),
)
_earlier: Final = rank_changes.alias("earlier")
_RECORD_RANK_CHANGES: Final = Statement(
    insert_rows(
        rank_changes,
        select(
            GUILD,
            *(each for each in _moves.c if each.key != "ordinal"),
            (
                func.coalesce(
                    select(func.max(_earlier.c.number))
                    .where(in_guild(_earlier), _earlier.c.character_id == _moves.c.character_id)
                    .scalar_subquery(),
                    0,
                )
                + _moves.c.ordinal
            ).label("number"),
        ),
    ),
    violations={"pk_rank_changes": _lost},
)


def _ownership(character_id: int, row: Sequence[Any]) -> Ownership:
    owner, since, until, reason = row
    return Ownership(
        character_id=CharacterId(character_id),
        owner=owner,
        since=moment_at(since),
        until=moment_or_none(until),
        reason=reason,
    )


class SqlCharacters(Characters):
    """The guild's characters in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, character_id: CharacterId) -> Character:
        row = self.session.first(_GET, the_id=character_id)
        if row is None:
            raise NoSuch("character", character_id)
        return character_of(row)

    def named(self, name: str) -> Character | None:
        row = self.session.first(_NAMED, name_key=name_key(name))
        return None if row is None else character_of(row)

    def some(self, character_ids: Iterable[CharacterId]) -> tuple[Character, ...]:
        wanted = sorted(set(character_ids))
        return tuple(map(character_of, self.session.all(_SOME, ids=wanted))) if wanted else ()

    def owned_by(self, owner: UserId) -> tuple[Character, ...]:
        return tuple(map(character_of, self.session.all(_OWNED_BY, the_id=owner)))

    def holding(self, rank_id: RankId) -> tuple[Character, ...]:
        return tuple(map(character_of, self.session.all(_HOLDING, the_id=rank_id)))

    def all(self) -> tuple[Character, ...]:
        return tuple(map(character_of, self.session.all(_ALL)))

    def every_name(self) -> Mapping[str, CharacterId]:
        return {key: CharacterId(character_id) for key, character_id in self.session.all(_EVERY_NAME)}

    def attributed(self, names: Sequence[str], at: datetime) -> Mapping[str, Attribution]:
        keys = sorted(set(map(name_key, names)))
        if not keys:
            return {}
        return {
            key: Attribution(CharacterId(character_id), name, CharacterStatus(status), owner, bool(is_alt))
            for key, character_id, name, status, owner, is_alt in self.session.all(
                _ATTRIBUTED, names=keys, at=micros(at)
            )
        }

    def save(self, *characters: Character) -> None:
        if not characters:
            return
        self._claim_names([(each.id, each.name) for each in characters])
        # Mains last: whoever gives way as a main has done so before another takes over.
        for each in sorted(characters, key=lambda character: character.is_main):
            if each.version:
                written = dict(zip(_WRITTEN, _values(each), strict=True))
                count = self.session.run(_UPDATE, the_id=each.id, read_version=each.version, **written)
                self.session.saved(count)
        created = [[each.id, *_values(each)] for each in characters if not each.version]
        if created:
            self.session.run(_INSERT, rows=created)
        for each in characters:
            assert each.guild_id == self.session.guild_id, "the character is of another guild"
            self.session.save_events(each)
        revise_roster(self.session, self.session.guild_id)

    def _claim_names(self, names: Sequence[tuple[CharacterId, str]]) -> None:
        """Let these names stand for these characters; those that they had stay theirs. Raises: NameTaken."""
        wanted: dict[str, tuple[CharacterId, str]] = {}
        for character_id, name in names:
            bearer, _ = wanted.setdefault(name_key(name), (character_id, name))
            if bearer != character_id:
                raise NameTaken("character", name)
        missing = dict(wanted)
        for key, bearer, written in self.session.all(_BEARERS, names=sorted(wanted)):
            character_id, name = missing.pop(key)
            if bearer != character_id:
                raise NameTaken("character", name)
            if written != name:
                self.session.run(_RESPELL_NAME, the_key=key, name=name)
        if missing:
            rows = [[key, name, character_id] for key, (character_id, name) in sorted(missing.items())]
            self.session.run(_INSERT_NAMES, rows=rows)

    def remove(self, character: Character) -> None:
        self.session.saved(self.session.run(_DELETE, the_id=character.id, read_version=character.version))
        for statement in _DELETE_PARTS:
            self.session.run(statement, the_id=character.id)
        revise_roster(self.session, self.session.guild_id)
        self.session.save_events(character)

    def in_history(self, character_id: CharacterId) -> bool:
        found = self.session.first(_IN_HISTORY, the_id=character_id)
        return found is not None and bool(found[0])

    def in_main_history(self, character_id: CharacterId) -> bool:
        found = self.session.first(_IN_MAIN_HISTORY, the_id=character_id)
        return found is not None and bool(found[0])

    def add_alias(self, character_id: CharacterId, name: str) -> None:
        key = name_key(name)
        rows = self.session.all(_BEARERS, names=[key])
        if any(bearer != character_id for _, bearer, _ in rows):
            raise NameTaken("character", name)
        if not rows:
            self.session.run(_INSERT_NAMES, rows=[[key, name, character_id]])

    def names(self, character_id: CharacterId) -> tuple[str, ...]:
        return tuple(name for (name,) in self.session.all(_NAMES, the_id=character_id))

    def latest_ownership(self, character_id: CharacterId) -> Ownership | None:
        row = self.session.first(_LATEST_OWNERSHIP, the_id=character_id)
        if row is None:
            return None
        return _ownership(character_id, row)

    def ever_owned(self, owner: UserId) -> tuple[Ownership, ...]:
        rows = self.session.all(_EVER_OWNED, owner=owner)
        return tuple(_ownership(character_id, row) for character_id, *row in rows)

    def begin_ownership(self, ownership: Ownership) -> None:
        self.session.run(
            _INSERT_OWNERSHIP,
            character_id=ownership.character_id,
            since=micros(ownership.since),
            until=micros_or_none(ownership.until),
            owner=ownership.owner,
            reason=ownership.reason,
        )

    def end_ownership(self, character_id: CharacterId, at: datetime) -> None:
        self.session.run(_END_OWNERSHIP, the_id=character_id, at=micros(at))

    def last_main_change(self, owner: UserId) -> MainChange | None:
        row = self.session.first(_LAST_MAIN_CHANGE, the_id=owner)
        return None if row is None else _main_change(row)

    def record_main_changes(self, changes: Sequence[MainChange]) -> None:
        rows = [
            [
                each.id,
                each.user_id,
                micros(each.at),
                each.before,
                each.after,
                each.actor_kind.value,
                each.actor_id,
                int(each.waived),
                each.reason,
            ]
            for each in changes
        ]
        if rows:
            self.session.run(_RECORD_MAIN_CHANGES, rows=rows)

    def record_rank_changes(self, changes: Sequence[RankChange]) -> None:
        if not changes:
            return
        rows = [
            [
                ordinal,
                each.character_id,
                micros(each.at),
                each.before,
                each.after,
                each.actor_kind.value,
                each.actor_id,
                each.reason,
            ]
            for ordinal, each in enumerate(changes, 1)
        ]
        self.session.run(_RECORD_RANK_CHANGES, rows=rows)


def _main_change(row: tuple[Any, ...]) -> MainChange:
    change_id, user_id, at, before, after, actor_kind, actor_id, waived, reason = row
    return MainChange(
        id=change_id,
        user_id=user_id,
        at=moment_at(at),
        before=before,
        after=after,
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        waived=bool(waived),
        reason=reason,
    )


def _values(character: Character) -> list[object]:
    """What `_WRITTEN` names, in its order."""
    return [
        character.name,
        name_key(character.name),
        character.character_class,
        name_key(character.character_class),
        character.level,
        character.race,
        name_key(character.race),
        character.rank_id,
        character.status.value,
        character.owner,
        int(character.is_main),
        character.main_id,
        character.owner if character.is_main else None,
        character.joined_on.isoformat(),
        character.notes,
        to_json({str(each): value for each, value in sorted(character.profile.items())}),
        character.external_id,
    ]


def character_of(row: tuple[Any, ...]) -> Character:
    """The character that a row of CHARACTER_COLUMNS is."""
    (
        character_id,
        guild_id,
        name,
        character_class,
        level,
        race,
        rank_id,
        status,
        owner,
        is_main,
        main_id,
        joined_on,
        notes,
        profile,
        external_id,
        version,
    ) = row
    return Character(
        id=character_id,
        guild_id=guild_id,
        name=name,
        character_class=character_class,
        level=level,
        race=race,
        rank_id=rank_id,
        status=CharacterStatus(status),
        owner=owner,
        is_main=bool(is_main),
        main_id=main_id,
        joined_on=date.fromisoformat(joined_on),
        notes=notes,
        profile=profile_of(profile),
        external_id=external_id,
        version=version,
    )


def profile_of(text: str) -> dict[ProfileFieldId, str]:
    """A profile as it is kept, by the ids of its fields."""
    return {} if text == "{}" else {ProfileFieldId(int(each)): value for each, value in json.loads(text).items()}
