"""Whenever this happens, that follows.

A reaction is named once and for all: deliveries that wait for it bear its name. All of these are inside reactions:
they touch the database alone, and happen exactly once, in the transaction that removes the delivery.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from dkp_core.guilds import GuildChanged
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.roster import (
    CharacterAliasAdded,
    CharacterApproved,
    CharacterEntered,
    CharacterReassigned,
    CharacterRenamed,
)

AWARD_WAITING_NAMES: Final = "award_waiting_names"
SCHEDULE_RETENTION: Final = "schedule_retention"


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
)


def reactions_by_event() -> dict[str, tuple[str, ...]]:
    """For every event that something follows from, by its name: the names of the reactions."""
    found: dict[str, tuple[str, ...]] = {}
    for reaction in REACTIONS:
        found[reaction.event.event_name()] = (*found.get(reaction.event.event_name(), ()), reaction.name)
    return found
