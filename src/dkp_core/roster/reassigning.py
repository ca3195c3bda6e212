"""Whose a character is: handing it over, and asking whose it was (R-4, P-11)."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Read
from dkp_core.roster.character import Character
from dkp_core.roster.enrolling import must_have_a_place
from dkp_core.roster.family import Family, reassign
from dkp_core.roster.ownership import Ownership, handover_at
from dkp_core.roster.ports import RosterView, RosterWork
from dkp_core.roster.profile_field import Profile
from dkp_core.roster.views import AttributionRow


@frozen
class ReassignCharacter:
    """Give a character to another user, or to nobody, with a reason. No points move: they are the user's.

    From then on what it earns goes to the new owner. Its notes and the free text of its profile are emptied, since they
    may tell of the old one. A main leaves its alts without one; with the new owner it is
    an alt of the main there, or becomes the main.
    """

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(self, character_id: CharacterId, *, owner: UserId | None, reason: str = "", by: Actor) -> Character:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            if owner is not None:
                must_have_a_place(work, owner)
            character = work.characters.get(character_id)
            if character.owner not in (None, owner):
                emptied = character.without_words(Profile(work.profile_fields.all()).free_texts)
                work.characters.save(*(each for each in (emptied,) if each.pending))
            return hand_over(work, character_id, owner, reason=reason, at=self.clock.now())


def hand_over(
    work: RosterWork, character_id: CharacterId, owner: UserId | None, *, reason: str, at: datetime
) -> Character:
    """Make a character that user's, or nobody's (R-4): the periods of ownership follow. Raises: NoSuch, SameOwner."""
    character = work.characters.get(character_id)
    latest = work.characters.latest_ownership(character_id)
    changed = reassign(
        character,
        before=None if character.owner is None else _family(work, character.owner),
        after=None if owner is None else _family(work, owner),
        first_owner=latest is None,
        reason=reason,
    )
    work.characters.save(*changed)
    note_owner(work, character_id, owner, latest, reason=reason, at=at)
    return next(evolve(each, pending=()) for each in changed if each.id == character_id)


def note_owner(
    work: RosterWork,
    character_id: CharacterId,
    owner: UserId | None,
    latest: Ownership | None,
    *,
    reason: str,
    at: datetime,
) -> None:
    """End the period of ownership that lasts, and begin that of the new owner, if there is one."""
    since = handover_at(latest, at)
    work.characters.end_ownership(character_id, since)
    if owner is not None and latest is None:
        work.characters.begin_ownership(Ownership.first(character_id, owner, reason=reason))
    elif owner is not None:
        work.characters.begin_ownership(Ownership(character_id=character_id, owner=owner, since=since, reason=reason))


def _family(work: RosterWork, owner: UserId) -> Family:
    return Family(owner, work.characters.owned_by(owner))


@frozen
class AttributeCharacter:
    """Whose a character of that name was at a moment; now, where none is named."""

    read: Read[RosterView]
    clock: Clock

    def __call__(self, name: str, *, at: datetime | None = None, by: Actor) -> AttributionRow:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.attribution(name, at or self.clock.now())
