"""What the roster context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from attrs import frozen

from dkp_core.kernel.ids import CharacterId, ClaimId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.notices import NoticesWork
from dkp_core.roster.character import Character, CharacterStatus
from dkp_core.roster.claim import Claim
from dkp_core.roster.main_change import MainChange
from dkp_core.roster.ownership import Ownership
from dkp_core.roster.profile_field import ProfileField
from dkp_core.roster.rank import Rank, RankChange
from dkp_core.roster.views import (
    AttributionRow,
    CharacterRow,
    ClaimFilter,
    ClaimRow,
    MainChangeRow,
    MemberRow,
    OwnershipRow,
    ProfileFieldRow,
    RankChangeRow,
    RankRow,
    RosterAudit,
    RosterFilter,
    RosterRow,
)


@frozen
class Attribution:
    """What a name stands for at a moment: a character, and who owned it then, or whom that user was merged into.

    `is_alt` says whether it is somebody's now and not their main.
    """

    character_id: CharacterId
    name: str
    status: CharacterStatus
    owner: UserId | None
    is_alt: bool = False


class Ranks(Protocol):
    """The guild's ranks."""

    @abstractmethod
    def get(self, rank_id: RankId) -> Rank:
        """The rank, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def named(self, name: str) -> Rank:
        """The rank of that name, in any case. Raises: NoSuch."""

    @abstractmethod
    def all(self) -> tuple[Rank, ...]:
        """Every rank, by order and name, locked until the transaction ends."""

    @abstractmethod
    def save(self, rank: Rank) -> None:
        """Store the rank and the events it carries. Raises: NameTaken, Stale."""

    @abstractmethod
    def remove(self, rank: Rank) -> None:
        """Remove the rank and store the events it carries. Raises: RankInUse where characters hold it, Stale."""


class ProfileFields(Protocol):
    """What the guild wants to know of each character."""

    @abstractmethod
    def get(self, field_id: ProfileFieldId) -> ProfileField:
        """The field, archived or not, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def all(self) -> tuple[ProfileField, ...]:
        """Every field, archived ones too, by order and id; not locked."""

    @abstractmethod
    def save(self, field: ProfileField) -> None:
        """Store the field and the events it carries. Raises: NameTaken, Stale."""

    @abstractmethod
    def remove(self, field: ProfileField) -> None:
        """Remove the field and store the events it carries. Raises: Stale."""


class Characters(Protocol):
    """The guild's characters, and every name they have borne."""

    @abstractmethod
    def get(self, character_id: CharacterId) -> Character:
        """The character, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def named(self, name: str) -> Character | None:
        """The character of that name or alias, locked; None if there is none."""

    @abstractmethod
    def some(self, character_ids: Iterable[CharacterId]) -> tuple[Character, ...]:
        """Those characters, locked in order of id; ids that are none are left out."""

    @abstractmethod
    def owned_by(self, owner: UserId) -> tuple[Character, ...]:
        """All characters of that user, locked, in order of id."""

    @abstractmethod
    def holding(self, rank_id: RankId) -> tuple[Character, ...]:
        """All characters of that rank, locked, in order of id."""

    @abstractmethod
    def all(self) -> tuple[Character, ...]:
        """Every character of the guild, locked, in order of id."""

    @abstractmethod
    def every_name(self) -> Mapping[str, CharacterId]:
        """Which character each name or alias of the guild stands for, by its `name_key`."""

    @abstractmethod
    def attributed(self, names: Sequence[str], at: datetime) -> Mapping[str, Attribution]:
        """What each name or alias stands for at that moment, by its `name_key`; unknown names are left out.

        A character's first owner owns it from the beginning (P-11). What an owner had then who was merged into another
        user is the other's (R-8).
        """

    @abstractmethod
    def save(self, *characters: Character) -> None:
        """Store the characters and the events they carry, in this order; a former name stays as alias.

        Raises: NameTaken where another character or alias of the guild has the name, Stale.
        """

    @abstractmethod
    def remove(self, character: Character) -> None:
        """Remove a character with its names and ownerships, and store the events it carries. Raises: Stale."""

    @abstractmethod
    def in_history(self, character_id: CharacterId) -> bool:
        """Whether attendance or an award names the character, it moved between ranks, or had an owner before.

        Also whether it became or gave way as the main.
        """

    @abstractmethod
    def in_main_history(self, character_id: CharacterId) -> bool:
        """Whether the character became a main in place of another, or gave way to one."""

    @abstractmethod
    def add_alias(self, character_id: CharacterId, name: str) -> None:
        """Let the name stand for the character too. Raises: NameTaken by another character."""

    @abstractmethod
    def names(self, character_id: CharacterId) -> tuple[str, ...]:
        """Every name the character is known by, its own and its aliases, in order of their keys."""

    @abstractmethod
    def latest_ownership(self, character_id: CharacterId) -> Ownership | None:
        """The last period of ownership, ended or not; None where nobody ever owned it."""

    @abstractmethod
    def ever_owned(self, owner: UserId) -> tuple[Ownership, ...]:
        """Every period in which that user owned a character, in order of character id and time."""

    @abstractmethod
    def begin_ownership(self, ownership: Ownership) -> None:
        """Append a period of ownership."""

    @abstractmethod
    def end_ownership(self, character_id: CharacterId, at: datetime) -> None:
        """End the period that lasts; nothing happens where none does."""

    @abstractmethod
    def last_main_change(self, owner: UserId) -> MainChange | None:
        """The latest change of that user's main; None where there never was one."""

    @abstractmethod
    def record_main_changes(self, changes: Sequence[MainChange]) -> None:
        """Append to the main history."""

    @abstractmethod
    def record_rank_changes(self, changes: Sequence[RankChange]) -> None:
        """Append to the rank history."""


class Claims(Protocol):
    """The claims on the guild's unlinked users."""

    @abstractmethod
    def find(self, claim_id: ClaimId) -> Claim:
        """The claim, not locked. Raises: NoSuch."""

    @abstractmethod
    def get(self, claim_id: ClaimId) -> Claim:
        """The claim, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def open_on(self, user_id: UserId) -> tuple[Claim, ...]:
        """The claims on that user which nobody has decided on, locked in order of id until the transaction ends."""

    @abstractmethod
    def open_by(self, claimant: UserId) -> tuple[Claim, ...]:
        """The claims of that claimant which nobody has decided on, in order of id; not locked."""

    @abstractmethod
    def made_since(self, claimant: UserId, since: datetime) -> int:
        """How many claims that claimant has made since then, whatever became of them."""

    @abstractmethod
    def with_codes(self, codes: Sequence[str]) -> tuple[Claim, ...]:
        """The claims with these codes which nobody has decided on, in order of id; not locked."""

    @abstractmethod
    def save(self, claim: Claim) -> None:
        """Store the claim and the events it carries.

        Raises: Stale, also where the claimant has another open claim on that user.
        """


class RosterWork(NoticesWork, Protocol):
    """A transaction over a guild's roster."""

    @property
    @abstractmethod
    def profile_fields(self) -> ProfileFields:
        """What the guild wants to know of each character."""

    @property
    @abstractmethod
    def ranks(self) -> Ranks:
        """The guild's ranks."""

    @property
    @abstractmethod
    def characters(self) -> Characters:
        """The guild's characters."""

    @property
    @abstractmethod
    def claims(self) -> Claims:
        """The claims on the guild's unlinked users."""


ROSTER_COLUMNS: Final = (
    "name",
    "character_class",
    "level",
    "race",
    "rank",
    "status",
    "owner",
    "is_main",
    "main_character",
    "joined_on",
    "attendance_30",
    "id",
)


class RosterView(Protocol):
    """Reads the roster."""

    @abstractmethod
    def characters(
        self,
        wanted: RosterFilter,
        *,
        with_hidden: bool,
        ordering: tuple[Order, ...],
        page: PageRequest,
        at: datetime,
    ) -> Page[RosterRow]:
        """Characters that match, ordered by ROSTER_COLUMNS (`rank` by the ranks' order), else by name, then id.

        Without `with_hidden` those of hidden ranks are left out, and are nobody's main. `at` is the end of the
        attendance window. `search` is a part of the name, `rank` an id or a name; names compare as everywhere (G-9).
        """

    @abstractmethod
    def character(self, character_id: CharacterId, *, with_hidden: bool) -> CharacterRow:
        """One character; `with_hidden` as for the list. Raises: NoSuch.

        Its profile has every value of a field that is not archived, by the fields' order and id.
        """

    @abstractmethod
    def character_named(self, name: str, *, with_hidden: bool) -> CharacterRow:
        """The character of that name or alias; `with_hidden` as for the list. Raises: NoSuch."""

    @abstractmethod
    def ownership_history(self, character_id: CharacterId) -> tuple[OwnershipRow, ...]:
        """Every period, the oldest first. Raises: NoSuch for an unknown character."""

    @abstractmethod
    def rank_history(self, character_id: CharacterId) -> tuple[RankChangeRow, ...]:
        """Every move between ranks, the oldest first. Raises: NoSuch for an unknown character."""

    @abstractmethod
    def profile_fields(self) -> tuple[ProfileFieldRow, ...]:
        """Every profile field, archived ones too, by order and id."""

    @abstractmethod
    def main_changes(self, user_id: UserId) -> tuple[MainChangeRow, ...]:
        """Every change of that user's main, the oldest first by id. Raises: NoSuch for a user without a place here."""

    @abstractmethod
    def ranks(self) -> tuple[RankRow, ...]:
        """Every rank, by order and name."""

    @abstractmethod
    def members(self) -> tuple[MemberRow, ...]:
        """The active members with their characters, the main first, then by name; in order of user id.

        Retired characters and hidden ranks' characters are left out.
        """

    @abstractmethod
    def attribution(self, name: str, at: datetime) -> AttributionRow:
        """Whose the character of that name was. Raises: NoSuch."""

    @abstractmethod
    def audit(self) -> RosterAudit:
        """What looks wrong with the roster; who was merged into another user is no unlinked user any more."""

    @abstractmethod
    def claims(self, wanted: ClaimFilter, *, page: PageRequest) -> Page[ClaimRow]:
        """Claims that match, the newest first by id."""

    @abstractmethod
    def claim(self, claim_id: ClaimId) -> ClaimRow:
        """One claim. Raises: NoSuch."""
