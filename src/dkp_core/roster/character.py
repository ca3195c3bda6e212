"""A character: what is played, and whose it is (R-1, R-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.domain_events import Aggregate, Change, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, GuildId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.roster.errors import NotPending, SetAside, StillPending
from dkp_core.roster.events import (
    CharacterApproved,
    CharacterChanged,
    CharacterDeactivated,
    CharacterEntered,
    CharacterRankChanged,
    CharacterReactivated,
    CharacterRenamed,
)

LEVEL_MAX: Final = 10_000


class CharacterStatus(StrEnum):
    """Where a character stands on the roster."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"
    RETIRED = "retired"
    TRIAL = "trial"

    @classmethod
    def named(cls, name: str) -> CharacterStatus:
        """The status of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("status", f"{name[:40]!r} is no character status", ", ".join(cls)) from unknown


def _level(_: object, __: object, level: int | None) -> None:
    if level is not None and not 0 <= level <= LEVEL_MAX:
        raise InvalidValue("level", f"{level} is no level", f"0 to {LEVEL_MAX}, or nothing")


@frozen(kw_only=True)
class Character(Aggregate):
    """An in-game character; owned by a user or nobody, a main, or an alt of one (or of none yet)."""

    id: CharacterId
    guild_id: GuildId
    name: str
    character_class: str = ""
    level: int | None = field(default=None, validator=_level)
    race: str = ""
    rank_id: RankId
    status: CharacterStatus
    owner: UserId | None = None
    is_main: bool = False
    main_id: CharacterId | None = None
    joined_on: date
    notes: str = ""
    profile: Mapping[ProfileFieldId, str] = field(factory=dict, hash=False)
    external_id: str | None = None

    def entered(self) -> Character:
        """The character as it comes onto the roster. Raises: InvalidValue."""
        cleaned = evolve(
            self,
            name=clean_name(self.name),
            character_class=_word(self.character_class, "character_class"),
            race=_word(self.race, "race"),
            notes=clean_text(self.notes, "notes"),
        )
        return cleaned.announcing(
            CharacterEntered(character_id=self.id, name=cleaned.name, status=self.status, owner=self.owner)
        )

    def change(
        self,
        *,
        character_class: str | None = None,
        level: int | None = None,
        race: str | None = None,
        status: CharacterStatus | None = None,
        joined_on: date | None = None,
        notes: str | None = None,
        profile: Mapping[ProfileFieldId, str] | None = None,
    ) -> Character:
        """The character with some of it changed; making a pending one active or a trial approves it.

        Of `profile`, fields that are not given stay, and empty values are taken away.

        Raises: InvalidValue, StillPending (what was never approved is removed, not retired).
        """
        if self.status is CharacterStatus.PENDING and status in (CharacterStatus.INACTIVE, CharacterStatus.RETIRED):
            raise StillPending(self.id)
        changed = evolve(
            self,
            character_class=self.character_class
            if character_class is None
            else _word(character_class, "character_class"),
            level=self.level if level is None else level,
            race=self.race if race is None else _word(race, "race"),
            status=status or self.status,
            joined_on=joined_on or self.joined_on,
            notes=self.notes if notes is None else clean_text(notes, "notes"),
            profile={each: value for each, value in {**self.profile, **(profile or {})}.items() if value},
        )
        told = changed.told_since(self)
        if self.status is CharacterStatus.PENDING and changed.status is not CharacterStatus.PENDING:
            event = CharacterApproved(character_id=self.id, name=self.name, owner=self.owner, rank_id=self.rank_id)
            return told.announcing(event)
        if self.is_set_aside == changed.is_set_aside:
            return told
        kind = CharacterDeactivated if changed.is_set_aside else CharacterReactivated
        before, after = self.status.value, changed.status.value
        return told.announcing(
            kind(character_id=self.id, owner=self.owner, rank_id=self.rank_id, before=before, after=after)
        )

    @property
    def is_set_aside(self) -> bool:
        """Whether it is inactive or retired."""
        return self.status in (CharacterStatus.INACTIVE, CharacterStatus.RETIRED)

    def without_words(self, free_texts: Iterable[ProfileFieldId]) -> Character:
        """Without what was noted of its owner: notes, and what these fields of its profile hold (A-12)."""
        return self.change(notes="", profile=dict.fromkeys(free_texts, ""))

    def must_count(self) -> None:
        """Refuse what was not approved yet, or was set aside. Raises: StillPending, SetAside."""
        if self.status is CharacterStatus.PENDING:
            raise StillPending(self.id)
        if self.is_set_aside:
            raise SetAside(self.id, self.status)

    def never_approved(self) -> Character:
        """Retired without ever having counted: history names it. Raises: NotPending."""
        if self.status is not CharacterStatus.PENDING:
            raise NotPending(self.id, self.status)
        return evolve(self, status=CharacterStatus.RETIRED).told_since(self)

    def approve(self) -> Character:
        """Active from now on. Raises: NotPending."""
        if self.status is not CharacterStatus.PENDING:
            raise NotPending(self.id, self.status)
        return self.change(status=CharacterStatus.ACTIVE)

    def rename(self, name: str) -> Character:
        """Under another name. Raises: InvalidValue."""
        cleaned = clean_name(name)
        if cleaned == self.name:
            return self
        event = CharacterRenamed(character_id=self.id, before=self.name, after=cleaned)
        return evolve(self, name=cleaned).announcing(event)

    def move_to(self, rank_id: RankId, *, reason: str) -> Character:
        """At another rank; the same character where it holds it already."""
        if rank_id == self.rank_id:
            return self
        event = CharacterRankChanged(
            character_id=self.id,
            owner=self.owner,
            before=self.rank_id,
            after=rank_id,
            reason=clean_text(reason, "reason"),
        )
        return evolve(self, rank_id=rank_id).announcing(event)

    def told_since(self, before: Character) -> Character:
        """This, carrying what differs from before as news; `before` itself where nothing does."""
        fields = (
            *("character_class", "level", "race", "status", "is_main", "main_id", "joined_on"),
            *("notes", "profile"),
        )
        told = tuple(
            _that_it_changed(each) if each.field in ("notes", "profile") else each
            for each in changes(before, self, fields)
        )
        return self.announcing(CharacterChanged(character_id=self.id, changes=told)) if told else before


def _that_it_changed(change: Change) -> Change:
    """The change without what was written: that may be anything about a person, and is to go with them (A-12)."""
    return evolve(change, before=None, after=None)


def _word(text: str, name: str) -> str:
    return clean_name(text, name) if text.strip() else ""
