"""Everything that is held on a person, handed out as one document (A-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.accounts.events import UserExported
from dkp_core.accounts.ports import AccountsInstallation, AccountsView
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import BeginInstallation, Clock, Read


@frozen(kw_only=True)
class PersonExport:
    """Everything held on a user at a moment: rows by what they are, each with the guild it is of, if of any.

    Amounts are text, moments are in UTC.
    """

    user_id: UserId
    at: datetime
    sections: Mapping[str, tuple[Mapping[str, object], ...]]


@frozen
class ExportPerson:
    """Everything held on you, in every guild: profile, keys and sessions without their secrets, consents, characters,
    points, raids, bids, awards, applications, comments, votes, notices, uploads and deeds.

    The operator may export anybody, which is noted; what running auctions keep secret is then left out.
    """

    begin: BeginInstallation[AccountsInstallation]
    read: Read[AccountsView]
    clock: Clock

    def __call__(self, user_id: UserId | None = None, *, by: Actor) -> PersonExport:
        whose = by.user_id if user_id is None else user_id
        if whose is None:
            raise NotPermitted("a user's own key or session")
        own = whose == by.user_id and not by.is_operator
        if not own and not by.is_operator:
            raise NotPermitted("operator")
        with self.read(evolve(by, guild_id=None)) as views:
            held = views.held_on(whose, own=own)
        if not own:
            with self.begin(by) as work:
                work.announce(UserExported(user_id=whose))
        return PersonExport(user_id=whose, at=self.clock.now(), sections=held)
