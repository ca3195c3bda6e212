"""Claiming an unlinked user's characters: by an officer's word, or by a code that is said in game."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import LastOfficer, MembershipStatus, RoleGroup, UserIsUnlinked
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ClaimId, GuildId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import ChatOutcome, ChatReading
from dkp_core.notices import Channel, KeptNotice, NoticeFilter, Recipient
from dkp_core.points import AdjustmentLine
from dkp_core.raids import ImportReport
from dkp_core.roster import (
    CLAIMS_A_DAY_MAX,
    OPEN_CLAIMS_MAX,
    Claim,
    ClaimFilter,
    ClaimIsDecided,
    ClaimIsOpen,
    ClaimRow,
    ClaimStatus,
    TooManyClaims,
    TooManyClaimsADay,
)
from tests.unit.guild_house import GuildHouse, Person

STAMP = "[Fri Nov 20 19:55:00 2026] "


@pytest.fixture
def old(guild: GuildHouse) -> Person:
    """An unlinked member with two characters and 30 points."""
    person = guild.unlinked()
    guild.plays(person, "Karnor")
    guild.plays(person, "Boru")
    line = AdjustmentLine(user_id=person.id, amount=Points.of(30))
    guild.use.adjust_points()([line], reason="before", by=guild.officer.by)
    return person


@pytest.fixture
def new(guild: GuildHouse) -> Person:
    """Who they are: a guest with a Discord account."""
    return guild.joins("New", RoleGroup.GUEST)


def claimed(guild: GuildHouse, person: Person, character: str = "karnor") -> Claim:
    """A claim of that person's."""
    return guild.use.make_claim()(character, by=person.by)


def status(guild: GuildHouse, claim: Claim) -> ClaimStatus:
    """What became of a claim."""
    return guild.use.show_claim()(claim.id, by=guild.officer.by).status


def posted(guild: GuildHouse) -> list[KeptNotice]:
    """What the guild told, the first first."""
    with guild.memory.read(guild.operator) as views:
        return list(reversed(views.notices(NoticeFilter(), page=PageRequest()).results))


def told(guild: GuildHouse, person: Person) -> list[str]:
    """What a person was told, by the names of the texts."""
    return [each.text for each in posted(guild) if each.to == Recipient.user(person.id)]


def hears(guild: GuildHouse, *lines: str, by: Actor | None = None, dry_run: bool = False) -> tuple[ChatReading, ...]:
    """Lines of the officer's log, taken as `dkp follow` does."""
    written = [f"{STAMP}{line}" for line in lines]
    return guild.use.read_chat()(written, owner="Boss", dry_run=dry_run, by=by or guild.officer.by)


def uploads(guild: GuildHouse, *lines: str, by: Actor | None = None, apply: bool = True) -> ImportReport:
    """A log with a list of who is there, and these lines besides."""
    who = (
        "Players on EverQuest:",
        "---------------------------",
        "[60 Bard] Somebody (Elf)",
        "There is 1 player in Fear.",
    )
    text = "".join(f"{STAMP}{line}\r\n" for line in (*who, *lines))
    return guild.use.import_dump()(
        [text.encode()],
        file_name="eqlog_Boss_server.txt",
        event_type_id=guild.event_type(f"Raid {len(text)} {guild.clock.now()}"),
        apply=apply,
        by=by or guild.officer.by,
    )


# --- making a claim ---------------------------------------------------------------------------------------------------


def test_a_guest_claims_by_the_name_of_a_character(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8, A-3: officers are told, and the claimant is shown a code."""
    claim = claimed(guild, new)
    assert (claim.claimant, claim.user_id, claim.status) == (new.id, old.id, ClaimStatus.PENDING)
    row = guild.use.show_claim()(claim.id, by=new.by)
    assert (row.code, row.character) == (claim.code, "karnor")
    assert [(each.text, each.to) for each in posted(guild)] == [("claim.made", Recipient.channel(Channel.OFFICERS))]


def test_who_asks_learns_nothing_of_others(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8, G-1: an unknown name, a character of nobody, of somebody linked, of another guild: all the same answer."""
    del old
    guild.plays(None, "Nobodys")
    guild.plays(guild.joins("Linked"), "Taken")
    neighbour = guild.neighbour()
    neighbour.plays(neighbour.unlinked(), "Foreign")
    for name in ("Unheard", "Nobodys", "Taken", "Foreign"):
        with pytest.raises(NoSuch) as refusal:
            claimed(guild, new, name)
        assert (refusal.value.kind, refusal.value.key) == ("character of an unlinked user", name)


def test_a_claim_needs_a_person_with_a_discord_account(guild: GuildHouse, old: Person) -> None:
    """R-8, A-7: neither a bot nor somebody unlinked claims; nor does who may not."""
    with pytest.raises(NotPermitted):
        guild.use.make_claim()("Karnor", by=guild.operator)
    with pytest.raises(NotPermitted):
        claimed(guild, Person(old.id, evolve(old.by, permissions=frozenset())))
    with pytest.raises(UserIsUnlinked):
        claimed(guild, guild.unlinked("Other"))
    with pytest.raises(InvalidValue):
        claimed(guild, guild.officer, " ")


def test_one_claim_at_a_time_on_the_same_user_and_few_in_all(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8: by whichever of the characters; taken back, it may be made anew."""
    del old
    first = claimed(guild, new)
    with pytest.raises(ClaimIsOpen) as refusal:
        claimed(guild, new, "Boru")
    assert refusal.value.claim_id == first.id
    for number in range(OPEN_CLAIMS_MAX - 1):
        guild.plays(guild.unlinked(f"Old {number}"), f"Hero{'abcdefg'[number]}")
        claimed(guild, new, f"Hero{'abcdefg'[number]}")
    guild.plays(guild.unlinked("One more"), "Onemore")
    with pytest.raises(TooManyClaims):
        claimed(guild, new, "Onemore")
    guild.use.withdraw_claim()(first.id, by=new.by)
    assert claimed(guild, new, "Boru").code != first.code


def test_nobody_makes_and_takes_back_claims_all_day(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8: officers are told of each; ten a day, whatever became of them."""
    del old
    for _ in range(CLAIMS_A_DAY_MAX):
        guild.use.withdraw_claim()(claimed(guild, new).id, by=new.by)
        guild.clock.advance(timedelta(hours=1))
    with pytest.raises(TooManyClaimsADay) as refusal:
        claimed(guild, new)
    assert "10 claims" in refusal.value.sentence
    assert len(posted(guild)) == CLAIMS_A_DAY_MAX
    claimed(guild, guild.joins("Other"))
    guild.clock.advance(timedelta(hours=24 - CLAIMS_A_DAY_MAX, microseconds=1))
    claimed(guild, new)


def test_only_who_made_a_claim_takes_it_back(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8: for all others it is not there."""
    del old
    claim = claimed(guild, new)
    for other in (guild.officer.by, guild.joins("Other").by):
        with pytest.raises(NoSuch):
            guild.use.withdraw_claim()(claim.id, by=other)
    guild.use.withdraw_claim()(claim.id, by=new.by)
    with pytest.raises(ClaimIsDecided):
        guild.use.withdraw_claim()(claim.id, by=new.by)


# --- looking at claims ------------------------------------------------------------------------------------------------


def test_everybody_sees_their_own_claims_and_officers_all(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8, A-3: the code is the claimant's alone; who is claimed, and who decided, is not for guests."""
    claim = claimed(guild, new)
    member = guild.joins("Member")
    other = claimed(guild, member, "Boru")

    def listed(by: Actor, wanted: ClaimFilter = ClaimFilter()) -> tuple[ClaimRow, ...]:
        return guild.use.list_claims()(wanted, page=PageRequest(), by=by).results

    assert [row.id for row in listed(guild.officer.by)] == [other.id, claim.id]
    assert [row.code for row in listed(guild.officer.by)] == [None, None]
    (seen,) = listed(new.by)
    assert (seen.id, seen.code, seen.user_id, seen.username) == (claim.id, claim.code, None, None)
    (seen,) = listed(member.by)
    assert (seen.id, seen.code, seen.user_id, seen.username) == (other.id, other.code, old.id, "Old")
    assert listed(new.by, ClaimFilter(claimant=member.id)) == ()
    with pytest.raises(NoSuch):
        guild.use.show_claim()(claim.id, by=member.by)
    with pytest.raises(NotPermitted):
        listed(new.by, ClaimFilter(user_id=old.id))
    with pytest.raises(NotPermitted):
        listed(evolve(new.by, permissions=frozenset()))
    assert listed(evolve(guild.operator, permissions=frozenset({Permission.CLAIMS_OWN}))) == ()
    guild.use.refuse_claim()(claim.id, reason="no", by=guild.officer.by)
    refused = guild.use.show_claim()(claim.id, by=new.by)
    assert (refused.code, refused.reason, refused.decided_by) == (None, "no", None)


def test_a_code_is_shown_as_long_as_it_is_good(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8."""
    del old
    claim = claimed(guild, new)
    guild.clock.advance(timedelta(days=7))
    assert guild.use.show_claim()(claim.id, by=new.by).code is None


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_an_approved_claim_makes_them_one(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8: the claimant is told, and whoever else claimed the same has it refused."""
    claim, rival = claimed(guild, new), guild.joins("Rival")
    other = claimed(guild, rival)
    report = guild.use.approve_claim()(claim.id, reason="known", by=guild.officer.by)
    assert (report.into, report.role_group, guild.current(new)) == (new.id, RoleGroup.MEMBER, "30.00")
    row = guild.use.show_claim()(claim.id, by=guild.officer.by)
    assert (row.status, row.merge_id, row.by_code, row.reason) == (
        ClaimStatus.APPROVED,
        report.merge_id,
        False,
        "known",
    )
    assert status(guild, other) is ClaimStatus.REFUSED
    assert (told(guild, new), told(guild, rival)) == (["claim.approved"], ["claim.refused"])
    assert report.merge_id is not None
    assert guild.use.show_merge()(report.merge_id, by=guild.officer.by).claim_id == claim.id
    assert old.id == report.user_id
    guild.use.undo_merge()(report.merge_id, reason="two people", by=guild.officer.by)
    assert told(guild, new) == ["claim.approved", "claim.undone"]
    assert guild.verified()


def test_who_claims_need_not_be_anybody_here(guild: GuildHouse, old: Person) -> None:
    """R-8, A-2: a guest without membership gets one, as the unlinked one had, of a member at most."""
    stranger = guild.neighbour().joins("Stranger")
    by = evolve(stranger.by, guild_id=guild.id, permissions=frozenset({Permission.CLAIMS_OWN}))
    claim = guild.use.make_claim()("Karnor", by=by)
    guild.use.approve_claim()(claim.id, by=guild.officer.by)
    row = guild.use.show_user()(stranger.id, by=guild.officer.by)
    before = guild.use.show_user()(old.id, by=guild.officer.by)
    assert (row.role_group, row.status, row.joined_at) == (
        RoleGroup.MEMBER,
        MembershipStatus.IN_FORCE,
        before.joined_at,
    )


def test_a_claim_is_decided_by_officers_alone(guild: GuildHouse, old: Person, new: Person) -> None:
    """A-3: and once."""
    del old
    claim = claimed(guild, new)
    member = guild.joins("Member").by
    with pytest.raises(NotPermitted):
        guild.use.approve_claim()(claim.id, by=member)
    with pytest.raises(NotPermitted):
        guild.use.refuse_claim()(claim.id, reason="", by=member)
    guild.use.refuse_claim()(claim.id, reason="not you", by=guild.officer.by)
    assert told(guild, new) == ["claim.refused"]
    with pytest.raises(ClaimIsDecided):
        guild.use.approve_claim()(claim.id, by=guild.officer.by)
    with pytest.raises(ClaimIsDecided):
        guild.use.refuse_claim()(claim.id, reason="", by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.approve_claim()(ClaimId(99), by=guild.officer.by)


def test_linking_the_user_to_somebody_refuses_every_claim(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-9: there is nobody left to claim."""
    claim = claimed(guild, new)
    guild.use.link_user()(character="karnor", discord_id="998877665544332211", by=guild.officer.by)
    assert (status(guild, claim), told(guild, new)) == (ClaimStatus.REFUSED, ["claim.refused"])
    assert guild.use.show_user()(old.id, by=guild.officer.by).discord_id == "998877665544332211"


def test_only_who_may_make_officers_links_one(guild: GuildHouse) -> None:
    """A-2, A-3: an imported officer's Discord account is an officer's from then on."""
    boss = guild.unlinked("Boss of old", RoleGroup.OFFICER)
    bot = Actor(
        kind=ActorKind.BOT,
        id="bot",
        entrypoint="test",
        guild_id=GuildId(guild.id),
        permissions=frozenset({Permission.CLAIMS_WRITE}),
    )
    with pytest.raises(NotPermitted):
        guild.use.link_user()(user_id=boss.id, discord_id="998877665544332211", by=bot)
    guild.use.link_user()(user_id=boss.id, discord_id="998877665544332211", by=guild.officer.by)


@pytest.mark.parametrize("named", [{}, {"user_id": 1, "character": "Karnor"}])
def test_linking_needs_one_who_is_meant(guild: GuildHouse, old: Person, named: dict[str, object]) -> None:
    """G-8."""
    del old
    with pytest.raises(InvalidValue):
        guild.use.link_user()(discord_id="998877665544332211", by=guild.officer.by, **named)  # type: ignore[arg-type]  # as given
    with pytest.raises(NoSuch):
        guild.use.link_user()(character="Unheard", discord_id="998877665544332211", by=guild.officer.by)


def test_unlinking_gives_back_what_discord_let_us_have(guild: GuildHouse) -> None:
    """A-1, U-6: once it was the last guild, and not before."""
    member = guild.joins("Member")
    neighbour = guild.neighbour()
    with guild.memory.begin_installation(guild.operator) as work:
        tokens = work.users.get(member.id)
    assert tokens.discord_id is not None
    neighbour.use.add_member()(discord_id=tokens.discord_id, by=neighbour.officer.by)
    report = guild.use.unlink_user()(member.id, by=guild.officer.by)
    assert guild.use.show_user()(report.into, by=guild.officer.by).username == f"unlinked-{report.merge_id}"
    assert neighbour.use.show_user()(member.id, by=neighbour.officer.by).status is MembershipStatus.IN_FORCE


# --- said in game -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Karnor tells you, '{code}'",
        "Karnor tells the guild, 'hi all, {code} is mine'",
        "Boru says out of character, '{shouted}'",
        "Karnor -> You: {code}",
    ],
)
def test_saying_the_code_in_game_proves_a_claim(guild: GuildHouse, old: Person, new: Person, line: str) -> None:
    """R-8: by any of the characters, wherever somebody else hears it, in a log that is followed."""
    del old
    claim = claimed(guild, new)
    (reading,) = hears(guild, line.format(code=claim.code, shouted=claim.code.upper()))
    assert (reading.outcome, reading.meaning) == (ChatOutcome.DONE, "claim")
    row = guild.use.show_claim()(claim.id, by=guild.officer.by)
    assert (row.status, row.by_code) == (ClaimStatus.APPROVED, True)
    assert (guild.current(new), told(guild, new)) == ("30.00", ["claim.approved"])


def test_a_log_that_is_uploaded_for_attendance_proves_it_too(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8, D-7: in the same transaction; a preview proves nothing."""
    del old
    claim = claimed(guild, new)
    line = f"Karnor tells the raid,  'x {claim.code}'"
    uploads(guild, line, apply=False)
    assert status(guild, claim) is ClaimStatus.PENDING
    report = uploads(guild, "You have entered Fear.", line, "Nobody slashes a rat for 3 points of damage.")
    assert (report.applied, report.recorded) == (True, 1)
    assert (status(guild, claim), guild.current(new)) == (ClaimStatus.APPROVED, "30.00")
    assert guild.verified()


@pytest.mark.parametrize(
    "line",
    [
        "Somebody tells you, '{code}'",
        "You tell your raid, '{code}'",
        "Boss tells the guild, '{code}'",
        "Karnor tells you, '{wrong}'",
        "Karnor tells you, '{code}x'",
        "povar.Karnor tells you, '{code}'",
        "Karnor hears, '{code}'",
        "Nickname tells you, '{code}'",
        "Wartend tells you, '{code}'",
    ],
)
def test_nobody_else_proves_it(guild: GuildHouse, old: Person, new: Person, line: str) -> None:
    """R-8: not somebody else's character, the log's owner, another server's, an alias, nor another code."""
    guild.plays(guild.joins("Third"), "Wartend")
    karnor = guild.use.find_character()("Karnor", by=guild.officer.by)
    guild.use.add_alias()(karnor.id, "Nickname", by=guild.officer.by)
    claim = claimed(guild, new)
    said = line.format(code=claim.code, wrong="claim-bcdfghjk")
    assert {reading.outcome for reading in hears(guild, said)} == {ChatOutcome.TALK}
    uploads(guild, said)
    assert (status(guild, claim), guild.current(old)) == (ClaimStatus.PENDING, "30.00")


def test_a_log_of_the_claimant_s_own_proves_nothing(guild: GuildHouse, old: Person) -> None:
    """R-8: they could have written it themselves; nor does one of somebody who may not upload for the guild."""
    recruit = guild.joins("Recruit", RoleGroup.MEMBER)
    may = frozenset({*recruit.by.permissions, Permission.RAIDS_WRITE, Permission.AUCTIONS_WRITE, Permission.BIDS_WRITE})
    claim = claimed(guild, recruit)
    line = f"Karnor tells you, '{claim.code}'"
    hears(guild, line, by=evolve(recruit.by, permissions=may))
    uploads(guild, line, by=evolve(recruit.by, permissions=may))
    bidding_bot = evolve(guild.operator, permissions=frozenset({Permission.BIDS_WRITE}))
    hears(guild, line, by=bidding_bot)
    hears(guild, line, dry_run=True)
    assert status(guild, claim) is ClaimStatus.PENDING
    hears(
        guild, line, by=evolve(bidding_bot, permissions=frozenset({Permission.BIDS_WRITE, Permission.AUCTIONS_WRITE}))
    )
    assert status(guild, claim) is ClaimStatus.APPROVED
    assert old.id


def test_a_code_counts_once_and_for_seven_days(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8."""
    claim = claimed(guild, new)
    guild.clock.advance(timedelta(days=7))
    line = f"Karnor tells you, '{claim.code}'"
    assert hears(guild, line)[0].outcome is ChatOutcome.TALK
    guild.use.withdraw_claim()(claim.id, by=new.by)
    again = claimed(guild, new)
    line = f"Karnor tells you, '{again.code}'"
    first, second = hears(guild, line, line.replace("you", "the guild"))
    assert (first.outcome, second.outcome) == (ChatOutcome.DONE, ChatOutcome.DONE)
    assert hears(guild, line)[0].outcome is ChatOutcome.TALK
    assert (guild.current(new), guild.current(old)) == ("30.00", "0.00")


def test_of_two_who_claim_the_same_one_proves_it(guild: GuildHouse, old: Person, new: Person) -> None:
    """R-8: who comes first; the other is refused, and a log that holds both codes is read all the same."""
    del old
    other = guild.joins("Other")
    claims = [claimed(guild, new), claimed(guild, other)]
    hears(guild, *(f"Karnor tells you, '{claim.code}'" for claim in claims))
    assert [status(guild, claim) for claim in claims] == [ClaimStatus.APPROVED, ClaimStatus.REFUSED]


def test_what_a_merge_would_be_refused_for_is_left_to_the_officers(guild: GuildHouse, new: Person) -> None:
    """R-8, A-2: the log is taken, and the claim waits; so it does of somebody who was shut out meanwhile."""
    boss = guild.unlinked("Boss of old", RoleGroup.OFFICER)
    guild.plays(boss, "Bossold")
    claim = claimed(guild, new, "Bossold")
    line = f"Bossold tells you, '{claim.code}'"
    guild.use.change_membership()(new.id, status=MembershipStatus.DEACTIVATED, by=guild.officer.by)
    assert hears(guild, line)[0].outcome is ChatOutcome.TALK
    assert uploads(guild, line).applied
    assert status(guild, claim) is ClaimStatus.PENDING
    guild.use.change_membership()(new.id, status=MembershipStatus.IN_FORCE, by=guild.officer.by)
    with pytest.raises(LastOfficer):  # nobody can sign in as the other one
        guild.use.change_membership()(guild.officer.id, role_group=RoleGroup.MEMBER, by=guild.officer.by)
    assert hears(guild, line.replace("you", "the guild"))[0].outcome is ChatOutcome.DONE
    row = guild.use.show_user()(new.id, by=guild.officer.by)
    assert row.role_group is RoleGroup.MEMBER


def test_a_claim_whose_points_would_not_fit_is_left_to_the_officers(
    guild: GuildHouse, old: Person, new: Person
) -> None:
    """R-8, G-3: the log is taken, and nothing else of it is lost."""
    del old
    most = AdjustmentLine(user_id=new.id, amount=Points.of("9999999999.99"))
    guild.use.adjust_points()([most], reason="odd", by=guild.officer.by)
    claim = claimed(guild, new)
    line = f"Karnor tells you, '{claim.code}'"
    assert hears(guild, line)[0].outcome is ChatOutcome.TALK
    assert uploads(guild, line).applied
    assert status(guild, claim) is ClaimStatus.PENDING
