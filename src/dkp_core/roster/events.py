"""What happens to characters and ranks."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import CharacterId, ClaimId, MergeId, ProfileFieldId, RankId, UserId


@frozen(kw_only=True)
class CharacterEvent(DomainEvent):
    """Something that happened to a character."""

    aggregate: ClassVar[str] = "character"
    character_id: CharacterId

    @property
    def aggregate_id(self) -> str:
        return str(self.character_id)


@frozen(kw_only=True)
class CharacterEntered(CharacterEvent):
    """A character came onto the roster."""

    name: str
    status: str
    owner: UserId | None


@frozen(kw_only=True)
class CharacterChanged(CharacterEvent):
    """A character's class, level, race, status, main or notes changed; of notes, only that they did."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class CharacterApproved(CharacterEvent):
    """A pending character was approved: its name counts from now on (D-5), and so does its rank (R-7)."""

    name: str
    owner: UserId | None
    rank_id: RankId


@frozen(kw_only=True)
class CharacterDeactivated(CharacterEvent):
    """An active character, or one on trial, became inactive or retired: its rank counts no more (R-7)."""

    owner: UserId | None
    rank_id: RankId
    before: str
    after: str


@frozen(kw_only=True)
class CharacterReactivated(CharacterEvent):
    """A character that was inactive or retired is active again, or on trial: its rank counts again (R-7)."""

    owner: UserId | None
    rank_id: RankId
    before: str
    after: str


@frozen(kw_only=True)
class CharacterRenamed(CharacterEvent):
    """A character got another name; the old one stays as an alias."""

    before: str
    after: str


@frozen(kw_only=True)
class CharacterAliasAdded(CharacterEvent):
    """Another name stands for a character too."""

    name: str


@frozen(kw_only=True)
class CharacterReassigned(CharacterEvent):
    """A character went to another user, or to nobody."""

    before: UserId | None
    after: UserId | None
    first_owner: bool
    reason: str


@frozen(kw_only=True)
class CharacterRankChanged(CharacterEvent):
    """A character moved to another rank; `owner` is whose it is."""

    owner: UserId | None
    before: RankId | None
    after: RankId
    reason: str


@frozen(kw_only=True)
class CharacterRemoved(CharacterEvent):
    """A character that no history names was removed from the roster."""

    name: str


@frozen(kw_only=True)
class MainChanged(DomainEvent):
    """Another character of a user is the main from now on; `waived` tells that price and waiting time were let go."""

    aggregate: ClassVar[str] = "user"
    user_id: UserId
    before: CharacterId
    after: CharacterId
    waived: bool
    reason: str

    @property
    def aggregate_id(self) -> str:
        return str(self.user_id)


@frozen(kw_only=True)
class ProfileFieldEvent(DomainEvent):
    """Something that happened to a profile field."""

    aggregate: ClassVar[str] = "profile_field"
    field_id: ProfileFieldId

    @property
    def aggregate_id(self) -> str:
        return str(self.field_id)


@frozen(kw_only=True)
class ProfileFieldCreated(ProfileFieldEvent):
    """The profiles of characters got another field."""

    name: str
    kind: str


@frozen(kw_only=True)
class ProfileFieldChanged(ProfileFieldEvent):
    """A profile field's name, choices, place or who sees it changed, or whether it is archived."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class ProfileFieldRemoved(ProfileFieldEvent):
    """A profile field that no character holds a value of was removed."""

    name: str


@frozen(kw_only=True)
class RosterImported(DomainEvent):
    """The roster was read from a file: so many of its lines entered or changed a character, or were refused."""

    aggregate: ClassVar[str] = "roster_file"
    sha256: str
    kind: str
    entered: int
    changed: int
    refused: int
    set_aside: int

    @property
    def aggregate_id(self) -> str:
        return self.sha256


@frozen(kw_only=True)
class RankEvent(DomainEvent):
    """Something that happened to a rank."""

    aggregate: ClassVar[str] = "rank"
    rank_id: RankId

    @property
    def aggregate_id(self) -> str:
        return str(self.rank_id)


@frozen(kw_only=True)
class RankCreated(RankEvent):
    """The hierarchy got another rank."""

    name: str


@frozen(kw_only=True)
class RankChanged(RankEvent):
    """A rank's name, order or flags changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class RankMerged(RankEvent):
    """A rank was dissolved into another; its characters moved there."""

    into: RankId
    characters: int


@frozen(kw_only=True)
class RankRemoved(RankEvent):
    """A rank that no character holds was removed."""

    name: str


@frozen(kw_only=True)
class ClaimEvent(DomainEvent):
    """Something that happened to a claim; its code is never told."""

    aggregate: ClassVar[str] = "claim"
    claim_id: ClaimId

    @property
    def aggregate_id(self) -> str:
        return str(self.claim_id)


@frozen(kw_only=True)
class ClaimMade(ClaimEvent):
    """Somebody says that an unlinked user's characters are theirs."""

    claimant: UserId
    user_id: UserId


@frozen(kw_only=True)
class ClaimApproved(ClaimEvent):
    """A claim was found true, by an officer or by its code; that merge followed."""

    merge_id: MergeId
    by_code: bool


@frozen(kw_only=True)
class ClaimRefused(ClaimEvent):
    """A claim was found not to be true, or came to nothing."""

    reason: str


@frozen(kw_only=True)
class ClaimWithdrawn(ClaimEvent):
    """Who made a claim took it back."""
