"""Changing one's main: who was whose main when is kept, and a guild may set a waiting time (R-3, P-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import MainChangeId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Read
from dkp_core.roster.character import Character
from dkp_core.roster.errors import MainChangedLately, NoOwner
from dkp_core.roster.events import MainChanged
from dkp_core.roster.family import Family
from dkp_core.roster.main_change import MainChange
from dkp_core.roster.ports import RosterView, RosterWork
from dkp_core.roster.views import MainChangeRow


@frozen
class Crowning:
    """A character that is to be its owner's main: who was it before, and all who change with it."""

    main: Character
    owner: UserId
    before: Character | None
    changed: tuple[Character, ...]

    @classmethod
    def of(cls, work: RosterWork, character: Character) -> Crowning:
        """What it takes; all characters of the owner are locked. Raises: NoOwner, StillPending, SetAside."""
        if character.owner is None:
            raise NoOwner(character.id)
        if not character.is_main:
            character.must_count()
        family = Family(character.owner, work.characters.owned_by(character.owner))
        return cls(character, character.owner, family.main, family.with_main(character))

    @property
    def replaces(self) -> bool:
        """Whether another character was the main before, so that this is a main change."""
        return self.before is not None and self.before.id != self.main.id

    def must_have_waited(self, work: RosterWork, at: datetime, *, days: int) -> None:
        """Refuse a change that comes less than so many days after the last one. Raises: MainChangedLately."""
        last = work.characters.last_main_change(self.owner) if days else None
        if last is not None and at < last.at + timedelta(days=days):
            raise MainChangedLately(self.owner, last.at + timedelta(days=days), days)

    def apply(self, work: RosterWork) -> None:
        """Make it the main; the others hang under it."""
        work.characters.save(*self.changed)

    def record(
        self, work: RosterWork, change_id: MainChangeId, *, waived: bool, reason: str, at: datetime, by: Actor
    ) -> MainChange:
        """Keep who was the main before, and tell of it."""
        assert self.before is not None, "there was a main before"
        change = MainChange(
            id=change_id,
            user_id=self.owner,
            at=at,
            before=self.before.id,
            after=self.main.id,
            actor_kind=by.kind,
            actor_id=by.id,
            waived=waived,
            reason=reason,
        )
        record_main_changes(work, [change])
        return change


def record_main_changes(work: RosterWork, changes: Sequence[MainChange]) -> None:
    """Keep which mains gave way to which, and tell of each."""
    work.characters.record_main_changes(changes)
    work.announce(
        *(
            MainChanged(
                user_id=each.user_id, before=each.before, after=each.after, waived=each.waived, reason=each.reason
            )
            for each in changes
        )
    )


@frozen
class ListMainChanges:
    """Which characters were a member's main before, and when each gave way to which; the oldest change first."""

    read: Read[RosterView]

    def __call__(self, user_id: UserId, *, by: Actor) -> tuple[MainChangeRow, ...]:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.main_changes(user_id)
