"""Sessions as their owners see and end them, and as time ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import ListSessions, NotAuthenticated, SessionLimits, UserShutOut
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import NoSuch, NotPermitted
from tests.unit.accounts.front_gate import NOBODY, FrontGate
from tests.unit.guild_house import GuildHouse

HOUR = timedelta(hours=1)


def test_people_see_their_own_sessions(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1, A-3: the one used last first, which of them asks, and nobody else's."""
    person = gate.stranger()
    first = gate.signs_in(person)
    guild.clock.advance(HOUR)
    second = gate.signs_in(person)
    gate.signs_in(gate.stranger("other"))
    rows = guild.use.list_sessions()(by=gate.self_of(first))
    assert [(row.id, row.current) for row in rows] == [(second.token.id, False), (first.token.id, True)]
    assert rows[0].device == "Firefox on Linux"
    assert rows[0].created_at == rows[0].last_seen_at == guild.clock.now()
    assert [row.id for row in guild.use.list_sessions()(owner=first.user.id, by=guild.operator)] == [
        second.token.id,
        first.token.id,
    ]


def test_the_sessions_of_others_are_nobodys_business(gate: FrontGate, guild: GuildHouse) -> None:
    """A-3: nobody sees or ends them, or learns that they are there; nor does a bot have any."""
    victim = gate.signs_in(gate.stranger())
    attacker = gate.self_of(gate.signs_in(gate.stranger("attacker")))
    for by in (attacker, guild.officer.by):
        with pytest.raises(NoSuch):
            guild.use.end_session()(victim.token.id, by=by)
        assert victim.token.id not in {row.id for row in guild.use.list_sessions()(owner=victim.user.id, by=by)}
        guild.use.end_sessions()(owner=victim.user.id, by=by)
    gate.caller(victim.token)
    for use in (guild.use.list_sessions(), guild.use.end_sessions()):
        with pytest.raises(NotPermitted):
            use(by=NOBODY)


def test_a_session_is_ended_by_its_owner(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: one, or all others; once."""
    person = gate.stranger()
    here, there, elsewhere = (gate.signs_in(person) for _ in range(3))
    me = gate.self_of(here)
    guild.use.end_session()(there.token.id, by=me)
    with pytest.raises(NotAuthenticated):
        gate.caller(there.token)
    with pytest.raises(NoSuch):
        guild.use.end_session()(there.token.id, by=me)
    assert guild.use.end_sessions()(by=me) == 1
    with pytest.raises(NotAuthenticated):
        gate.caller(elsewhere.token)
    gate.caller(here.token)
    assert guild.use.end_sessions()(owner=here.user.id, by=guild.operator) == 1
    with pytest.raises(NotAuthenticated):
        gate.caller(here.token)


def test_signing_out_needs_the_secret(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: what is no session (any more) is signed out already."""
    signed_in = gate.signs_in(gate.stranger())
    guild.use.sign_out()(f"{signed_in.token.id}.{'a' * 52}", by=NOBODY)
    gate.caller(signed_in.token)
    guild.use.sign_out()(str(signed_in.token), by=NOBODY)
    with pytest.raises(NotAuthenticated):
        gate.caller(signed_in.token)
    guild.use.sign_out()(str(signed_in.token), by=NOBODY)
    guild.use.sign_out()("nonsense", by=NOBODY)
    assert ("session_ended", str(signed_in.user.id), signed_in.user.id) in gate.told()


def test_a_session_that_idles_ends_and_one_that_is_used_goes_on(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: by idleness; what was seen is never put back."""
    limits = SessionLimits(idle=2 * HOUR, longest=timedelta(days=1))
    guild.use.session_limits.override(limits)
    used, idle = gate.signs_in(gate.stranger()), gate.signs_in(gate.stranger())
    guild.clock.advance(HOUR)
    seen_at = guild.clock.now()
    record = guild.use.record_session_uses()
    record({used.token.id: seen_at, "gone": seen_at}, by=job("test"))
    record({used.token.id: seen_at - HOUR}, by=job("test"))
    record({}, by=job("test"))
    guild.clock.advance(HOUR)
    gate.caller(used.token)
    with pytest.raises(NotAuthenticated):
        gate.caller(idle.token)
    listing = ListSessions(guild.memory.read, guild.clock, limits)
    assert listing(by=gate.self_of(idle)) == ()
    assert [row.last_seen_at for row in listing(by=gate.self_of(used))] == [seen_at]


def test_a_session_ends_however_it_is_used(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: 90 days unless set otherwise."""
    signed_in = gate.signs_in(gate.stranger())
    guild.clock.advance(timedelta(days=90, microseconds=-1))
    guild.use.record_session_uses()({signed_in.token.id: guild.clock.now()}, by=job("test"))
    gate.caller(signed_in.token)
    guild.clock.advance(timedelta(microseconds=1))
    with pytest.raises(NotAuthenticated):
        gate.caller(signed_in.token)


def test_what_is_over_is_forgotten(gate: FrontGate, guild: GuildHouse) -> None:
    """A-12: sessions, attempts and links, and nothing that still holds."""
    gate.signs_in(gate.stranger())
    gate.begins()
    guild.use.make_sign_in_link()(guild.officer.id, by=guild.operator)
    prune = guild.use.prune_sign_ins()
    assert prune(by=job("test")) == 0
    guild.clock.advance(timedelta(minutes=15))
    lasting = gate.signs_in(gate.stranger())
    assert prune(by=job("test")) == 2
    guild.clock.advance(timedelta(days=14, minutes=-15, microseconds=1))
    assert prune(by=job("test")) == 1
    gate.caller(lasting.token)


def test_whoever_is_shut_out_has_no_sessions_left(gate: FrontGate, guild: GuildHouse) -> None:
    """A-10: they do not come back with the user."""
    member = guild.joins()
    gate.signs_in(gate.account_of(member.id))
    guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    assert not guild.memory._committed.installation.sessions
    with pytest.raises(UserShutOut):
        gate.signs_in(gate.account_of(member.id))


def test_events_of_sessions_hold_ids_alone(gate: FrontGate, guild: GuildHouse) -> None:
    """A-12, O-11: nothing of the secret, and nothing of the device."""
    signed_in = gate.signs_in(gate.stranger())
    guild.use.end_session()(signed_in.token.id, by=gate.self_of(signed_in))
    told = [
        each.event
        for each in guild.memory._committed.of(0).events.values()  # type: ignore[arg-type]  # the installation
        if each.event.aggregate == "session"
    ]
    assert [event.event_name() for event in told] == ["session_began", "session_ended"]
    assert [event.aggregate_id for event in told] == [signed_in.token.id] * 2
    assert signed_in.token.secret not in repr(told)
    assert signed_in.session.digest not in repr(told)
    assert evolve(signed_in, next_path="/") != signed_in
