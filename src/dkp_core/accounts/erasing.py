"""Erasing a person: what tells who it was goes, what the guilds went by stays under a pseudonym (A-12)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.accounts.consent import ConsentKind
from dkp_core.accounts.events import ConsentWithdrawn, MemberErased
from dkp_core.accounts.granting import must_leave_an_officer
from dkp_core.accounts.holding_sessions import end_every_session
from dkp_core.accounts.ports import AccountsInstallation, AccountsWork
from dkp_core.accounts.session import Ending
from dkp_core.accounts.user import User
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import BeginInstallation, Clock

_OF_A_PERSON: Final = frozenset({"global_name", "discord_id", "avatar_url", "email", "claimant", "leader"})


@frozen
class EraseUser:
    """Erase a person for good: yourself, confirmed with your username, or anybody by the operator.

    Discord account, names, e-mail, sessions and keys go at once; applications, comments and what was said in chat
    follow. Points, raids and loot stay, under a pseudonym. A guild's last officer has to name another first.
    """

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock

    def __call__(self, user_id: UserId, *, confirm: str = "", by: Actor) -> User:
        if by.user_id != user_id and not by.is_operator:
            raise NotPermitted("operator")
        at = self.clock.now()
        with self.begin(by) as work:
            user = work.users.get(user_id)
            if not by.is_operator and confirm != user.username:
                raise InvalidValue("confirm", "it is not your username", "your username, as your profile shows it")
            return user if user.erased_at is not None else _erase(work, user, at)


def _erase(work: AccountsInstallation, user: User, at: datetime) -> User:
    """Erase somebody, and those in each guild who turned out to be them. Raises: LastOfficer."""
    for guild_id in work.users.guilds_of(user.id):
        here = work.enter(guild_id)
        for merged in here.memberships.merged_into(user.id):
            other = work.users.get(merged)
            if other.is_unlinked:
                _erase(work, other, at)
        _leave(here, user.id, at)
    _shut_out(work, user, at)
    erased = user.erase(at)
    work.users.save(erased)
    return erased


def _leave(here: AccountsWork, user_id: UserId, at: datetime) -> None:
    """End the membership in one guild, and have the guild forget what tells of the person. Raises: LastOfficer."""
    must_leave_an_officer(here, user_id)
    if here.memberships.find(user_id) is not None:
        here.memberships.save(here.memberships.get(user_id).erase(at))
    here.announce(MemberErased(guild_id=here.guild_id, user_id=user_id))


def _shut_out(work: AccountsInstallation, user: User, at: datetime) -> None:
    """End every way in, and what was agreed to; forget what is kept beside the user."""
    callers = {f"{ActorKind.USER}:{user.id}"}
    for key in work.api_keys.of_owner(user.id):
        callers.add(f"{ActorKind.API_KEY}:{key.id}")
        work.api_keys.save(key.erase(at))
    end_every_session(work, user.id, Ending.ERASED)
    work.discord_tokens.doom(user.id)
    for kind in ConsentKind:
        last = work.consents.last(user.id, kind)
        if last is not None and last.is_in_force:
            work.consents.put(last.withdraw(at), ConsentWithdrawn(user_id=user.id, kind=kind))
    known_by = (user.username, user.global_name, user.discord_id, user.avatar_url, user.email)
    words = frozenset(word for word in known_by if word)
    work.kept_answers.forget(callers)
    # Others may have been answered the same word of something else: a username can be an amount.
    work.kept_answers.blank(words, lambda field, text: text in words and _tells_of_a_person(field))


def _tells_of_a_person(field: str) -> bool:
    """Whether a field of an answer says who somebody is."""
    return field in _OF_A_PERSON or field.endswith("username")
