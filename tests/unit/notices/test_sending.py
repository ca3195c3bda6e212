"""Notices are sent where their recipients are, in their language, and not where they want to be left alone."""

from __future__ import annotations

import pytest
from dependency_injector import providers

from dkp_adapters.sealing import FernetSealing, make_key
from dkp_core.accounts import NotificationKind
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import NoticeId
from dkp_core.kernel.page import PageRequest
from dkp_core.notices import (
    Channel,
    DiscordChannel,
    DiscordUser,
    Later,
    Mailbox,
    Never,
    Notice,
    NoticeNotParked,
    Recipient,
    Sent,
    Unwanted,
)
from tests.unit.guild_house import GuildHouse
from tests.unit.notices.post_office import MEMBERS, URL, PostOffice

GONE = Never("Discord answered 404: Unknown Webhook (code 10015)", gone=True)


def test_a_channel_is_told_by_its_webhook(office: PostOffice) -> None:
    """V-9: in the guild's name."""
    office.set()
    office.post()
    assert office.send() == [Sent()]
    (letter,) = office.pigeons.letters
    assert letter.to == DiscordChannel("4711", URL)
    assert (letter.guild, letter.guild_id, letter.posted_at) == (
        *("Twelfth Hour", office.guild.id),
        office.guild.clock.now(),
    )
    assert letter.subject.told() == "Notices of Twelfth Hour arrive here"
    assert len(letter.nonce) <= 25
    assert letter.nonce == f"notice-{letter.notice_id}"
    assert URL not in repr(letter)


def test_a_channel_without_a_webhook_is_told_nothing(office: PostOffice) -> None:
    """V-9: nothing waits for a channel that nobody set up."""
    office.post()
    assert office.send() == [Unwanted("the channel has no webhook")]
    assert [row.status for row in office.listed()] == ["unsent"]


def test_a_webhook_that_is_gone_is_not_called_again(office: PostOffice) -> None:
    """U-8: until it is set anew; what was posted meanwhile is parked, and can be sent again."""
    office.set()
    office.pigeons.outcomes = [GONE]
    office.post()
    office.post()
    assert office.send() == [GONE]
    (dead,) = office.send()
    assert isinstance(dead, Never)
    assert "set anew" in dead.why
    assert len(office.pigeons.letters) == 1
    rows = office.listed()
    assert [row.status for row in rows] == ["parked", "parked"]
    channel = office.guild.use.show_channels()(by=office.guild.officer.by)[1]
    assert (channel.channel, channel.dead_at, channel.fault) == ("members", office.guild.clock.now(), GONE.why)
    office.set()
    for row in reversed(rows):
        office.guild.use.resend_notice()(row.id, by=office.guild.officer.by)
    assert [office.send(), office.send()] == [[Sent()], [Sent()]]
    assert [letter.notice_id for letter in office.pigeons.letters[1:]] == sorted(row.id for row in rows)


def test_a_webhook_that_was_set_anew_meanwhile_is_not_dead(office: PostOffice) -> None:
    """What was tried was the old one."""
    office.set()
    office.pigeons.outcomes, office.pigeons.meanwhile = [GONE], lambda: office.set(url=URL + "-2")
    office.post()
    assert office.send() == [GONE]
    assert office.guild.use.show_channels()(by=office.guild.officer.by)[1].dead_at is None


def test_what_fails_otherwise_leaves_the_webhook_alive(office: PostOffice) -> None:
    """U-8: a broken Discord is no reason to forget where the channel is."""
    office.set()
    office.pigeons.outcomes = [Never("Discord answered 400"), Later(None, "Discord does not answer")]
    office.post()
    office.post()
    assert [type(outcome) for _ in range(2) for outcome in office.send()] == [Never, Later]
    assert office.guild.use.show_channels()(by=office.guild.officer.by)[1].dead_at is None


def test_a_webhook_that_no_key_opens_is_tried_later(office: PostOffice) -> None:
    """O-13: the key may come back with the next start."""
    office.set()
    office.guild.use.sealing.override(providers.Object(FernetSealing.of([make_key()])))
    office.guild.use.send_notice.reset()
    office.post()
    (outcome,) = office.send()
    assert isinstance(outcome, Later)
    assert office.pigeons.letters == []


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_person_is_told_on_discord_and_in_their_list(office: PostOffice) -> None:
    """V-3: and by e-mail only with consent."""
    ada = office.guild.joins("Ada")
    office.changes(ada, email="ada@example.org", locale="de")
    office.post(Recipient.user(ada.id))
    assert [type(outcome) for outcome in office.send()] == [Sent, Unwanted]
    (letter,) = office.pigeons.letters
    assert isinstance(letter.to, DiscordUser)
    assert letter.language == "de"
    assert [row.subject for row in office.own(ada)] == ["Notices of Twelfth Hour arrive here"]
    assert len(office.listed()) == 1


def test_who_agreed_is_told_by_e_mail_too(office: PostOffice) -> None:
    """A-12, V-3."""
    ada = office.guild.joins("Ada")
    office.changes(ada, email="ada@example.org")
    office.agrees(ada)
    office.post(Recipient.user(ada.id))
    assert office.send() == [Sent(), Sent()]
    assert office.pigeons.letters[1].to == Mailbox("ada@example.org")


def test_what_a_person_does_not_want_to_hear_is_in_their_list_alone(office: PostOffice) -> None:
    """A-5: neither on Discord nor by e-mail; other kinds are."""
    ada = office.guild.joins("Ada")
    office.changes(ada, email="ada@example.org")
    office.agrees(ada)
    office.changes(ada, muted=frozenset({NotificationKind.VOTES}))
    office.post(Recipient.user(ada.id), NotificationKind.VOTES)
    assert [type(outcome) for outcome in office.send()] == [Unwanted, Unwanted]
    assert len(office.own(ada)) == 1
    office.post(Recipient.user(ada.id), NotificationKind.APPLICATIONS)
    assert office.send() == [Sent(), Sent()]
    assert len(office.own(ada)) == 2


def test_an_address_that_was_given_is_used_whatever_is_muted(office: PostOffice) -> None:
    """V-3: whoever gave it with an application wants to be told of it there."""
    office.post(Recipient.email("eve@example.org"))
    assert office.send() == [Sent()]
    assert office.pigeons.letters[0].to == Mailbox("eve@example.org")


def test_what_is_no_address_is_given_up(office: PostOffice) -> None:
    """O-13: however it got there."""
    office.post(Recipient.email("eve@example.org\nBcc: all@example.org"))
    assert office.send() == [Never("it is no e-mail address")]


def test_who_was_shut_out_is_told_nothing(office: PostOffice) -> None:
    """A-10, A-13: nor is who has no Discord account told there."""
    ada = office.guild.joins("Ada")
    office.changes(ada, email="ada@example.org")
    office.agrees(ada)
    office.post(Recipient.user(ada.id))
    office.changes(ada, deactivated_at=office.guild.clock.now())
    assert [type(outcome) for outcome in office.send()] == [Unwanted, Unwanted]
    bob = office.guild.joins("Bob")
    office.changes(bob, discord_id=None)
    office.post(Recipient.user(bob.id))
    assert [type(outcome) for outcome in office.send()] == [Unwanted, Unwanted]
    assert office.pigeons.letters == []


# --- what did not arrive ----------------------------------------------------------------------------------------------


def test_only_a_parked_notice_is_sent_again_or_dropped(office: PostOffice, guild: GuildHouse) -> None:
    """The others are on their way, or have arrived."""
    office.post()
    (row,) = office.listed()
    resend, drop = guild.use.resend_notice(), guild.use.drop_notice()
    neighbour = guild.neighbour()
    for act in (resend, drop):
        with pytest.raises(NoticeNotParked) as refused:
            act(row.id, by=guild.officer.by)
        assert refused.value.status == "waiting"
        with pytest.raises(NoSuch):
            act(NoticeId(0), by=guild.officer.by)
        with pytest.raises(NoSuch):
            act(row.id, by=neighbour.officer.by)


def test_who_may_not_set_up_the_guild_sends_nothing_again(office: PostOffice, guild: GuildHouse) -> None:
    """A-3."""
    member = guild.joins("Ada").by
    for act in (guild.use.resend_notice(), guild.use.drop_notice()):
        with pytest.raises(NotPermitted):
            act(NoticeId(0), by=member)
    notice = Notice(kind=NotificationKind.VOTES, to=MEMBERS, text="test")
    with pytest.raises(NotPermitted):
        guild.use.send_notice()(NoticeId(0), notice, posted_at=guild.clock.now(), by=member)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_bot_sees_nothing_of_what_people_were_told(office: PostOffice) -> None:
    """A-7: neither who they are, nor what it says; of channels it does."""
    ada = office.guild.joins("Ada")
    office.post(Recipient.user(ada.id), about=f"user:{ada.id}")
    office.post(MEMBERS)
    channel, *personal = office.listed(office.bot)
    assert (channel.recipient, channel.subject) == ("members", "Notices of Twelfth Hour arrive here")
    assert [(row.recipient, row.subject, row.body) for row in personal] == [(None, None, None)] * 2
    by_officers = office.listed()
    assert all(row.subject and row.recipient for row in by_officers)


def test_notices_are_for_those_who_may_read_them(office: PostOffice, guild: GuildHouse) -> None:
    """A-3: and one's own list for oneself, and the operator."""
    ada, bob = guild.joins("Ada"), guild.joins("Bob")
    with pytest.raises(NotPermitted):
        office.listed(ada.by)
    office.post(Recipient.user(ada.id))
    own = guild.use.list_own_notices()
    assert own(page=PageRequest(), user_id=ada.id, by=guild.operator).count == 1
    assert own(page=PageRequest(), by=bob.by).count == 0
    for stranger in (bob.by, guild.officer.by, office.bot):
        with pytest.raises(NotPermitted):
            own(page=PageRequest(), user_id=ada.id, by=stranger)
    with pytest.raises(NotPermitted):
        own(page=PageRequest(), by=office.bot)


def test_a_test_shows_whether_notices_arrive(office: PostOffice, guild: GuildHouse) -> None:
    """V-9."""
    office.set()
    guild.use.send_test_notice()(Channel.MEMBERS, by=guild.officer.by)
    assert office.send() == [Sent()]
    assert office.pigeons.letters[0].text == "test"
