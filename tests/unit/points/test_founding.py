"""Founding a guild."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NameTaken, NotPermitted
from dkp_core.kernel.page import PageRequest
from tests.unit.guild_house import GuildHouse


def test_a_founded_guild_has_an_officer_ranks_and_a_default_pool(guild: GuildHouse) -> None:
    """A-11: the operator makes a guild and its first officer."""
    members = guild.use.list_memberships()(page=PageRequest(), by=guild.operator).results
    assert [(row.user_id, row.role_group) for row in members] == [(guild.officer.id, RoleGroup.OFFICER)]
    ranks = guild.use.list_ranks()(by=guild.operator)
    assert [row.name for row in ranks if row.is_default] == ["Member"]
    assert [row.order for row in ranks] == list(range(len(ranks)))
    pools = guild.use.list_pools()(by=guild.operator)
    assert [(row.name, row.is_default) for row in pools] == [("DKP", True)]


def test_nobody_but_the_operator_founds_a_guild(guild: GuildHouse) -> None:
    """A-11: over HTTP only where a setting allows."""
    with pytest.raises(NotPermitted):
        guild.use.found_guild()(name="Coup", officer_discord_id="77", by=guild.officer.by)
    with pytest.raises(NotPermitted):
        guild.use.found_guild()(name="Coup", by=guild.officer.by)


def test_where_users_may_found_the_maker_is_the_first_officer(guild: GuildHouse) -> None:
    """A-11: its maker being the first officer."""
    member = guild.joins("Maker")
    found = evolve(guild.use.found_guild(), users_may_found=True)
    founded = found(name="Fresh Start", by=evolve(member.by, guild_id=None, permissions=frozenset()))
    assert founded.officer.id == member.id
    assert founded.guild.slug == "fresh-start"
    with pytest.raises(InvalidValue):
        found(name="Puppet", officer_discord_id="99", by=member.by)


def test_the_operator_names_an_officer(guild: GuildHouse) -> None:
    """A-11: a guild has a first officer from the start."""
    with pytest.raises(InvalidValue):
        guild.use.found_guild()(name="Headless", by=guild.operator)


def test_two_guilds_never_share_a_slug(guild: GuildHouse) -> None:
    """G-1: the slug tells guilds apart; nothing is left of the second attempt."""
    with pytest.raises(NameTaken):
        guild.use.found_guild()(name="Twelfth Hour", officer_discord_id="4242", by=guild.operator)
    assert len(guild.use.list_guilds()(by=guild.operator)) == 1
    founded = guild.use.found_guild()(name="Twelfth Hour", slug="second", officer_discord_id="4242", by=guild.operator)
    assert founded.guild.slug == "second"


def test_an_officer_of_two_guilds_is_one_user(guild: GuildHouse) -> None:
    """A-1: a user is identified by Discord id."""
    one = guild.use.found_guild()(name="One", officer_discord_id="4242", by=guild.operator)
    two = guild.use.found_guild()(name="Two", officer_discord_id="4242", by=guild.operator)
    assert one.officer.id == two.officer.id


@pytest.mark.parametrize("slug", ["Upper", "double--hyphen", "-edge", "12", "x" * 49, "ünder"])
def test_a_slug_is_plain(guild: GuildHouse, slug: str) -> None:
    """G-8: what is accepted is said."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.found_guild()(name="Plain", slug=slug, officer_discord_id="4242", by=guild.operator)
    assert refused.value.field == "slug"
