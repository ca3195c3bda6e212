"""Disputing an entry, taking that back, answering that it is right, and looking at disputes (P-14).

What an upheld dispute takes back may be a raid's or an award's, so that upholding stands with these.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import DisputeId, EntryId, UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.notices import Channel, Notice, Recipient
from dkp_core.points.dispute import Dispute, Opened
from dkp_core.points.entry import Entry
from dkp_core.points.errors import DisputeIsOpen, TooManyDisputes
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.views import DisputeFilter, DisputeRow

OPEN_DISPUTES_MAX: Final = 20


@frozen
class DisputeEntry:
    """Say that an entry of your own is wrong, and why; an officer answers.

    It may also be an entry of whoever was merged into you. An entry is disputed once at a time, and 20 disputes of one
    member may wait.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, user_id: UserId, entry_id: EntryId, *, text: str, by: Actor) -> Dispute:
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        dispute_id = DisputeId(self.ids.next("dispute"))
        with self.begin(by) as work:
            opened = Opened.among(entry_id, work.ledger.beside(user_id, entry_id))
            if opened is None or not _is_theirs(work, user_id, opened.entry, by):
                raise NoSuch("entry of yours", entry_id)
            opened.must_be_disputable()
            dispute = Dispute.make(
                dispute_id, work.guild_id, opened.entry, made_by=by.user_id, text=text, at=self.clock.now()
            )
            other = work.disputes.open_on(entry_id)
            if other is not None:
                raise DisputeIsOpen(other.id)
            waiting = work.disputes.count_open(by.user_id)
            if waiting >= OPEN_DISPUTES_MAX:
                raise TooManyDisputes(waiting)
            work.disputes.save(dispute)
            _tell_officers(work, dispute, opened.entry)
        return dispute


def _is_theirs(work: PointsWork, user_id: UserId, entry: Entry, by: Actor) -> bool:
    return by.user_id == work.merges.head(user_id, entry.occurred_at)


@frozen
class WithdrawDispute:
    """Take a dispute of your own back, before anybody has answered it."""

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, dispute_id: DisputeId, *, by: Actor) -> Dispute:
        with self.begin(by) as work:
            dispute = work.disputes.get(dispute_id)
            if by.user_id is None or dispute.made_by != by.user_id:
                raise NoSuch("dispute", dispute_id)
            withdrawn = dispute.withdraw(by, self.clock.now())
            work.disputes.save(withdrawn)
        return withdrawn


@frozen
class RejectDispute:
    """Answer a dispute: the entry is right, for a reason that the member is told."""

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, dispute_id: DisputeId, *, reason: str, by: Actor) -> Dispute:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            rejected = work.disputes.get(dispute_id).reject(reason=reason, by=by, at=self.clock.now())
            work.disputes.save(rejected)
            tell_disputant(work, rejected)
        return rejected


@frozen
class ListDisputes:
    """Disputes, the newest first: your own, or for officers everybody's; by status, pool, user and entry."""

    read: Read[PointsView]

    def __call__(self, wanted: DisputeFilter, *, page: PageRequest, by: Actor) -> Page[DisputeRow]:
        if not by.may(Permission.POINTS_WRITE):
            if by.user_id is None:
                raise NotPermitted(Permission.POINTS_WRITE.value)
            if wanted.made_by not in (None, by.user_id):
                return Page((), 0)
            wanted = evolve(wanted, made_by=by.user_id)
        with self.read(by) as views:
            return views.disputes(wanted, page=page)


@frozen
class ShowDispute:
    """One dispute with its answer: to who made it, and to officers."""

    read: Read[PointsView]

    def __call__(self, dispute_id: DisputeId, *, by: Actor) -> DisputeRow:
        with self.read(by) as views:
            row = views.dispute(dispute_id)
        if not by.may(Permission.POINTS_WRITE) and (by.user_id is None or by.user_id != row.made_by):
            raise NoSuch("dispute", dispute_id)
        return row


@frozen
class EmptyDisputes:
    """What follows when a user is erased: nothing is left of what they wrote in disputes, or were answered."""

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, user_id: UserId, *, by: Actor) -> None:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            for found in work.disputes.made_by(user_id):
                dispute = found.withdraw(by, self.clock.now()) if found.is_open else found
                work.disputes.save(dispute.emptied())
                work.notices.forget(about(found.id))


# --- who is told ------------------------------------------------------------------------------------------------------


def about(dispute_id: DisputeId) -> str:
    """What a notice on a dispute is about; what erasure forgets goes by it."""
    return f"dispute:{dispute_id}"


def _tell_officers(work: PointsWork, dispute: Dispute, entry: Entry) -> None:
    data = {
        "member": work.users.get(dispute.made_by).display_name,
        "amount": str(entry.amount),
        "pool": work.pools.get(entry.pool_id).name,
        "what": entry.reason,
        "text": dispute.text,
        "dispute": str(dispute.id),
    }
    work.notices.post(_notice(dispute, Recipient.channel(Channel.OFFICERS), "dispute.made", data))


def tell_disputant(work: PointsWork, dispute: Dispute) -> None:
    """Let the member know what became of a dispute."""
    data = {"dispute": str(dispute.id), "entry": str(dispute.entry_id), "reason": dispute.reason}
    work.notices.post(_notice(dispute, Recipient.user(dispute.made_by), f"dispute.{dispute.status}", data))


def _notice(dispute: Dispute, to: Recipient, text: str, data: dict[str, str]) -> Notice:
    return Notice(kind=NotificationKind.POINTS, to=to, text=text, data=data, about=about(dispute.id))
