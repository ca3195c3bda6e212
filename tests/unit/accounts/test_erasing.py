"""Erasing a person: what goes, what stays, and who may."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_adapters.answers import Answer
from dkp_adapters.memory import MemoryAnsweredRequests
from dkp_core.accounts import (
    ConsentKind,
    IsErased,
    LastOfficer,
    Membership,
    MembershipStatus,
    NotAuthenticated,
    RoleGroup,
    User,
    UserShutOut,
    UserTokens,
    discord_id_of,
)
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.reactions import FORGET_ON_ROSTER
from tests.unit.guild_house import TONIGHT, GuildHouse, Person
from tests.unit.reacting import follow_up


def known(guild: GuildHouse, person: Person) -> User:
    """The user as kept."""
    with guild.memory.begin_installation(guild.operator) as work:
        return work.users.get(person.id)


def learns(guild: GuildHouse, person: Person) -> None:
    """Discord tells more about a person, and they set what they prefer."""
    user = evolve(
        known(guild, person), global_name="Rena Real", email="rena@example.org", avatar_url="https://cdn/rena.png"
    )
    with guild.memory.begin_installation(guild.operator) as work:
        work.users.save(user)
    guild.use.change_preferences()(timezone="Asia/Tokyo", locale="de", muted=("votes",), by=person.by)


def test_nothing_that_tells_who_it_was_is_left_of_a_user(guild: GuildHouse) -> None:
    """A-12: Discord account, names, e-mail, avatar and preferences go; a pseudonym stays."""
    person = guild.joins("rena")
    learns(guild, person)
    erased = guild.use.erase_user()(person.id, confirm="rena", by=person.by)
    assert (erased.username, erased.erased_at, erased.deactivated_at) == (f"erased-{person.id}", TONIGHT, TONIGHT)
    nobody = User(id=person.id, discord_id=None, username=f"erased-{person.id}", added_at=TONIGHT)
    for name in ("discord_id", "global_name", "avatar_url", "email", "timezone", "locale", "default_guild", "muted"):
        assert getattr(known(guild, person), name) == getattr(nobody, name)
    assert not erased.is_unlinked


@pytest.mark.parametrize("confirm", ["", "Rena", "rena ", "somebody"])
def test_who_erases_themselves_says_their_username(guild: GuildHouse, confirm: str) -> None:
    """A-12, G-8: letter by letter, since it can't be undone."""
    person = guild.joins("rena")
    with pytest.raises(InvalidValue) as refused:
        guild.use.erase_user()(person.id, confirm=confirm, by=person.by)
    assert refused.value.field == "confirm"
    assert known(guild, person).username == "rena"


def test_nobody_erases_somebody_else_but_the_operator(guild: GuildHouse) -> None:
    """A-12, A-3: not even an officer."""
    person = guild.joins("rena")
    with pytest.raises(NotPermitted):
        guild.use.erase_user()(person.id, confirm="rena", by=guild.officer.by)
    bot = Actor(
        kind=ActorKind.BOT, id="b", entrypoint="test", guild_id=guild.id, permissions=guild.officer.by.permissions
    )
    with pytest.raises(NotPermitted):
        guild.use.erase_user()(person.id, confirm="rena", by=bot)
    assert guild.use.erase_user()(person.id, by=guild.operator).erased_at == TONIGHT


def test_the_last_officer_of_any_guild_is_not_erased(guild: GuildHouse) -> None:
    """A-2: wherever that is; then nothing is done in the other guilds either."""
    neighbour = guild.neighbour()
    officer = guild.joins("rena", RoleGroup.OFFICER)
    discord_id = known(guild, officer).discord_id
    assert discord_id is not None
    guild.use.add_member()(discord_id=discord_id, role_group=RoleGroup.OFFICER, by=neighbour.officer.by)
    guild.use.change_membership()(neighbour.officer.id, role_group=RoleGroup.MEMBER, by=neighbour.operator)
    with pytest.raises(LastOfficer):
        guild.use.erase_user()(officer.id, by=guild.operator)
    assert known(guild, officer).username == "rena"
    guild.use.change_membership()(neighbour.officer.id, role_group=RoleGroup.OFFICER, by=neighbour.operator)
    guild.use.erase_user()(officer.id, by=guild.operator)
    for house in (guild, neighbour):
        rows = guild.use.list_memberships()(status=MembershipStatus.ENDED, page=PageRequest(), by=house.operator)
        assert [row.user_id for row in rows.results] == [officer.id]


def test_who_is_erased_gets_in_by_no_key_and_agrees_to_nothing(guild: GuildHouse) -> None:
    """A-12: keys are revoked and lose the names they were given, consents end."""
    person = guild.joins("rena")
    issued = guild.use.issue_personal_key()(name="Rena's phone", by=person.by)
    guild.use.give_consent()(ConsentKind.EMAIL, by=person.by)
    guild.use.erase_user()(person.id, by=guild.operator)
    with pytest.raises(NotAuthenticated):
        guild.use.authenticate()(issued.token, entrypoint="test")
    (key,) = guild.use.list_own_keys()(owner=person.id, by=guild.operator)
    assert (key.name, key.revoked_at) == ("erased", TONIGHT)
    (consent,) = guild.use.list_consents()(by=person.by)
    assert consent.withdrawn_at == TONIGHT
    with pytest.raises(IsErased):
        guild.use.give_consent()(ConsentKind.EMAIL, by=person.by)


def test_who_is_erased_is_signed_out_everywhere(guild: GuildHouse) -> None:
    """A-1, A-12: sessions end, and what Discord let us have is given back."""
    person = guild.joins("rena")
    link = guild.use.make_sign_in_link()(person.id, by=guild.operator)
    nobody = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="test")
    guild.use.sign_in_with_link()(link.code, device="Firefox", brought=None, by=nobody)
    tokens = UserTokens(user_id=person.id, sealed_access="s", sealed_refresh=None, scopes=(), expires_at=TONIGHT)
    with guild.memory.begin_installation(guild.operator) as work:
        work.discord_tokens.save(tokens)
        assert len(work.sessions.of_user(person.id)) == 1
    guild.use.erase_user()(person.id, by=guild.operator)
    with guild.memory.begin_installation(guild.operator) as work:
        assert work.sessions.of_user(person.id) == ()
        doomed = work.discord_tokens.find(person.id)
    assert doomed is not None
    assert doomed.doomed_at == TONIGHT
    with pytest.raises(UserShutOut):
        guild.use.make_sign_in_link()(person.id, by=guild.operator)


def test_an_amount_that_reads_like_their_name_stays_in_what_others_were_answered(guild: GuildHouse) -> None:
    """A-12, G-7: only what says who somebody is goes."""
    person, kept = guild.joins("7.00"), MemoryAnsweredRequests(guild.memory)
    body = '{"username":"7.00","amount":"7.00","into_username":"7.00","rows":[{"leader":"7.00","because":"7.00"}]}'
    with guild.memory.scope():
        kept.keep("bot:z", "k", "hash", Answer(status=200, headers={}, body=body))
    guild.use.erase_user()(person.id, confirm="7.00", by=person.by)
    with guild.memory.scope():
        answer = kept.earlier("bot:z", "k", "hash")
    assert answer is not None
    assert answer.body == '{"username":"","amount":"7.00","into_username":"","rows":[{"leader":"","because":"7.00"}]}'


def test_what_is_erased_stays_erased(guild: GuildHouse) -> None:
    """A-12: done twice it is done once; nobody lets them in again, or gives them a place."""
    person = guild.joins("rena")
    first = guild.use.erase_user()(person.id, by=guild.operator)
    again = guild.use.erase_user()(person.id, by=guild.operator)
    assert again.erased_at == first.erased_at
    with pytest.raises(IsErased):
        guild.use.set_user_active()(person.id, active=True, by=guild.operator)
    with pytest.raises(IsErased):
        guild.use.issue_personal_key()(name="again", owner=person.id, by=guild.operator)
    with pytest.raises(IsErased):
        guild.use.change_membership()(person.id, status=MembershipStatus.IN_FORCE, by=guild.officer.by)
    assert (
        guild.use.show_audit_log()(AuditFilter(name="member_erased"), page=PageRequest(), by=guild.operator).count == 1
    )


def test_the_same_person_comes_back_as_somebody_new(guild: GuildHouse) -> None:
    """A-12, A-1: by the same Discord account, and with nothing of what was."""
    person = guild.joins("rena")
    discord_id = known(guild, person).discord_id
    assert discord_id is not None
    guild.use.erase_user()(person.id, by=guild.operator)
    back = guild.use.add_member()(discord_id=discord_id, username="rena", by=guild.officer.by)
    assert back.user_id != person.id
    assert discord_id_of(discord_id) == known(guild, Person(back.user_id, person.by)).discord_id


def test_a_membership_of_the_erased_does_not_say_why_it_ended(guild: GuildHouse) -> None:
    """A-12: what officers wrote about a person goes; that it ended stays in the audit log."""
    person = guild.joins("rena")
    guild.use.change_membership()(
        person.id, status=MembershipStatus.DEACTIVATED, reason="quarrels", by=guild.officer.by
    )
    guild.use.erase_user()(person.id, by=guild.operator)
    rows = guild.use.list_memberships()(status=MembershipStatus.ENDED, page=PageRequest(), by=guild.operator)
    assert [(row.username, row.reason) for row in rows.results] == [(f"erased-{person.id}", "")]


def test_who_turned_out_to_be_the_person_is_erased_with_them(guild: GuildHouse) -> None:
    """A-12, R-8: an imported user who was merged into them bears a name as well."""
    person, unlinked = guild.joins("rena"), UserId(7_000)
    with guild.memory.begin(guild.operator) as work:
        work.users.save(User.add(unlinked, discord_id=None, username="rena of old", at=TONIGHT))
        old = Membership.begin(guild.id, unlinked, RoleGroup.MEMBER, TONIGHT)
        work.memberships.save(old.merge_into(person.id, TONIGHT, reason="it is her"))
    guild.use.erase_user()(person.id, by=guild.operator)
    with guild.memory.begin_installation(guild.operator) as installation:
        assert installation.users.get(unlinked).username == f"erased-{unlinked}"


def test_the_roster_forgets_what_was_noted_of_the_person(guild: GuildHouse) -> None:
    """A-12: notes on characters; the characters stay, and points and names with them."""
    person, other = guild.joins("rena"), guild.joins("other")
    mine = guild.plays(person, "Thalindra", notes="Rena, lives in Graz")
    theirs = guild.plays(other, "Björnulf", notes="prefers to heal")
    guild.use.erase_user()(person.id, by=guild.operator)
    assert follow_up(guild, FORGET_ON_ROSTER) == 1
    shown = guild.use.show_character()(mine, by=guild.officer.by)
    assert (shown.name, shown.notes) == ("Thalindra", "")
    assert guild.use.show_character()(theirs, by=guild.officer.by).notes == "prefers to heal"
    log = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(1, 500), by=guild.operator).results
    assert "Graz" not in str([row.data for row in log])
