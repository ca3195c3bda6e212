"""What people agree to: with its dates, each of them kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.accounts import Consent, ConsentKind
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from tests.unit.guild_house import TONIGHT, GuildHouse

HOUR = timedelta(hours=1)


def test_consent_is_given_withdrawn_and_given_again_with_its_dates(guild: GuildHouse) -> None:
    """A-12: from when until when; doing it twice changes nothing."""
    member = guild.joins()
    give, withdraw = guild.use.give_consent(), guild.use.withdraw_consent()
    withdraw(ConsentKind.EMAIL, by=member.by)
    first = give(ConsentKind.EMAIL, by=member.by)
    guild.clock.advance(HOUR)
    assert give(ConsentKind.EMAIL, by=member.by) == first
    withdraw(ConsentKind.EMAIL, by=member.by)
    guild.clock.advance(HOUR)
    withdraw(ConsentKind.EMAIL, by=member.by)
    give(ConsentKind.EMAIL, by=member.by)
    found = guild.use.list_consents()(by=member.by)
    assert [(each.given_at - TONIGHT, each.withdrawn_at and each.withdrawn_at - TONIGHT) for each in found] == [
        (2 * HOUR, None),
        (0 * HOUR, HOUR),
    ]


def test_each_kind_is_agreed_to_by_itself(guild: GuildHouse) -> None:
    """A-12: and nobody agrees for another."""
    member, other = guild.joins(), guild.joins("Other")
    guild.use.give_consent()(ConsentKind.PRIVACY, by=member.by)
    assert [each.kind for each in guild.use.list_consents()(by=member.by)] == [ConsentKind.PRIVACY]
    assert guild.use.list_consents()(by=other.by) == ()


def test_consents_of_one_moment_stay_apart(guild: GuildHouse) -> None:
    """A-12, G-2: a clock may stand still, or go back, and nothing is written over."""
    member = guild.joins()
    for _ in range(2):
        guild.use.give_consent()(ConsentKind.EMAIL, by=member.by)
        guild.use.withdraw_consent()(ConsentKind.EMAIL, by=member.by)
    guild.clock.advance(-HOUR)
    guild.use.give_consent()(ConsentKind.EMAIL, by=member.by)
    last, *earlier = guild.use.list_consents()(by=member.by)
    assert last.is_in_force
    assert [each.is_in_force for each in earlier] == [False, False]
    assert all(each.withdrawn_at is not None and each.given_at <= each.withdrawn_at for each in earlier)
    assert last.given_at > earlier[0].given_at > earlier[1].given_at


def test_nobody_withdraws_before_they_gave(guild: GuildHouse) -> None:
    """G-2: hosts' clocks differ."""
    consent = Consent(user_id=guild.officer.id, kind=ConsentKind.EMAIL, given_at=TONIGHT)
    assert consent.withdraw(TONIGHT - HOUR).withdrawn_at == TONIGHT


def test_only_people_agree_to_something(guild: GuildHouse) -> None:
    """A-12, G-8: the operator is nobody in particular."""
    for act in (guild.use.give_consent(), guild.use.withdraw_consent()):
        with pytest.raises(NotPermitted):
            act(ConsentKind.EMAIL, by=guild.operator)
    with pytest.raises(NotPermitted):
        guild.use.list_consents()(by=guild.operator)
    with pytest.raises(InvalidValue) as refused:
        ConsentKind.named("everything")
    assert refused.value.accepted == "privacy, email"
