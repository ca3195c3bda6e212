"""What can be refused about characters and ranks."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict, InvalidValue
from dkp_core.kernel.ids import CharacterId, ClaimId, RankId, UserId


@define
class MainUnderItsAlt(Conflict):
    """A main can't hang under its own alt, nor under itself."""

    character_id: CharacterId
    main_id: CharacterId
    code: ClassVar[str] = "main_under_its_alt"

    @property
    def sentence(self) -> str:
        return (
            f"Character {self.character_id} is the main of character {self.main_id}; "
            "make the alt the main instead, and the others hang under it."
        )


@define
class NotAMain(InvalidValue):
    """Alts hang under mains only."""

    code: ClassVar[str] = "not_a_main"


@define
class OwnersDiffer(Conflict):
    """An alt and its main have the same owner."""

    character_id: CharacterId
    main_id: CharacterId
    code: ClassVar[str] = "owners_differ"

    @property
    def sentence(self) -> str:
        return f"Characters {self.character_id} and {self.main_id} have different owners; reassign one of them first."


@define
class NoOwner(Conflict):
    """Only an owned character can be a main."""

    character_id: CharacterId
    code: ClassVar[str] = "no_owner"

    @property
    def sentence(self) -> str:
        return f"Character {self.character_id} belongs to nobody; give it an owner first."


@define
class NotPending(Conflict):
    """Only a pending character can be approved."""

    character_id: CharacterId
    status: str
    code: ClassVar[str] = "not_pending"

    @property
    def sentence(self) -> str:
        return f"Character {self.character_id} is {self.status}, not pending."


@define
class StillPending(Conflict):
    """A pending character is approved or removed."""

    character_id: CharacterId
    code: ClassVar[str] = "still_pending"

    @property
    def sentence(self) -> str:
        return f"Character {self.character_id} was not approved yet; make it active or a trial, or remove it."


@define
class SetAside(Conflict):
    """A character that is inactive or retired becomes nobody's main."""

    character_id: CharacterId
    status: str
    code: ClassVar[str] = "set_aside"

    @property
    def sentence(self) -> str:
        return f"Character {self.character_id} is {self.status}; make it active or a trial first."


@define
class SameOwner(Conflict):
    """The character belongs to that user already."""

    character_id: CharacterId
    owner: UserId | None
    code: ClassVar[str] = "same_owner"

    @property
    def sentence(self) -> str:
        whose = "nobody" if self.owner is None else f"user {self.owner}"
        return f"Character {self.character_id} belongs to {whose} already."


@define
class MainChangedLately(Conflict):
    """A guild may ask its members to keep their main for a while."""

    user_id: UserId
    until: datetime
    days: int
    code: ClassVar[str] = "main_changed_lately"

    @property
    def sentence(self) -> str:
        return (
            f"User {self.user_id} may change the main again from {self.until.isoformat()} on: "
            f"{self.days} days lie between two changes here, unless an officer waives that."
        )


@define
class RankInUse(Conflict):
    """A rank that characters hold can only be merged into another (R-2)."""

    rank_id: RankId
    characters: int
    code: ClassVar[str] = "rank_in_use"

    @property
    def sentence(self) -> str:
        return f"{self.characters} characters hold rank {self.rank_id}; merge it into another rank instead."


@define
class DefaultRankNeeded(Conflict):
    """New members need a rank to begin with."""

    rank_id: RankId
    code: ClassVar[str] = "default_rank_needed"

    @property
    def sentence(self) -> str:
        return f"Rank {self.rank_id} is the default for new members; make another the default first."


@define
class ClaimIsDecided(Conflict):
    """A claim is decided once."""

    claim_id: ClaimId
    status: str
    code: ClassVar[str] = "claim_decided"

    @property
    def sentence(self) -> str:
        return f"Claim {self.claim_id} is {self.status} already."


@define
class ClaimIsOpen(Conflict):
    """Who claims somebody's characters waits for the answer, or takes the claim back."""

    claim_id: ClaimId
    code: ClassVar[str] = "claim_open"

    @property
    def sentence(self) -> str:
        return f"Your claim {self.claim_id} on these characters waits for an answer already."


@define
class TooManyClaims(Conflict):
    """Nobody is many people; the others wait until these are decided or taken back."""

    open_claims: int
    code: ClassVar[str] = "too_many_claims"

    @property
    def sentence(self) -> str:
        return f"{self.open_claims} claims of yours wait for an answer already; take one of them back first."


@define
class TooManyClaimsADay(Conflict):
    """Officers are told of each claim, also of one that is taken back at once."""

    claims: int
    code: ClassVar[str] = "too_many_claims_a_day"

    @property
    def sentence(self) -> str:
        return f"You have made {self.claims} claims within a day; wait for a day before the next."
