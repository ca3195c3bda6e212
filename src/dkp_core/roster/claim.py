"""A claim: somebody with a Discord account says that an unlinked user's characters are theirs (R-8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ClaimId, GuildId, MergeId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.roster.errors import ClaimIsDecided
from dkp_core.roster.events import ClaimApproved, ClaimMade, ClaimRefused, ClaimWithdrawn

CODE_MARK: Final = "claim-"
"""What every code begins with, so that a log without any is passed over at the speed of a search."""
CODE_LETTERS: Final = "bcdfghjkmnprstvwxz"
"""Neither vowels, which would make words, nor letters that look like another or like a digit."""
CODE_LENGTH: Final = 8
CODE_LASTS: Final = timedelta(days=7)
_CODE: Final = re.compile(rf"(?<![^\W_]){CODE_MARK}[{CODE_LETTERS}]{{{CODE_LENGTH}}}(?![^\W_])", re.IGNORECASE)


def claim_code(chance: bytes) -> str:
    """A code to be said in game, of 8 random bytes: one of eleven thousand million."""
    assert len(chance) == CODE_LENGTH, "a byte for each letter"
    number, letters = int.from_bytes(chance), []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[letter])
    return CODE_MARK + "".join(letters)


def codes_in(text: str) -> Iterator[str]:
    """The codes that somebody says, as they were shown, however they were typed."""
    if CODE_MARK in text.lower():  # which is seldom, and the search for it is fast
        for code in _CODE.finditer(text):
            yield code[0].lower()


class ClaimStatus(StrEnum):
    """Where a claim stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @classmethod
    def named(cls, name: str) -> ClaimStatus:
        """The status of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("status", f"{name[:40]!r} is no claim status", ", ".join(cls)) from unknown


@frozen(kw_only=True)
class Claim(Aggregate):
    """That all characters of `user_id`, who is unlinked, are the claimant's; `character_name` is the one they named.

    Saying the code in game, as one of these characters, proves it. It opens nothing by itself and is kept as it is.
    """

    id: ClaimId
    guild_id: GuildId
    claimant: UserId
    user_id: UserId
    character_name: str
    status: ClaimStatus = ClaimStatus.PENDING
    code: str = field(repr=False)
    code_until: datetime
    made_at: datetime
    decided_at: datetime | None = None
    decided_kind: ActorKind | None = None
    decided_by: str | None = None
    by_code: bool = False
    reason: str = ""
    merge_id: MergeId | None = None

    @classmethod
    def make(
        cls,
        claim_id: ClaimId,
        guild_id: GuildId,
        *,
        claimant: UserId,
        user_id: UserId,
        character_name: str,
        code: str,
        at: datetime,
    ) -> Claim:
        """A new claim."""
        claim = cls(
            id=claim_id,
            guild_id=guild_id,
            claimant=claimant,
            user_id=user_id,
            character_name=character_name,
            code=code,
            code_until=at + CODE_LASTS,
            made_at=at,
        )
        return claim.announcing(ClaimMade(claim_id=claim_id, claimant=claimant, user_id=user_id))

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided on it yet."""
        return self.status is ClaimStatus.PENDING

    def is_proven_by(self, code: str, at: datetime) -> bool:
        """Whether that code is this claim's, and still good."""
        return self.is_open and code == self.code and at < self.code_until

    def approve(self, merge_id: MergeId, *, by_code: bool, reason: str, by: Actor, at: datetime) -> Claim:
        """True, as an officer says or the code proved; the merge makes it so. Raises: ClaimIsDecided, InvalidValue."""
        approved = self._decided(ClaimStatus.APPROVED, reason, by, at)
        event = ClaimApproved(claim_id=self.id, merge_id=merge_id, by_code=by_code)
        return evolve(approved, merge_id=merge_id, by_code=by_code).announcing(event)

    def refuse(self, *, reason: str, by: Actor, at: datetime) -> Claim:
        """Not true. Raises: ClaimIsDecided, InvalidValue."""
        refused = self._decided(ClaimStatus.REFUSED, reason, by, at)
        return refused.announcing(ClaimRefused(claim_id=self.id, reason=refused.reason))

    def withdraw(self, by: Actor, at: datetime) -> Claim:
        """Taken back by who made it. Raises: ClaimIsDecided."""
        return self._decided(ClaimStatus.WITHDRAWN, "", by, at).announcing(ClaimWithdrawn(claim_id=self.id))

    def _decided(self, status: ClaimStatus, reason: str, by: Actor, at: datetime) -> Claim:
        if not self.is_open:
            raise ClaimIsDecided(self.id, self.status)
        return evolve(
            self,
            status=status,
            decided_at=at,
            decided_kind=by.kind,
            decided_by=by.id,
            reason=clean_text(reason, "reason", length_max=500),
        )
