"""What every adapter of the notices context keeps to: notices, their queue, channels, and how they are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve, frozen

from dkp_adapters.waiting import DueNotice, Lag, NoticePatience, Retrying
from dkp_core.accounts import Consent, ConsentGiven, ConsentKind, NotificationKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import NoticeId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.notices import (
    Channel,
    ChannelSet,
    ChannelUnset,
    ChannelWebhook,
    KeptNotice,
    Later,
    Never,
    Notice,
    NoticeDropped,
    NoticeFilter,
    NoticeResent,
    NoticeStatus,
    Reader,
    Recipient,
    RecipientKind,
    Sent,
    Unwanted,
)
from dkp_entrypoints.worker.store import NoticeQueue
from tests.integration.contracts.installation import Installation, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

PATIENCE: Final = NoticePatience(retrying=Retrying(first_seconds=5, seconds_max=60), unheard_max=3)
MEMBERS: Final = Recipient.channel(Channel.MEMBERS)
OFFICERS: Final = Recipient.channel(Channel.OFFICERS)
DAY: Final = timedelta(days=1)


def notice(to: Recipient = MEMBERS, about: str = "", **data: str) -> Notice:
    """Something to tell."""
    return Notice(kind=NotificationKind.APPLICATIONS, to=to, text="test", data=data, about=about)


@frozen
class Desk:
    """The notices of a guild, and a queue of them from which nobody else's come."""

    place: Place
    queue: NoticeQueue

    @classmethod
    def at(cls, place: Place) -> Desk:
        """An empty one: what other tests left in the same store is told, also what would have to wait."""
        desk, clock = cls(place, place.installation.notice_queue(PATIENCE)), place.installation.clock
        clock.set(NIGHT + 400 * DAY)
        while left := desk.queue.claim(500):
            for each in left:
                desk.queue.settle(each, Sent())
        clock.set(NIGHT)
        return desk

    def post(self, *notices: Notice) -> None:
        """Post these."""
        with self.place.work() as work:
            work.notices.post(*notices)

    def claim(self, limit: int = 100, seconds: float = 60) -> list[DueNotice]:
        """What may be sent now."""
        return sorted(self.queue.claim(limit, seconds), key=lambda due: due.id)

    def told(self) -> list[str]:
        """What may be sent now, by its number; it is sent."""
        claimed = self.claim()
        for due in claimed:
            assert self.queue.settle(due, Sent())
        return [due.notice.data["n"] for due in claimed]

    def later(self, by: timedelta) -> None:
        """Let time go by."""
        self.place.installation.clock.advance(by)

    def kept(self, wanted: NoticeFilter = NoticeFilter()) -> tuple[KeptNotice, ...]:
        """The guild's notices, the latest first."""
        with self.place.views() as views:
            return views.notices(wanted, page=EVERYTHING).results

    def statuses(self) -> list[str]:
        """Where each of them stands, the latest first."""
        return [each.status for each in self.kept()]

    @property
    def only(self) -> KeptNotice:
        """The one notice there is."""
        (kept,) = self.kept()
        return kept


class NoticesContract(Contract):
    """The ports `Notices`, `Channels` and `NoticesView`, and the queue of notices."""

    @pytest.fixture
    def desk(self, place: Place) -> Desk:
        """The notices of the test's own guild."""
        return Desk.at(place)

    # --- posting ------------------------------------------------------------------------------------------------------

    def test_a_posted_notice_comes_out_as_it_went_in(self, desk: Desk) -> None:
        """G-6, G-9: every value, whatever alphabet it is in; at its time, waiting."""
        told = Notice(
            kind=NotificationKind.VOTES,
            to=Recipient.email("zoë@exämple.org"),
            text="test",
            data={"name": "Élan 🐉 ночь", "comment": "a\nb"},
            about="application:5",
        )
        desk.later(timedelta(microseconds=7))
        desk.post(told)
        (due,) = desk.claim()
        assert (due.notice, due.guild_id, due.attempts) == (told, desk.place.guild_id, 1)
        assert due.posted_at == due.waiting_since == NIGHT + timedelta(microseconds=7)
        kept = desk.only
        assert (kept.id, kept.kind, kept.to, kept.text, kept.data, kept.about) == (
            *(due.id, told.kind, told.to, told.text, told.data, told.about),
        )
        assert (kept.posted_at, kept.status, kept.fault, kept.settled_at) == (due.posted_at, "waiting", None, None)

    def test_nothing_is_told_of_what_did_not_happen(self, desk: Desk) -> None:
        """G-6: a notice commits with the change that it tells of, or not at all."""

        def post_and_fail() -> None:
            with desk.place.work() as work:
                work.notices.post(notice())
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            post_and_fail()
        assert desk.claim() == []
        assert desk.kept() == ()

    def test_what_is_told_to_a_person_goes_to_their_mailbox_too(self, desk: Desk) -> None:
        """V-3."""
        user_id = desk.place.user()
        desk.post(notice(Recipient.user(user_id)))
        assert [due.notice.to for due in desk.claim()] == [Recipient.user(user_id), Recipient.mailbox(user_id)]

    # --- order --------------------------------------------------------------------------------------------------------

    def test_each_recipient_is_told_in_the_order_of_posting(self, desk: Desk, elsewhere: Place) -> None:
        """V-3, V-9: one at a time to each, and nobody waits for somebody else's."""
        desk.post(notice(n="1"), notice(n="2"), notice(OFFICERS, n="3"))
        desk.post(notice(n="4"), notice(OFFICERS, n="5"))
        Desk(elsewhere, desk.queue).post(notice(n="6"))
        assert [desk.told() for _ in range(4)] == [["1", "3", "6"], ["2", "5"], ["4"], []]

    def test_what_is_being_sent_keeps_the_next_back(self, desk: Desk) -> None:
        """Also while nobody knows what became of it."""
        desk.post(notice(n="1"), notice(n="2"))
        (first,) = desk.claim()
        assert desk.claim() == []
        desk.queue.settle(first, Later(None, "no answer"))
        assert desk.claim() == []
        desk.later(timedelta(seconds=5))
        assert desk.told() == ["1"]
        assert desk.told() == ["2"]

    @pytest.mark.parametrize("outcome", [Never("unknown"), Unwanted("nobody listens")])
    def test_what_is_given_up_lets_the_next_pass(self, desk: Desk, outcome: Never | Unwanted) -> None:
        """Parked, or not wanted."""
        desk.post(notice(n="1"), notice(n="2"))
        (first,) = desk.claim()
        desk.queue.settle(first, outcome)
        assert desk.told() == ["2"]

    # --- claims -------------------------------------------------------------------------------------------------------

    def test_what_one_worker_claimed_no_other_gets_until_the_claim_runs_out(self, desk: Desk) -> None:
        """G-6: then it is sent again, and the first has nothing to say any more."""
        desk.post(notice())
        (first,) = desk.claim(seconds=60)
        desk.later(timedelta(seconds=59, microseconds=999_999))
        assert desk.claim() == []
        desk.later(timedelta(microseconds=1))
        (again,) = desk.claim()
        assert (again.id, again.attempts) == (first.id, 2)
        assert not desk.queue.settle(first, Never("too late"))
        assert desk.queue.settle(again, Sent())
        assert not desk.queue.settle(again, Sent())
        assert (desk.only.status, desk.only.fault, desk.only.attempts) == ("sent", None, 2)

    def test_of_workers_who_claim_at_once_one_gets_each(self, desk: Desk) -> None:
        """G-6: no two send the same."""
        desk.post(*(notice(Recipient.email(f"a{n}@example.org")) for n in range(8)))
        found: list[NoticeId] = []

        def claim() -> None:
            found.extend(due.id for due in desk.queue.claim(8))

        faults = all_at_once(*[claim] * 3)
        while left := desk.claim():  # who lost the race left them due
            found += [due.id for due in left]
        assert [str(fault) for fault in faults if fault and type(fault).__name__ != "Stale"] == []
        assert len(found) == len(set(found)) == 8

    def test_no_more_are_claimed_than_asked_for(self, desk: Desk) -> None:
        """Those that were due first."""
        desk.post(*(notice(Recipient.email(f"a{n}@example.org"), n=str(n)) for n in range(5)))
        assert [due.notice.data["n"] for due in desk.claim(2)] == ["0", "1"]
        assert [due.notice.data["n"] for due in desk.claim(2)] == ["2", "3"]

    def test_one_that_ends_every_worker_is_parked(self, desk: Desk) -> None:
        """It is not tried for ever, and keeps nothing else back."""
        desk.post(notice(n="1"), notice(n="2"))
        for _ in range(PATIENCE.unheard_max):
            assert len(desk.claim()) == 1
            desk.later(timedelta(minutes=1))
        assert desk.told() == ["2"]
        parked = desk.kept()[1]
        assert (parked.status, parked.fault) == ("parked", "the worker ended while at it")

    def test_those_that_are_parked_end_no_round(self, desk: Desk) -> None:
        """Who asks for one gets the next that is due, for whomever it is."""
        desk.post(notice(n="1"), notice(OFFICERS, n="2"))
        for _ in range(PATIENCE.unheard_max):
            assert len(desk.claim()) == 2
            desk.later(timedelta(minutes=1))
        desk.post(notice(Recipient.email("a@example.org"), n="3"), notice(n="4"))
        assert [due.notice.data["n"] for due in desk.claim(1)] == ["3"]
        assert [due.notice.data["n"] for due in desk.claim(1)] == ["4"]
        assert desk.claim(1) == []
        assert sorted(desk.statuses()) == ["parked", "parked", "waiting", "waiting"]

    # --- trying again -------------------------------------------------------------------------------------------------

    def test_what_fails_is_tried_again_after_growing_pauses(self, desk: Desk) -> None:
        """G-6."""
        desk.post(notice())
        for pause in (5, 10, 20, 40, 60, 60):
            (due,) = desk.claim()
            assert desk.queue.settle(due, Later(None, "no answer"))
            assert desk.only.try_at == desk.place.installation.clock.now() + timedelta(seconds=pause)
            desk.later(timedelta(seconds=pause, microseconds=-1))
            assert desk.claim() == []
            desk.later(timedelta(microseconds=1))
        assert (desk.only.status, desk.only.fault, desk.only.attempts) == ("waiting", "no answer", 6)

    def test_who_asks_to_wait_is_waited_for(self, desk: Desk) -> None:
        """U-8: exactly so long, but for at least a second."""
        desk.post(notice())
        for asked, pause in ((90.5, 90.5), (0, 1)):
            (due,) = desk.claim()
            desk.queue.settle(due, Later(asked, "too many"))
            desk.later(timedelta(seconds=pause, microseconds=-1))
            assert desk.claim() == []
            desk.later(timedelta(microseconds=1))
        assert len(desk.claim()) == 1

    def test_what_only_comes_later_is_not_parked_for_a_week(self, desk: Desk) -> None:
        """G-6: if Discord is down for a day, nothing is lost."""
        desk.post(notice())
        desk.later(7 * DAY - timedelta(microseconds=1))
        (due,) = desk.claim()
        desk.queue.settle(due, Later(None, "no answer"))
        assert desk.statuses() == ["waiting"]
        desk.later(timedelta(minutes=1))
        (due,) = desk.claim()
        desk.queue.settle(due, Later(None, "still no answer"))
        assert (desk.only.status, desk.only.fault) == ("parked", "still no answer")
        assert desk.only.settled_at == desk.place.installation.clock.now()

    # --- what is kept -------------------------------------------------------------------------------------------------

    def test_what_was_mailed_keeps_neither_address_nor_data(self, desk: Desk) -> None:
        """A-12: it was told; only what a channel and a person were told is kept."""
        user_id = desk.place.user()
        desk.post(notice(Recipient.email("ada@example.org"), n="1"), notice(n="2"))
        desk.post(notice(Recipient.user(user_id), "x:1", n="3"))
        desk.told()
        kept = {each.to.kind: (each.to.key, each.data) for each in desk.kept()}
        assert kept == {
            RecipientKind.EMAIL: ("", {}),
            RecipientKind.CHANNEL: ("members", {"n": "2"}),
            RecipientKind.USER: (str(user_id), {"n": "3"}),
            RecipientKind.MAILBOX: (str(user_id), {}),
        }

    def test_what_is_not_wanted_stays_in_the_persons_list(self, desk: Desk) -> None:
        """A-5: with the reason; nothing is left of what their mailbox did not get."""
        user_id = desk.place.user()
        desk.post(notice(Recipient.user(user_id)))
        for due in desk.claim():
            desk.queue.settle(due, Unwanted("muted"))
        assert (desk.only.to, desk.only.status, desk.only.fault) == (Recipient.user(user_id), "unsent", "muted")
        with desk.place.views() as views:
            assert views.own_notices(user_id, page=EVERYTHING).count == 1

    def test_what_was_told_long_ago_is_forgotten(self, desk: Desk) -> None:
        """O-9: what waits, or was given up on until somebody looks, is not."""
        desk.post(notice(n="1"), notice(n="2"), notice(n="3"), notice(n="4"))
        for outcome in (Sent(), Unwanted("nobody listens"), Never("gone")):
            (due,) = desk.claim()
            desk.queue.settle(due, outcome)
        desk.later(90 * DAY)
        assert desk.queue.prune(90) == 0
        desk.later(timedelta(microseconds=1))
        assert desk.queue.prune(90) >= 2
        assert desk.statuses() == ["waiting", "parked"]

    def test_the_lag_tells_what_waits_and_since_when(self, desk: Desk) -> None:
        """O-11: those that are tried again, too."""
        before = desk.queue.lag()
        assert (before.due, before.oldest_seconds) == (0, 0)
        desk.post(notice(n="1"), notice(n="2"))
        desk.later(timedelta(seconds=10))
        desk.post(notice(OFFICERS, n="3"))
        (_, third) = desk.claim()
        desk.queue.settle(third, Never("gone"))
        desk.later(timedelta(seconds=5))
        assert desk.queue.lag() == Lag(due=2, oldest_seconds=15.0, parked=before.parked + 1)

    # --- forgetting ---------------------------------------------------------------------------------------------------

    def test_what_is_about_something_is_forgotten_with_it(self, desk: Desk, elsewhere: Place) -> None:
        """A-12: sent or not; in this guild."""
        others = Desk(elsewhere, desk.queue)
        desk.post(notice(about="application:5", n="1"), notice(about="application:50", n="2"))
        others.post(notice(about="application:5", n="3"))
        desk.told()
        desk.post(notice(about="application:5", n="4"))
        with desk.place.work() as work:
            work.notices.forget("application:5")
        assert [each.data["n"] for each in desk.kept()] == ["2"]
        assert len(others.kept()) == 1
        assert desk.told() == ["2"]

    def test_a_person_who_is_forgotten_is_told_nothing_any_more(self, desk: Desk, elsewhere: Place) -> None:
        """A-12: neither what is about them nor what was for them is kept; what is for others is."""
        user_id, other_id = desk.place.user(), desk.place.user()
        about = f"user:{user_id}"
        desk.post(notice(about=about, n="1"), notice(Recipient.user(user_id), n="2"))
        desk.post(notice(Recipient.user(other_id), n="3"))
        Desk(elsewhere, desk.queue).post(notice(Recipient.user(user_id), n="4"))
        with desk.place.work() as work:
            work.notices.forget(about)
        assert {each.to.user_id for each in desk.kept()} == {other_id}
        assert len(Desk(elsewhere, desk.queue).kept()) == 2

    def test_what_was_forgotten_while_it_was_sent_stays_forgotten(self, desk: Desk) -> None:
        """A-12."""
        desk.post(notice(about="application:5"))
        (due,) = desk.claim()
        with desk.place.work() as work:
            work.notices.forget("application:5")
        assert not desk.queue.settle(due, Sent())
        assert desk.kept() == ()

    # --- sending again ------------------------------------------------------------------------------------------------

    def parked(self, desk: Desk) -> KeptNotice:
        """A notice that was given up on."""
        desk.post(notice(n="1"))
        (due,) = desk.claim()
        desk.queue.settle(due, Never("gone"))
        return desk.kept()[0]

    def test_a_parked_notice_is_sent_again_in_its_old_place(self, desk: Desk) -> None:
        """G-6: as if it were new, with all patience."""
        parked = self.parked(desk)
        desk.later(30 * DAY)
        desk.post(notice(n="2"))
        with desk.place.work() as work:
            assert work.notices.status(parked.id) is NoticeStatus.PARKED
            work.notices.resend(parked.id, NoticeResent(notice_id=parked.id))
        assert desk.place.told("notice", parked.id) == ["notice_resent"]
        (due,) = desk.claim()
        assert (due.id, due.attempts, due.posted_at) == (parked.id, 1, NIGHT)
        desk.queue.settle(due, Later(None, "no answer"))
        assert desk.kept()[1].status == "waiting"
        desk.later(timedelta(seconds=5))
        assert [desk.told(), desk.told()] == [["1"], ["2"]]

    def test_a_dropped_notice_is_not_sent(self, desk: Desk) -> None:
        """It is kept as unsent, with why it was given up on."""
        parked = self.parked(desk)
        with desk.place.work() as work:
            work.notices.drop(parked.id, NoticeDropped(notice_id=parked.id))
        assert desk.claim() == []
        assert (desk.only.status, desk.only.fault) == ("unsent", "gone")
        assert desk.place.told("notice", parked.id) == ["notice_dropped"]

    def test_another_guilds_notice_is_none_of_ours(self, desk: Desk, elsewhere: Place) -> None:
        """G-1."""
        parked = self.parked(desk)
        for unknown in (parked.id, NoticeId(0)):
            with pytest.raises(NoSuch), elsewhere.work() as work:
                work.notices.status(unknown)
        assert Desk(elsewhere, desk.queue).kept() == ()

    # --- lists --------------------------------------------------------------------------------------------------------

    def test_notices_are_listed_the_latest_first_by_what_is_wanted(self, desk: Desk) -> None:
        """In pages."""
        self.parked(desk)
        user_id = desk.place.user()
        desk.post(notice(Recipient.user(user_id), n="2"), notice(OFFICERS, n="3"))
        listed = [each.data["n"] for each in desk.kept()]
        assert listed == ["3", "2", "2", "1"]
        found = desk.kept(NoticeFilter(status=NoticeStatus.PARKED))
        assert [each.data["n"] for each in found] == ["1"]
        found = desk.kept(NoticeFilter(recipient_kind=RecipientKind.CHANNEL))
        assert [each.data["n"] for each in found] == ["3", "1"]
        found = desk.kept(NoticeFilter(recipient_kind=RecipientKind.CHANNEL, recipient="officers"))
        assert [each.data["n"] for each in found] == ["3"]
        with desk.place.views() as views:
            page = views.notices(NoticeFilter(), page=PageRequest(2, 3))
            assert ([each.data["n"] for each in page.results], page.count) == (["1"], 4)
            assert views.notices(NoticeFilter(), page=PageRequest(3, 3)).results == ()

    def test_a_person_finds_what_any_guild_told_them(self, desk: Desk, elsewhere: Place) -> None:
        """A-5: the latest first, sent or not; the guild is named, mailed copies are left out."""
        user_id, other_id = desk.place.user(), desk.place.user()
        desk.post(notice(Recipient.user(user_id), n="1"))
        Desk(elsewhere, desk.queue).post(notice(Recipient.user(user_id), n="2"))
        desk.post(notice(Recipient.user(other_id), n="3"))
        for due in desk.claim():
            desk.queue.settle(due, Never("gone") if due.id % 2 else Sent())
        with desk.place.views() as views:
            own = views.own_notices(user_id, page=EVERYTHING)
            assert views.own_notices(user_id, page=PageRequest(2, 1)).results == own.results[1:]
        assert own.count == 2
        assert [(each.data["n"], each.guild_id) for each in own.results] == [
            ("2", elsewhere.guild_id),
            ("1", desk.place.guild_id),
        ]
        (first, _) = own.results
        assert (first.guild_slug, first.text, first.kind) == (f"guild-{elsewhere.guild_id}", "test", "applications")
        assert first.posted_at == NIGHT

    # --- who reads ----------------------------------------------------------------------------------------------------

    def reader(self, place: Place, user_id: UserId) -> Reader | None:
        """What there is to know of a person who is to be told something."""
        with place.views() as views:
            return views.reader(user_id)

    def test_a_reader_is_known_by_what_they_prefer(self, place: Place) -> None:
        """A-5, A-12: e-mail only with consent in force."""
        user_id = place.user()
        with place.work() as work:
            user = work.users.get(user_id).prefer(locale="de-AT", muted=("votes", "points"))
            work.users.save(evolve(user, email="ada@example.org"))
        reader = self.reader(place, user_id)
        assert reader == Reader(
            user_id=user_id,
            discord_id=str(800_000_000_000_000_000 + user_id),
            email="ada@example.org",
            locale="de-AT",
            muted=frozenset({NotificationKind.VOTES, NotificationKind.POINTS}),
            may_be_mailed=False,
            is_known=True,
        )

    def test_consent_to_e_mail_counts_while_it_is_in_force(self, place: Place) -> None:
        """A-12."""
        user_id, other_id = place.user(), place.user()

        def may_be_mailed() -> bool:
            reader = self.reader(place, user_id)
            assert reader is not None
            return reader.may_be_mailed

        for kind, who in ((ConsentKind.PRIVACY, user_id), (ConsentKind.EMAIL, other_id)):
            consent = Consent(user_id=who, kind=kind, given_at=NIGHT)
            with place.work() as work:
                work.consents.put(consent, ConsentGiven(user_id=who, kind=kind))
        assert not may_be_mailed()
        consent = Consent(user_id=user_id, kind=ConsentKind.EMAIL, given_at=NIGHT)
        event = ConsentGiven(user_id=user_id, kind=ConsentKind.EMAIL)
        with place.work() as work:
            work.consents.put(consent, event)
        assert may_be_mailed()
        with place.work() as work:
            work.consents.put(consent.withdraw(NIGHT + DAY), event)
        assert not may_be_mailed()

    def test_who_was_shut_out_is_not_known_and_nobody_is_nobody(self, place: Place) -> None:
        """A-10."""
        user_id = place.user(linked=False)
        with place.work() as work:
            work.users.save(work.users.get(user_id).deactivate(NIGHT))
        reader = self.reader(place, user_id)
        assert reader is not None
        assert (reader.is_known, reader.discord_id, reader.email) == (False, None, None)
        assert self.reader(place, UserId(0)) is None

    # --- channels -----------------------------------------------------------------------------------------------------

    def webhook(self, channel: Channel = Channel.MEMBERS) -> ChannelWebhook:
        """Where a channel is."""
        return ChannelWebhook(channel=channel, webhook_id="4711", sealed="gAAA…", set_at=NIGHT)

    def set(self, place: Place, webhook: ChannelWebhook) -> None:
        """Keep it."""
        with place.work() as work:
            work.channels.put(webhook, ChannelSet(channel=webhook.channel, webhook_id=webhook.webhook_id))

    def test_a_channel_is_where_it_was_set_last(self, place: Place, elsewhere: Place) -> None:
        """V-9: with what became of it; another guild's is another."""
        self.set(place, self.webhook())
        dead = evolve(self.webhook(), webhook_id="1", sealed="x" * 2000).died(NIGHT + DAY, "unknown webhook")
        self.set(place, dead)
        with place.work() as work:
            assert work.channels.find(Channel.MEMBERS) == dead
            assert work.channels.find(Channel.OFFICERS) is None
        with place.views() as views:
            assert views.channel(Channel.MEMBERS) == dead
            assert views.channel(Channel.OFFICERS) is None
        with elsewhere.views() as views:
            assert views.channel(Channel.MEMBERS) is None
            assert views.channels() == ()
        assert place.told("channel", "members") == ["channel_set", "channel_set"]

    def test_channels_are_listed_by_name(self, place: Place) -> None:
        for channel in (Channel.RECRUITERS, Channel.MEMBERS):
            self.set(place, self.webhook(channel))
        with place.views() as views:
            assert [each.channel for each in views.channels()] == ["members", "recruiters"]

    def test_a_channel_that_is_unset_is_nowhere(self, place: Place, elsewhere: Place) -> None:
        """V-9."""
        self.set(place, self.webhook())
        self.set(elsewhere, self.webhook())
        with place.work() as work:
            work.channels.remove(Channel.MEMBERS, ChannelUnset(channel="members", webhook_id="4711"))
        with place.views() as views:
            assert views.channels() == ()
        with elsewhere.views() as views:
            assert len(views.channels()) == 1
        assert place.told("channel", "members") == ["channel_set", "channel_unset"]

    def test_guilds_do_not_see_each_others_notices(self, installation: Installation, desk: Desk) -> None:
        """G-1: in lists."""
        desk.post(notice())
        other = Place.found(installation)
        with other.views() as views:
            assert views.notices(NoticeFilter(), page=EVERYTHING).count == 0
