"""What every adapter of the audit log keeps to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.points import SealedHoldsSeen
from tests.integration.contracts.place import EVERYTHING, NIGHT, OPERATOR, Place
from tests.integration.contracts.suite import Contract

MINUTE = timedelta(minutes=1)


class AuditLogContract(Contract):
    """The port `AuditLog`."""

    @staticmethod
    def log(place: Place, wanted: AuditFilter = AuditFilter(), page: PageRequest = EVERYTHING) -> Page[AuditRow]:
        """The guild's events."""
        with place.views() as views:
            return views.events(wanted, page=page)

    @staticmethod
    def changed(place: Place, order: int, by: Actor | None = None) -> None:
        """The default rank gets another order; the clock goes on by a minute."""
        clock = place.installation.clock
        clock.set(clock.now() + MINUTE)
        with place.installation.begin(by or place.by) as work:
            work.ranks.save(work.ranks.get(place.rank_id).change(order=order))

    def test_events_are_told_the_latest_first(self, place: Place) -> None:
        """G-5: by time, and in the order in which they happened."""
        self.changed(place, 1)
        self.changed(place, 2)
        place.rank("Officer")
        rows = self.log(place).results
        assert [row.name for row in rows] == [
            "rank_created",
            "rank_changed",
            "rank_changed",
            "rank_created",
            "guild_founded",
        ]
        assert [row.at - NIGHT for row in rows] == [2 * MINUTE, 2 * MINUTE, MINUTE, 0 * MINUTE, 0 * MINUTE]
        ids = [row.id for row in rows]
        assert ids == sorted(ids, reverse=True)
        assert len(set(ids)) == len(ids)

    def test_an_event_tells_who_did_it_and_how(self, place: Place) -> None:
        """G-5: the actor, the entrypoint, the request, and the values before and after."""
        by = Actor(
            kind=ActorKind.API_KEY,
            id="c0ffee00-0000-4000-8000-000000000000",
            entrypoint="http POST /api/ranks/ Ünïcode",
            guild_id=place.guild_id,
            user_id=place.member(),
            permissions=frozenset(Permission),
            request_id="request 7",
        )
        self.changed(place, 1, by)
        row = self.log(place, AuditFilter(name="rank_changed")).results[0]
        assert (row.name, row.aggregate, row.aggregate_id) == ("rank_changed", "rank", str(place.rank_id))
        assert (row.actor_kind, row.actor_id, row.user_id) == ("api_key", by.id, by.user_id)
        assert (row.entrypoint, row.request_id, row.at) == (by.entrypoint, "request 7", NIGHT + MINUTE)
        assert row.data == {
            "rank_id": place.rank_id,
            "changes": [{"field": "order", "before": 10, "after": 1}],
        }

    def test_the_log_is_the_guild_s_own(self, place: Place, elsewhere: Place) -> None:
        """G-1: and the installation's is nobody's."""
        user_id = elsewhere.member(role_group=RoleGroup.OFFICER)
        with place.installation.begin_installation(OPERATOR) as work:
            work.users.save(work.users.get(user_id).prefer(locale="de"))
        wanted = AuditFilter(aggregate="user", aggregate_id=str(user_id))
        assert self.log(place, wanted).count == 0
        assert [row.name for row in self.log(elsewhere, wanted).results] == ["user_added"]
        with place.installation.read(OPERATOR) as views:
            assert [row.name for row in views.events(wanted, page=EVERYTHING).results] == ["user_changed"]
        assert {row.name for row in self.log(place).results} == {"guild_founded", "rank_created"}

    def test_events_are_filtered(self, place: Place) -> None:
        """G-5: by name, aggregate, actor and time; the start belongs to it, the end does not (G-2)."""
        bot = evolve(place.by, kind=ActorKind.BOT, id="bot")
        self.changed(place, 1)
        self.changed(place, 2, bot)
        self.changed(place, 3, evolve(bot, id="other"))
        expected = {
            AuditFilter(): 5,
            AuditFilter(name="rank_changed"): 3,
            AuditFilter(name="rank"): 0,
            AuditFilter(aggregate="rank"): 4,
            AuditFilter(aggregate="rank", aggregate_id="0"): 0,
            AuditFilter(aggregate="guild", aggregate_id=str(place.guild_id)): 1,
            AuditFilter(actor_kind="bot"): 2,
            AuditFilter(actor_kind="bot", actor_id="bot"): 1,
            AuditFilter(actor_kind="operator", actor_id="bot"): 0,
            AuditFilter(since=NIGHT + MINUTE): 3,
            AuditFilter(until=NIGHT + MINUTE): 2,
            AuditFilter(since=NIGHT + MINUTE, until=NIGHT + 3 * MINUTE): 2,
            AuditFilter(name="rank_changed", since=NIGHT + 2 * MINUTE, actor_id="other"): 1,
        }
        found = {wanted: self.log(place, wanted) for wanted in expected}
        assert {wanted: page.count for wanted, page in found.items()} == expected
        assert {wanted: len(page.results) for wanted, page in found.items()} == expected

    def test_pages_are_cut_and_everything_is_counted(self, place: Place) -> None:
        for order in range(3):
            self.changed(place, order)
        whole = self.log(place).results
        pages = [self.log(place, page=PageRequest(number, 2)) for number in (1, 2, 3, 4)]
        assert [page.results for page in pages] == [whole[:2], whole[2:4], whole[4:], ()]
        assert [page.count for page in pages] == [5, 5, 5, 5]

    def test_what_no_aggregate_carries_is_told_too(self, place: Place, elsewhere: Place) -> None:
        """G-5, G-1: in the order in which it is announced, in this guild alone."""
        users = [place.member("Ann"), place.member("Ben")]
        with place.work() as work:
            work.announce(*(SealedHoldsSeen(user_id=user_id) for user_id in users))
            work.announce()
        rows = self.log(place, AuditFilter(name="sealed_holds_seen")).results
        assert [(row.aggregate, row.aggregate_id) for row in rows] == [("user", str(each)) for each in users[::-1]]
        assert rows[0].data["user_id"] == users[1]
        assert self.log(elsewhere, AuditFilter(name="sealed_holds_seen")).count == 0

    def test_what_a_failed_block_announced_is_not_told(self, place: Place) -> None:
        """G-6."""

        def change_and_fail() -> None:
            with place.work() as work:
                work.ranks.save(work.ranks.get(place.rank_id).change(order=1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            change_and_fail()
        assert self.log(place, AuditFilter(name="rank_changed")).count == 0
