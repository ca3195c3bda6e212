"""The revision of a guild's roster, which tells polled lists that they are out of date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from attrs import evolve, frozen
from sqlalchemy import select

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables.guilds import guilds
from dkp_core.accounts import Membership, RoleGroup
from dkp_core.kernel.ids import CharacterId, RankId, UserId
from dkp_core.raids import Presence, RaidsWork
from tests.integration.contracts.accounts import key_of
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import NIGHT, OPERATOR, Place

_REVISIONS: Final = Statement(select(guilds.c.id, guilds.c.roster_revision))


@pytest.fixture
def installation(database: SqlDatabase) -> Installation:
    """The database as the contract suites see it."""
    return sql_installation(database, SettableClock(NIGHT))


@frozen
class Roster:
    """A guild with somebody in it."""

    database: SqlDatabase
    place: Place
    user_id: UserId
    rank_id: RankId
    character_id: CharacterId

    @property
    def revision(self) -> int:
        """The revision of the roster."""
        with self.database.reading() as views:
            return int(dict(views.session.all(_REVISIONS))[self.place.guild_id])


@pytest.fixture
def roster(database: SqlDatabase, installation: Installation) -> Roster:
    """A guild with one member, their main, and a rank that nobody holds."""
    place = Place.found(installation)
    user_id = place.member()
    return Roster(database, place, user_id, place.rank("Recruit"), place.character("Elan", owner=user_id, is_main=True))


def _change_guild(roster: Roster, work: RaidsWork) -> None:
    work.guilds.save(work.guilds.get(roster.place.guild_id).change(settings={"trials_are_active": True}))


def _change_membership(roster: Roster, work: RaidsWork) -> None:
    work.memberships.save(work.memberships.get(roster.user_id).end(NIGHT, reason=""))


def _change_rank(roster: Roster, work: RaidsWork) -> None:
    work.ranks.save(work.ranks.get(roster.rank_id).change(is_hidden=True))


def _remove_rank(roster: Roster, work: RaidsWork) -> None:
    work.ranks.remove(work.ranks.get(roster.rank_id))


def _change_character(roster: Roster, work: RaidsWork) -> None:
    work.characters.save(work.characters.get(roster.character_id).change(level=1))


def _remove_character(roster: Roster, work: RaidsWork) -> None:
    work.characters.remove(work.characters.get(roster.character_id))


def _rename_user(roster: Roster, work: RaidsWork) -> None:
    work.users.save(work.users.get(roster.user_id).rename("another", None))


def _everything(roster: Roster, work: RaidsWork) -> None:
    _change_membership(roster, work)
    _change_rank(roster, work)
    _change_character(roster, work)
    _change_guild(roster, work)


@pytest.mark.parametrize(
    "change",
    [
        _change_guild,
        _change_membership,
        _change_rank,
        _remove_rank,
        _change_character,
        _remove_character,
        _rename_user,
        _everything,
    ],
)
def test_a_transaction_that_changes_the_roster_revises_it_once(
    roster: Roster, change: Callable[[Roster, RaidsWork], None]
) -> None:
    before = roster.revision
    with roster.place.work() as work:
        change(roster, work)
    assert roster.revision == before + 1


def test_a_transaction_that_is_forgotten_revises_nothing(roster: Roster) -> None:
    before = roster.revision

    def change_and_fail() -> None:
        with roster.place.work() as work:
            _everything(roster, work)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert roster.revision == before
    with roster.place.work() as work:
        _change_rank(roster, work)
    assert roster.revision == before + 1


def test_each_unit_of_work_of_a_scope_revises_it(roster: Roster) -> None:
    """What the first wrote may have been read by now."""
    before = roster.revision
    with roster.database.scope():
        with roster.place.work() as work:
            _change_rank(roster, work)
        with roster.place.work() as work:
            _change_character(roster, work)
    assert roster.revision == before + 2


def test_what_the_roster_does_not_show_leaves_it_as_it_is(roster: Roster) -> None:
    before = roster.revision
    with roster.place.work() as work:
        work.api_keys.save(key_of(roster.place))
        work.memberships.officers()
        work.characters.add_alias(roster.character_id, "Nale")
    roster.place.raid(present={roster.user_id: Presence.PRESENT})
    assert roster.revision == before


def test_another_guild_s_roster_is_another_s(roster: Roster, installation: Installation) -> None:
    """G-1."""
    before = roster.revision
    Place.found(installation).member()
    assert roster.revision == before


def test_a_user_is_renamed_in_all_their_guilds(roster: Roster, installation: Installation) -> None:
    """G-1: users belong to no guild, so neither does their name."""
    member, owner, stranger = (Place.found(installation) for _ in range(3))
    with member.work() as work:
        work.memberships.save(Membership.begin(member.guild_id, roster.user_id, RoleGroup.GUEST, NIGHT))
    owner.character("Elan", owner=roster.user_id, is_main=True)
    shown = [roster, *(evolve(roster, place=place) for place in (member, owner, stranger))]
    before = [each.revision for each in shown]
    with installation.begin_installation(OPERATOR) as work:
        work.users.save(work.users.get(roster.user_id).rename("another", None))
    assert [each.revision - then for each, then in zip(shown, before, strict=True)] == [1, 1, 1, 0]
