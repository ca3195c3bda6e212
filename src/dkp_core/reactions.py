"""Whenever this happens, that follows.

A reaction is named once and for all: deliveries that wait for it bear its name. All but those of `OUTSIDE` touch the
database alone, and happen exactly once, in the transaction that removes the delivery. The others reach out of it, and
happen at least once: the delivery is removed when they are done. What people are told is no reaction: notices are
posted in the transaction that decides what they tell.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from dkp_core.accounts import DiscordTokensDoomed, MemberErased, MembershipBegan, MembershipChanged, MemberShutOut
from dkp_core.guilds import GuildChanged
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.points import SCHEDULE_BATCHES, PoolChanged
from dkp_core.raids import FORGET_CHAT, REWARD_RAID, REWARDED
from dkp_core.roster import (
    CharacterAliasAdded,
    CharacterApproved,
    CharacterEntered,
    CharacterReassigned,
    CharacterRenamed,
)

AWARD_WAITING_NAMES: Final = "award_waiting_names"
SCHEDULE_RETENTION: Final = "schedule_retention"
REVOKE_DISCORD_TOKENS: Final = "revoke_discord_tokens"
WITHDRAW_BIDS_OF_LEAVER: Final = "withdraw_bids_of_leaver"
GIVE_START_POINTS: Final = "give_start_points"
FORGET_ON_ROSTER: Final = "forget_on_roster"
FOLLOW_MEMBERSHIP: Final = "follow_membership"
EMPTY_APPLICATIONS: Final = "empty_applications"
EMPTY_DISPUTES: Final = "empty_disputes"
EMPTY_AWARD_DRAFTS: Final = "empty_award_drafts"


@frozen
class Reaction:
    """What follows from an event."""

    event: type[DomainEvent]
    name: str


REACTIONS: Final = (
    # Names that were read before the character was known are awarded once it counts (D-5).
    Reaction(CharacterEntered, AWARD_WAITING_NAMES),
    Reaction(CharacterApproved, AWARD_WAITING_NAMES),
    Reaction(CharacterRenamed, AWARD_WAITING_NAMES),
    Reaction(CharacterAliasAdded, AWARD_WAITING_NAMES),
    Reaction(CharacterReassigned, AWARD_WAITING_NAMES),
    # Raw uploads are kept as long as the guild's settings say (O-9).
    Reaction(GuildChanged, SCHEDULE_RETENTION),
    # Who left the guild, or was shut out of it, bids no longer.
    Reaction(MembershipChanged, WITHDRAW_BIDS_OF_LEAVER),
    Reaction(MemberShutOut, WITHDRAW_BIDS_OF_LEAVER),
    # Who becomes a member begins with points, where the pool's policies say so (P-6).
    Reaction(MembershipBegan, GIVE_START_POINTS),
    Reaction(MembershipChanged, GIVE_START_POINTS),
    # Decay and what else runs by a schedule goes by the guild's clocks, and rests while a pool is archived (P-7, G-2).
    Reaction(GuildChanged, SCHEDULE_BATCHES),
    Reaction(PoolChanged, SCHEDULE_BATCHES),
    # Bonuses for raids follow what becomes of the raid (P-9).
    *(Reaction(event, REWARD_RAID) for event in REWARDED),
    # What a guild noted of a person goes with them.
    Reaction(MemberErased, FORGET_ON_ROSTER),
    Reaction(MemberErased, FORGET_CHAT),
    Reaction(MemberErased, EMPTY_DISPUTES),
    Reaction(MemberErased, EMPTY_AWARD_DRAFTS),
    # The application of who is no applicant any more is withdrawn (V-2); erasure empties it.
    Reaction(MembershipChanged, FOLLOW_MEMBERSHIP),
    Reaction(MemberShutOut, FOLLOW_MEMBERSHIP),
    Reaction(MemberErased, EMPTY_APPLICATIONS),
    # What Discord let us have of a person is given back.
    Reaction(DiscordTokensDoomed, REVOKE_DISCORD_TOKENS),
)


OUTSIDE: Final[frozenset[str]] = frozenset({REVOKE_DISCORD_TOKENS})
"""The reactions that reach outside."""


def reactions_by_event() -> dict[str, tuple[str, ...]]:
    """For every event that something follows from, by its name: the names of the reactions."""
    found: dict[str, tuple[str, ...]] = {}
    for reaction in REACTIONS:
        found[reaction.event.event_name()] = (*found.get(reaction.event.event_name(), ()), reaction.name)
    return found
