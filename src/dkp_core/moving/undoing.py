"""Undoing an import: what it brought goes, unless the guild has gone on from it (O-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import UserChanged, UserDeactivated, UserLinked, UserReactivated
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import ImportId, UserId
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.moving.arrivals import Kind
from dkp_core.moving.errors import ImportHasTheOfficers, ImportIsEdited, ImportIsNamed, ImportIsUndone
from dkp_core.moving.events import ImportUndone
from dkp_core.moving.import_record import MEMBERSHIP, Import
from dkp_core.moving.importing import set_deadlines
from dkp_core.moving.ports import MovingWork, Telling
from dkp_core.points import set_deadline

_PEOPLE: Final = frozenset({ActorKind.USER, ActorKind.API_KEY, ActorKind.OPERATOR})
_OF_USERS: Final = frozenset(each.event_name() for each in (UserChanged, UserDeactivated, UserReactivated))
"""What is an edit of a user; all else is told of how they sign in."""
_LINKED: Final = UserLinked.event_name()


@frozen(kw_only=True)
class Undone:
    """An import that was undone, or would be: how much of each kind had been edited, and whose users stay.

    They stay since they have signed in, or are in use elsewhere; what they had in the guild goes even so.
    """

    record: Import
    edited: Mapping[str, int]
    staying: Collection[UserId]


@frozen
class UndoImport:
    """Take away everything that an import brought, as if it had never been; the audit log keeps that it was.

    A guild that came with it is gone then, with its audit log. Refused once something recorded since names what it
    brought, if somebody who came was linked since, or if no officer would be left; and, unless edits are to be
    discarded too, if people have edited what it brought. Users who have signed in, or are in use elsewhere, stay users.
    A dry run only says whether it can be.
    """

    begin: Begin[MovingWork]
    clock: Clock

    def __call__(self, import_id: ImportId, *, discard_edits: bool = False, dry_run: bool = False, by: Actor) -> Undone:
        if not by.is_operator:
            raise NotPermitted("operator")
        with self.begin(by) as work:
            record = work.imports.get(import_id)
            if not record.stands:
                raise ImportIsUndone(import_id)
            undone = self._may_be_undone(work, record, discard_edits=discard_edits)
            return undone if dry_run else evolve(undone, record=self._undo(work, record))

    @staticmethod
    def _may_be_undone(work: MovingWork, record: Import, *, discard_edits: bool) -> Undone:
        """What it would be. Raises: ImportIsNamed, ImportHasTheOfficers, ImportIsEdited."""
        told, staying = tuple(work.intake.told_since(record.at)), work.intake.staying(record)
        _must_not_be_named(work, record, _linked(record, told))
        _must_leave_an_officer(work, record)
        edited = _edited(record, told, staying)
        if edited and not discard_edits:
            raise ImportIsEdited(record.id, edited)
        return Undone(record=record, edited=edited, staying=staying)

    def _undo(self, work: MovingWork, record: Import) -> Import:
        undone = evolve(record, undone_at=self.clock.now())
        for pool in work.pools.all():
            set_deadline(work, evolve(pool, archived=True))
        work.intake.remove(record)
        if not record.made_the_guild:
            _must_not_be_named(work, record)  # by what somebody was about to record meanwhile
            set_deadlines(work)
            work.imports.save(undone, ImportUndone(import_id=record.id))
        return undone


def _must_not_be_named(work: MovingWork, record: Import, linked: int = 0) -> None:
    named = dict(work.intake.named_since(record))
    if linked:
        named["linked_users"] = linked
    if named:
        raise ImportIsNamed(record.id, named)


def _must_leave_an_officer(work: MovingWork, record: Import) -> None:
    """Raises: ImportHasTheOfficers, where a guild that others are left in would be without one."""
    officers = work.memberships.officers()
    if record.made_the_guild or not officers:
        return
    left = [each.user_id for each in work.memberships.named() if not record.brought(MEMBERSHIP, each.user_id)]
    if left and not officers.intersection(left):
        raise ImportHasTheOfficers(record.id)


def _brought(record: Import, telling: Telling) -> bool:
    return telling.aggregate_id.isdecimal() and record.brought(telling.aggregate, int(telling.aggregate_id))


def _linked(record: Import, told: Iterable[Telling]) -> int:
    """How many of the users who came have an account since."""
    return len({each.aggregate_id for each in told if each.name == _LINKED and _brought(record, each)})


def _edited(record: Import, told: Iterable[Telling], staying: Collection[UserId]) -> Mapping[str, int]:
    """How much of each kind that came was edited by people."""
    things = {(each.aggregate, each.aggregate_id) for each in _edits(record, told, staying)}
    return dict(sorted(Counter(aggregate for aggregate, _ in things).items()))


def _edits(record: Import, told: Iterable[Telling], staying: Collection[UserId]) -> Iterator[Telling]:
    for each in told:
        if each.by not in _PEOPLE or not _brought(record, each):
            continue
        if each.aggregate != Kind.USER or (each.name in _OF_USERS and int(each.aggregate_id) not in staying):
            yield each
