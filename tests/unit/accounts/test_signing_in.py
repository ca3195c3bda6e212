"""Signing in, as use cases: with Discord and with one-time links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_adapters.sealing import FernetSealing, make_key
from dkp_core.accounts import (
    DiscordIdentity,
    DiscordRefused,
    DiscordUnavailable,
    MembershipDeactivated,
    MembershipStatus,
    NotAuthenticated,
    RoleGroup,
    SessionToken,
    SignInDenied,
    SignInLinkNotValid,
    SignInNotValid,
    UserShutOut,
    challenge_of,
)
from dkp_core.kernel.actor import ActorKind, job
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.permission import Permission
from tests.unit.accounts.front_gate import BACK, NOBODY, FrontGate
from tests.unit.guild_house import GuildHouse

VERIFIER = "v" * 43


# --- with Discord -----------------------------------------------------------------------------------------------------


def test_a_stranger_becomes_a_user_with_a_key_and_a_guest(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1, A-2, A-6: all that Discord tells is kept; the key works, and the session too, with a guest's rights."""
    person = gate.stranger("alma", global_name="Alma", email="alma@example.org", discriminator="0042")
    signed_in = gate.comes_back(gate.begins("/g/twelfth-hour/"), person)
    user = signed_in.user
    assert (user.discord_id, user.username, user.global_name) == (person.discord_id, "alma", "Alma")
    assert (user.email, user.discriminator, user.signed_in_at) == ("alma@example.org", "0042", guild.clock.now())
    assert signed_in.next_path == "/g/twelfth-hour/"
    caller = gate.caller(signed_in.token)
    assert (caller.kind, caller.user_id, caller.session_id) == (ActorKind.USER, user.id, signed_in.token.id)
    assert caller.permissions == {Permission.APPLICATIONS_OWN, Permission.CLAIMS_OWN}
    assert signed_in.first_key is not None
    by_key = guild.use.authenticate()(signed_in.first_key.token, entrypoint="http")
    assert (by_key.user_id, by_key.permissions) == (user.id, caller.permissions)


def test_what_happens_at_a_sign_in_bears_the_persons_own_name(gate: FrontGate) -> None:
    """G-5, A-12: not an anonymous one; and the log holds ids alone."""
    signed_in = gate.signs_in(gate.stranger("alma", email="alma@example.org"))
    mine = str(signed_in.user.id)
    told = [(name, by) for name, by, user_id in gate.told() if user_id == signed_in.user.id]
    assert {name for name, _ in told} >= {"user_added", "first_signed_in", "key_issued", "session_began"}
    assert {by for _, by in told} == {mine}


def test_the_first_key_is_issued_once_and_to_the_person_alone(gate: FrontGate, guild: GuildHouse) -> None:
    """A-6: not when an officer names them, nor at a later sign-in."""
    member = guild.joins("Somebody")
    assert guild.use.list_own_keys()(by=member.by) == ()
    first = gate.signs_in(gate.account_of(member.id))
    assert first.user.id == member.id
    assert first.first_key is not None
    assert gate.signs_in(gate.account_of(member.id)).first_key is None
    assert [row.name for row in guild.use.list_own_keys()(by=member.by)] == ["First key"]


def test_a_user_is_shown_as_discord_has_them_now(gate: FrontGate) -> None:
    """A-1: refreshed at each sign-in; what is no longer granted is no longer kept."""
    person = gate.stranger("old", global_name="Old", email="old@example.org", avatar_url="https://cdn.example/old.png")
    user_id = gate.signs_in(person).user.id
    renamed = DiscordIdentity.of(person.discord_id, "new")
    user = gate.signs_in(renamed).user
    assert (user.id, user.username, user.global_name, user.email, user.avatar_url) == (user_id, "new", None, None, None)


def test_each_sign_in_makes_a_new_session_and_ends_the_one_that_was_brought(gate: FrontGate) -> None:
    """A-1: nothing that somebody else may have planted or seen goes on."""
    person = gate.stranger()
    first = gate.signs_in(person)
    second = gate.signs_in(person, brought=first.token)
    assert second.token.id != first.token.id
    assert second.token.secret != first.token.secret
    gate.caller(second.token)
    with pytest.raises(NotAuthenticated):
        gate.caller(first.token)


def test_a_session_is_ended_by_who_knows_its_secret_only(gate: FrontGate) -> None:
    """A-1: its id is no secret, so it ends nothing."""
    victim = gate.signs_in(gate.stranger("victim"))
    gate.signs_in(gate.stranger("attacker"), brought=SessionToken(victim.token.id, "a" * 52))
    gate.caller(victim.token)


def test_sessions_that_were_not_brought_go_on(gate: FrontGate) -> None:
    """A-1: one on the phone, one at home."""
    person = gate.stranger()
    first, second = gate.signs_in(person), gate.signs_in(person)
    assert gate.caller(first.token).user_id == gate.caller(second.token).user_id


def test_nobody_gathers_sessions_without_end(gate: FrontGate, guild: GuildHouse) -> None:
    """O-13: of more than fifty, those go that were used longest ago, and only the user's own."""
    person, other = gate.stranger(), gate.signs_in(gate.stranger("other"))
    tokens = []
    for _ in range(50):
        guild.clock.advance(timedelta(minutes=1))
        tokens.append(gate.signs_in(person).token)
    guild.use.record_session_uses()({tokens[0].id: guild.clock.now()}, by=job("test"))
    for token in (*tokens, other.token):
        gate.caller(token)
    guild.clock.advance(timedelta(minutes=1))
    tokens.append(gate.signs_in(person).token)
    with pytest.raises(NotAuthenticated):
        gate.caller(tokens.pop(1))
    for token in (*tokens, other.token):
        gate.caller(token)


def test_an_answer_is_taken_once(gate: FrontGate) -> None:
    """A-1: a replayed state is refused, whatever code comes with it."""
    begun, person = gate.begins(), gate.stranger()
    gate.comes_back(begun, person)
    with pytest.raises(SignInNotValid):
        gate.comes_back(begun, person)


@pytest.mark.parametrize("browser", [None, "a" * 52])
def test_an_answer_belongs_to_the_browser_that_asked(browser: str | None, gate: FrontGate) -> None:
    """A-1, O-13: without its cookie, or with another's, it comes to nothing, and is used up."""
    begun, person = gate.begins(), gate.stranger()
    with pytest.raises(SignInNotValid):
        gate.comes_back(begun, person, browser=browser)
    with pytest.raises(SignInNotValid):
        gate.comes_back(begun, person)
    other = gate.begins()
    with pytest.raises(SignInNotValid):
        gate.comes_back(gate.begins(), person, browser=other.browser)


def test_an_answer_to_what_nobody_asked_is_refused(gate: FrontGate) -> None:
    """A-1: a foreign state."""
    begun = gate.begins()
    with pytest.raises(SignInNotValid):
        gate.finishes("s" * 52, "code-0", begun.browser)


def test_an_attempt_is_good_for_ten_minutes(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: [begun, begun + 10 min)."""
    in_time, too_late = gate.begins(), gate.begins()
    guild.clock.advance(timedelta(minutes=10, microseconds=-1))
    gate.comes_back(in_time, gate.stranger())
    guild.clock.advance(timedelta(microseconds=1))
    with pytest.raises(SignInNotValid):
        gate.comes_back(too_late, gate.stranger())


def test_who_said_no_is_told_so_and_nothing_is_kept(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: access_denied; the attempt is used up."""
    begun = gate.begins()
    state, code = gate.discord.allow_at(begun.url, gate.stranger())
    with pytest.raises(SignInDenied):
        gate.finishes(state, None, begun.browser)
    with pytest.raises(SignInNotValid):
        gate.finishes(state, code, begun.browser)
    assert not guild.memory._committed.installation.sessions


def test_a_code_is_good_once_and_for_one_attempt(gate: FrontGate) -> None:
    """A-1: a code used twice, or one that was meant for another attempt (PKCE)."""
    begun, other, person = gate.begins(), gate.begins(), gate.stranger()
    state, code = gate.discord.allow_at(begun.url, person)
    other_state, _ = gate.discord.allow_at(other.url, person)
    with pytest.raises(DiscordRefused):
        gate.finishes(other_state, code, other.browser)
    with pytest.raises(DiscordRefused):
        gate.finishes(state, code, begun.browser)


@pytest.mark.parametrize("code", ["", "c" * 513, "c\n", "ü"])
def test_what_can_be_no_code_is_not_sent_to_discord(code: str, gate: FrontGate) -> None:
    """G-8: the field is named."""
    begun = gate.begins()
    state, _ = gate.discord.allow_at(begun.url, gate.stranger())
    with pytest.raises(InvalidValue) as refused:
        gate.finishes(state, code, begun.browser)
    assert refused.value.field == "code"


def test_nobody_comes_in_while_discord_is_down(gate: FrontGate, guild: GuildHouse) -> None:
    """G-8: it says when to try again, and nothing is half done."""
    begun, person = gate.begins(), gate.stranger()
    state, code = gate.discord.allow_at(begun.url, person)
    gate.discord.down = True
    with pytest.raises(DiscordUnavailable):
        gate.finishes(state, code, begun.browser)
    assert len(guild.memory._committed.installation.users) == 1
    assert not guild.memory._committed.installation.sessions


def test_whom_the_operator_shut_out_does_not_come_in(gate: FrontGate, guild: GuildHouse) -> None:
    """A-10: no sign-in, and the sessions that they had are ended at once."""
    member = guild.joins()
    person = gate.account_of(member.id)
    signed_in = gate.signs_in(person)
    guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    with pytest.raises(NotAuthenticated):
        gate.caller(signed_in.token)
    with pytest.raises(UserShutOut):
        gate.signs_in(person)
    guild.use.set_user_active()(member.id, active=True, by=guild.operator)
    with pytest.raises(NotAuthenticated):
        gate.caller(signed_in.token)
    gate.signs_in(person)


def test_a_session_has_its_users_rights_of_the_moment(gate: FrontGate, guild: GuildHouse) -> None:
    """A-2, A-10: as a key; a deactivated membership leaves nothing, in this guild alone."""
    member = guild.joins()
    token = gate.signs_in(gate.account_of(member.id)).token
    assert gate.caller(token).permissions == member.by.permissions
    guild.use.change_membership()(member.id, role_group=RoleGroup.OFFICER, by=guild.officer.by)
    assert gate.caller(token).may(Permission.POINTS_WRITE)
    guild.use.change_membership()(member.id, status=MembershipStatus.DEACTIVATED, by=guild.officer.by)
    with pytest.raises(MembershipDeactivated):
        gate.caller(token)
    neighbour = guild.neighbour()
    assert gate.caller(token, "next-door").guild_id == neighbour.id
    with pytest.raises(NoSuch):
        gate.caller(token, "nowhere")
    as_person = guild.use.authenticate_session()(str(token), anywhere=True, entrypoint="http")
    assert (as_person.guild_id, as_person.permissions) == (None, frozenset())


def test_an_unknown_session_and_a_wrong_secret_are_alike(gate: FrontGate) -> None:
    """A-8: a guesser learns nothing."""
    token = gate.signs_in(gate.stranger()).token
    for guess in (SessionToken(token.id, "a" * 52), SessionToken("0" * 8 + token.id[8:], token.secret)):
        with pytest.raises(NotAuthenticated):
            gate.caller(guess)
    with pytest.raises(NotAuthenticated):
        gate.guild.use.authenticate_session()("nonsense", entrypoint="http")


def test_an_account_that_became_somebody_elses_meanwhile_is_looked_up_again(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1: two first sign-ins at once make one user."""
    person = gate.stranger()
    sign_in = guild.use.sign_in_with_discord()
    begun = gate.begins()
    state, code = gate.discord.allow_at(begun.url, person)
    hasty = _HastyIds(gate, person)
    late = evolve(sign_in, ids=hasty)
    signed_in = late(state=state, code=code, browser=begun.browser, device="", brought=None, by=NOBODY)
    assert hasty.first is not None
    assert signed_in.user.id == hasty.first
    assert signed_in.first_key is None
    users = guild.memory._committed.installation.users.values()
    assert [user.discord_id for user in users].count(person.discord_id) == 1


class _HastyIds:
    """Ids; while the first is handed out, the same person signs in elsewhere."""

    def __init__(self, gate: FrontGate, person: DiscordIdentity) -> None:
        self.gate, self.person = gate, person
        self.first: UserId | None = None

    def next(self, kind: str, count: int = 1) -> int:
        if self.first is None:
            self.first = UserId(0)
            self.first = self.gate.signs_in(self.person).user.id
        return self.gate.guild.memory.ids.next(kind, count)


def test_the_way_to_discord_holds_no_secret(gate: FrontGate, guild: GuildHouse) -> None:
    """A-1, O-13: the state and the challenge only; the verifier is kept sealed, the rest as digests."""
    begun = gate.begins()
    (attempt,) = guild.memory._committed.installation.sign_in_attempts.values()
    kept = guild.use.sealing().open(attempt.sealed_verifier)
    assert kept not in begun.url
    assert challenge_of(kept) in begun.url
    assert begun.browser not in begun.url
    assert begun.browser not in repr(attempt) + repr(begun)
    assert kept not in repr(attempt)


def test_a_verifier_that_can_not_be_opened_ends_the_attempt(gate: FrontGate, guild: GuildHouse) -> None:
    """O-13: whoever changed the keys without keeping the old one."""
    begun = gate.begins()
    guild.use.sealing.override(FernetSealing.of([make_key()]))
    guild.use.sign_in_with_discord.reset()
    guild.use.doorman.reset()
    with pytest.raises(SignInNotValid):
        gate.comes_back(begun, gate.stranger())


def test_nobody_is_led_elsewhere_after_signing_in(gate: FrontGate) -> None:
    """O-13: no open redirect."""
    with pytest.raises(InvalidValue):
        gate.begins("//evil.example/")


# --- keys for programs ------------------------------------------------------------------------------------------------


def test_a_program_gets_a_key_for_a_code_with_its_verifier(gate: FrontGate, guild: GuildHouse) -> None:
    """I-1: token/discord; the person is known from then on, and their first key is this one."""
    person = gate.stranger("alma")
    at_home = "http://127.0.0.1:49152/back"
    code = gate.discord.allow(person, challenge=challenge_of(VERIFIER), redirect_uri=at_home)
    issue = guild.use.issue_key_with_discord()
    issued = issue(code=code, verifier=VERIFIER, redirect_uri=at_home, name="overlay", by=NOBODY)
    caller = guild.use.authenticate()(issued.token, entrypoint="http")
    assert caller.user_id == issued.key.owner
    assert issued.key.name == "overlay"
    assert gate.signs_in(person).first_key is None
    with pytest.raises(DiscordRefused):
        issue(code=code, verifier=VERIFIER, redirect_uri=at_home, name="overlay", by=NOBODY)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("redirect_uri", {"redirect_uri": "https://evil.example/"}),
        ("redirect_uri", {"redirect_uri": "https://127.0.0.1.evil.example/"}),
        ("redirect_uri", {"redirect_uri": "http://127.0.0.1@evil.example/"}),
        ("redirect_uri", {"redirect_uri": "http://evil.example@127.0.0.1/"}),
        ("redirect_uri", {"redirect_uri": "https://dkp.example.org.evil.example/"}),
        ("redirect_uri", {"redirect_uri": "http://dkp.example.org/"}),
        ("redirect_uri", {"redirect_uri": "http://[::1"}),
        ("redirect_uri", {"redirect_uri": "http://localhost:port/"}),
        ("redirect_uri", {"redirect_uri": "x" * 9999}),
        ("redirect_uri", {"redirect_uri": ""}),
        ("code_verifier", {"verifier": "short"}),
        ("code_verifier", {"verifier": "v" * 129}),
        ("code_verifier", {"verifier": "v" * 42 + "\n"}),
        ("code", {"code": ""}),
        ("name", {"name": ""}),
        ("name", {"name": "x" * 65}),
    ],
)
def test_what_a_program_may_not_send_is_named_and_the_code_stays_good(
    field: str, values: dict[str, str], gate: FrontGate, guild: GuildHouse
) -> None:
    """G-8, O-13: codes go to this installation or to the person's own machine, never elsewhere."""
    ours = f"{BACK}x"
    proper = {
        "code": gate.discord.allow(gate.stranger(), challenge=challenge_of(VERIFIER), redirect_uri=ours),
        "verifier": VERIFIER,
        "redirect_uri": ours,
        "name": "x",
    }
    issue = evolve(guild.use.issue_key_with_discord(), public_url="https://dkp.example.org/")
    with pytest.raises(InvalidValue) as refused:
        issue(**{**proper, **values}, by=NOBODY)
    assert refused.value.field == field
    issue(**proper, by=NOBODY)


@pytest.mark.parametrize("uri", ["http://localhost:8123/back", "http://[::1]:1/", "http://127.8.8.8/x"])
def test_a_persons_own_machine_has_several_names(uri: str, gate: FrontGate, guild: GuildHouse) -> None:
    """RFC 8252: loopback addresses, whatever the port."""
    code = gate.discord.allow(gate.stranger(), challenge=challenge_of(VERIFIER), redirect_uri=uri)
    issued = guild.use.issue_key_with_discord()(code=code, verifier=VERIFIER, redirect_uri=uri, name="x", by=NOBODY)
    assert issued.key.name == "x"


def test_a_program_of_somebody_shut_out_gets_no_key(gate: FrontGate, guild: GuildHouse) -> None:
    """A-10: no key, in any guild."""
    member = guild.joins()
    guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    code = gate.discord.allow(
        gate.account_of(member.id), challenge=challenge_of(VERIFIER), redirect_uri="http://localhost/"
    )
    with pytest.raises(UserShutOut):
        guild.use.issue_key_with_discord()(
            code=code, verifier=VERIFIER, redirect_uri="http://localhost/", name="x", by=NOBODY
        )
    assert guild.use.list_own_keys()(owner=member.id, by=guild.operator) == ()


# --- one-time links ---------------------------------------------------------------------------------------------------


def test_a_link_signs_its_user_in_once(gate: FrontGate, guild: GuildHouse) -> None:
    """A-11: before Discord is set up; no key comes with it, for the operator made the link (A-6)."""
    link = guild.use.make_sign_in_link()(guild.officer.id, by=guild.operator)
    assert link.expires_at == guild.clock.now() + timedelta(minutes=15)
    signed_in = guild.use.sign_in_with_link()(link.code, device="curl", brought=None, by=NOBODY)
    assert gate.caller(signed_in.token).permissions == guild.officer.by.permissions
    assert signed_in.first_key is None
    assert link.code not in repr(link)
    with pytest.raises(SignInLinkNotValid):
        guild.use.sign_in_with_link()(link.code, device="curl", brought=None, by=NOBODY)
    assert ("sign_in_link_used", str(guild.officer.id), guild.officer.id) in gate.told()


def test_a_link_or_its_code_is_used_up_by_either_use(gate: FrontGate, guild: GuildHouse) -> None:
    """A-11, I-1: a key for a one-time code."""
    link = guild.use.make_sign_in_link()(guild.officer.id, by=guild.operator)
    issued = guild.use.issue_key_with_link()(link.code, name="script", by=NOBODY)
    assert guild.use.authenticate()(issued.token, entrypoint="http").user_id == guild.officer.id
    for use in (
        lambda: guild.use.issue_key_with_link()(link.code, name="script", by=NOBODY),
        lambda: guild.use.sign_in_with_link()(link.code, device="", brought=None, by=NOBODY),
    ):
        with pytest.raises(SignInLinkNotValid):
            use()


def test_a_link_expires(guild: GuildHouse) -> None:
    """A-11: [made, made + so many minutes)."""
    in_time, late = (guild.use.make_sign_in_link()(guild.officer.id, minutes=5, by=guild.operator) for _ in range(2))
    guild.clock.advance(timedelta(minutes=5, microseconds=-1))
    guild.use.sign_in_with_link()(in_time.code, device="", brought=None, by=NOBODY)
    guild.clock.advance(timedelta(microseconds=1))
    with pytest.raises(SignInLinkNotValid):
        guild.use.sign_in_with_link()(late.code, device="", brought=None, by=NOBODY)


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1])
def test_a_link_lasts_from_a_minute_to_a_week(minutes: int, guild: GuildHouse) -> None:
    """G-8."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.make_sign_in_link()(guild.officer.id, minutes=minutes, by=guild.operator)
    assert refused.value.field == "minutes"


def test_only_the_operator_makes_links_for_who_may_come_in(gate: FrontGate, guild: GuildHouse) -> None:
    """A-10, A-11: an officer could otherwise come in as anybody."""
    with pytest.raises(NotPermitted):
        guild.use.make_sign_in_link()(guild.officer.id, by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.make_sign_in_link()(UserId(999), by=guild.operator)
    member = guild.joins()
    link = guild.use.make_sign_in_link()(member.id, by=guild.operator)
    guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    with pytest.raises(UserShutOut):
        guild.use.make_sign_in_link()(member.id, by=guild.operator)
    with pytest.raises(UserShutOut):
        guild.use.sign_in_with_link()(link.code, device="", brought=None, by=NOBODY)
    with pytest.raises(UserShutOut):
        guild.use.issue_key_with_link()(link.code, name="x", by=NOBODY)
