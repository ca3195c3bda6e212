"""Where a guild's channels are: set up by officers, kept as a secret, and warned of."""

from __future__ import annotations

import pytest
from dependency_injector import providers

from dkp_adapters.sealing import NoEncryptionKey, NoSealing
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.notices import MEMBERS_ONLY, Channel, ChannelNotSet
from tests.unit.guild_house import GuildHouse
from tests.unit.notices.post_office import URL, PostOffice


def test_a_channel_is_set_and_shown_without_its_address(office: PostOffice, guild: GuildHouse) -> None:
    """V-9, O-13: whether, since when, and by which webhook; nowhere its token."""
    office.set(Channel.RECRUITERS)
    rows = guild.use.show_channels()(by=guild.officer.by)
    assert [(row.channel, row.is_set, row.webhook_id) for row in rows] == [
        ("recruiters", True, "4711"),
        ("members", False, None),
        ("officers", False, None),
    ]
    assert rows[0].set_at == guild.clock.now()
    events = guild.use.show_audit_log()(AuditFilter(aggregate="channel"), page=PageRequest(), by=guild.officer.by)
    assert [(row.name, row.data) for row in events.results] == [
        ("channel_set", {"channel": "recruiters", "webhook_id": "4711"})
    ]
    kept = guild.memory.reading(guild.id)
    with kept as views:
        assert "secret-token" not in repr(views.channels()) + views.channels()[0].sealed
    assert "secret-token" not in repr(rows) + repr(events)


def test_whoever_sets_the_members_channel_is_warned(office: PostOffice, guild: GuildHouse) -> None:
    """V-9: nothing here can see whether applicants can read it."""
    change = guild.use.set_channel_webhook()
    assert change(Channel.MEMBERS, URL, by=guild.officer.by).warning == MEMBERS_ONLY
    assert change(Channel.RECRUITERS, URL, by=guild.officer.by).warning is None
    assert change(Channel.MEMBERS, None, by=guild.officer.by).warning is None
    assert "guests and applicants" in MEMBERS_ONLY


def test_a_channel_is_unset_again(office: PostOffice, guild: GuildHouse) -> None:
    """Twice is once."""
    office.set()
    office.set(url=None)
    office.set(url=None)
    assert not any(row.is_set for row in guild.use.show_channels()(by=guild.officer.by))
    events = guild.use.show_audit_log()(AuditFilter(aggregate="channel"), page=PageRequest(), by=guild.officer.by)
    assert [row.name for row in events.results] == ["channel_unset", "channel_set"]


def test_an_address_elsewhere_is_refused_and_changes_nothing(office: PostOffice, guild: GuildHouse) -> None:
    """O-13, G-8."""
    office.set()
    with pytest.raises(InvalidValue):
        office.set(url="https://evil.example/api/webhooks/1/t")
    assert guild.use.show_channels()(by=guild.officer.by)[1].webhook_id == "4711"


def test_without_a_key_no_secret_is_kept(office: PostOffice, guild: GuildHouse) -> None:
    """O-13: it is refused, and says what is missing; to unset it needs none."""
    guild.use.sealing.override(providers.Object(NoSealing()))
    guild.use.set_channel_webhook.reset()
    with pytest.raises(NoEncryptionKey):
        office.set()
    office.set(url=None)


def test_a_channel_that_is_not_set_is_not_tested(office: PostOffice, guild: GuildHouse) -> None:
    """G-8."""
    with pytest.raises(ChannelNotSet):
        guild.use.send_test_notice()(Channel.OFFICERS, by=guild.officer.by)
    assert office.listed() == ()


def test_channels_are_for_those_who_may_set_up_the_guild(office: PostOffice, guild: GuildHouse) -> None:
    """A-3."""
    member = guild.joins("Ada").by
    with pytest.raises(NotPermitted):
        guild.use.show_channels()(by=member)
    with pytest.raises(NotPermitted):
        guild.use.set_channel_webhook()(Channel.MEMBERS, URL, by=member)
    with pytest.raises(NotPermitted):
        guild.use.send_test_notice()(Channel.MEMBERS, by=member)


@pytest.mark.parametrize("name", ["", "Members", "general", "recruiters "])
def test_there_are_three_channels(name: str) -> None:
    """G-8: any other is refused by name."""
    with pytest.raises(InvalidValue) as refused:
        Channel.named(name)
    assert refused.value.accepted == "recruiters, members, officers"
