"""Ranks, characters, their names and whose they were, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_adapters.memory.merges import heads_in
from dkp_adapters.memory.tables import BorneName
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import CharacterId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.roster import (
    Attribution,
    Character,
    Characters,
    MainChange,
    Ownership,
    Rank,
    RankChange,
    RankInUse,
    Ranks,
)


@frozen
class MemoryRanks(Ranks):
    """The guild's ranks."""

    session: Session

    def get(self, rank_id: RankId) -> Rank:
        rank = self.session.tables.ranks.get(rank_id)
        if rank is None:
            raise NoSuch("rank", rank_id)
        return rank

    def named(self, name: str) -> Rank:
        rank = self._find(name)
        if rank is None:
            raise NoSuch("rank", name)
        return rank

    def all(self) -> tuple[Rank, ...]:
        return tuple(sorted(self.session.tables.ranks.values(), key=lambda rank: (rank.order, name_key(rank.name))))

    def save(self, rank: Rank) -> None:
        other = self._find(rank.name)
        if other is not None and other.id != rank.id:
            raise NameTaken("rank", rank.name)
        self.session.save(self.session.tables.ranks, rank.id, rank)

    def remove(self, rank: Rank) -> None:
        holders = sum(character.rank_id == rank.id for character in self.session.tables.characters.values())
        if holders:
            raise RankInUse(rank.id, holders)
        self.session.remove(self.session.tables.ranks, rank.id, rank)
        self.session.tables.removed_ranks.put(rank.id, rank.name)

    def _find(self, name: str) -> Rank | None:
        key = name_key(name)
        return next((rank for rank in self.session.tables.ranks.values() if name_key(rank.name) == key), None)


@frozen
class MemoryCharacters(Characters):
    """The guild's characters, and every name they have borne."""

    session: Session

    def get(self, character_id: CharacterId) -> Character:
        character = self.session.tables.characters.get(character_id)
        if character is None:
            raise NoSuch("character", character_id)
        return character

    def named(self, name: str) -> Character | None:
        borne = self.session.tables.names.get(name_key(name))
        return None if borne is None else self.session.tables.characters[borne.character_id]

    def some(self, character_ids: Iterable[CharacterId]) -> tuple[Character, ...]:
        characters = self.session.tables.characters
        return tuple(characters[each] for each in sorted(set(character_ids)) if each in characters)

    def owned_by(self, owner: UserId) -> tuple[Character, ...]:
        return tuple(each for each in self._in_order() if each.owner == owner)

    def holding(self, rank_id: RankId) -> tuple[Character, ...]:
        return tuple(each for each in self._in_order() if each.rank_id == rank_id)

    def all(self) -> tuple[Character, ...]:
        return tuple(self._in_order())

    def every_name(self) -> Mapping[str, CharacterId]:
        return {key: borne.character_id for key, borne in self.session.tables.names.items()}

    def attributed(self, names: Sequence[str], at: datetime) -> Mapping[str, Attribution]:
        tables = self.session.tables
        head = heads_in(tables)
        found = {}
        for key in map(name_key, names):
            borne = tables.names.get(key)
            if borne is not None:
                character = tables.characters[borne.character_id]
                periods = tables.ownerships.get(character.id, ())
                owner = next((period.owner for period in periods if period.covers(at)), None)
                owner = None if owner is None else head(owner, at)
                is_alt = character.owner is not None and not character.is_main
                found[key] = Attribution(character.id, character.name, character.status, owner, is_alt)
        return found

    def save(self, *characters: Character) -> None:
        tables = self.session.tables
        for character in characters:
            self._must_be_free(character.name, character.id)
            if self._is_second_main(character):
                raise Stale(f"user {character.owner} has another main")
            self.session.save(tables.characters, character.id, character)
            tables.names.put(name_key(character.name), BorneName(character.id, character.name))

    def remove(self, character: Character) -> None:
        tables = self.session.tables
        self.session.remove(tables.characters, character.id, character)
        for key in [key for key, borne in tables.names.items() if borne.character_id == character.id]:
            tables.names.drop(key)
        tables.ownerships.drop(character.id)
        tables.rank_changes.drop(character.id)

    def in_history(self, character_id: CharacterId) -> bool:
        tables = self.session.tables
        owned, ranked = tables.ownerships.get(character_id, ()), tables.rank_changes.get(character_id, ())
        ended = any(period.until is not None for period in owned)
        attended = any(line.character_id == character_id for line in tables.attendance.values())
        borne = {key for key, name in tables.names.items() if name.character_id == character_id}
        awarded = any(name_key(award.character_name) in borne for award in tables.awards.values())
        return ended or bool(ranked) or attended or awarded or self.in_main_history(character_id)

    def in_main_history(self, character_id: CharacterId) -> bool:
        changes = self.session.tables.main_changes.values()
        return any(character_id in (change.before, change.after) for change in changes)

    def add_alias(self, character_id: CharacterId, name: str) -> None:
        self._must_be_free(name, character_id)
        names = self.session.tables.names
        if name_key(name) not in names:
            names.put(name_key(name), BorneName(character_id, name))

    def names(self, character_id: CharacterId) -> tuple[str, ...]:
        borne = sorted(self.session.tables.names.items())
        return tuple(name.name for _, name in borne if name.character_id == character_id)

    def latest_ownership(self, character_id: CharacterId) -> Ownership | None:
        periods = self.session.tables.ownerships.get(character_id)
        return periods[-1] if periods else None

    def ever_owned(self, owner: UserId) -> tuple[Ownership, ...]:
        ownerships = sorted(self.session.tables.ownerships.items())
        return tuple(period for _, periods in ownerships for period in periods if period.owner == owner)

    def begin_ownership(self, ownership: Ownership) -> None:
        ownerships = self.session.tables.ownerships
        periods = ownerships.get(ownership.character_id, ())
        ownerships.put(ownership.character_id, (*periods, ownership))

    def end_ownership(self, character_id: CharacterId, at: datetime) -> None:
        latest = self.latest_ownership(character_id)
        if latest is not None and latest.until is None:
            earlier = self.session.tables.ownerships[character_id][:-1]
            self.session.tables.ownerships.put(character_id, (*earlier, evolve(latest, until=at)))

    def last_main_change(self, owner: UserId) -> MainChange | None:
        changes = (each for each in self.session.tables.main_changes.values() if each.user_id == owner)
        return max(changes, key=lambda change: (change.at, change.id), default=None)

    def record_main_changes(self, changes: Sequence[MainChange]) -> None:
        for change in changes:
            self.session.tables.main_changes.put(change.id, change)

    def record_rank_changes(self, changes: Sequence[RankChange]) -> None:
        kept = self.session.tables.rank_changes
        for change in changes:
            kept.put(change.character_id, (*kept.get(change.character_id, ()), change))

    def _in_order(self) -> list[Character]:
        return sorted(self.session.tables.characters.values(), key=lambda character: character.id)

    def _is_second_main(self, character: Character) -> bool:
        others = (each for each in self.session.tables.characters.values() if each.id != character.id)
        return character.is_main and any(each.is_main and each.owner == character.owner for each in others)

    def _must_be_free(self, name: str, character_id: CharacterId) -> None:
        borne = self.session.tables.names.get(name_key(name))
        if borne is not None and borne.character_id != character_id:
            raise NameTaken("character", name)
