"""Asking Discord again, and giving back what it let us have, as use cases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_adapters.discord.absent import NoDiscordSignIn
from dkp_adapters.sealing import FernetSealing, NoEncryptionKey, NoSealing, make_key
from dkp_core.accounts import (
    DiscordIdentity,
    DiscordIsBeingAsked,
    DiscordUnavailable,
    NotSignedInWithDiscord,
    SignedIn,
    UserTokens,
)
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import NotPermitted, Unsealable
from dkp_core.kernel.ids import UserId
from tests.unit.accounts.front_gate import NOBODY, FrontGate
from tests.unit.guild_house import GuildHouse

WEEK = timedelta(days=7)


def username(guild: GuildHouse, user_id: UserId) -> str:
    """What a user is called here."""
    return guild.use.show_profile()(by=evolve(NOBODY, user_id=user_id)).username


def tokens(gate: FrontGate, signed_in: SignedIn) -> UserTokens:
    """What Discord let us have of somebody."""
    found = gate.tokens_of(signed_in.user.id)
    assert found is not None
    return found


def doom(guild: GuildHouse, user_id: UserId) -> None:
    """What Discord let us have of them is to go."""
    with guild.memory.begin(guild.operator) as work:
        work.discord_tokens.doom(user_id)


# --- asking again -----------------------------------------------------------------------------------------------------


def test_a_profile_is_refreshed_with_the_token_at_hand(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: while it holds, no other is asked for."""
    signed_in = gate.signs_in(gate.stranger("old"))
    before = tokens(gate, signed_in)
    gate.discord.rename(signed_in.user.discord_id or "", "new")
    guild.use.refresh_profile()(by=gate.self_of(signed_in))
    assert username(guild, signed_in.user.id) == "new"
    assert tokens(gate, signed_in).sealed_access == before.sealed_access
    assert tokens(gate, signed_in).asking_until is None


@pytest.mark.parametrize("known_here", [True, False], ids=["by our clock", "by Discord's word"])
def test_a_token_that_has_run_out_is_exchanged_first(known_here: bool, gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: refreshed when needed; the new pair is kept, sealed."""
    signed_in = gate.signs_in(gate.stranger("old"))
    gate.discord.rename(signed_in.user.discord_id or "", "new")
    gate.discord.expire()
    if known_here:
        guild.clock.advance(WEEK - timedelta(minutes=1))
    guild.use.refresh_profile()(by=gate.self_of(signed_in))
    assert username(guild, signed_in.user.id) == "new"
    kept = tokens(gate, signed_in)
    assert kept.expires_at == guild.clock.now() + WEEK
    assert gate.discord.identity(guild.use.sealing().open(kept.sealed_access)) is not None
    assert "access-" not in repr(kept) + kept.sealed_access


def test_a_person_who_took_it_back_has_to_sign_in_again(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: what is good for nothing is forgotten."""
    person = gate.stranger()
    signed_in = gate.signs_in(person)
    gate.discord.forget()
    for _ in range(2):
        with pytest.raises(NotSignedInWithDiscord):
            guild.use.refresh_profile()(by=gate.self_of(signed_in))
        assert gate.tokens_of(signed_in.user.id) is None
    gate.signs_in(person)
    guild.use.refresh_profile()(by=gate.self_of(signed_in))


def test_a_discord_that_is_down_takes_nothing_away(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: nobody waits for the tokens afterwards."""
    signed_in = gate.signs_in(gate.stranger())
    gate.discord.down = True
    with pytest.raises(DiscordUnavailable):
        guild.use.refresh_profile()(by=gate.self_of(signed_in))
    gate.discord.down = False
    guild.use.refresh_profile()(by=gate.self_of(signed_in))


def test_two_at_once_do_not_lose_the_tokens(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: a refresh token is good once, so one asks at a time; who died meanwhile does not hold them for ever."""
    signed_in = gate.signs_in(gate.stranger())
    me = gate.self_of(signed_in)
    refused: list[Exception] = []
    gate.discord.expire()
    exchange = gate.discord.refresh

    def exchanged_while_another_asks(token: str) -> object:
        with pytest.raises(DiscordIsBeingAsked) as busy:
            guild.use.refresh_profile()(by=me)
        refused.append(busy.value)
        return exchange(token)

    gate.discord.refresh = exchanged_while_another_asks  # type: ignore[assignment]  # somebody else, meanwhile
    guild.use.refresh_profile()(by=me)
    assert len(refused) == 1
    gate.discord.refresh = exchange  # type: ignore[method-assign]  # as it was
    with guild.memory.begin_installation(guild.operator) as work:
        kept = work.discord_tokens.find(signed_in.user.id)
        assert kept is not None
        work.discord_tokens.save(kept.lent(guild.clock.now()))
    with pytest.raises(DiscordIsBeingAsked):
        guild.use.refresh_profile()(by=me)
    guild.clock.advance(timedelta(minutes=2))
    guild.use.refresh_profile()(by=me)


def test_who_signs_in_while_discord_is_asked_keeps_what_they_brought(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: what the answer to the old tokens comes to is no reason to forget the new ones."""
    person = gate.stranger()
    signed_in = gate.signs_in(person)
    gate.discord.forget()

    def signs_in_meanwhile(_: str) -> None:
        gate.signs_in(person)

    gate.discord.refresh = signs_in_meanwhile  # type: ignore[method-assign, assignment]  # meanwhile
    with pytest.raises(NotSignedInWithDiscord):
        guild.use.refresh_profile()(by=gate.self_of(signed_in))
    assert gate.tokens_of(signed_in.user.id) is not None


def test_only_oneself_and_the_operator_may_ask(gate: FrontGate, guild: GuildHouse) -> None:
    """A-3: and only of who has signed in."""
    signed_in = gate.signs_in(gate.stranger("old"))
    gate.discord.rename(signed_in.user.discord_id or "", "new")
    guild.use.refresh_profile()(owner=signed_in.user.id, by=guild.operator)
    assert username(guild, signed_in.user.id) == "new"
    with pytest.raises(NotPermitted):
        guild.use.refresh_profile()(by=NOBODY)
    with pytest.raises(NotSignedInWithDiscord):
        guild.use.refresh_profile()(owner=signed_in.user.id, by=guild.officer.by)
    with pytest.raises(NotSignedInWithDiscord):
        guild.use.refresh_profile()(by=guild.officer.by)


def test_what_discord_says_of_somebody_else_changes_nobody(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: the account is another person's by now."""
    signed_in = gate.signs_in(gate.stranger("old"))
    gate.discord.people[signed_in.user.discord_id or ""] = DiscordIdentity.of("999", "stranger")
    guild.use.refresh_profile()(by=gate.self_of(signed_in))
    assert username(guild, signed_in.user.id) == "old"


# --- giving back ------------------------------------------------------------------------------------------------------


def test_what_is_doomed_is_given_back_and_forgotten(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: once the transaction that decided it has committed; then Discord knows nothing of it any more."""
    signed_in = gate.signs_in(gate.stranger())
    access = guild.use.sealing().open(tokens(gate, signed_in).sealed_access)
    guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is not None
    doom(guild, signed_in.user.id)
    doom(guild, signed_in.user.id)
    doom(guild, guild.officer.id)
    deliveries = guild.memory._committed.installation.deliveries.values()
    (waiting,) = [each for each in deliveries if each.reaction == "revoke_discord_tokens"]
    assert waiting.recorded.guild_id == 0
    with pytest.raises(NotSignedInWithDiscord):
        guild.use.refresh_profile()(by=gate.self_of(signed_in))
    for _ in range(2):
        guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is None
    assert gate.discord.identity(access) is None
    assert len(gate.discord.revoked) == 1


def test_giving_back_is_tried_until_it_is_done(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: nothing is forgotten before."""
    signed_in = gate.signs_in(gate.stranger())
    doom(guild, signed_in.user.id)
    gate.discord.down = True
    with pytest.raises(DiscordUnavailable):
        guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is not None
    gate.discord.down = False
    guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is None


def test_tokens_that_are_being_exchanged_are_given_back_later(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: their successors would be left behind; and those are doomed as well."""
    signed_in = gate.signs_in(gate.stranger())
    gate.discord.expire()
    exchange = gate.discord.refresh

    def exchanged_while_doomed(token: str) -> object:
        doom(guild, signed_in.user.id)
        with pytest.raises(DiscordIsBeingAsked):
            guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
        return exchange(token)

    gate.discord.refresh = exchanged_while_doomed  # type: ignore[assignment]  # meanwhile
    guild.use.refresh_profile()(by=gate.self_of(signed_in))
    gate.discord.refresh = exchange  # type: ignore[method-assign]  # as it was
    access = guild.use.sealing().open(tokens(gate, signed_in).sealed_access)
    guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.discord.identity(access) is None


def test_who_signs_in_again_keeps_what_they_brought(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: whatever was to become of what they had before."""
    person = gate.stranger()
    signed_in = gate.signs_in(person)
    doom(guild, signed_in.user.id)
    gate.signs_in(person)
    guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.discord.revoked == []
    guild.use.refresh_profile()(by=gate.self_of(signed_in))


# --- keys that change -------------------------------------------------------------------------------------------------


def _with_keys(gate: FrontGate, *keys: str) -> None:
    gate.guild.use.sealing.override(FernetSealing.of(keys))
    for each in (gate.guild.use.refresh_profile, gate.guild.use.reseal_secrets, gate.guild.use.revoke_discord_tokens):
        each.reset()


def test_keys_change_without_losing_anything(gate: FrontGate, guild: GuildHouse) -> None:
    """O-13: a new key before the old one, everything sealed anew, then the old one can go."""
    signed_in = gate.signs_in(gate.stranger())
    me, old, new = gate.self_of(signed_in), gate.keys[0], make_key()
    _with_keys(gate, new, old)
    guild.use.refresh_profile()(by=me)
    assert guild.use.reseal_secrets()(by=guild.operator) == 2
    _with_keys(gate, new)
    guild.use.refresh_profile()(by=me)
    with pytest.raises(Unsealable):
        FernetSealing.of([old]).open(tokens(gate, signed_in).sealed_access)


def test_a_key_that_is_gone_leaves_everything_as_it_was(gate: FrontGate, guild: GuildHouse) -> None:
    """O-13: sealing anew is all or nothing; what can't be opened is as good as not there."""
    signed_in = gate.signs_in(gate.stranger())
    before = tokens(gate, signed_in)
    _with_keys(gate, make_key())
    with pytest.raises(Unsealable):
        guild.use.reseal_secrets()(by=guild.operator)
    assert tokens(gate, signed_in) == before
    doom(guild, signed_in.user.id)
    guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is None


@pytest.mark.parametrize("taken_out", ["encryption_keys", "discord_client_id"])
def test_what_nothing_is_set_up_for_any_more_is_forgotten_all_the_same(
    taken_out: str, gate: FrontGate, guild: GuildHouse
) -> None:
    """A-12: nobody's tokens stay for good, whatever is set no longer; it tells that Discord has them still."""
    signed_in = gate.signs_in(gate.stranger())
    doom(guild, signed_in.user.id)
    if taken_out == "encryption_keys":
        guild.use.sealing.override(NoSealing())
    else:
        guild.use.discord.override(NoDiscordSignIn())
    guild.use.revoke_discord_tokens.reset()
    assert not guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))
    assert gate.tokens_of(signed_in.user.id) is None
    assert guild.use.revoke_discord_tokens()(signed_in.user.id, by=job("test"))


def test_only_the_operator_seals_anew(guild: GuildHouse) -> None:
    """O-13."""
    for by in (guild.officer.by, NOBODY):
        with pytest.raises(NotPermitted):
            guild.use.reseal_secrets()(by=by)


def test_without_a_key_nothing_secret_is_kept() -> None:
    """O-13: it says what to set; sealed text is never the same twice, and tampering shows."""
    with pytest.raises(NoEncryptionKey) as refused:
        NoSealing().seal("secret")
    assert "encryption_keys" in str(refused.value)
    with pytest.raises(NoEncryptionKey):
        NoSealing().open("sealed")
    sealing = FernetSealing.of([make_key()])
    assert sealing.seal("secret") != sealing.seal("secret")
    assert sealing.open(sealing.seal("ß\U0001f984")) == "ß\U0001f984"
    with pytest.raises(Unsealable):
        sealing.open(sealing.seal("secret")[:-4] + "AAA=")
    with pytest.raises(Unsealable):
        sealing.open("nonsense ü")
    assert "Fernet(" not in repr(sealing)
