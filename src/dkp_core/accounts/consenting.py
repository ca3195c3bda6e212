"""Giving consent, withdrawing it, and looking what was agreed to when (A-12)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts.consent import Consent, ConsentKind
from dkp_core.accounts.events import ConsentGiven, ConsentWithdrawn
from dkp_core.accounts.ports import AccountsInstallation, AccountsView
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import BeginInstallation, Clock, Read


@frozen
class GiveConsent:
    """Agree to something from now on: the privacy notice, or being written e-mails. The date is kept."""

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock

    def __call__(self, kind: ConsentKind, *, by: Actor) -> Consent:
        user_id = _oneself(by)
        with self.begin(by) as work:
            work.users.get(user_id).must_not_be_erased()
            last = work.consents.last(user_id, kind)
            consent = Consent.give(user_id, kind, last=last, at=self.clock.now())
            if consent != last:
                work.consents.put(consent, ConsentGiven(user_id=user_id, kind=kind))
        return consent


@frozen
class WithdrawConsent:
    """Agree to something no longer; nothing changes where you did not. What you agreed to before stays written down."""

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock

    def __call__(self, kind: ConsentKind, *, by: Actor) -> None:
        user_id = _oneself(by)
        with self.begin(by) as work:
            work.users.get(user_id)
            last = work.consents.last(user_id, kind)
            if last is not None and last.is_in_force:
                withdrawn = last.withdraw(self.clock.now())
                work.consents.put(withdrawn, ConsentWithdrawn(user_id=user_id, kind=kind))


@frozen
class ListConsents:
    """What you agreed to, and until when: every consent, the latest first."""

    read: Read[AccountsView]

    def __call__(self, *, by: Actor) -> tuple[Consent, ...]:
        user_id = _oneself(by)
        with self.read(by) as views:
            return views.consents(user_id)


def _oneself(by: Actor) -> UserId:
    if by.user_id is None:
        raise NotPermitted("a user's own key or session")
    return by.user_id
